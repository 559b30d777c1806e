"""Estimators against numbers worked out by hand, and against SciPy where that is too long."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sml_viewer.stats.bands import band, center, half_width, stratified_iqm


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def test_mean_median_and_interquartile_mean() -> None:
    values = column(1, 2, 3, 4, 5, 6, 7, 100)
    assert center(values, "mean")[0] == 16
    assert center(values, "median")[0] == 4.5
    assert center(values, "iqm")[0] == (3 + 4 + 5 + 6) / 4


def test_standard_error_and_deviation_have_one_degree_less() -> None:
    values = column(1, 2, 3)
    assert half_width(values, "sd")[0] == 1
    assert half_width(values, "se")[0] == pytest.approx(1 / math.sqrt(3))


def test_the_t_interval_is_that_of_the_tables() -> None:
    # t(0.975, 2) = 4.302653
    assert half_width(column(1, 2, 3), "t")[0] == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)


def test_one_seed_has_no_band_but_its_own_extremes() -> None:
    for kind in ("se", "sd", "t", "bootstrap"):
        assert np.isnan(band(column(5), "mean", kind)).all()
    assert [end.tolist() for end in band(column(5), "mean", "minmax")] == [[5], [5]]


def test_blanks_are_left_out_point_by_point() -> None:
    values = np.array([[1.0, 1.0, 1.0], [3.0, np.nan, 3.0], [5.0, np.nan, np.nan]])
    assert center(values, "mean").tolist() == [3, 1, 2]
    low, high = band(values, "mean", "se")
    assert (high - low)[[0, 2]] == pytest.approx([2 * stats.sem([1, 3, 5]), 2 * stats.sem([1, 3])])
    assert np.isnan(low[1])


@pytest.mark.parametrize("middle", ["mean", "median", "iqm"])
def test_the_bootstrap_is_scipys_percentile_interval(middle: str) -> None:
    sample = np.random.default_rng(3).normal(size=12)
    statistic = {
        "mean": np.mean,
        "median": np.median,
        "iqm": lambda a, axis: stats.trim_mean(a, 0.25, axis=axis),
    }
    interval = stats.bootstrap(
        (sample,), statistic[middle], method="percentile", n_resamples=20_000, vectorized=True
    ).confidence_interval
    low, high = band(sample[:, None], middle, "bootstrap")
    assert [low[0], high[0]] == pytest.approx([interval.low, interval.high], abs=0.07)


def test_the_bootstrap_is_the_same_each_time() -> None:
    values = np.random.default_rng(0).normal(size=(5, 30))
    assert np.array_equal(band(values, "mean", "bootstrap"), band(values, "mean", "bootstrap"))


def test_the_aggregate_is_the_interquartile_mean_of_all_runs_with_a_stratified_interval() -> None:
    tasks = [np.array([0.0, 0.2, 0.4, 0.6]), np.array([0.5, 0.7, 0.9, 1.1])]
    middle, low, high = stratified_iqm(tasks)
    assert middle == pytest.approx(np.mean([0.4, 0.5, 0.6, 0.7]))
    assert low < middle < high
    constant = stratified_iqm([np.array([0.0, 0.0, 0.0]), np.array([1.0, 1.0, 1.0])])
    # Resampling within tasks cannot change these; resampling over all of them would.
    assert constant == (0.5, 0.5, 0.5)
