"""Curves are centre and band of their seeds, whatever else is drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from sml_viewer.analysis.curves import Curves
from sml_viewer.errors import OptionError


def test_blank_cells_do_not_take_the_rows_of_other_columns(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "step,reward,loss\n0,1,\n1,,5\n2,3,\n3,,7\n")
    drawn = curves(PLOTTING_XY=[["step", "reward"], ["step", "loss"]])
    assert [panel.curves[0].x.tolist() for panel in drawn.panels] == [[0, 2], [1, 3]]


@pytest.mark.usefixtures("grid")
def test_a_curve_is_the_mean_and_standard_error_of_its_seeds(curves: Callable[..., Curves]) -> None:
    curve = curves().panels[0].curves[0]
    values = [20 * 0.01 + seed for seed in (1, 2, 3)]
    assert curve.center[-1] == pytest.approx(np.mean(values))
    assert curve.high[-1] - curve.center[-1] == pytest.approx(stats.sem(values))
    assert curve.n.tolist() == [3, 3, 3]


@pytest.mark.usefixtures("grid")
def test_a_curve_does_not_depend_on_which_others_are_drawn(curves: Callable[..., Curves]) -> None:
    alone = curves('policy_lr = 0.1 env_name = "CartPole-v1"', DATA_MERGER=["policy_lr"]).panels[0].curves[0]
    among = next(
        c
        for panel in curves().panels
        for c in panel.curves
        if panel.title == "CartPole-v1" and "0.1" in c.algorithm
    )
    assert np.array_equal(alone.center, among.center)
    assert np.array_equal(alone.low, among.low)


@pytest.mark.usefixtures("grid")
def test_a_standard_error_of_a_median_is_refused(curves: Callable[..., Curves]) -> None:
    with pytest.raises(OptionError, match="choose bootstrap or minmax"):
        curves(CURVE_CENTER="median", CURVE_ERROR="se")
    assert "Median with 95 % bootstrap interval" in curves(CURVE_CENTER="median").caption


def test_smoothing_that_nobody_set_leaves_short_curves_alone(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "step,reward\n0,1\n1,9\n2,1\n")
    assert curves().panels[0].curves[0].center.tolist() == [1, 9, 1]
    assert curves(SMOOTH_RADIUS=1).panels[0].curves[0].center.tolist() == [5, 11 / 3, 5]


def test_resampled_seeds_are_smoothed_as_others_are(make_run, curves: Callable[..., Curves]) -> None:
    for seed in (1, 2):
        make_run(f"a{seed}", "step,reward\n0,1\n1,9\n2,1\n", seed=seed)
    for resample in (None, True):
        assert curves(SMOOTH_RADIUS=1, REQUIRE_RESAMPLE=resample).panels[0].curves[0].center.tolist() == [
            5,
            11 / 3,
            5,
        ]
