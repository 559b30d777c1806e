"""With nothing set, the figure one would have asked for; every number from the data."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sml_viewer.aggregate import align, make_curves
from sml_viewer.errors import ColumnError, NoRunsError
from sml_viewer.figures import draw_curves, figure_bytes
from sml_viewer.read import read_runs
from sml_viewer.tables import make_table, to_markdown


@pytest.mark.usefixtures("grid")
def test_environments_are_sub_figures_and_what_differs_is_the_algorithm(logs: Path) -> None:
    curves = make_curves(read_runs(logs))
    assert (curves.x_column, curves.y_column) == ("timestep", "episode_return")
    assert curves.titles == ["Acrobot-v1", "CartPole-v1"]
    assert curves.algorithms == ["policy_lr=0.01", "policy_lr=0.1"]
    assert {curve.n for curve in curves.curves} == {3}


@pytest.mark.usefixtures("grid")
def test_mean_and_standard_error_are_those_of_scipy(logs: Path) -> None:
    curve = make_curves(read_runs(logs)).curves[0]
    values = [20 * 0.01 + seed for seed in (1, 2, 3)]
    assert curve.mean[-1] == pytest.approx(np.mean(values))
    assert curve.error[-1] == pytest.approx(stats.sem(values))


def test_one_seed_has_no_error(logs: Path, make_run) -> None:
    make_run("a", "step,reward\n0,1\n1,2\n", seed=1)
    (curve,) = make_curves(read_runs(logs)).curves
    assert np.isnan(curve.error).all()


def test_seeds_with_the_same_x_are_not_interpolated() -> None:
    x = np.array([0.0, 1.0, 5.0])
    grid, values = align([(x, np.array([1.0, 2.0, 3.0])), (x, np.array([4.0, 5.0, 6.0]))])
    assert grid.tolist() == x.tolist()
    assert values.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_seeds_with_different_x_meet_where_all_have_data() -> None:
    grid, values = align(
        [
            (np.array([0.0, 2.0, 4.0]), np.array([0.0, 2.0, 4.0])),
            (np.array([1.0, 3.0]), np.array([10.0, 30.0])),
        ]
    )
    assert grid.tolist() == [2.0]
    assert values.tolist() == [[2.0], [20.0]]


def test_a_run_without_the_metric_is_named_and_left_out(logs: Path, make_run) -> None:
    make_run("a", "step,reward\n0,1\n1,2\n", seed=1)
    make_run("b", "step\n0\n1\n", seed=2)
    curves = make_curves(read_runs(logs))
    assert curves.notes == ("b has no reward and is left out",)
    assert curves.curves[0].n == 1


def test_a_column_that_no_run_has_is_answered_with_those_there_are(logs: Path, make_run) -> None:
    make_run("a", "step,reward\n0,1\n1,2\n")
    with pytest.raises(ColumnError, match="step, reward"):
        make_curves(read_runs(logs), y="rewrad")


def test_runs_without_any_row_are_an_error_that_says_so(logs: Path, make_run) -> None:
    make_run("a", "")
    with pytest.raises(NoRunsError, match="no run has a row"):
        make_curves(read_runs(logs))


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_figure_has_a_sub_figure_per_environment(logs: Path, kind: str, magic: bytes) -> None:
    figure = draw_curves(make_curves(read_runs(logs)))
    assert [axes.get_title() for axes in figure.axes] == ["Acrobot-v1", "CartPole-v1"]
    assert [len(axes.get_lines()) for axes in figure.axes] == [2, 2]
    assert figure_bytes(figure, kind).startswith(magic)


def test_chinese_names_are_drawn_without_a_warning(logs: Path, make_run) -> None:
    make_run("a", "步数,奖励\n0,1\n1,2\n", env_name="倒立摆")
    assert figure_bytes(draw_curves(make_curves(read_runs(logs))), "png").startswith(b"\x89PNG")


@pytest.mark.usefixtures("grid")
def test_the_table_holds_the_last_values_with_the_best_in_bold(logs: Path) -> None:
    curves = make_curves(read_runs(logs))
    lines = to_markdown(make_table(curves)).splitlines()
    error = 1 / math.sqrt(3)
    assert lines[0] == "| episode_return | policy_lr=0.01 | policy_lr=0.1 |"
    assert lines[2] == f"| Acrobot-v1 | 2.20 ± {error:.2f} (n=3) | **4.00 ± {error:.2f} (n=3)** |"
