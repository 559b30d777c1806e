"""Hyper-parameters: axes, scores as in tables, and importance that does not count seeds as configurations."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sml_viewer.library import Library

MakeRun = Callable[..., Path]


def ask(page: Any, config: dict[str, Any] | None = None, **more: Any) -> Any:
    answer = page.post("/api/v1/hyperparameters", {"config": config or {}, **more})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def axis(answer: Any, name: str) -> Any:
    return next(each for each in answer["axes"] if each["name"] == name)


def importance(answer: Any, name: str) -> Any:
    return next(each for each in answer["importance"] if each["name"] == name)


def table_of(score: float) -> str:
    return f"step,eval_return\n0,0\n10,{score}\n"


@pytest.fixture
def sweep(make_run: MakeRun, library: Library) -> None:
    """Five learning rates × two batch sizes × two seeds; the best learning rate is in the middle."""
    noise = iter(np.random.default_rng(3).normal(size=99))
    for number, lr in enumerate((1e-5, 1e-4, 1e-3, 1e-2, 1e-1)):
        for batch, seed in itertools.product((64, 256), (1, 2)):
            score = 100 - 20 * (number - 2) ** 2 + next(noise)
            make_run(f"{lr}_{batch}_{seed}", table_of(score), lr=lr, batch=batch, seed=seed)
    library.refresh()


@pytest.mark.usefixtures("sweep")
def test_axes_are_what_was_varied_but_for_the_seed(page: Any) -> None:
    answer = ask(page)
    assert {each["name"]: (each["kind"], each["log"]) for each in answer["axes"]} == {
        "lr": ("number", True),
        "batch": ("number", False),
    }
    assert sorted(set(axis(answer, "lr")["cells"])) == [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]


@pytest.mark.usefixtures("sweep")
def test_seeds_of_a_configuration_are_one_trial_of_it(page: Any) -> None:
    answer = ask(page)
    assert len(answer["trials"]["ids"]) == 20
    assert len(set(answer["trials"]["configurations"])) == 10
    assert [each["n"] for each in answer["importance"]] == [10, 10]


@pytest.mark.usefixtures("sweep")
def test_an_optimum_between_the_ends_is_important(page: Any) -> None:
    answer = ask(page)
    assert [each["name"] for each in answer["importance"]] == ["lr", "batch"]
    lr, batch = answer["importance"]
    assert lr["p_value"] < 0.01
    assert (lr["better"], lr["best"]) == ("between", "0.001")
    assert batch["p_value"] > 0.05
    assert (batch["better"], batch["best"]) == ("", "")
    assert "10 configurations" in answer["caption"]


@pytest.mark.usefixtures("sweep")
def test_smaller_is_better_turns_the_direction(page: Any) -> None:
    lr = importance(ask(page, {"TABLE_BOLD_MAX": False}), "lr")
    assert lr["better"] == "ends"
    assert lr["best"] in ("1e-05", "0.1")


@pytest.mark.usefixtures("grid")
def test_scores_are_those_of_the_table(page: Any, library: Library) -> None:
    library.refresh()
    config = {"TABLE_SCORE": "average"}
    answer = ask(page, config)
    table = page.post("/api/v1/table", {"config": config}).get_json()["tables"][0]
    expected = {
        run["id"]: score
        for cell in table["cells"]
        for run, score in zip(cell["runs"], cell["scores"], strict=True)
    }
    assert dict(zip(answer["trials"]["ids"], answer["trials"]["scores"], strict=True)) == expected
    assert "Means over the whole run of episode_return" in answer["caption"]


def test_many_seeds_make_no_claim_about_few_configurations(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    for lr, seed in itertools.product((0.1, 0.01, 0.001), range(10)):
        make_run(f"{lr}_{seed}", table_of(lr + seed / 1000), lr=lr, seed=seed)
    library.refresh()
    answer = ask(page)
    nothing = {"n": 3, "share": None, "rho": None, "p_value": None, "better": "", "best": ""}
    by_value = importance(answer, "lr").pop("by_value")
    assert [(each["value"], each["n"], each["deviation"]) for each in by_value] == [
        ("0.001", 1, None),
        ("0.01", 1, None),
        ("0.1", 1, None),
    ]
    lr = {key: each for key, each in importance(answer, "lr").items() if key in ("name", "same_as", *nothing)}
    assert lr == {"name": "lr", **nothing, "same_as": []}
    assert "Fewer than 6 configurations, so nothing is claimed: run at least 6" in answer["caption"]


def test_scores_by_value_are_means_of_configurations_within_each_sub_figure(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    for env, scale in (("Ant-v4", 100), ("CartPole-v1", 1)):
        for lr, width, seed in itertools.product((1, 2), (8, 16), (1, 2)):
            score = scale * (10 * lr + width / 8 + seed)
            make_run(f"{env}{lr}{width}{seed}", table_of(score), env_name=env, lr=lr, width=width, seed=seed)
    library.refresh()
    answer = ask(page)
    lr = importance(answer, "lr")
    assert (lr["n"], lr["p_value"]) == (4, None)
    assert [(answer["titles"][each["title"]], each["value"], each["n"]) for each in lr["by_value"]] == [
        ("Ant-v4", "1", 2),
        ("Ant-v4", "2", 2),
        ("CartPole-v1", "1", 2),
        ("CartPole-v1", "2", 2),
    ]
    assert [each["mean"] for each in lr["by_value"]] == pytest.approx([1300, 2300, 13, 23])
    assert lr["by_value"][2]["deviation"] == pytest.approx(0.5**0.5)


def test_environments_are_ranked_apart_and_not_tested(page: Any, library: Library, make_run: MakeRun) -> None:
    """Returns of one environment are a hundred times those of the other; in each a larger width is better."""
    for env, scale in (("CartPole-v1", 1), ("Ant-v4", 100)):
        for width in (8, 16, 32, 64, 128, 256, 512):
            make_run(f"{env}_{width}", table_of(scale * width), env_name=env, width=width, seed=1)
    library.refresh()
    answer = ask(page)
    assert axis(answer, "env_name")["texts"] == ["Ant-v4", "CartPole-v1"]
    (width,) = answer["importance"]  # the environment is not offered
    assert (width["n"], width["rho"], width["better"]) == (7, pytest.approx(1), "larger")
    assert "ranked within each of 2 sub-figures" in answer["caption"]
    only = ask(page, title="Ant-v4")
    assert len(only["trials"]["ids"]) == 7
    assert only["titles"] == ["Ant-v4", "CartPole-v1"]


def test_a_value_that_a_run_lacks_is_missing_and_not_tested(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    for clip in range(6):
        make_run(f"ppo{clip}", table_of(clip), algo="ppo", clip=clip / 10, seed=1)
    make_run("sac", table_of(9), algo="sac", seed=1)
    library.refresh()
    answer = ask(page)
    row = answer["trials"]["names"].index("sac")
    assert axis(answer, "clip")["cells"][row] is None
    assert importance(answer, "clip")["n"] == 6
    assert axis(answer, "algo")["kind"] == "category"


def test_parameters_that_vary_together_are_named(page: Any, library: Library, make_run: MakeRun) -> None:
    for number in range(8):
        # `size` is a function of `kind`; `lr` is different in each run, and only `depth` rises with it.
        more = {"kind": "abcd"[number % 4], "size": (number % 4) // 2, "depth": number, "seed": 1}
        make_run(f"r{number}", table_of(number), lr=2**number, **more)
    library.refresh()
    answer = ask(page)
    assert importance(answer, "kind")["same_as"] == ["size"]
    assert importance(answer, "size")["same_as"] == []
    assert importance(answer, "lr")["same_as"] == ["depth"]


def test_hidden_runs_are_nowhere(page: Any, library: Library, make_run: MakeRun) -> None:
    for lr in range(1, 5):
        make_run(f"r{lr}", table_of(lr), lr=lr, seed=1)
    library.refresh()
    answer = ask(page)
    hidden = answer["trials"]["ids"][0]
    page.post("/api/v1/annotations", {"changes": [{"ids": [hidden], "hidden": True}]})
    after = ask(page)
    assert hidden not in after["trials"]["ids"]
    assert (len(after["trials"]["ids"]), after["hidden"]) == (3, 1)


def test_a_run_without_a_finite_score_is_shown_and_counted(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    make_run("a", "step,eval_return\n0,1\n10,nan\n", lr=1, seed=1)
    make_run("b", "step,eval_return\n0,1\n10,inf\n", lr=2, seed=1)
    make_run("c", "step,eval_return\n0,1\n10,3\n", lr=3, seed=1)
    make_run("d", "step,other\n0,1\n10,3\n", lr=4, seed=1)
    library.refresh()
    answer = ask(page, score="eval_return")
    scores = dict(zip(answer["trials"]["names"], answer["trials"]["scores"], strict=True))
    assert scores["c"] == 3
    assert scores["b"] is None
    assert scores["d"] is None
    assert any("no score" in note for note in answer["notes"])


def test_the_answer_is_in_the_language_of_the_request(page: Any, library: Library, make_run: MakeRun) -> None:
    for lr in range(1, 9):
        make_run(f"r{lr}", table_of(lr), lr=lr, seed=1)
    library.refresh()
    caption = ask(page, language="zh")["caption"]
    assert "8 个配置" in caption
    assert "permutation" not in caption
