"""Smooth the runs of a curve: moving average over points or a width in x, exponential average over x."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sml_viewer.arrays import Floats, Indices
from sml_viewer.columns.axes import ROW
from sml_viewer.config.typed_options import CurveOptions

from .align import smooth
from .load import Series

# The radius is at most a curve's points divided by the first number by default, by the second if it was set
# explicitly: a radius that suits a metric of 50,000 points would make one of 100 a flat line.
_DEFAULT_DIVISOR = 40
_EXPLICIT_DIVISOR = 4
# Relative to a window's half width: steps such as 0.1 do not add up exactly.
_ROUNDING = 1e-9


class Smoothing(NamedTuple):
    """A moving average over 2·radius+1 points or, if `width` is not 0, over all points of that width in x.

    With a width, `radius` is the number of points on one side of the widest window, and `exponential` makes
    it an exponential moving average with half the width as its time constant.
    """

    radius: int = 0
    width: float = 0.0
    exponential: bool = False

    def of(self, x: Floats, values: Floats) -> Floats:
        """Smooth `values` of shape (…, points) along the last axis; NaNs are not averaged and stay NaN."""
        if self.width and self.exponential:
            return smooth_exponentially(x, values, self.width / 2)
        return smooth_within(x, values, self.width) if self.width else smooth(values, self.radius)


def choose_smoothing(options: CurveOptions, series: Sequence[Series], x_column: str) -> Smoothing:
    """Choose the smoothing of one group of runs: one width or one radius for all of them.

    SMOOTH_WINDOW is a share of the range of x, so the width is the same for every metric, however often it
    was logged; SMOOTH_KIND is the kind of average over it. SMOOTH_RADIUS applies if SMOOTH_WINDOW is not set,
    or if it is set for a smaller scope.
    """
    if not options.use_smooth:
        return Smoothing()
    if options.smooth_window is not None:
        width = options.smooth_window * x_range(series, x_column)
        radius = max(_max_radius(run_series.x, width) for run_series in series)
        return Smoothing(radius, width, options.smooth_kind == "ema")
    points = min(len(run_series.x) for run_series in series)
    chosen = options.is_set("smooth_radius", "use_smooth")
    most = max(1, points // _EXPLICIT_DIVISOR) if chosen else points // _DEFAULT_DIVISOR
    return Smoothing(min(options.smooth_radius, most, points - 1))


def x_range(series: Sequence[Series], x_column: str) -> float:
    """The largest range of x of the runs, over all rows, also those without the metric."""
    return max(_range(run_series, x_column) for run_series in series)


def _range(run_series: Series, x_column: str) -> float:
    own = float(run_series.x[-1] - run_series.x[0])
    if x_column == ROW:
        return max(own, float((run_series.run.rows or 1) - 1))
    summary = run_series.run.summary.get(x_column)
    if summary is None or summary.low is None or summary.high is None:
        return own
    whole = summary.high - summary.low
    return max(own, whole) if math.isfinite(whole) else own


def smooth_within(x: Floats, values: Floats, width: float) -> Floats:
    """Moving average along the last axis over all points within half a width of each point's x.

    `x` rises strictly and has shape (points,), `values` shape (…, points). NaNs are not averaged and stay
    NaN.
    """
    first, last = _windows(x, width)
    radius = _max_radius(x, width)
    indices = np.arange(len(x))
    if np.array_equal(first, np.maximum(indices - radius, 0)) and np.array_equal(
        last, np.minimum(indices + radius + 1, len(x))
    ):
        return smooth(values, radius)  # even steps, for which it is several times quicker
    blank = np.isnan(values)
    totals = _sums(np.where(blank, 0.0, values), first, last)
    counts = _sums((~blank).astype(np.float64), first, last)
    return np.where(blank, np.nan, totals / np.maximum(counts, 1.0))


def smooth_exponentially(x: Floats, values: Floats, constant: float) -> Floats:
    """Exponential moving average along the last axis: a value `constant` further back counts 1/e as much.

    y_t = Σ w_i v_i / Σ w_i over i ≤ t with w_i = exp(-(x_t - x_i) / constant), so the start is not biased.
    `x` rises strictly and has shape (points,), `values` shape (…, points). What is not finite is not averaged
    and stays as it is.
    """
    finite = np.isfinite(values)
    decay = np.concatenate([[0.0], np.exp(-np.diff(x) / constant)])
    # The recurrence s_t = d_t s_(t-1) + v_t by doubling: pairs (d, s) of adjacent stretches combine.
    total, weight = np.where(finite, values, 0.0), finite.astype(np.float64)
    size = 1
    while size < len(x):
        for sums in (total, weight):
            sums[..., size:] += decay[size:] * sums[..., :-size]
        decay[size:] = decay[size:] * decay[:-size]
        decay[:size] = 0.0
        size *= 2
    return np.where(finite, total / np.where(weight > 0, weight, 1.0), values)


def _windows(x: Floats, width: float) -> tuple[Indices, Indices]:
    """The first index of each point's window, and the index after its last."""
    half = width / 2 * (1 + _ROUNDING)
    return np.searchsorted(x, x - half, "left"), np.searchsorted(x, x + half, "right")


def _max_radius(x: Floats, width: float) -> int:
    """Number of points on one side of the widest window."""
    _, last = _windows(x, width)
    return int((last - np.arange(len(x))).max()) - 1


def _sums(values: Floats, first: Indices, last: Indices) -> Floats:
    """Sums along the last axis from `first` to before `last` of each point.

    By doubling, as in `align.smooth`: nothing is subtracted, so an infinity does not spread beyond its
    window.
    """
    total = np.zeros_like(values)
    start, count = first.copy(), last - first
    size, level = 1, values
    while True:
        selected = np.flatnonzero(count & size)
        total[..., selected] += level[..., start[selected]]
        start[selected] += size
        if 2 * size > count.max():
            return total
        level = level[..., :-size] + level[..., size:]
        size *= 2
