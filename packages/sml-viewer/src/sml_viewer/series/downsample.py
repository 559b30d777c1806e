"""Downsample long curves: an even grid and the extremes in between, so that no spike is lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sml_viewer.arrays import Floats, Indices

# Up to this multiple of the chart's width all points are drawn; the extremes alone would be as many.
_ALL = 4
# One in this many points may be an outlier.
_OUTLIERS = 10
# A row is an outlier if it exceeds its neighbours by this multiple of the median step.
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
    """Indices of the points of a curve that a chart draws for `low` <= x <= `high`, and rows per grid point.

    `x` rises strictly and has shape (rows,), as has each of `lines`, the main one first; `most` is the
    chart's width in pixels. The grid is even along x or, with `log`, along its logarithm. Between two grid
    points the least and the largest value of each line are kept, and one point of each gap (NaN, infinity)
    in the main line. The nearest point on either side of the view is included, so that lines leave the view.
    """
    first = max(0, int(np.searchsorted(x, low, "left")) - 1)
    last = min(len(x), int(np.searchsorted(x, high, "right")) + 1)
    if last - first <= _ALL * most:
        return np.arange(first, last), 1
    grid = _even_grid(x, first, last, max(2, most), low, high, log=log)
    finite = [np.isfinite(line) for line in lines]
    present = [line if f.all() else np.where(f, line, np.nan) for line, f in zip(lines, finite, strict=True)]
    return with_extremes(grid, *present, most=most // _OUTLIERS), -(-(last - first) // len(grid))


def thinned(values: Floats, most: int) -> Indices:
    """Indices of at most `most` (four or more) of `values`, of shape (rows,); NaNs are left out.

    They rise, and include the first, the last, the least and largest value of each stretch, and outliers.
    """
    present = np.flatnonzero(~np.isnan(values))
    if len(present) <= most:
        return present
    spikes = most // _OUTLIERS
    grid = np.linspace(0, len(present) - 1, max(2, (most - 3 * spikes + 2) // 3)).astype(np.int64)
    return present[with_extremes(grid, values[present], most=spikes)]


def strided(first: int, last: int, every: int) -> Indices:
    """Every `every`-th index from `first` to before `last`, and always `last` - 1."""
    indices = np.arange(first, last, every)
    if len(indices) and indices[-1] != last - 1:
        indices = np.append(indices, last - 1)
    return indices


def outliers(values: Floats, most: int = _MOST_OUTLIERS) -> Indices:
    """Indices of spikes: rows above or below both neighbours by more than _STANDS_OUT median steps.

    If there are more than `most`, the highest are kept.
    """
    if len(values) < 3 or most <= 0:
        return np.empty(0, np.int64)
    with np.errstate(invalid="ignore", over="ignore"):
        steps = values[1:] - values[:-1]
    rises = steps > 0
    steps = np.abs(steps, out=steps)
    finite = np.isfinite(steps)
    least = _STANDS_OUT * _median(steps if finite.all() else steps[finite])
    height = np.minimum(steps[:-1], steps[1:])
    indices: Indices = np.flatnonzero(height > least)
    height, turns = height[indices], rises[indices] != rises[indices + 1]
    stands_out = turns & np.isfinite(height)
    indices, height = indices[stands_out], height[stands_out]
    if len(indices) > most:
        indices = indices[np.argpartition(height, -most)[-most:]]
    return indices + 1


def _median(values: Floats) -> float:
    """The median of finite values, 0 without any; `numpy.median` takes several times as long for a chart."""
    if not len(values):
        return 0.0
    middle = [(len(values) - 1) // 2, len(values) // 2]
    low, high = np.partition(values, middle)[middle]
    return float(low / 2 + high / 2) if low != high else float(low)


def with_extremes(grid: Indices, *lines: Floats, most: int = _MOST_OUTLIERS) -> Indices:
    """The indices of the grid and, between two of them, of each line's extremes beyond both; sorted, unique.

    Of the first line also the first NaN of each stretch, so that gaps remain, and at most `most` outliers
    with the rows beside them, so that two outliers in one stretch remain two.
    """
    if len(grid) < 2:
        return grid
    first, last = int(grid[0]), int(grid[-1]) + 1
    starts = grid[:-1] - first
    sizes = grid[1:] - grid[:-1]
    sizes[-1] += 1
    chosen = np.zeros(last - first, bool)
    chosen[grid - first] = True
    for number, line in enumerate(lines):
        part = line[first:last]
        blank = np.isnan(part)
        has_blanks = bool(blank.any())
        for each in (part, -part):
            chosen[_peaks(np.where(blank, -np.inf, each) if has_blanks else each, starts, sizes)] = True
        if number == 0:
            spikes = outliers(part, most)
            for beside in (spikes - 1, spikes, spikes + 1):
                chosen[beside] = True
            if has_blanks:
                chosen[_first_per_stretch(np.flatnonzero(blank), starts)] = True
    return first + np.flatnonzero(chosen)


def _peaks(part: Floats, starts: Indices, sizes: Indices) -> Indices:
    """First index of the largest value of each stretch, where that is larger than at both its ends."""
    top = np.maximum.reduceat(part, starts)
    ends = np.append(part[starts], part[-1])
    top[top <= np.maximum(ends[:-1], ends[1:])] = np.nan
    return _first_per_stretch(np.flatnonzero(part == np.repeat(top, sizes)), starts)


def _first_per_stretch(indices: Indices, starts: Indices) -> Indices:
    """The first of the sorted indices in each stretch."""
    return indices[_begins(np.searchsorted(starts, indices, "right"))]


def _begins(values: Indices) -> NDArray[np.bool_]:
    """Whether each of the sorted values differs from the one before."""
    begins = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    return begins


def _even_grid(x: Floats, first: int, last: int, most: int, low: float, high: float, *, log: bool) -> Indices:
    """At most `most` indices, evenly spaced along the visible part of x, and both ends."""
    start, end = max(low, float(x[first])), min(high, float(x[last - 1]))
    if log and end > 0:
        if start <= 0:
            start = float(x[min(int(np.searchsorted(x, 0.0, "right")), last - 1)])
        edges = np.geomspace(start, end, most)
    else:
        edges = np.linspace(start, end, most)
    indices = np.searchsorted(x[first:last], edges) + first
    rising = np.concatenate([[first], np.minimum(indices, last - 1), [last - 1]])
    return rising[_begins(rising)]
