"""Sub-figures are environments, whatever their parameter is called; nothing is compared across them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sml_viewer.analysis.curves import Curves
from sml_viewer.model.results import ScoreTable
from sml_viewer.naming.parameter_names import environments_among

ROWS = "step,reward\n0,1\n1,2\n"


@pytest.mark.parametrize(
    "name",
    ["env_name", "env_id", "env", "environment", "env.name", "env.id", "gym_id", "task", "task_name", "game",
     "map_name", "dataset", "scenario", "config.env_name", "train.env.id", "env_args.map_name",
     "json_args.env.env._name", "env_args.key", "env._target_", "env_kwargs.id",
     "env.kwargs.id", "environment.params.name", "environment_config.name",
     "level_name", "data.name", "envname", "envId", "env-name", "taskName", "game_name", "rom", "map",
     "domain", "benchmark", "环境", "数据集"],
)  # fmt: skip
def test_each_name_of_an_environment_makes_the_sub_figures(
    make_run, table: Callable[..., ScoreTable], name: str
) -> None:
    for env, scale in (("Hopper-v4", 100), ("Reacher-v4", 1)):
        for algo, value in (("sac", 2), ("td3", 5)):
            for seed in (1, 2, 3):
                rows = f"step,reward\n0,0\n1,{scale * value + seed}\n"
                make_run(f"{algo}_{env}_{seed}", rows, **{name: env}, algo=algo, seed=seed)
    found = table()
    assert found.titles == ("Hopper-v4", "Reacher-v4")
    assert found.algorithms == ("algo=sac", "algo=td3")
    assert [[cell.n for cell in row if cell] for row in found.rows] == [[3, 3], [3, 3]]
    best = {(title, algorithm) for title, algorithm, cell in found.cells() if cell.best}
    assert best == {("Hopper-v4", "algo=td3"), ("Reacher-v4", "algo=td3")}


@pytest.mark.parametrize(("kind", "arg"), [("gymma", "key"), ("sc2", "map_name")])
def test_the_map_or_key_of_pymarl_is_the_environment_rather_than_its_kind(
    make_run, curves: Callable[..., Curves], kind: str, arg: str
) -> None:
    for seed in (1, 2):
        make_run(f"a{seed}", ROWS, env=kind, env_args={arg: "spread", "time_limit": 25}, seed=seed)
    assert curves().titles == ["spread"]


def test_a_domain_and_its_tasks_make_the_sub_figures_together(
    make_run, curves: Callable[..., Curves]
) -> None:
    for domain, task in (("walker", "walk"), ("walker", "run"), ("cheetah", "run")):
        for seed in (1, 2):
            make_run(f"{domain}_{task}_{seed}", ROWS, domain_name=domain, task_name=task, seed=seed)
    drawn = curves()
    assert drawn.titles == ["cheetah, run", "walker, run", "walker, walk"]
    assert {len(curve.runs) for panel in drawn.panels for curve in panel.curves} == {2}


def test_what_only_repeats_the_environment_is_not_in_the_title(
    make_run, curves: Callable[..., Curves]
) -> None:
    for env in ("Ant", "Hopper"):
        make_run(env, ROWS, env_name=env, env_id=f"{env}-v4", dataset="d4rl", seed=1)
    assert curves().titles == ["Ant", "Hopper"]


def test_an_environment_is_what_is_wrapped_and_no_part_of_an_object() -> None:
    names = ["json_args.env._name", "json_args.env.env._name", "self.<__main__.Expert object at 0x7f>.env"]

    assert environments_among(names) == ["json_args.env.env._name"]


def test_the_more_usual_name_of_two_makes_the_sub_figures(make_run, curves: Callable[..., Curves]) -> None:
    for env in ("Ant-v4", "Hopper-v4"):
        make_run(f"{env}-1", ROWS, **{"env.id": env}, seed=1)
        make_run(f"{env}-2", ROWS, gym_id=env, seed=2)
        make_run(f"{env}-3", ROWS, gym_id=env, seed=3)

    assert curves().titles == ["Ant-v4", "Hopper-v4"]


def test_runs_that_name_the_environment_otherwise_are_beside_the_others(
    make_run, curves: Callable[..., Curves]
) -> None:
    for number, given in enumerate(
        [{"env_name": "Ant"}, {"env_id": "Ant"}, {"env": {"name": "Ant"}}, {"game": "Ant"}]
    ):
        make_run(f"r{number}", ROWS, **given, seed=number)
    drawn = curves()
    assert drawn.titles == ["Ant"]
    assert [len(curve.runs) for curve in drawn.panels[0].curves] == [4]


def test_runs_that_name_no_environment_are_beside_no_other(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    make_run("a", ROWS, env_name="Ant", algo="x", seed=1)
    make_run("b", "step,reward\n0,1\n1,9\n", algo="y", seed=1)
    assert table().titles == ("Ant", "no env_name")
    assert all(cell.best for _, _, cell in table().cells())


@pytest.mark.parametrize(
    "given", [{"num_env": 4}, {"env": [1, 2]}, {"env": True}, {"task_id": 3}, {"eval_task_count": 2}]
)
def test_what_only_sounds_like_an_environment_makes_no_sub_figure(
    make_run, curves: Callable[..., Curves], given: dict[str, Any]
) -> None:
    make_run("a", ROWS, **given, seed=1)
    assert curves().titles == [""]


@pytest.mark.parametrize("task", ["detect", "segment", "text-classification", "image_segmentation"])
def test_what_is_learned_is_no_title_and_a_data_set_beside_it_is(
    make_run, curves: Callable[..., Curves], task: str
) -> None:
    folder = make_run("a", ROWS, task=task, seed=1)
    assert curves().titles == [""]
    (folder / "config" / "parameter.json").write_text(
        json.dumps({"task": task, "dataset": "imdb", "seed": 1}), "utf-8"
    )
    assert curves().titles == ["imdb"]


def test_several_kinds_of_tasks_are_in_sub_figures(make_run, curves: Callable[..., Curves]) -> None:
    for task in ("detect", "segment"):
        make_run(task, ROWS, task=task, seed=1)
    assert curves().titles == ["detect", "segment"]


def test_the_plainest_name_comes_first() -> None:
    assert environments_among(["task", "train.env_id", "env", "lr", "env_id"]) == [
        "env_id",
        "train.env_id",
        "env",
        "task",
    ]


def test_the_environment_of_a_monitor_is_in_its_first_line(logs, table: Callable[..., ScoreTable]) -> None:
    for env, reward in (("CartPole-v1", 140), ("Pendulum-v1", -860)):
        for folder in ("x", "y"):
            path = logs / f"{env[:4]}_{folder}"
            path.mkdir()
            end = 4.0 if folder == "y" else 3.0
            text = f'#{{"t_start": 1.0, "env_id": "{env}"}}\nr,l,t\n1,10,1.0\n{reward},30,{end}\n'
            (path / "0.monitor.csv").write_text(text)
    found = table()
    assert found.titles == ("CartPole-v1", "Pendulum-v1")
    assert {(title, cell.n) for title, _, cell in found.cells()} == {("CartPole-v1", 1), ("Pendulum-v1", 1)}


def test_monitors_of_several_environments_are_no_seed_of_one_of_them(
    logs, read_runs, table: Callable[..., ScoreTable]
) -> None:
    for folder, envs in (("a", ["Ant-v4"]), ("b", ["Hopper-v4", "Ant-v4", "None"]), ("c", ["Ant-v4"])):
        (logs / folder).mkdir()
        for rank, env in enumerate(envs):
            text = (
                f'#{{"t_start": 1.0, "env_id": "{env}"}}\nr,l,t\n1,10,1.0\n5{ord(folder)},30,{3 + rank}.0\n'
            )
            (logs / folder / f"{rank}.monitor.csv").write_text(text)
    names = {run.name: title for title, _, cell in table().cells() for run in cell.runs}
    assert names == {"a": "Ant-v4", "b": "Ant-v4 + Hopper-v4", "c": "Ant-v4"}
    told = {run.name: [issue.sentence for issue in run.issues] for run in read_runs()}
    assert told["b"] == ["its monitors are of 2 different environments; their episodes are of one run"]
    assert told["a"] == []


def test_a_monitor_without_an_id_leaves_the_environment_to_its_folder(
    logs, table: Callable[..., ScoreTable]
) -> None:
    for env, reward in (("CartPole-v1", 140), ("Pendulum-v1", -860)):
        path = logs / f"{env}_s1"
        path.mkdir()
        (path / "0.monitor.csv").write_text(
            f'#{{"t_start": 1.0, "env_id": "None"}}\nr,l,t\n1,10,1.0\n{reward},30,3.0\n'
        )
    assert table().titles == ("CartPole-v1", "Pendulum-v1")
