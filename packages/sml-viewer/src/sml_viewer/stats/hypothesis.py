"""Significance tests against the best algorithm on one task, with Holm's correction."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from sml_viewer.arrays import Floats

ALPHA = 0.05
# Scores that differ by less of their size are equal: floating-point rounding is not a difference.
ROUNDING = 1e-12


def not_worse(scores: Mapping[str, Floats], best: str, test: str) -> dict[str, float]:
    """The p-value, after Holm's correction, of each other algorithm against the best.

    `scores` maps names to arrays of shape (runs,), all finite. An algorithm is not significantly worse than
    the best if its p-value is at least ALPHA. Two-sided tests: welch is Student's t for unequal variances
    (scipy.stats.ttest_ind, Welch 1947), mannwhitney the rank sum (scipy.stats.mannwhitneyu, Mann & Whitney
    1947), permutation that of the difference of means (scipy.stats.permutation_test, exact for few runs).
    Algorithms with fewer than two runs cannot be tested and are absent, as are all if the best has one.
    """
    ours = scores[best]
    values = {
        name: p_value(ours, theirs, test)
        for name, theirs in scores.items()
        if name != best and len(theirs) > 1 and len(ours) > 1 and test != "none"
    }
    return holm(values)


def least_p(counts: Mapping[str, int], best: str, test: str) -> dict[str, float]:
    """The least p-value after Holm's correction that `not_worse` can return for these numbers of runs.

    Rank and permutation tests have one: with n and m runs it is 2 / C(n + m, n) before the correction.
    Welch's test has none (0), and algorithms that are not tested are absent.
    """
    ours = counts[best]
    return holm(
        {
            name: _least(test, ours, theirs)
            for name, theirs in counts.items()
            if name != best and theirs > 1 and ours > 1 and test != "none"
        }
    )


@lru_cache(1024)
def _least(test: str, first: int, second: int) -> float:
    """The p-value of two fully separated groups: every value of one is below every value of the other."""
    if test == "welch":
        return 0.0
    return p_value(np.arange(first, dtype=np.float64), first + np.arange(second, dtype=np.float64), test)


def p_value(first: Floats, second: Floats, test: str) -> float:
    """The p-value of a two-sided `test` between two groups; 1 if all values are equal.

    Values that differ by rounding alone count as equal, in every test.
    """
    from scipy import stats

    both = _without_rounding(np.concatenate([first, second]))
    first, second = both[: len(first)], both[len(first) :]
    if np.ptp(both) == 0:
        return 1.0
    if test == "mannwhitney":
        return float(stats.mannwhitneyu(first, second).pvalue)
    if test == "permutation":
        done = stats.permutation_test(
            (first, second),
            lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
            vectorized=True,
            n_resamples=9999,
            random_state=np.random.default_rng(0),
        )
        return float(done.pvalue)
    if np.ptp(first) == 0 and np.ptp(second) == 0:
        return 0.0
    return float(stats.ttest_ind_from_stats(*_moments(first), *_moments(second), equal_var=False).pvalue)


def _moments(values: Floats) -> tuple[float, float, int]:
    """Mean, standard deviation (ddof=1) and number; exactly no deviation where all are equal."""
    deviation = 0.0 if np.ptp(values) == 0 else float(np.std(values, ddof=1))
    return float(np.mean(values)), deviation, len(values)


def _without_rounding(values: Floats) -> Floats:
    """The values, shape (n,), with those that differ by rounding only made equal."""
    order = np.argsort(values)
    inside = values[order]
    apart = np.diff(inside) > ROUNDING * np.max(np.abs(values))
    starts = np.concatenate([[True], apart])
    result = np.empty_like(values)
    result[order] = inside[starts][np.cumsum(starts) - 1]
    return result


def holm(values: Mapping[str, float]) -> dict[str, float]:
    """p-values corrected for their number: step-down, each at least as large as those before (Holm 1979)."""
    corrected: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(values, key=lambda name: values[name])):
        largest = max(largest, min(1.0, values[name] * (len(values) - rank)))
        corrected[name] = largest
    return corrected
