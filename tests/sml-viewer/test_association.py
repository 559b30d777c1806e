"""Association of a score with a parameter: known values, shapes, and p-values that keep their promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from sml_viewer.stats import association
from sml_viewer.stats.association import LEAST, RankTests


def rank_tests(scores: Any, strata: Any = None) -> RankTests:
    scores = np.asarray(scores, np.float64)
    return RankTests(scores, np.zeros(len(scores), np.int64) if strata is None else np.asarray(strata))


@pytest.mark.parametrize("seed", range(5))
def test_rho_is_spearmans(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 8, 25).astype(float)  # with ties
    scores = values + 4 * random.normal(size=25)
    found = rank_tests(scores).of_number(values)
    assert found is not None
    assert found.n == 25
    assert found.rho == pytest.approx(stats.spearmanr(values, scores).statistic)


@pytest.mark.parametrize("seed", range(5))
def test_categories_are_ranked_as_by_kruskal_and_wallis(seed: int) -> None:
    random = np.random.default_rng(seed)
    codes = np.repeat([0, 1, 2], 8)
    scores = np.round(random.normal(size=24) + 0.8 * codes, 1)
    found = rank_tests(scores).of_categories(codes)
    assert found is not None
    h, p_value = stats.kruskal(*(scores[codes == code] for code in range(3)))
    epsilon_squared = (h - 3 + 1) / (24 - 3)  # of the statistic H: Tomczak & Tomczak 2014
    assert found.share == pytest.approx(max(0.0, epsilon_squared))
    assert found.p_value == pytest.approx(p_value, abs=0.04)


def test_a_number_with_two_values_is_tested_like_two_categories() -> None:
    scores = [1, 5, 2, 7, 3, 8, 9, 4]
    codes = np.array([0, 1, 0, 1, 0, 1, 1, 0])
    number = rank_tests(scores).of_number(codes * 3.5)
    categories = rank_tests(scores).of_categories(codes)
    assert number is not None
    assert categories is not None
    assert (number.share, number.p_value) == pytest.approx((categories.share, categories.p_value))


@pytest.mark.parametrize(
    ("scores", "shape"),
    [
        (lambda x: x, "rising"),
        (lambda x: -np.exp(x), "falling"),
        (lambda x: -((x - 5) ** 2), "peak"),
        (lambda x: (x - 5) ** 2, "dip"),
    ],
)
def test_the_shape_tells_where_scores_are_high(scores: Any, shape: str) -> None:
    values = np.arange(11.0)
    found = rank_tests(scores(values)).of_number(values)
    assert found is not None
    assert found.shape == shape
    assert found.p_value < 0.01
    assert found.share > 0.7


def test_only_ranks_count() -> None:
    random = np.random.default_rng(1)
    values, scores = np.exp(random.normal(size=20)), random.normal(size=20)
    assert rank_tests(np.exp(3 * scores)).of_number(np.log(values)) == rank_tests(scores).of_number(values)


def test_a_diverged_score_is_the_last_in_rank() -> None:
    scores = [1, 2, 3, 4, 5, -np.inf]
    found = rank_tests(scores).of_number(np.array([1.0, 2, 3, 4, 5, 0]))
    assert found is not None
    assert found.rho == pytest.approx(1)


def test_configurations_without_a_value_are_left_out() -> None:
    values = np.array([1, np.nan, 2, 3, np.nan, 4, 5, 6])
    scores = np.array([1, 100, 2, 3, -100, 4, 5, 6])
    found = rank_tests(scores).of_number(values)
    assert found is not None
    assert (found.n, found.rho) == (6, pytest.approx(1))


@pytest.mark.parametrize(
    "values",
    [
        np.arange(LEAST - 1.0),  # too few
        np.ones(9),  # all equal
        np.where(np.arange(9) < LEAST - 1, np.arange(9.0), np.nan),  # too few that have one
    ],
)
def test_nothing_is_claimed_of_too_little(values: Any) -> None:
    assert rank_tests(np.arange(float(len(values)))).of_number(values) is None


def test_nothing_is_claimed_if_no_category_is_repeated_or_scores_are_equal() -> None:
    assert rank_tests(np.arange(8)).of_categories(np.arange(8)) is None
    assert rank_tests(np.ones(8)).of_categories(np.array([0, 1] * 4)) is None


def test_configurations_of_different_strata_are_not_compared() -> None:
    strata = np.repeat([0, 1], 6)
    scores = np.concatenate([np.arange(6), 100 + np.arange(6)])
    values = np.concatenate([np.arange(6), np.arange(6)[::-1] + 50]).astype(float)
    apart = rank_tests(scores, strata).of_number(values)
    together = rank_tests(scores).of_number(values)
    assert apart is not None
    assert together is not None
    assert together.rho == pytest.approx(stats.spearmanr(values, scores).statistic)
    assert abs(apart.rho or 0) < 0.01 < 0.5 < (together.rho or 0)


def test_a_single_configuration_of_a_stratum_says_nothing() -> None:
    scores, values = np.arange(9.0), np.arange(9.0)
    found = rank_tests(scores, np.array([0] * 8 + [1])).of_number(values)
    assert found is not None
    assert found.n == 8


@pytest.mark.parametrize("kind", ["number", "category", "strata"])
def test_p_values_are_uniform_where_nothing_matters(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """At level α at most a share α of unrelated parameters may look significant."""
    monkeypatch.setattr(association, "_MOST_PERMUTATIONS", 99)
    monkeypatch.setattr(association, "_LEAST_PERMUTATIONS", 99)
    random = np.random.default_rng(20)
    p_values = []
    for _ in range(400):
        strata = random.integers(0, 3, 15) if kind == "strata" else np.zeros(15, np.int64)
        tests = RankTests(random.standard_cauchy(15) + 10 * strata, strata)
        found = (
            tests.of_categories(random.integers(0, 3, 15))
            if kind == "category"
            else tests.of_number(random.normal(size=15) + strata)
        )
        assert found is not None
        p_values.append(found.p_value)
    for level in (0.05, 0.1, 0.3, 0.5, 0.8):
        share = np.mean(np.array(p_values) <= level)
        # Three standard errors of a share of 400.
        assert abs(share - level) < 3 * np.sqrt(level * (1 - level) / 400), level
