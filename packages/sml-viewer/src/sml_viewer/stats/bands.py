"""Estimators over seeds: mean, median, IQM, error bands, bootstrap intervals.

All computed by SciPy or NumPy; ddof is 1 throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from sml_viewer.arrays import Floats

CONFIDENCE = 0.95
_RESAMPLES = 2000
_SEED = 20_240_229  # fixed, so that the same data always gives the same bootstrap interval
_MOST_CELLS = 20_000_000
AGGREGATES = ("iqm", "median", "mean", "gap")

Interval = tuple[float, float, float]  # value, low, high


def center(values: Floats, kind: str) -> Floats:
    """Mean, median or interquartile mean over the seeds: shape (seeds, points) to (points,), ignoring NaN.

    The interquartile mean (iqm) leaves out a quarter of the seeds at each end, rounded down
    (scipy.stats.trim_mean; Agarwal et al. 2021, https://arxiv.org/abs/2108.13264); of fewer than four it is
    the mean.
    """
    return _by_pattern(values, lambda part: _center(part, kind), np.nan)


def band(values: Floats, middle: str, kind: str) -> tuple[Floats, Floats]:
    """Lower and upper end of the band around the centre: shape (seeds, points) to two of (points,).

    se: the standard error s/√n (scipy.stats.sem, ddof=1). sd: the standard deviation s (ddof=1). t: the 95 %
    interval mean ± t(0.975, n-1)·s/√n (scipy.stats.t; Student 1908), which assumes normal seeds. bootstrap:
    the 95 % percentile interval of the centre over 2000 resamples of the seeds (Efron 1979). minmax: the
    extremes. NaN where n is 1, but for minmax. A band of se, sd or t is around the mean; other centres take
    bootstrap or minmax.
    """
    if kind == "minmax":
        low = _by_pattern(values, lambda part: part.min(axis=0), np.nan)
        return low, _by_pattern(values, lambda part: part.max(axis=0), np.nan)
    if kind == "bootstrap":
        low = _by_pattern(values, lambda part: _bootstrap(part, middle)[0], np.nan)
        return low, _by_pattern(values, lambda part: _bootstrap(part, middle)[1], np.nan)
    half = _by_pattern(values, lambda part: half_width(part, kind), np.nan)
    mean = center(values, "mean")
    return mean - half, mean + half


def half_width(values: Floats, kind: str) -> Floats:
    """Half width (the number after ±) of se, sd or t over the first axis; NaN if n is 1.

    `values` has shape (seeds, …) and no NaN.
    """
    n = values.shape[0]
    if n < 2 or kind == "none":
        return np.full(values.shape[1:], np.nan)
    return np.asarray(np.std(values, axis=0, ddof=1) * width_factor(n, kind))


def width_factor(n: int, kind: str) -> float:
    """Half width of se, sd or t of n seeds in standard deviations (ddof=1); NaN if n is 1."""
    if n < 2:
        return math.nan
    if kind == "sd":
        return 1.0
    if kind == "se":
        return 1 / math.sqrt(n)
    from scipy import stats  # takes longer to import than most figures to draw

    return float(stats.t.ppf(0.5 + CONFIDENCE / 2, n - 1) / math.sqrt(n))


def stratified_iqm(scores: Sequence[Floats]) -> Interval:
    """The interquartile mean of normalised scores with its interval; see `stratified`."""
    return stratified(scores, ("iqm",))["iqm"]


def stratified(scores: Sequence[Floats], kinds: Sequence[str]) -> dict[str, Interval]:
    """Aggregates of normalised scores over all runs of all tasks, each with its 95 % interval.

    `scores` holds an array of shape (runs,) per task. iqm is the interquartile mean of all runs, gap the mean
    of max(1 - score, 0) of all runs, mean and median those of the tasks' means. The interval is the
    percentile bootstrap that resamples the runs within each task (stratified; Agarwal et al. 2021,
    https://arxiv.org/abs/2108.13264). Its ends are NaN where each task has a single run: nothing varies then.
    """
    random = np.random.default_rng(_SEED)
    draws = [task[random.integers(0, len(task), (_RESAMPLES, len(task)))] for task in scores]
    single = all(len(task) == 1 for task in scores)
    intervals = {}
    for kind in kinds:
        low, high = (np.nan, np.nan) if single else np.quantile(_over_tasks(draws, kind), _tails())
        value = _over_tasks([task[None, :] for task in scores], kind)[0]
        intervals[kind] = float(value), float(low), float(high)
    return intervals


def _over_tasks(draws: Sequence[Floats], kind: str) -> Floats:
    """An aggregate of each draw: arrays of shape (draws, runs) per task to (draws,)."""
    if kind in ("mean", "median"):
        return _center(np.stack([task.mean(axis=1) for task in draws]), kind)
    together = np.concatenate(draws, axis=1)
    if kind == "gap":
        return np.asarray(np.maximum(1.0 - together, 0.0).mean(axis=1))
    return _center(together.T, kind)


def _center(values: Floats, kind: str) -> Floats:
    if kind == "mean":
        return np.asarray(values.mean(axis=0))
    if kind == "median":
        return np.asarray(np.median(values, axis=0))
    from scipy import stats

    return np.asarray(stats.trim_mean(values, 0.25, axis=0))


def _bootstrap(values: Floats, middle: str) -> tuple[Floats, Floats]:
    n, points = values.shape
    if n < 2:
        nothing = np.full(points, np.nan)
        return nothing, nothing
    random = np.random.default_rng(_SEED)
    draws = random.integers(0, n, (_RESAMPLES, n))
    if middle == "mean":
        # How often each seed was drawn, times its values: one product instead of 2000 means.
        weights = np.apply_along_axis(np.bincount, 1, draws, minlength=n) / n
        centers = weights @ values
    else:
        step = max(1, _MOST_CELLS // (_RESAMPLES * n))
        parts = [
            _center(np.moveaxis(values[:, start : start + step][draws], 1, 0), middle)
            for start in range(0, points, step)
        ]
        centers = np.concatenate(parts, axis=1)
    low, high = np.quantile(centers, _tails(), axis=0)
    return low, high


def _tails() -> tuple[float, float]:
    return (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2


def _by_pattern(values: Floats, act: Callable[[Floats], Floats], blank: float) -> Floats:
    """Apply `act` to groups of columns with NaN in the same seeds, without these; `blank` if all are NaN."""
    present = ~np.isnan(values)
    if present.all():
        return act(values)
    result = np.full(values.shape[1], blank)
    patterns, which = np.unique(present, axis=1, return_inverse=True)
    for pattern in range(patterns.shape[1]):
        seeds, columns = patterns[:, pattern], which.reshape(-1) == pattern
        if seeds.any():
            result[columns] = act(values[np.ix_(seeds, columns)])
    return result
