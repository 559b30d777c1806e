"""Which points of a curve are drawn: all, or one in so many with the extremes between, and their band."""

from __future__ import annotations

import math

import numpy as np

from sml_viewer.arrays import Floats, Indices
from sml_viewer.series.downsample import every_so_many, with_extremes
from sml_viewer.stats.estimators import band

_MOST_BOOTSTRAP_POINTS = 200


def drawn_points(
    values: Floats, whole: Floats, step: int, middle: str, kind: str
) -> tuple[int, Indices | slice, Floats, Floats]:
    """One point in how many is drawn, which those are, and their band; bootstrap bands have few points."""
    if kind == "bootstrap":
        every = max(step, math.ceil(len(whole) / _MOST_BOOTSTRAP_POINTS))
        keep = _drawn_indices(every, whole)
        return every, keep, *_band(values[:, keep], middle, kind)
    low, high = _band(values, middle, kind)
    keep = _drawn_indices(step, whole, low, high)
    return step, keep, low[keep], high[keep]


@np.errstate(invalid="ignore", over="ignore")
def _band(values: Floats, middle: str, kind: str) -> tuple[Floats, Floats]:
    if kind == "none":
        nothing = np.full(values.shape[1], np.nan)
        return nothing, nothing
    return band(values, middle, kind)


def _drawn_indices(every: int, *lines: Floats) -> Indices | slice:
    """Which points are drawn: one in `every`, the last, and where a line goes beyond those on either side."""
    if every == 1:
        return slice(None)
    return with_extremes(every_so_many(0, len(lines[0]), every), *lines)


def ghost_points(x: Floats, values: Floats, every: int) -> tuple[Floats, Floats]:
    """Where along x, and the centre, of what is seen behind a smoothed curve."""
    keep = _drawn_indices(every, values)
    return x[keep], values[keep]
