"""Smoothing over a width in x: the same for every metric, however often it was logged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sml_viewer.analysis.curves import Curves
from sml_viewer.config.plot_config import from_json
from sml_viewer.library import Library
from sml_viewer.render.csv import curves_csv
from sml_viewer.render.matplotlib import draw_curves
from sml_viewer.render.request import PlotRequest
from sml_viewer.series.smooth import smooth_exponentially, smooth_within

PAIRS = [["step", "train/loss"], ["step", "eval/loss"]]


@pytest.fixture
def two_rhythms(make_run: Callable[..., Path]) -> np.ndarray:
    """A run with a noisy loss in each of 5,000 rows, and in every 50th a falling eval loss: returned."""
    noise = np.random.default_rng(0).normal(1, 0.5, 5_000)
    falling = 3 * np.exp(-np.arange(5_000) / 800)
    rows = (f"{step},{noise[step]},{falling[step] if step % 50 == 0 else ''}\n" for step in range(5_000))
    make_run("a", "step,train/loss,eval/loss\n" + "".join(rows), seed=1)
    return falling[::50]


def by_metric(drawn: Curves) -> dict[str, np.ndarray]:
    return {panel.pair[1]: panel.curves[0].center for panel in drawn.panels}


def test_a_window_is_as_wide_in_x_for_a_rare_metric_as_for_a_frequent_one(
    two_rhythms: np.ndarray, curves: Callable[..., Curves]
) -> None:
    drawn = curves(PLOTTING_XY=PAIRS, SMOOTH_WINDOW=0.04)
    curve_of = {panel.pair[1]: panel.curves[0] for panel in drawn.panels}
    assert {curve.width for curve in curve_of.values()} == {0.04 * 4_999}
    assert (curve_of["train/loss"].radius, curve_of["eval/loss"].radius) == (99, 1)
    assert curve_of["train/loss"].center.std() < 0.06  # of 0.5
    assert curve_of["eval/loss"].center == pytest.approx(two_rhythms, abs=0.11)
    assert "smoothed over a window of 200 step (199 points)" in drawn.caption
    assert "smoothed over a window of 200 step (3 points)" in drawn.caption


def test_a_radius_never_spans_more_than_half_of_a_rare_metric(
    two_rhythms: np.ndarray, curves: Callable[..., Curves]
) -> None:
    drawn = by_metric(curves(PLOTTING_XY=PAIRS, SMOOTH_RADIUS=142))
    assert np.ptp(drawn["eval/loss"]) > np.ptp(two_rhythms) / 3
    assert drawn["train/loss"].std() < 0.06


def test_a_radius_of_a_part_of_the_figure_is_closer_than_a_window_of_the_whole(
    two_rhythms: np.ndarray, library: Library
) -> None:
    library.refresh()
    part = {"pair_image": {"step-eval/loss": {"SMOOTH_RADIUS": 0}}}
    configuration = from_json({"PLOTTING_XY": PAIRS, "SMOOTH_WINDOW": 0.04, "ADDITIONAL_PLOT_CONFIGS": part})
    center_of = by_metric(PlotRequest(library, configuration).curves())
    assert center_of["eval/loss"] == pytest.approx(two_rhythms)
    assert center_of["train/loss"].std() < 0.06


@given(
    arrays.arrays(np.float64, 40, elements=st.floats(-100, 100) | st.just(np.nan)),
    arrays.arrays(np.float64, 40, elements=st.floats(0.01, 5)),
    st.floats(0, 100),
)
def test_each_point_is_the_mean_of_those_within_half_a_width(
    values: np.ndarray, steps: np.ndarray, width: float
) -> None:
    x = np.cumsum(steps)
    got = smooth_within(x, values, width)
    for index, value in enumerate(values):
        inside = values[np.abs(x - x[index]) <= width / 2 * (1 + 1e-9)]
        if np.isnan(value):
            assert np.isnan(got[index])
        elif not np.isclose(np.abs(x - x[index]), width / 2, rtol=1e-6).any():
            assert got[index] == pytest.approx(np.nanmean(inside), abs=1e-9)


def test_infinities_reach_no_further_than_their_window() -> None:
    x = np.array([0, 1, 2, 10, 11, 12.0])
    got = smooth_within(x, np.array([1, np.inf, 1, 1, 1, 4.0]), 2)
    assert got.tolist() == [np.inf, np.inf, np.inf, 1, 2, 2.5]


def test_what_was_measured_is_a_thin_pale_line_behind_and_not_in_numbers_or_legend(
    make_run: Callable[..., Path], curves: Callable[..., Curves]
) -> None:
    for seed in (1, 2):
        rows = "".join(f"{step},{(step % 7) * seed}\n" for step in range(100))
        make_run(f"a{seed}", f"step,loss\n{rows}", seed=seed)
    drawn, without = curves(SMOOTH_RADIUS=3), curves(SMOOTH_RADIUS=3, SMOOTH_GHOST=False)
    (curve,), (plain,) = drawn.panels[0].curves, without.panels[0].curves
    assert curve.ghost is not None
    assert curve.ghost[1].tolist() == [(step % 7) * 1.5 for step in range(100)]
    assert plain.ghost is None
    assert curves_csv(drawn) == curves_csv(without)
    (figure,), (bare,) = draw_curves(drawn), draw_curves(without)
    ghost, line = figure.axes[0].lines
    assert ghost.get_color() == line.get_color()
    assert ghost.get_linewidth() < line.get_linewidth()
    assert (ghost.get_alpha() or 1) < 0.5
    assert ghost.zorder < line.zorder
    assert len(bare.axes[0].lines) == 1
    assert [len(each.legends[0].get_texts()) if each.legends else 0 for each in (figure, bare)] == [1, 1]
    assert curves(USE_SMOOTH=False).panels[0].curves[0].ghost is None


def test_a_ghost_of_interpolated_seeds_is_their_mean_before_smoothing(
    make_run: Callable[..., Path], curves: Callable[..., Curves]
) -> None:
    for seed in (0, 1):
        rows = "".join(f"{10 * step + 5 * seed},{step % 2}\n" for step in range(50))
        make_run(f"a{seed}", f"step,loss\n{rows}", seed=seed)
    (curve,) = curves(SMOOTH_RADIUS=4).panels[0].curves
    assert curve.ghost is not None
    assert np.ptp(curve.ghost[1]) > 4 * np.ptp(curve.center[10:-10])


def test_an_exponential_average_weights_by_the_distance_in_x() -> None:
    """By the recurrence, over uneven steps; what is not finite is left out and stays."""
    random = np.random.default_rng(3)
    x = np.sort(random.random(300)) * 100
    values = random.normal(size=(2, 300))
    values[0, 4], values[1, 9] = np.nan, np.inf
    smoothed = smooth_exponentially(x, values, 5.0)
    for row, found in zip(values, smoothed, strict=True):
        for place in (0, 10, 150, 299):
            weights = np.exp((x[: place + 1] - x[place]) / 5) * np.isfinite(row[: place + 1])
            wanted = (
                np.sum(weights * np.where(np.isfinite(row[: place + 1]), row[: place + 1], 0)) / weights.sum()
            )
            assert found[place] == pytest.approx(wanted, rel=1e-12)
    assert np.isnan(smoothed[0, 4])
    assert smoothed[1, 9] == np.inf


def test_the_caption_names_an_exponential_average(make_run, curves) -> None:
    make_run("a", "step,loss\n" + "".join(f"{step},{step % 7}\n" for step in range(100)), lr=1)
    drawn = curves(SMOOTH_WINDOW=0.2, SMOOTH_KIND="ema")
    assert "exponential moving average (time constant 9.9 step)" in drawn.caption
