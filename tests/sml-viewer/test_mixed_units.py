"""Shares in percent and as fractions in one group: told, and not averaged."""

from __future__ import annotations

import csv
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sml_viewer.analysis.aggregate import make_aggregates
from sml_viewer.analysis.curves import Curves, legend_order
from sml_viewer.analysis.mixed_units import units_differ
from sml_viewer.analysis.scores import for_bars
from sml_viewer.columns.metric_names import is_share
from sml_viewer.config.plot_config import Configuration
from sml_viewer.errors import NoRunsError
from sml_viewer.model.results import ScoreTable
from sml_viewer.model.run import Run
from sml_viewer.render.csv import curves_csv
from sml_viewer.series.load import Series


def table_of(values: list[float], metric: str = "test_accuracy") -> str:
    return f"step,{metric}\n" + "".join(f"{step},{value!r}\n" for step, value in enumerate(values))


def make_group(make_run, *runs: list[float], metric: str = "test_accuracy") -> None:
    for seed, values in enumerate(runs):
        make_run(f"run{seed}", table_of(values, metric), seed=seed)


@pytest.mark.parametrize("metric", ["test_accuracy", "val/acc", "success_rate", "准确率", "top1", "wer"])
def test_percent_and_fractions_are_drawn_one_by_one_and_told(
    make_run, curves: Callable[..., Curves], metric: str
) -> None:
    make_group(make_run, [20.0, 61.0], [0.3, 0.62], [25.0, 60.0], metric=metric)
    drawn = curves(PLOTTING_XY=[["step", metric]])
    assert [curve.center.tolist() for curve in drawn.panels[0].curves] == [[20, 61], [0.3, 0.62], [25, 60]]
    assert any(
        f"{metric} is a fraction in 1 run (run1) and in percent in others" in note for note in drawn.notes
    )
    rows = csv.DictReader(curves_csv(drawn).splitlines())
    assert [row["run"] for row in rows] == ["run0", "run0", "run1", "run1", "run2", "run2"]


def test_a_table_leaves_the_group_out_and_tells_why(make_run, table: Callable[..., ScoreTable]) -> None:
    make_group(make_run, [61.0], [0.62])
    make_run("other0", table_of([0.5]), seed=0, policy_lr=1)
    make_run("other1", table_of([0.7]), seed=1, policy_lr=1)
    scores = table(LEGEND_ORDER=[])
    assert [cell.mean for _, _, cell in scores.cells()] == [pytest.approx(0.6)]
    assert any("is a fraction in 1 run (run1)" in note for note in scores.notes)


def test_a_table_of_nothing_else_is_refused(make_run, table: Callable[..., ScoreTable]) -> None:
    make_group(make_run, [61.0], [0.62])
    with pytest.raises(NoRunsError, match="so they are not averaged"):
        table()


@pytest.mark.parametrize(
    ("metric", "runs"),
    [
        ("test_accuracy", ([0.2, 0.9], [0.1, 0.95])),
        ("test_accuracy", ([20.0, 90.0], [0.5, 95.0])),  # in percent, and bad at first
        ("test_accuracy", ([20.0, 90.0], [1.0, 1.0])),  # one percent, or all of them
        ("success_rate", ([20.0, 90.0], [0.0, 0.0])),
        ("success_rate", ([1.2, 1.5], [0.3, 0.9])),
        ("episode_return", ([20.0, 90.0], [0.3, 0.9])),
        ("loss", ([20.0, 90.0], [0.3, 0.9])),
        ("accuracy_percent", ([20.0, 90.0], [0.3, 0.9])),
        ("wins", ([3.0, 12.0], [0.0, 1.0])),
        ("score", ([20.0, 190.0], [0.3, 0.9])),
    ],
)
def test_what_may_be_of_one_unit_is_averaged(
    make_run, curves: Callable[..., Curves], metric: str, runs: tuple[list[float], ...]
) -> None:
    make_group(make_run, *runs, metric=metric)
    drawn = curves(PLOTTING_XY=[["step", metric]])
    assert [len(curve.runs) for curve in drawn.panels[0].curves] == [2]
    assert not [note for note in drawn.notes if "fraction" in note]


@pytest.mark.parametrize(
    "name", ["lr", "learning_rate", "dropout_rate", "fps", "reward_rate", "acc %", "epoch"]
)
def test_settings_rewards_and_named_units_are_no_shares(name: str) -> None:
    assert not is_share(name)


SHARES = st.lists(st.floats(0.3, 0.99), min_size=1, max_size=5)


def run_named(name: str) -> Run:
    return Run(name, f"/{name}", name, {}, {}, None, {}, 1, None, 0.0)


def series_of(runs: list[list[float]], factors: list[float]) -> list[Series]:
    return [
        Series(run_named(f"run{number}"), np.arange(len(run), dtype=float), factor * np.array(run))
        for number, (run, factor) in enumerate(zip(runs, factors, strict=True))
    ]


@given(st.lists(st.tuples(SHARES, st.sampled_from([1.0, 100.0])), min_size=2, max_size=6))
def test_a_group_is_mixed_if_and_only_if_both_units_occur(group: list[tuple[list[float], float]]) -> None:
    runs, factors = [run for run, _ in group], [factor for _, factor in group]
    found = units_differ(series_of(runs, factors), "accuracy")
    assert (found is not None) == (len(set(factors)) == 2)
    assert units_differ(series_of(runs[::-1], factors[::-1]), "accuracy") is None or found is not None


def test_algorithms_in_different_units_are_shown_and_none_of_them_is_best(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for number, value in enumerate([61.0, 62.0, 0.63, 0.64]):
        make_run(f"run{number}", table_of([value / 2, value]), seed=number % 2, policy_lr=number // 2)
    scores = table()
    assert [cell.mean for _, _, cell in scores.cells()] == [61.5, pytest.approx(0.635)]
    assert not any(cell.best or cell.with_best for _, _, cell in scores.cells())
    assert any("so they are not compared" in note for note in scores.notes)
    with pytest.raises(NoRunsError, match="so they are not compared"):
        make_aggregates(scores, Configuration())


def test_hyperparameters_are_not_ranked_by_scores_in_different_units(make_run, library, page) -> None:
    for number in range(12):
        value = 50.0 + number if number % 3 else 0.5 + number / 100
        make_run(f"run{number}", table_of([value / 2, value]), seed=0, lr=number)
    library.refresh()
    answer = page.post("/api/v1/hyperparameters", {"config": {}}).get_json()
    assert answer["trials"]["scores"] == [None] * 12
    assert any("so they are not compared" in note for note in answer["notes"])


def test_of_compared_runs_in_different_units_none_is_best(make_run, library, page) -> None:
    for name, values in {"a": [30.0, 61.0], "b": [0.3, 0.62], "c": [0.3, 0.66]}.items():
        config = make_run(name, table_of(values)) / "config"
        (config / "run_config.json").write_text(f'{{"run_id": "{name}"}}')
    library.refresh()
    assert largest(page, "a", "b") is None
    assert largest(page, "b", "c") is True


def largest(page, one: str, other: str) -> bool | None:
    answer = page.get(f"/api/v1/compare?id={one}&id={other}").get_json()
    return next(metric["largest"] for metric in answer["metrics"] if metric["name"] == "test_accuracy")


def make_algorithms(make_run, values: list[float], env: str = "") -> None:
    """One run of an algorithm `lr=0.1, 0.2, …` with each of these values."""
    for number, value in enumerate(values):
        parameters = {"lr": (number + 1) / 10} | ({"env_name": env} if env else {})
        make_run(f"{env}run{number}", table_of([value / 2, value]), seed=0, **parameters)


SETTINGS = {"DATA_MERGER": ["lr"], "SORT_BY_PERFORMANCE_ORDER": True}


def test_curves_of_algorithms_in_different_units_are_told_and_not_ordered(
    make_run, curves: Callable[..., Curves]
) -> None:
    make_algorithms(make_run, [0.6, 61.0, 0.7, 62.0])
    drawn = curves(**SETTINGS, MIN_RELATIVE_PERFORMANCE=0.5)
    assert len(drawn.algorithms) == 4
    assert legend_order(drawn, drawn.pairs[0]) == drawn.algorithms
    assert sum("so they are not compared" in note for note in drawn.notes) == 1


def test_curves_in_one_unit_are_ordered_and_the_poor_ones_left_out(
    make_run, curves: Callable[..., Curves]
) -> None:
    make_algorithms(make_run, [60.0, 61.0, 70.0, 65.0])
    drawn = curves(**SETTINGS, MIN_RELATIVE_PERFORMANCE=0.4)
    assert [name[-3:] for name in legend_order(drawn, drawn.pairs[0])] == ["0.3", "0.4"]


def test_the_best_algorithms_are_not_chosen_by_values_in_different_units(
    make_run, curves: Callable[..., Curves], table: Callable[..., ScoreTable]
) -> None:
    make_algorithms(make_run, [0.95, 61.0, 0.9, 62.0, 63.0, 64.0])
    for shown in (curves(**SETTINGS, MAX_ALGORITHMS=2), table(**SETTINGS, MAX_ALGORITHMS=2)):
        assert [name[-3:] for name in shown.algorithms] == ["0.1", "0.2"]
        assert "The first 2 of 6 algorithms, as they give test_accuracy in different units" in shown.caption


def test_a_sub_figure_in_different_units_does_not_choose_the_best_of_the_others(
    make_run, curves: Callable[..., Curves]
) -> None:
    make_algorithms(make_run, [90.0, 61.0, 0.99], "A-v1")
    make_algorithms(make_run, [60.0, 61.0, 90.0], "B-v1")
    drawn = curves(**SETTINGS, MAX_ALGORITHMS=1)
    assert [name[-3:] for name in drawn.algorithms] == ["0.3"]


def test_normalised_bars_leave_out_a_sub_figure_in_different_units_and_tell_it(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    make_algorithms(make_run, [0.9, 61.0], "A-v1")
    make_algorithms(make_run, [60.0, 61.0], "B-v1")
    configuration = Configuration({"BAR_NORMALIZE_VALUE": True})
    scores = table(**SETTINGS)
    bars = for_bars(scores, configuration)
    assert (len(scores.titles), len(bars.titles), len(bars.rows)) == (2, 1, 1)
    assert any("A-v1: no normalised bars" in note for note in bars.notes)
    assert for_bars(scores, Configuration({"BAR_NORMALIZE_VALUE": False})).titles == scores.titles


def test_lines_of_charts_in_different_units_are_told_and_not_ranked(make_run, library, page) -> None:
    make_algorithms(make_run, [0.95, 61.0, 0.9, 62.0])
    library.refresh()
    answer = page.post("/api/v1/charts", {"config": {}, "most": 2}).get_json()
    assert [line["name"] for line in answer["lines"]] == ["run0", "run1", "run2", "run3"]
