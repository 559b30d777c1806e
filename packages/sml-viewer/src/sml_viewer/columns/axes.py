"""What can stand along x besides a column: the row's number, hours since the start, timesteps of monitors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.model.run import Run
from sml_viewer.readers.tfevents_times import row_times

from .clocks import clock_of, hours_of

ROW = "(row)"
HOURS = "(hours)"
TIMESTEPS = "(timesteps)"
MADE = (ROW, HOURS, TIMESTEPS)
_LABELS = {ROW: "row", HOURS: "hours since start", TIMESTEPS: "timesteps"}
# Under the names that figures show, too.
MADE_AS_SHOWN = {label: name for name, label in _LABELS.items()}
_LENGTH = "l"
# What a monitor has of each episode that can be drawn: its reward and its length.
EPISODE = ("r", "l")


class Places(NamedTuple):
    """Where along x each row stands, shape (rows,), and what is to be said of it."""

    values: Floats
    note: str | None = None


def label_of(x: str) -> str:
    """What stands below the axis."""
    return _LABELS.get(x, x)


def columns_for(run: Run, x: str, y: str) -> list[str]:
    """The columns, by their names in the file, that `places` needs of a run to draw y, named so too."""
    if x == ROW:
        return []
    if x == TIMESTEPS:
        monitors = run.monitors
        within = monitors is not None and (not run.sources or monitors.has(y))
        lengths = monitors.column(_LENGTH) if monitors is not None and within else None
        return [] if lengths is None else [lengths]
    clock = clock_of(run, y) if x == HOURS else x
    own = None if clock is None else run.beside(run.aliases.get(clock, clock), y)
    return [] if own is None else [own]


def places(run: Run, x: str, y: str, columns: Mapping[str, Floats], rows: int) -> Places | None:
    """Where along x each row of the table of y stands; None if nothing says so."""
    if x == ROW:
        return Places(np.arange(rows, dtype=np.float64))
    named = [columns[name] for name in columns_for(run, x, y) if name in columns]
    if x == TIMESTEPS:
        return Places(_timesteps(named[0])) if named else None
    if x != HOURS:
        return Places(named[0]) if named else None
    times = named[0] if named else row_times(run.path, rows)
    found = None if times is None else hours_of(times, run, clock_of(run, y) if named else None)
    return None if found is None else Places(*found)


def has_hours(run: Run) -> bool:
    """Whether the times of a run's rows are known."""
    return clock_of(run) is not None or (bool(run.rows) and row_times(run.path, run.rows or 0) is not None)


def is_monitor(run: Run) -> bool:
    """Whether the main table is episodes: reward r, length l, time t (Stable-Baselines3, baselines)."""
    return run.monitors is not None and run.tables[0] in run.monitors.tables


def is_of_episodes(run: Run, y: str) -> bool:
    """Whether a metric is of monitors' episodes, and not of another table beside them."""
    return run.monitors is not None and run.monitors.has(run.aliases.get(y, y))


def _timesteps(lengths: Floats) -> Floats:
    """The lengths of all episodes up to each, which come in the order of their ends."""
    found = np.nancumsum(lengths)
    found[np.isnan(lengths)] = np.nan
    return found
