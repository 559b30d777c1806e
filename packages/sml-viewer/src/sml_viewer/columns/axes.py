"""Derived x axes: row number, hours since the start, clock time, timesteps of monitors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.i18n import phrase
from sml_viewer.model.run import Run
from sml_viewer.readers.tfevents_times import event_files, row_times

from .clocks import absolute_clock_of, clock_of, hours_of, since_epoch

ROW = "(row)"
HOURS = "(hours)"
TIME = "(time)"
TIMESTEPS = "(timesteps)"
DERIVED_AXES = (ROW, HOURS, TIME, TIMESTEPS)
_LABELS = {ROW: "row", HOURS: "hours since start", TIME: "clock time", TIMESTEPS: "timesteps"}
# Also accepted under the labels in figures.
AXIS_ALIASES = {label: name for name, label in _LABELS.items()}
_LENGTH = "l"
_CHECKED_RUNS = 20  # runs whose event files are looked for
# Columns of a monitor that can be drawn: reward and length of each episode.
EPISODE = ("r", "l")


class Places(NamedTuple):
    """The x value of each row, shape (rows,), and a note for the caption."""

    values: Floats
    note: str | None = None


def label_of(x: str) -> str:
    """The label of the x axis."""
    return phrase(_LABELS[x]) if x in _LABELS else x


def columns_for(run: Run, x: str, y: str) -> list[str]:
    """The columns of a run that `places` needs to draw y; all by their names in the file."""
    if x == ROW:
        return []
    if x == TIMESTEPS:
        monitors = run.monitors
        within = monitors is not None and (not run.sources or monitors.has(y))
        lengths = monitors.column(_LENGTH) if monitors is not None and within else None
        return [] if lengths is None else [lengths]
    clocks = {HOURS: clock_of, TIME: absolute_clock_of}
    clock = clocks[x](run, y) if x in clocks else x
    own = None if clock is None else run.beside(run.aliases.get(clock, clock), y)
    return [] if own is None else [own]


def x_values(run: Run, x: str, y: str, columns: Mapping[str, Floats], rows: int) -> Places | None:
    """The x value of each row of the table of y; None if unknown."""
    if x == ROW:
        return Places(np.arange(rows, dtype=np.float64))
    named = [columns[name] for name in columns_for(run, x, y) if name in columns]
    if x == TIMESTEPS:
        return Places(_timesteps(named[0])) if named else None
    if x not in (HOURS, TIME):
        return Places(named[0]) if named else None
    times = named[0] if named else row_times(run.path, rows)
    if x == TIME:
        moments = None if times is None else since_epoch(times)
        return None if moments is None else Places(moments)
    hours = None if times is None else hours_of(times, run, clock_of(run, y) if named else None)
    return None if hours is None else Places(*hours)


def has_hours(run: Run) -> bool:
    """Whether the times of a run's rows are known."""
    return clock_of(run) is not None or (bool(run.rows) and row_times(run.path, run.rows or 0) is not None)


def has_time(run: Run) -> bool:
    """Whether the clock times of a run's rows are known: they were written, not computed from a start."""
    if absolute_clock_of(run) is not None:
        return True
    return bool(run.rows) and row_times(run.path, run.rows or 0) is not None


def offered_axes(runs: Sequence[Run]) -> list[str]:
    """The derived axes to offer for some runs; clock time if the first runs may have it."""
    has_times = any(map(_may_have_time, runs[:_CHECKED_RUNS]))
    has_monitors = any(run.monitors for run in runs)
    return [ROW, HOURS, *([TIME] if has_times else []), *([TIMESTEPS] if has_monitors else [])]


def _may_have_time(run: Run) -> bool:
    """As `has_time`, without reading the events of a run."""
    return absolute_clock_of(run) is not None or bool(event_files(run.path))


def is_monitor(run: Run) -> bool:
    """Whether the rows of the main table are episodes: r, l, t (Stable-Baselines3, baselines)."""
    return run.monitors is not None and run.tables[0] in run.monitors.tables


def is_of_episodes(run: Run, y: str) -> bool:
    """Whether a metric comes from the monitors, not from another table of the run."""
    return run.monitors is not None and run.monitors.has(run.aliases.get(y, y))


def _timesteps(lengths: Floats) -> Floats:
    """The cumulative lengths of episodes, which are sorted by their ends."""
    steps = np.nancumsum(lengths)
    steps[np.isnan(lengths)] = np.nan
    return steps
