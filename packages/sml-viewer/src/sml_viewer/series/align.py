"""Align seeds on a common x: exactly where they agree, otherwise by linear interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.i18n import Message

from .downsample import outliers
from .load import Series


class Aligned(NamedTuple):
    """Seeds on a common x.

    `x` has shape (points,), `values` shape (seeds, points), NaN where a seed has no data. `interpolated`
    tells whether some values are interpolated; `truncated_by` names the run whose end or beginning truncated
    the others, if any did; `diverged` counts the seeds with infinite values.
    """

    x: Floats
    values: Floats
    interpolated: bool = False
    truncated_by: str | None = None
    diverged: int = 0


def align(series: Sequence[Series], *, union: bool = False, resample: bool | None = None) -> Aligned:
    """Bring all seeds on a common x.

    `union` keeps every x that some seed reached, otherwise only those that all seeds cover. `resample` True
    always interpolates on a common grid, False never does, None does so only if the seeds' x differ.
    """
    first = series[0].x
    if not resample and same_x(series):
        stacked = np.stack([seed.y for seed in series])
        return Aligned(first, stacked, diverged=_diverged(stacked))
    grid = np.unique(np.concatenate([seed.x for seed in series]))
    agreeing = all(_is_part(seed.x, grid) for seed in series)
    interpolated = bool(resample) or (resample is None and not agreeing)
    if interpolated:
        if not union:  # truncate before thinning, so that both ends are measured points
            start, end = max(seed.x[0] for seed in series), min(seed.x[-1] for seed in series)
            grid = grid[(grid >= start) & (grid <= end)]
        grid = _thinned(grid, max(len(seed.x) for seed in series), series)
    on_grid = _interpolated if interpolated else _exact
    values = np.stack([on_grid(seed, grid) for seed in series])
    diverged = sum(_diverged(seed.y[None]) for seed in series)
    if union:
        return Aligned(grid, values, interpolated, diverged=diverged)
    covered = ~np.isnan(values).any(axis=0)
    return Aligned(grid[covered], values[:, covered], interpolated, _truncation(series), diverged)


def same_x(series: Sequence[Series]) -> bool:
    """Whether all seeds were measured at the same x."""
    first = series[0].x
    return all(other.x is first or np.array_equal(first, other.x) for other in series[1:])


def smooth(values: Floats, radius: int) -> Floats:
    """Moving average along the last axis over 2·radius+1 points, fewer at both ends.

    NaNs are not averaged and stay NaN.
    """
    points = values.shape[-1]
    radius = min(radius, points - 1)
    if radius <= 0:
        return values
    blank = np.isnan(values)
    some_blank = bool(blank.any())
    if not some_blank:
        return _window_sums(values, radius) / _window_sizes(points, radius)
    count = _window_sums((~blank).astype(np.float64), radius)
    return np.where(
        blank, np.nan, _window_sums(np.where(blank, 0.0, values), radius) / np.maximum(count, 1.0)
    )


def _window_sizes(points: int, radius: int) -> Floats:
    """Number of points in each window of 2·radius+1, of shape (points,)."""
    index = np.arange(points, dtype=np.float64)
    return np.minimum(index + radius, points - 1) - np.maximum(index - radius, 0) + 1


def _window_sums(values: Floats, radius: int) -> Floats:
    """Sums over 2·radius+1 points along the last axis, fewer at both ends.

    By doubling: the window is put together from sums of 1, 2, 4, … points. Nothing is subtracted, so an
    infinity does not spread beyond its window.
    """
    points = values.shape[-1]
    power = np.zeros((*values.shape[:-1], points + 2 * radius))
    power[..., radius : radius + points] = values
    total = np.zeros_like(values)
    offset, width, size = 0, 2 * radius + 1, 1
    while width:
        if width & size:
            total += power[..., offset : offset + points]
            offset += size
            width -= size
        if width:
            power = power[..., :-size] + power[..., size:]
            size *= 2
    return total


def _is_part(x: Floats, grid: Floats) -> bool:
    """Whether a seed has every x of the grid between its first and its last x."""
    low, high = np.searchsorted(grid, (x[0], x[-1]))
    return int(high - low + 1) == len(x)


def _exact(seed: Series, grid: Floats) -> Floats:
    values = np.full(len(grid), np.nan)
    values[np.searchsorted(grid, seed.x)] = seed.y
    return values


def _interpolated(seed: Series, grid: Floats) -> Floats:
    finite = np.isfinite(seed.y)
    if finite.all():
        values: Floats = np.interp(grid, seed.x, seed.y, left=np.nan, right=np.nan)
        return values
    # No interpolation towards an infinite value: points beside it take that value.
    last = len(seed.x) - 1
    before = np.clip(np.searchsorted(seed.x, grid, "right") - 1, 0, last)
    after = np.clip(np.searchsorted(seed.x, grid, "left"), 0, last)
    values = np.interp(grid, seed.x, np.where(finite, seed.y, 0.0), left=np.nan, right=np.nan)
    for near in (after, before):
        values = np.where(finite[near] | np.isnan(values), values, seed.y[near])
    return values


def _diverged(values: Floats) -> int:
    """Number of seeds with a value that is not finite; `values` has shape (seeds, points)."""
    finite = np.isfinite(values)
    return 0 if finite.all() else int((~finite).any(axis=1).sum())


def _thinned(grid: Floats, most: int, series: Sequence[Series]) -> Floats:
    """At most `most` evenly spaced points of the grid with both ends, and the points of the seeds' spikes.

    A spike of one row lies between two points of an even grid; interpolation would lose it.
    """
    if len(grid) <= most:
        return grid
    even = np.linspace(0, len(grid) - 1, most).round().astype(np.int64)
    spikes = np.concatenate([seed.x[outliers(seed.y)] for seed in series])
    spikes = spikes[(spikes >= grid[0]) & (spikes <= grid[-1])]
    return np.asarray(grid[np.unique(np.concatenate([even, np.searchsorted(grid, spikes)]))])


def _truncation(series: Sequence[Series]) -> str | None:
    ends = [seed.x[-1] for seed in series]
    starts = [seed.x[0] for seed in series]
    if min(ends) < max(ends):
        name = series[int(np.argmin(ends))].run.name
        return Message("{run} ends at {x:g}", run=name, x=min(ends))
    if max(starts) > min(starts):
        name = series[int(np.argmax(starts))].run.name
        return Message("{run} begins at {x:g}", run=name, x=max(starts))
    return None
