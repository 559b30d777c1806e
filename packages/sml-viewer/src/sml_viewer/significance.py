"""Which of several algorithms are not significantly worse than the best, on one task."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .read.cells import Floats

LEVEL = 0.05


def not_worse(scores: Mapping[str, Floats], best: str, test: str) -> dict[str, float]:
    """The p-value, after Holm's correction, of each other algorithm against the best.

    An algorithm belongs with the best if its value is at least 0.05. Two-sided tests: welch is Student's t
    for unequal variances (scipy.stats.ttest_ind, Welch 1947), mannwhitney the rank sum
    (scipy.stats.mannwhitneyu, Mann & Whitney 1947), permutation that of the difference of means
    (scipy.stats.permutation_test, exact for few runs). Algorithms with fewer than two runs cannot be tested
    and are absent, as are all if the best has one. All scores are finite.
    """
    ours = scores[best]
    values = {
        name: p_value(ours, theirs, test)
        for name, theirs in scores.items()
        if name != best and len(theirs) > 1 and len(ours) > 1 and test != "none"
    }
    return holm(values)


def p_value(first: Floats, second: Floats, test: str) -> float:
    """How likely a difference at least as large is if there is none; 1 if all values are equal."""
    from scipy import stats

    both = np.concatenate([first, second])
    if test == "mannwhitney":
        return 1.0 if np.ptp(both) == 0 else float(stats.mannwhitneyu(first, second).pvalue)
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
        return 1.0 if first[0] == second[0] else 0.0
    return float(stats.ttest_ind(first, second, equal_var=False).pvalue)


def holm(values: Mapping[str, float]) -> dict[str, float]:
    """p-values corrected for their number: step-down, each at least as large as those before (Holm 1979)."""
    corrected: dict[str, float] = {}
    largest = 0.0
    for place, name in enumerate(sorted(values, key=lambda name: values[name])):
        largest = max(largest, min(1.0, values[name] * (len(values) - place)))
        corrected[name] = largest
    return corrected
