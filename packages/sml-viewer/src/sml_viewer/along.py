"""What can stand along x besides a column: the row's number, hours since the start, timesteps of monitors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from .clocks import clock_of, hours_of
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
_MONITOR = "monitor.csv"
# What a monitor has of each episode: reward, length, and the time of its end.
EPISODE = ("r", "l", "t")


class Places(NamedTuple):
    """Where along x each row stands, shape (rows,), and what is to be said of it.

    `ordered` is False where the rows are to be taken in the order of their places, not in that of the file.
    """

    values: Floats
    note: str | None = None
    ordered: bool = True


def label_of(x: str) -> str:
    """What stands below the axis."""
    return _LABELS.get(x, x)


def columns_for(run: Run, x: str, y: str = "") -> list[str]:
    """The columns, by their names in the file, that `places` needs of a run for a metric."""
    if x == TIMESTEPS:
        return ["l", "t"] if has_episodes(run) else []
    if is_of_episodes(run, y) and x in (ROW, HOURS):
        return ["t"]
    clock = _clock(run, y) if x == HOURS else None if x == ROW else x
    return [] if clock is None else [run.aliases.get(clock, clock)]


def places(run: Run, x: str, columns: Mapping[str, Floats], rows: int, y: str = "") -> Places | None:
    """Where along x each row of a metric stands; None if nothing says so.

    Episodes of parallel environments, whose monitors lie one behind the other, are taken as they ended.
    """
    if x == TIMESTEPS:
        return Places(_timesteps(run, columns), ordered=False) if {"l", "t"} <= columns.keys() else None
    episodes = is_of_episodes(run, y) and "t" in columns
    if x == ROW:
        numbers = np.arange(rows, dtype=np.float64)
        return Places(_ranks(run, columns["t"]), ordered=False) if episodes else Places(numbers)
    if x != HOURS:
        named = [columns[name] for name in columns_for(run, x) if name in columns]
        return Places(named[0]) if named else None
    if episodes:
        return _episode_hours(run, columns["t"])
    clock = _clock(run, y)
    named = [columns[name] for name in columns_for(run, x, y) if name in columns]
    times = named[0] if named else row_times(run.path, rows)
    found = None if times is None else hours_of(times, run, clock if named else None)
    return None if found is None else Places(*found)


def has_hours(run: Run) -> bool:
    """Whether the times of a run's rows are known."""
    return clock_of(run) is not None or (bool(run.rows) and row_times(run.path, run.rows or 0) is not None)


def is_monitor(run: Run) -> bool:
    """Whether the tables are episodes: reward r, length l, time t (Stable-Baselines3, baselines)."""
    return has_episodes(run) and all(table.endswith(_MONITOR) for table in run.tables)


def has_episodes(run: Run) -> bool:
    """Whether some of the tables are monitors' episodes."""
    return any(table.endswith(_MONITOR) for table in run.tables) and run.summary.keys() >= set(EPISODE)


def is_of_episodes(run: Run, y: str) -> bool:
    """Whether a metric is of monitors' episodes, and not of another table beside them."""
    return has_episodes(run) and (y in EPISODE or is_monitor(run))


def _clock(run: Run, y: str) -> str | None:
    """The column of times that lies in the rows of a metric: not the monitors' for another table's."""
    clock = clock_of(run)
    return None if clock == "t" and has_episodes(run) and not is_of_episodes(run, y) else clock


def _by_end(run: Run, times: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """The rows that are episodes, in the order of their ends."""
    rows = np.flatnonzero(~np.isnan(times))
    # One environment's file may hold a resumed run, whose clock begins anew.
    several = sum(table.endswith(_MONITOR) for table in run.tables) > 1
    return rows[np.argsort(times[rows], kind="stable")] if several else rows


def _ranks(run: Run, times: Floats) -> Floats:
    order = _by_end(run, times)
    found = np.full(len(times), np.nan)
    found[order] = np.arange(len(order), dtype=np.float64)
    return found


def _timesteps(run: Run, columns: Mapping[str, Floats]) -> Floats:
    """The lengths of all episodes up to each; those of parallel environments in the order of their ends."""
    lengths = columns["l"]
    order = _by_end(run, columns["t"])
    found = np.full(len(lengths), np.nan)
    found[order] = np.nancumsum(lengths[order])
    found[np.isnan(lengths)] = np.nan
    return found


def _episode_hours(run: Run, times: Floats) -> Places | None:
    order = _by_end(run, times)
    found = hours_of(times[order], run, "t")
    if found is None:
        return None
    hours = np.full(len(times), np.nan)
    hours[order] = found.hours
    return Places(hours, found.note, ordered=False)
