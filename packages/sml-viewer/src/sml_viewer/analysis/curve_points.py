"""Points of a curve that are drawn, and their band: all, or one in `step` with the extremes in between."""

from __future__ import annotations

import math

import numpy as np

from sml_viewer.arrays import Floats, Indices
from sml_viewer.series.downsample import strided, with_extremes
from sml_viewer.stats.bands import band

_MOST_BOOTSTRAP_POINTS = 200


def drawn_points(
    values: Floats, whole: Floats, step: int, middle: str, kind: str
) -> tuple[int, Indices | slice, Floats, Floats]:
    """The stride, the indices of the drawn points, and the lower and upper end of their band.

    `values` has shape (seeds, points), `whole` is their centre of shape (points,). A bootstrap band is slow
    to compute, so at most _MOST_BOOTSTRAP_POINTS points have one.
    """
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
    """Indices of one point in `every`, of the last, and of the extremes of each line in between."""
    if every == 1:
        return slice(None)
    return with_extremes(strided(0, len(lines[0]), every), *lines)


def ghost_points(x: Floats, values: Floats, every: int) -> tuple[Floats, Floats]:
    """Values of x and the centre of the unsmoothed curve that is drawn behind a smoothed one."""
    keep = _drawn_indices(every, values)
    return x[keep], values[keep]
