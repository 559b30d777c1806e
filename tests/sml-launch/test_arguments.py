"""What callers give: each kind of value that a user would naturally give is taken, any other is named."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sml_launch import Experiment, Grid, GridError, Plan, SmlLaunchError, load_experiment
from sml_launch.arguments import seconds, texts, whole, words
from sml_launch.backends import get_backend

GRID = Grid("true", exclusive_candidates={"seed": [1, 2]})


@pytest.mark.parametrize("value", [2, "2", np.int64(2), np.uint8(2)])
def test_a_whole_number_may_be_a_text_or_of_numpy(value: Any) -> None:
    assert whole("retries", value) == 2


@pytest.mark.parametrize("value", [2.5, "2.5", "x", None, True, -1, [1], np.float64(2)])
def test_another_value_for_a_whole_number_is_named(value: Any) -> None:
    with pytest.raises(GridError, match=r"invalid retries .*; expected a whole number of at least 0"):
        whole("retries", value)


@pytest.mark.parametrize(
    "value", [7200, 7200.0, "7200", "2h", "120m", "7200s", timedelta(hours=2), np.float32(7200)]
)
def test_a_duration_is_a_number_a_text_or_a_timedelta(value: Any) -> None:
    assert seconds("timeout", value) == 7200.0


@pytest.mark.parametrize("value", ["2 hours", "", "nan", "-1", 0, float("nan"), float("inf"), None, True, []])
def test_another_value_for_a_duration_is_named(value: Any) -> None:
    with pytest.raises(GridError, match=r"invalid timeout .*; expected a duration such as 90, 30m, 2h or 1d"):
        seconds("timeout", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, ("0",)), ("0,1", ("0", "1")), ([0, 1], ("0", "1")), (("0,1", "2,3"), ("0,1", "2,3")),
     (range(2), ("0", "1")), (np.array([0, 1]), ("0", "1"))],
)  # fmt: skip
def test_gpus_are_numbers_or_texts_one_or_several(value: Any, expected: tuple[str, ...]) -> None:
    assert words("gpus", value) == expected


def test_one_text_is_one_line_and_is_never_cut_into_letters() -> None:
    assert texts("setup", "module load cuda") == ("module load cuda",)
    assert Experiment(GRID, Path(), setup="true").setup == ("true",)  # type: ignore[arg-type]


def submitted(tmp_path: Path, **options: Any) -> Any:
    plan = Plan.from_grid(GRID, tmp_path)
    launch_options, backend_options = get_backend("local").split_options(options)
    return plan.launch(plan.tasks, "local", launch_options, backend_options)


@pytest.mark.parametrize(
    ("options", "field", "expected"),
    [
        ({"gpus": "0,1", "max_parallel": 2}, "gpus", ("0", "1")),
        ({"gpus": 0, "max_parallel": "1"}, "gpus", ("0",)),
        ({"gpus": [0]}, "gpus", None),
        ({"timeout": "2h"}, "timeout", 7200.0),
        ({"timeout": timedelta(minutes=1)}, "timeout", 60.0),
        ({"retries": "2"}, "retries", 2),
        ({"max_parallel": np.int64(1)}, "max_parallel", 1),
    ],
)
def test_submit_takes_what_the_command_line_takes(
    tmp_path: Path, options: dict[str, Any], field: str, expected: Any
) -> None:
    launch = submitted(tmp_path, **options)
    assert expected is None or getattr(launch, field) == expected
    launch.save()  # all of it can be written


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timeout": "soon"}, "invalid timeout 'soon'; expected a duration"),
        ({"retries": "often"}, "invalid retries 'often'; expected a whole number"),
        ({"gpus": "first"}, "invalid --gpus 'first'; expected numbers"),
        ({"gpus": None, "max_parallel": 0}, "invalid max_parallel 0; expected a whole number of at least 1"),
    ],
)
def test_submit_names_a_wrong_argument_and_starts_nothing(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(SmlLaunchError, match=words):
        Plan.from_grid(GRID, tmp_path).submit("local", **options)
    assert not (tmp_path / ".sml-launch/launches").exists()


def test_paths_may_be_text_and_begin_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "sweep.py").write_text("start_up_header = 'true'\nexclusive_candidates = dict(seed=[1])\n")
    for path in ("~/sweep.py", Path("~/sweep.py"), str(tmp_path / "sweep.py")):
        assert load_experiment(path).directory == tmp_path
        assert len(Plan.from_file(path).tasks) == 1
    assert Plan.from_grid(GRID, "~").experiment.directory == tmp_path


def test_a_header_may_be_a_list_of_words() -> None:
    grid = Grid(["python", "my main.py"], {"seed": 1})  # type: ignore[arg-type]
    assert grid.tasks()[0].header == ("python", "my main.py")


@pytest.mark.parametrize("name", ["parameters_base", "exclusive_candidates", "aligned_candidates"])
def test_none_is_an_empty_mapping_and_a_list_is_named(name: str) -> None:
    assert Grid("true", **{name: None}).tasks()  # type: ignore[arg-type]
    with pytest.raises(GridError, match=f"invalid {name}"):
        Grid("true", **{name: [1]})  # type: ignore[arg-type]


def test_a_variable_without_a_value_is_named() -> None:
    with pytest.raises(GridError, match="environment_dict: TOKEN is of type NoneType"):
        Experiment(GRID, Path(), environment={"TOKEN": None})  # type: ignore[dict-item]
    assert Experiment(GRID, Path(), environment={"N": 1}).environment == {"N": "1"}  # type: ignore[dict-item]


def test_a_variable_that_needs_an_unset_one_starts_nothing(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1]}, environment_dict={"TOKEN": "$NOT_SET_HERE"})
    done = project.launch("--backend", "local")
    assert done.returncode == 2
    assert "environment_dict: TOKEN needs $NOT_SET_HERE, which is not set; export" in done.stderr
    assert not project.calls()


def test_a_script_that_is_not_there_is_named_once_before_the_start(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]}, start_up_header="python nosuch.py")
    done = project.launch("--backend", "local")
    assert done.returncode == 2
    assert done.stderr.count("nosuch.py: no such script; correct start_up_header or directory") == 1


def test_a_program_may_come_from_the_setup(project) -> None:
    (project.folder / "bin").mkdir()
    tool = project.folder / "bin/my-python"
    tool.write_text("#!/bin/sh\nexit 0\n")
    tool.chmod(0o755)
    project.sweep(
        exclusive_candidates={"seed": [1]},
        start_up_header="my-python",
        setup=['export PATH="$PWD/bin:$PATH"'],
    )
    done = project.launch("--backend", "local")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_tilde_in_the_header_is_the_users_folder(project) -> None:
    tool = project.folder / "tool"
    tool.write_text("#!/bin/sh\nexit 0\n")
    tool.chmod(0o755)
    project.sweep(exclusive_candidates={"seed": [1]}, start_up_header="~/tool")
    done = project.launch("--backend", "local", HOME=str(project.folder))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("gpus_per_task=two", "invalid gpus_per_task 'two'; expected a number, or a type and a number"),
        ("sbatch=nice", "'nice' is not an option; expected e.g. --name=value"),
        ("sbatch=--array=0-3", "the launcher sets --array itself"),
        ("sbatch='", 'invalid sbatch "\'": No closing quotation'),
    ],
)
def test_a_wrong_option_of_slurm_is_one_line(project, option: str, words: str) -> None:
    for name in ("sbatch", "scontrol"):
        tool = project.folder / name
        tool.write_text("#!/bin/sh\nexit 1\n")
        tool.chmod(0o755)
    project.sweep(exclusive_candidates={"seed": [1]})
    path = f"{project.folder}{os.pathsep}{os.environ['PATH']}"
    done = project.launch("--backend", "slurm", "-o", option, PATH=path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
