"""Clock times, and hours since a run's start, from a column of clock times or elapsed seconds."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.i18n import Message, joined
from sml_viewer.model.run import Run, Summary

from .words import words_of

# Names of columns of elapsed time or clock time in common loggers.
_CLOCKS = (
    "time/time_elapsed", "time_elapsed", "elapsed_time", "time_total_s", "wall_time", "walltime",
    "time-total",
    "Time", "time", "timestamp", "t", "time/total (s)", "total_time", "TotalTime", "misc/time_elapsed",
    "TimeElapsed", "_runtime", "_timestamp", "wall_clock_time", "wall_clock", "wallclock", "elapsed",
    "elapsed_seconds", "seconds", "learner_walltime", "runtime", "relative_time", "time/elapsed",
    "time/total", "wall_time_s", "time_s", "timestamps", "unix_time", "time_ms", "elapsed_ms", "timestamp_ms",
    "time_ns", "elapsed_ns", "timestamp_ns", "time_us", "elapsed_us", "timestamp_us",
)  # fmt: skip
# Clock times are seconds since 1970 in the years 1998 to 2103, in one of these fractions of a second.
_FIRST, _LAST = 9e8, 4.2e9
_PARTS = (1.0, 1e3, 1e6, 1e9)
_NAMED_PARTS = {"ms": 1e3, "us": 1e6, "ns": 1e9}
# Seconds, more than any run lasts.
_LONGEST = 1e8
# Words of columns that count from the start of the training, also that of an earlier part of it.
_ELAPSED = frozenset({"elapsed", "runtime", "total", "relative", "since"})
# The first row is so many times the longest time between two rows before it, if the clock began elsewhere.
_FAR = 60.0


class Hours(NamedTuple):
    """Hours since the start, shape (rows,), non-decreasing, and a note for the caption."""

    hours: Floats
    note: str | None = None


def clock_of(run: Run, y: str | None = None) -> str | None:
    """The run's time column whose unit is known; None without one.

    With a metric y (its name in the file), a column of the metric's own table.
    """
    for name in _CLOCKS:
        own = name if y is None or not run.sources else run.beside(name, y)
        if own is not None and own in run.summary and _parts_of(own, run.summary[own]) is not None:
            return own
    return None


def absolute_clock_of(run: Run, y: str | None = None) -> str | None:
    """The run's column of times since 1970; None without one. With a metric y as in `clock_of`."""
    for name in _CLOCKS:
        own = name if y is None or not run.sources else run.beside(name, y)
        if own is not None and own in run.summary and parts_of_clock(*_range(run.summary[own])) is not None:
            return own
    return None


def unknown_clock(run: Run) -> str | None:
    """A time column of unknown unit, if the run has no better one; else None."""
    if clock_of(run) is not None:
        return None
    return next((name for name in _CLOCKS if name in run.summary), None)


def parts_of_clock(low: float, high: float) -> float | None:
    """The ticks per second of a clock with such times; None if they are not times since 1970."""
    return next((part for part in _PARTS if _FIRST * part <= low and high <= _LAST * part), None)


def since_epoch(times: Floats) -> Floats | None:
    """Seconds since 1970 of times in any unit; None if they are not times since 1970. Blanks stay NaN."""
    known = times[~np.isnan(times)]
    parts = parts_of_clock(float(known.min()), float(known.max())) if len(known) else None
    return None if parts is None else times / parts


def hours_of(times: Floats, run: Run, clock: str | None) -> Hours | None:
    """Hours since the run's start; None if the unit of the times is unknown. Blanks stay NaN.

    If the clock goes back, because it was set or the run was resumed, hours continue from there: the elapsed
    time is unknown, and the note says so. A clock that began elsewhere, as `time.monotonic` and
    `time.perf_counter` do, counts from the first row.
    """
    present = ~np.isnan(times)
    known = times[present]
    if not len(known):
        return None
    low, high = float(known.min()), float(known.max())
    parts = _parts(clock or "", low, high)
    if parts is None:
        return None
    steps = np.diff(known)
    back = int((steps < 0).sum())
    begins_elsewhere = _begins_elsewhere(clock or "", float(known[0]), steps)
    start = known[0] if begins_elsewhere else _start(run, known[0], parts, low)
    seconds = (known[0] - start) / parts
    since = seconds + np.concatenate([[0.0], np.cumsum(np.maximum(steps, 0.0)) / parts])
    hours = np.full(len(times), np.nan)
    hours[present] = since / 3600.0
    notes: list[str] = []
    if begins_elsewhere:
        notes.append(Message("its clock did not begin with the run; hours are since its first row"))
    if back:
        notes.append(Message("its clock goes back {n} time(s); hours go on from there", n=back))
    return Hours(hours, joined(notes, "; ") if len(notes) > 1 else next(iter(notes), None))


def _begins_elsewhere(clock: str, first: float, steps: Floats) -> bool:
    """Whether times that are neither since 1970 nor elapsed by name count from long before the first row."""
    if parts_of_clock(first, first) is not None or not _ELAPSED.isdisjoint(words_of(clock).all):
        return False
    forward = np.maximum(steps, 0.0)
    longest = float(forward.max(initial=0.0))
    return longest > 0 and first > max(float(forward.sum()), _FAR * longest)


def _parts_of(name: str, summary: Summary) -> float | None:
    return _parts(name, *_range(summary))


def _range(summary: Summary) -> tuple[float, float]:
    low = summary.last if summary.low is None else summary.low
    high = summary.last if summary.high is None else summary.high
    return low, high


def _parts(name: str, low: float, high: float) -> float | None:
    """The ticks per second of times, by name and values; None if unknown."""
    if (parts := parts_of_clock(low, high)) is not None:
        return parts
    words = words_of(name).leaf
    named = _NAMED_PARTS.get(words[-1], 1.0) if words else 1.0
    return named if low >= 0 and high <= _LONGEST * named else None


def _start(run: Run, first: float, parts: float, low: float) -> float:
    """The start time in ticks of the clock; 0 for elapsed times."""
    if parts_of_clock(low, low) is None:
        return 0.0
    try:
        start = datetime.fromisoformat(str(run.provenance.get("start_time"))).timestamp() * parts
    except ValueError:
        return first
    return min(start, first)
