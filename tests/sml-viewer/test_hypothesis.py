"""p-values against SciPy and against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sml_viewer.stats.hypothesis import holm, least_p, not_worse, p_value


def test_holm_multiplies_by_what_is_left_and_never_falls() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})


def test_p_values_are_those_of_the_named_tests() -> None:
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0, 7.0, 9.0])
    assert p_value(a, b, "welch") == stats.ttest_ind(a, b, equal_var=False).pvalue
    assert p_value(a, b, "mannwhitney") == stats.mannwhitneyu(a, b).pvalue
    # All 8 over 4 divisions, two of them as extreme: the groups as they are, and exchanged.
    assert p_value(a, b, "permutation") == pytest.approx(2 / 70)


def test_equal_groups_differ_by_chance_and_constant_unequal_ones_do_not() -> None:
    same = np.array([1.0, 1.0])
    assert [p_value(same, same, test) for test in ("welch", "mannwhitney", "permutation")] == [1, 1, 1]
    assert p_value(same, same + 1, "welch") == 0


@pytest.mark.parametrize("test", ["mannwhitney", "permutation"])
def test_the_least_p_value_is_that_of_groups_that_do_not_overlap(test: str) -> None:
    assert least_p({"a": 3, "b": 3}, "a", test) == pytest.approx({"b": 2 / 20})
    assert least_p({"a": 4, "b": 5}, "a", test) == pytest.approx({"b": 2 / math.comb(9, 4)})
    four = least_p({"a": 4, "b": 4, "c": 4, "d": 4, "e": 1}, "a", test)
    assert four == pytest.approx(dict.fromkeys("bcd", 3 * 2 / 70))
    assert least_p({"a": 1, "b": 4}, "a", test) == {}
    assert least_p({"a": 3, "b": 3}, "a", "welch") == {"b": 0}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("test", ["welch", "mannwhitney", "permutation"])
def test_scores_that_differ_by_rounding_are_equal(test: str) -> None:
    a, b = np.array([0.3, 0.1 + 0.2, 0.3]), np.array([0.1 + 0.2, 0.3, 0.1 + 0.2])
    assert p_value(a, b, test) == 1
    other = np.array([0.4, 0.1 + 0.3, 0.4])
    assert p_value(a, other, test) == p_value(np.full(3, 0.3), np.full(3, 0.4), test) < 0.11


def test_what_has_one_run_is_not_tested() -> None:
    scores = {"a": np.array([1.0, 2.0]), "b": np.array([5.0])}
    assert not_worse(scores, "a", "welch") == {}
