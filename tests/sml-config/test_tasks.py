"""Tasks and plans: identity, the plan file, grid cells, and what a run checks against its task."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sml_config import ParameterError, ParameterTemplate, Plan, PlanError, Task, read_plan
from sml_config.process import TASK_FOLDER_VARIABLE
from sml_config.tasks.tasks import (
    TASK_FILE,
    announce_run_folder,
    announced_run_folder,
    current_task,
    write_task,
)

HEADER = ("python", "main.py")


def task(**parameters: Any) -> Task:
    return Task(HEADER, parameters)


def test_the_command_gives_flags_lists_and_leaves_out_false_and_none() -> None:
    sweep_task = task(
        env_name="a b; rm -rf", lr=1e-4, on=True, off=False, nothing=None, hidden=[256, "x"], d={"a": 1}
    )
    assert sweep_task.command[2:] == (
        *("--env_name", "a b; rm -rf", "--lr", "0.0001", "--on", "--hidden", "256", "x", "--d", '{"a": 1}'),
    )


def test_a_word_that_looks_like_an_option_is_joined_to_its_name() -> None:
    sweep_task = task(lr=-1e-05, note="-x", pair=[-1, 2], seed=-1)
    assert sweep_task.command[2:] == ("--lr=-1e-05", "--note=-x", "--pair", "-1", "2", "--seed=-1")
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float)
    parser.add_argument("--note")
    parser.add_argument("--pair", type=int, nargs=2)
    parser.add_argument("--seed", type=int)
    assert sweep_task.covered_by(vars(parser.parse_args(sweep_task.command[2:])))


def test_a_known_task_is_the_task() -> None:
    sweep_task = task(a=1)
    assert Task.known(sweep_task.header, sweep_task.parameters, sweep_task.id) == sweep_task


def test_identity_is_header_and_parameters_and_nothing_else() -> None:
    assert task(a=1, b=2).id == task(b=2, a=1).id
    assert len(task(a=1).id) == 12
    assert len({task(a=value).id for value in (1, 1.0, True, "1", None, [1])}) == 6
    assert Task(("python", "other.py"), {"a": 1}).id != task(a=1).id
    assert task(a=(1, np.int64(2))).id == task(a=[1, 2]).id


def test_a_known_task_keeps_its_id() -> None:
    assert task(env_name="Hopper-v2", seed=1, lr=1e-4).id == "ed1b771c82c5"


def test_a_value_that_fits_no_file_is_named() -> None:
    with pytest.raises(ParameterError, match="parameter f: a value of type builtin_function_or_method"):
        task(f=len)


GRID = [task(env=env, seed=seed, lr=1e-3) for env in ("a", "b") for seed in (1, 2)]


def test_a_plan_survives_the_file(tmp_path: Path) -> None:
    plan = Plan(tuple(GRID))
    plan.save(tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == plan
    content = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert (content["format"], content["version"], content["swept"]) == ("sml-plan", 1, ["env", "seed"])
    assert content["tasks"][0] == {
        "id": GRID[0].id,
        "header": ["python", "main.py"],
        "parameters": {"env": "a", "seed": 1, "lr": 0.001},
    }


def test_cells_are_the_swept_values_of_tasks_and_runs_alike() -> None:
    plan = Plan(tuple(GRID), swept=("env",))
    assert {cell: len(tasks) for cell, tasks in plan.cells().items()} == {("a",): 2, ("b",): 2}
    assert plan.cell({"env": "b", "other": 1}) == ("b",)
    assert Plan(tuple(GRID)).cell({"seed": 2.0}) == ("", "2")


def test_missing_tasks_are_those_that_no_run_covers() -> None:
    plan = Plan(tuple(GRID))
    runs = [
        {"env": "a", "seed": 1, "lr": 0.001, "gamma": 0.9},
        {"env": "b", "seed": 2, "lr": "0.001"},
        {"env": "b"},
    ]
    assert plan.missing(runs) == [GRID[1], GRID[2]]


def test_two_equal_tasks_are_an_error_that_shows_them() -> None:
    with pytest.raises(PlanError) as caught:
        Plan((task(a=1), task(a=2), task(a=1)))
    assert str(caught.value) == (
        "tasks 0 and 2 of the plan are the same: {'a': 1}; "
        "remove one, or add a parameter that distinguishes them"
    )


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("{", "plan.json: not valid JSON: "),
        ("[]", "plan.json: expected a JSON object"),
        ('{"format": "x"}', 'plan.json: not a plan file; expected "format": "sml-plan"'),
        (
            '{"format": "sml-plan", "version": 2}',
            "plan.json: plan format 2; this version reads up to 1; upgrade sml-config",
        ),
        *(
            (
                f'{{"format": "sml-plan", "version": 1, {wrong}}}',
                "plan.json: expected a list of tasks, and a list",
            )
            for wrong in ('"tasks": null', '"tasks": {"a": 1}', '"swept": 3', '"swept": [["a"]]')
        ),
        (
            '{"format": "sml-plan", "version": 1, "tasks": [{"id": "x"}]}',
            "plan.json: task 0: expected id, header and parameters (KeyError: 'header')",
        ),
        (
            '{"format": "sml-plan", "version": 1, "tasks": [{"id": "x", "header": [], "parameters": {}}]}',
            "plan.json: task 0: id x does not match the content (id ",
        ),
    ],
)
def test_a_plan_that_cannot_be_read_is_explained(tmp_path: Path, content: str, error: str) -> None:
    (tmp_path / "plan.json").write_text(content, encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path / "plan.json")
    assert str(caught.value).startswith(f"{tmp_path}/{error}")
    with pytest.raises(PlanError, match="cannot be read"):
        read_plan(tmp_path / "absent.json")


class Script(ParameterTemplate):
    def parse(self) -> argparse.Namespace:
        parser = argparse.ArgumentParser()
        parser.add_argument("--lr", type=float, default=1e-3)
        parser.add_argument("--hidden", type=int, nargs="*", default=[1])
        parser.add_argument("--on", action=argparse.BooleanOptionalAction, default=True)
        parser.add_argument("--name", default="n")
        return parser.parse_args()


@pytest.mark.parametrize(("got", "covers"), [({}, True), ({"lim": None}, True), ({"lim": 1.0}, False)])
def test_a_none_is_covered_by_a_run_that_has_none(got: dict[str, Any], covers: bool) -> None:
    assert Task(("a",), {"lim": None}).covered_by(got) is covers


@pytest.fixture
def as_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command_line: Callable[..., None]
) -> Callable[..., None]:
    """Makes this process the run of a task."""

    def start(**parameters: Any) -> None:
        monkeypatch.setenv(TASK_FOLDER_VARIABLE, str(tmp_path))
        sweep_task = task(**parameters)
        write_task(tmp_path, sweep_task)
        command_line(*sweep_task.command[2:])
        assert current_task() == sweep_task

    return start


def test_a_run_that_is_what_its_task_asks_for_starts(as_task: Callable[..., None]) -> None:
    as_task(lr=1, hidden=[2, 3], on=True, name=5, unused=None)
    assert Script().make_dict() == {"lr": 1.0, "hidden": [2, 3], "on": True, "name": "5"}


def test_a_false_that_the_command_line_swallows_stops_the_run(as_task: Callable[..., None]) -> None:
    as_task(on=False)
    identity = task(on=False).id
    with pytest.raises(ParameterError) as caught:
        Script()
    assert str(caught.value) == (
        f"this run's parameters differ from those of task {identity} (on: False in the "
        f"task, True in the run); "
        "the command line cannot express the value: declare the parameter as `name: bool` or "
        "`name: float | None` in the parameter class, or make the value its default"
    )


def test_a_task_file_that_is_broken_is_said(tmp_path: Path, as_task: Callable[..., None]) -> None:
    as_task(lr=1)
    (tmp_path / TASK_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(PlanError, match=r"task\.json: not valid JSON"):
        Script()


def test_run_and_launcher_find_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    announce_run_folder(tmp_path / "nobody asked")
    assert announced_run_folder(tmp_path) is None
    monkeypatch.setenv(TASK_FOLDER_VARIABLE, str(tmp_path))
    announce_run_folder(tmp_path / "运行 1")
    assert announced_run_folder(tmp_path) == tmp_path / "运行 1"
    (tmp_path / "run_folder").write_text("")  # as a shell's > leaves it for a moment
    assert announced_run_folder(tmp_path) is None


PARAMETERS = st.dictionaries(
    st.text(min_size=1, max_size=5),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=2),
    max_size=4,
)


@given(st.lists(PARAMETERS, max_size=5))
def test_every_plan_survives_and_covers_itself(
    tmp_path_factory: pytest.TempPathFactory, grid: list[dict[str, Any]]
) -> None:
    tasks = {task.id: task for task in (Task(HEADER, parameters) for parameters in grid)}
    plan = Plan(tuple(tasks.values()))
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    plan.save(path)
    read = read_plan(path)
    assert [task.id for task in read.tasks] == list(tasks)
    assert read.missing(task.parameters for task in plan.tasks) == []
    assert sum(map(len, read.cells().values())) == len(plan.tasks)


def test_a_none_that_trains_with_the_default_stops_the_run(as_task: Callable[..., None]) -> None:
    as_task(name=None)
    with pytest.raises(ParameterError, match="name: None in the task, 'n' in the run"):
        Script()
