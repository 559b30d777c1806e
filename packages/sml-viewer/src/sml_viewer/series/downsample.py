"""Which points of a long curve are drawn: an even grid and the extremes between, so that no spike is lost."""

from __future__ import annotations

import numpy as np

from sml_viewer.arrays import Floats, Indices

# Up to so many times the points that a screen has room for, all are drawn: extremes alone would be as many.
_ALL = 4
# One in so many of the points may be spent on outliers.
_OUTLIERS = 10
# A row is an outlier where it stands out by so many times the median step.
_STANDS_OUT = 6.0
_MOST_OUTLIERS = 200


def shown_places(
    x: Floats,
    lines: tuple[Floats, ...],
    most: int,
    low: float = -np.inf,
    high: float = np.inf,
    *,
    log: bool = False,
) -> tuple[Indices, int]:
    """The places of a curve that a chart draws between two x, and how many rows each grid point stands for.

    `x` rises strictly and has shape (rows,), as has each of `lines`, the main one first; `most` is the
    chart's width in pixels. The grid is even along x, or along its logarithm. Of every stretch between two
    grid points the least and the largest value of each line is kept, and of each gap (NaN, infinity) in the
    main line one place. The nearest point on either side of the view is among them, so that a line leads
    out of it.
    """
    first = max(0, int(np.searchsorted(x, low, "left")) - 1)
    last = min(len(x), int(np.searchsorted(x, high, "right")) + 1)
    if last - first <= _ALL * most:
        return np.arange(first, last), 1
    grid = _even(x, first, last, max(2, most), low, high, log=log)
    finite = [np.where(np.isfinite(line), line, np.nan) for line in lines]
    return with_extremes(grid, *finite, most=most // _OUTLIERS), -(-(last - first) // len(grid))


def thinned(values: Floats, most: int) -> Indices:
    """The places of at most `most` (four or more) values of shape (rows,), rising; blanks are left out.

    Among them the first, the last, the least and largest of each stretch, and outliers.
    """
    present = np.flatnonzero(~np.isnan(values))
    if len(present) <= most:
        return present
    spikes = most // _OUTLIERS
    grid = np.linspace(0, len(present) - 1, max(2, (most - 3 * spikes + 2) // 3)).astype(np.int64)
    return present[with_extremes(grid, values[present], most=spikes)]


def every_so_many(first: int, last: int, every: int) -> Indices:
    """Every so many-th place from `first` to before `last`, and the one before `last`."""
    indices = np.arange(first, last, every)
    if len(indices) and indices[-1] != last - 1:
        indices = np.append(indices, last - 1)
    return indices


def outliers(values: Floats, most: int = _MOST_OUTLIERS) -> Indices:
    """The rows that stand above, or below, both their neighbours by many times a usual step, the highest."""
    if len(values) < 3 or most <= 0:
        return np.empty(0, np.int64)
    before, inner, after = values[:-2], values[1:-1], values[2:]
    with np.errstate(invalid="ignore", over="ignore"):
        height = np.maximum(inner - np.maximum(before, after), np.minimum(before, after) - inner)
        steps = np.abs(np.diff(values))
    steps = steps[np.isfinite(steps)]
    least = _STANDS_OUT * float(np.median(steps)) if len(steps) else 0.0
    indices = np.flatnonzero((height > least) & np.isfinite(height))
    if len(indices) > most:
        indices = indices[np.argpartition(height[indices], -most)[-most:]]
    return indices + 1


def with_extremes(grid: Indices, *lines: Floats, most: int = _MOST_OUTLIERS) -> Indices:
    """The grid's places and, of each stretch between two, where a line goes beyond both; rising, each once.

    Of the first line also the first blank of each stretch, so that a gap stays one, and at most so many of
    its outliers with the rows beside them, so that two of them in one stretch stay two.
    """
    if len(grid) < 2:
        return grid
    first, last = int(grid[0]), int(grid[-1]) + 1
    starts = grid[:-1] - first
    chosen = [grid]
    for number, line in enumerate(lines):
        part = line[first:last]
        blank = np.isnan(part)
        chosen += [first + _beyond(np.where(blank, -np.inf, each), starts) for each in (part, -part)]
        if number == 0:
            spikes = first + outliers(part, most)
            chosen += [first + _first_of_each(np.flatnonzero(blank), starts), spikes - 1, spikes, spikes + 1]
    return np.unique(np.concatenate(chosen))


def _beyond(part: Floats, starts: Indices) -> Indices:
    """Of each stretch the first place of its largest value, where that is larger than at both its ends."""
    top = np.maximum.reduceat(part, starts)
    ends = part[np.append(starts, len(part) - 1)]
    top = np.where(top > np.maximum(ends[:-1], ends[1:]), top, np.nan)
    tops = np.repeat(top, np.diff(starts, append=len(part)))
    return _first_of_each(np.flatnonzero(part == tops), starts)


def _first_of_each(indices: Indices, starts: Indices) -> Indices:
    """Of rising places the first in each stretch."""
    stretch = np.searchsorted(starts, indices, "right")
    return indices[np.diff(stretch, prepend=-1) > 0]


def _even(x: Floats, first: int, last: int, most: int, low: float, high: float, *, log: bool) -> Indices:
    """So many places at most, evenly along the part of x that is seen, and both ends."""
    start, end = max(low, float(x[first])), min(high, float(x[last - 1]))
    if log and end > 0:
        if start <= 0:
            start = float(x[min(int(np.searchsorted(x, 0.0, "right")), last - 1)])
        edges = np.geomspace(start, end, most)
    else:
        edges = np.linspace(start, end, most)
    indices = np.searchsorted(x[first:last], edges) + first
    return np.unique(np.concatenate([[first], np.minimum(indices, last - 1), [last - 1]]))
