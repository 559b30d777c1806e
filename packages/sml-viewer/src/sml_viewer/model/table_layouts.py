"""Layouts of tables, as determined from file names and neighbouring files."""

from __future__ import annotations

# Written by sml_logger: the header is present and reliable.
OWN = "own"
# Any other table with one row per step.
TABLE = "table"
# Episodes of one environment: reward, length, time (Stable-Baselines3, baselines).
MONITOR = "monitor"
# d3rlpy: one file per metric, rows of epoch, step, value without a header.
METRIC = "metric"
# A further table of an imported run: written by us, and what it repeats of an earlier table is an axis.
FURTHER = "further"
# Those of text tables; any other is the name of the reader that reads it.
LAYOUTS = (OWN, TABLE, MONITOR, METRIC)

MONITOR_COLUMNS = ("r", "l", "t")
METRIC_AXES = ("epoch", "step")


def name_by_position(number: int) -> str:
    """What the column of that number, from 1, is called where the table gives it no name."""
    return f"column {number}"
