"""What is best is the largest or the smallest, everywhere the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sml_viewer.analysis.aggregate import make_aggregates
from sml_viewer.analysis.curves import Curves, legend_order
from sml_viewer.analysis.scores import make_tables
from sml_viewer.cli.main import main
from sml_viewer.columns.metric_direction import is_loss
from sml_viewer.config.plot_config import Configuration
from sml_viewer.library import Library
from sml_viewer.model.results import ScoreTable
from sml_viewer.render.matplotlib import draw_bars
from sml_viewer.select.selection import select

SMALL = {"TABLE_BOLD_MAX": False}


@pytest.fixture
def two(make_run) -> Callable[[str], None]:
    """Two methods on two environments; b has the smaller values, Y's are the smaller ones."""

    def write(metric: str) -> None:
        for env, offset in (("X", 10), ("Y", 0)):
            for method, value in (("a", 3), ("b", 1)):
                table = f"step,{metric}\n0,{offset + value}\n1,{offset + value}\n"
                make_run(env + method, table, env_name=env, method=method, seed=1)

    return write


@pytest.mark.parametrize(("options", "left"), [({}, "method=a"), (SMALL, "method=b")])
def test_what_is_worst_is_left_out(
    two, curves: Callable[..., Curves], options: dict[str, Any], left: str
) -> None:
    two("reward")
    drawn = curves(MIN_RELATIVE_PERFORMANCE=0.5, **options)
    assert drawn.algorithms == [left]
    assert ("whose best is the smallest" in drawn.caption) is bool(options)


def test_the_legend_begins_with_the_best(two, curves: Callable[..., Curves]) -> None:
    two("reward")
    drawn = curves(SORT_BY_PERFORMANCE_ORDER=True, **SMALL)
    assert legend_order(drawn, drawn.pairs[0]) == ["method=b", "method=a"]


def test_aggregates_give_one_to_the_best(two, table: Callable[..., ScoreTable]) -> None:
    two("reward")
    configuration = Configuration().with_values(**SMALL)
    found = make_aggregates(table(**SMALL), configuration)
    assert {one.algorithm: one.intervals["mean"][0] for one in found.aggregates} == {
        "method=a": 0.0,
        "method=b": 1.0,
    }
    assert "of which the lowest is best" in found.caption


def test_bars_are_sorted_by_their_best(two, library: Library) -> None:
    two("reward")
    library.refresh()
    configuration = Configuration().with_values(BAR_SORT_X=True, BAR_NORMALIZE_VALUE=False, **SMALL)
    selection = select(library.runs(), configuration)
    (tabled,) = make_tables(library, selection, configuration)
    (area,) = draw_bars(tabled, selection, configuration).axes
    assert [label.get_text() for label in area.get_xticklabels()] == ["Y", "X"]


@pytest.mark.parametrize(
    ("options", "best"),
    [
        ({}, "method=b"),
        ({"TABLE_BOLD_MAX": True}, "method=a"),
        ({"PLOTTING_XY": [["step", "val_loss"]]}, "method=b"),
    ],
)
def test_of_a_loss_the_smallest_is_best_whoever_chose_it(
    two, table: Callable[..., ScoreTable], options: dict[str, Any], best: str
) -> None:
    two("val_loss")
    found = table(**options)
    assert {name for _, name, cell in found.cells() if cell.best} == {best}
    assert f"Bold: the {'smallest' if best == 'method=b' else 'largest'}" in found.caption


@pytest.mark.parametrize(
    "metric",
    [
        "loss",
        "train/box_loss",
        "nll_loss",
        "log_loss",
        "valloss",
        "LossPi",
        "value_loss",
        "reward_loss",
        "test/RMSE",
        "return_error",
        "success_error",
        "accuracy_loss",
        "error_rate",
        "word_error_rate",
        "val_WER",
        "cer",
        "perplexity",
        "eval_ppl",
        "val_bpb",
        "FID",
        "lpips",
        "regret",
        "AverageEpCost",
        "eval/cost_return",
        "distance_to_goal",
        "latency_ms",
        "inference_time",
        "time/epoch (s)",
        "seconds_per_step",
        "steps_to_goal",
        "time_to_success",
        "collision_rate",
        "eval/loss/mean",
        "Loss/surrogate",
        "cross_entropy",
        "neg_log_likelihood",
        "neg_elbo",
        "损失",
        "訓練損失",
        "perte_val",
        "erreur",
        "Fehler",
        "pérdida",
        "потеря",
        "nelbo",
        "-reward",
        "bits_per_byte",
        "fall_rate",
        "false_negatives",
        "abs_rel",
        "brier_score",
        "dist_to_goal",
        "episode_len_to_goal",
        "lose_rate",
        "val/HD95",
        "ate",
        "num_mistakes",
    ],
)
def test_of_losses_errors_distances_costs_and_durations_the_smallest_is_best(metric: str) -> None:
    assert is_loss(metric)


@pytest.mark.parametrize(
    "metric",
    [
        "gloss",
        "lossless",
        "msec",
        "error_return",
        "accuracy",
        "episode_return",
        "success_rate",
        "rewards/iter",
        "mAP50",
        "steps_per_second",
        "fps",
        "samples/s",
        "loss_scale",
        "loss_weight",
        "timesteps",
        "time/total_timesteps",
        "neg_mean_squared_error",
        "log_likelihood",
        "elbo",
        "survival_time",
        "distance_travelled",
        "return_per_step",
        "ep_len_mean",
        "entropy",
        "policy_lr",
        "time_step",
        "terror",
        "PSNR",
        "R2",
        "-loss",
        "time_to_failure",
        "steps_to_collision",
        "collision_free_rate",
        "error_reduction",
        "forward_distance",
        "準確率",
    ],
)
def test_of_anything_else_the_largest_is_best(metric: str) -> None:
    assert not is_loss(metric)


def test_the_best_loss_of_a_run_is_its_lowest_in_lists_queries_and_comparisons(
    make_run, logs, library: Library, page, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run("a", "step,val_loss,reward\n0,3,1\n1,1,4\n2,2,3\n", seed=1)
    library.refresh()
    shown = page.get("/api/v1/runs?column=best:val_loss&column=best:reward&column=least:reward").get_json()
    cells = {column["key"]: column.get("cells") or column["values"] for column in shown["columns"]}
    assert (cells["best:val_loss"], cells["best:reward"], cells["least:reward"]) == ([1], [4], [1])
    assert {column["key"]: column.get("best") for column in shown["columns"]}["best:val_loss"] == "smallest"
    main(["list", "-d", str(logs), "--where", "best.val_loss < 1.5 and best.reward > 3"])
    assert "1 of 1 runs" in capsys.readouterr().out


def test_the_best_score_of_a_loss_is_its_lowest_and_the_bar_marked_is_the_lowest(
    two, table: Callable[..., ScoreTable]
) -> None:
    two("eval_error")
    found = table(TABLE_SCORE="best", PLOTTING_XY=[["step", "eval_error"]])
    assert {name for _, name, cell in found.cells() if cell.best} == {"method=b"}
    assert [cell.mean for _, _, cell in found.cells()] == [13, 11, 3, 1]


def test_aggregates_of_a_loss_give_one_to_the_lowest(two, table: Callable[..., ScoreTable]) -> None:
    two("val_loss")
    options = {"PLOTTING_XY": [["step", "val_loss"]]}
    found = make_aggregates(table(**options), Configuration().with_values(**options))
    assert {one.algorithm: one.intervals["mean"][0] for one in found.aggregates} == {
        "method=a": 0,
        "method=b": 1,
    }


@pytest.mark.parametrize("metric", ["memory_mb", "perf/gpu_mem", "miss_rate", "1-acc", "1 - mAP"])
def test_memory_misses_and_complements_are_minimised(metric: str) -> None:
    assert is_loss(metric)


@pytest.mark.parametrize("metric", ["memory_size", "mem_capacity", "mem_free", "1-loss"])
def test_sizes_of_memory_and_complements_of_losses_are_not(metric: str) -> None:
    assert not is_loss(metric)
