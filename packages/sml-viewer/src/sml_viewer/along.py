"""What can stand along x besides a column: the row's number, hours since the start, timesteps of monitors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from .events import row_times
from .read.cells import Floats
from .run import Run

ROW = "(row)"
HOURS = "(hours)"
TIMESTEPS = "(timesteps)"
MADE = (ROW, HOURS, TIMESTEPS)
_LABELS = {ROW: "row", HOURS: "hours since start", TIMESTEPS: "timesteps"}
# Under the names that figures show, too.
MADE_AS_SHOWN = {label: name for name, label in _LABELS.items()}
# Columns that count seconds since the start, or the clock, as loggers in the wild call them.
_CLOCKS = (
    "time/time_elapsed", "time_elapsed", "elapsed_time", "time_total_s", "wall_time", "walltime",
    "time-total",
    "Time", "time", "timestamp", "t", "time/total (s)", "total_time", "TotalTime", "misc/time_elapsed",
)  # fmt: skip
_LENGTH = "l"
_EPOCH = 1e8  # seconds; more than a run can last, less than any clock says


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
    clock = clock_of(run) if x == HOURS else x
    own = None if clock is None else run.beside(run.aliases.get(clock, clock), y)
    return [] if own is None else [own]


def places(run: Run, x: str, y: str, columns: Mapping[str, Floats], rows: int) -> Floats | None:
    """Where along x each row of the table of y stands, shape (rows,); None if nothing says so."""
    if x == ROW:
        return np.arange(rows, dtype=np.float64)
    named = [columns[name] for name in columns_for(run, x, y) if name in columns]
    if x == TIMESTEPS:
        return _timesteps(named[0]) if named else None
    if x != HOURS:
        return named[0] if named else None
    seconds = named[0] if named else row_times(run.path, rows)
    return None if seconds is None else _hours(seconds, run)


def has_hours(run: Run) -> bool:
    """Whether the times of a run's rows are known."""
    return clock_of(run) is not None or (bool(run.rows) and row_times(run.path, run.rows or 0) is not None)


def clock_of(run: Run) -> str | None:
    """The run's column of times, under the name that it has here."""
    return next((name for name in _CLOCKS if name in run.summary), None)


def is_monitor(run: Run) -> bool:
    """Whether the main table is episodes: reward r, length l, time t (Stable-Baselines3, baselines)."""
    return run.monitors is not None and run.tables[0] in run.monitors.tables


def _timesteps(lengths: Floats) -> Floats:
    """The lengths of all episodes up to each, which come in the order of their ends."""
    found = np.nancumsum(lengths)
    found[np.isnan(lengths)] = np.nan
    return found


def _hours(seconds: Floats, run: Run) -> Floats:
    """Hours since the run's start, by a column of seconds or of clock times."""
    present = seconds[~np.isnan(seconds)]
    if len(present) and present[0] > _EPOCH:
        try:
            start = datetime.fromisoformat(str(run.provenance.get("start_time"))).timestamp()
        except ValueError:
            start = float(present[0])
        seconds = seconds - start
    return seconds / 3600.0
