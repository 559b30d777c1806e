"""Which variables and which Python a task gets: the same in every backend, and no secret in any file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sml_launch import Grid, GridError, Plan
from sml_launch.environment import carried_environment, carried_secrets, patterns

WRITER = "json.dump(dict(os.environ), open('seen-' + os.environ['SML_TASK_ID'], 'w'))"
SECRET = "s3cr3t-value-9"


def seen(folder: Path) -> dict[str, str]:
    (path,) = folder.glob("seen-*")
    variables: dict[str, str] = json.loads(path.read_text())
    path.unlink()
    return variables


def files_with(text: str, folder: Path) -> list[str]:
    """Names of the files below a folder that hold a text."""
    return [path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


@pytest.mark.slow
def test_declared_variables_reach_tasks_and_secrets_are_in_no_file(project) -> None:
    project.behaviour(WRITER)
    project.sweep(carry_env=["LAB_*", "WANDB_API_KEY"], environment_dict={"COPY": "$LAB_ROOT/x"})
    given = {"LAB_ROOT": "/lab", "LAB_TOKEN": SECRET, "WANDB_API_KEY": SECRET + "2"}
    for words in (("--backend", "local"), ("--backend", "local", "--rerun", "all", "--detach")):
        assert project.launch(*words, **given).returncode == 0
        project.launch("wait")
        environment = seen(project.folder)
        assert {name: environment[name] for name in given} == given
        assert environment["COPY"] == "/lab/x"
    assert [name for name in files_with(SECRET, project.folder) if not name.startswith("seen-")] == []


@pytest.mark.slow
def test_a_declared_variable_that_is_not_set_starts_nothing(project) -> None:
    project.sweep(carry_env=["NOT_SET_HERE"])
    for words in (("local",), ("tmux",), ("slurm",), ("dask", "-o", "scheduler=127.0.0.1:9")):
        done = project.launch("--backend", *words)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith(
            "sml-launch: carry_env: NOT_SET_HERE is not set in this shell; export NOT_SET_HERE before"
        )
    assert not (project.folder / ".sml-launch").exists()
    project.sweep(environment_dict={"A": "$NOT_SET_HERE"})
    done = project.launch("--backend", "dask", "-o", "scheduler=127.0.0.1:9")
    assert "environment_dict: A needs $NOT_SET_HERE, which is not set;" in done.stderr
    project.sweep()
    assert "carry_env: NO_X is not set" in project.launch("--backend", "local", "--carry-env", "NO_X").stderr


@pytest.mark.needs("tmux")
def test_an_older_tmux_server_gives_panes_the_variables_of_this_shell(
    project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_until
) -> None:
    (tmp_path / "sockets").mkdir()
    monkeypatch.setenv("TMUX_TMPDIR", str(tmp_path / "sockets"))
    monkeypatch.delenv("TMUX", raising=False)
    project.behaviour(WRITER)
    project.sweep(carry_env=["LAB_*"], environment_dict={"KEY": "$LAB_TOKEN"}, session_name="s")
    subprocess.run(["tmux", "new-session", "-d", "-s", "older"], check=True)
    try:
        given = {"LAB_ROOT": "/lab", "LAB_TOKEN": SECRET, "MUJOCO_GL": "egl", "CUDA_VISIBLE_DEVICES": "1"}
        done = project.launch("--run", **given)
        assert done.returncode == 0, done.stderr
        wait_until(lambda: project.status()["done"] == 1)
        environment = seen(project.folder)
    finally:
        subprocess.run(["tmux", "kill-server"], check=False, capture_output=True)
    assert {name: environment[name] for name in given} == given
    assert environment["KEY"] == SECRET
    assert files_with(SECRET, project.folder) == []


def test_patterns_mean_nothing_of_the_machine_or_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLURM_JOB_ID", "CUDA_VISIBLE_DEVICES", "LAB_ROOT", "LAB_SECRET"):
        monkeypatch.setenv(name, "1")
    carried = carried_environment(["*"])
    assert "LAB_ROOT" in carried
    assert not {"SLURM_JOB_ID", "CUDA_VISIBLE_DEVICES", "HOME", "LAB_SECRET"} & carried.keys()
    assert carried_environment(["*"], here=True)["CUDA_VISIBLE_DEVICES"] == "1"
    assert carried_secrets(["LAB_*"], {"A": "$OTHER_TOKEN$HOME"}) == ("LAB_SECRET", "OTHER_TOKEN")


@pytest.mark.parametrize("value", ["A=1", "a b", "$X", ["A", "-"], 3])
def test_what_is_no_name_of_a_variable_is_refused(value) -> None:
    with pytest.raises(GridError, match="invalid carry_env"):
        patterns(value)


def test_python_is_the_interpreter_that_launches_where_path_has_another(project, tmp_path: Path) -> None:
    project.sweep(start_up_header="python main.py", exclusive_candidates={"seed": [1]})
    project.behaviour("open('which', 'w').write(sys.executable)")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "python").write_text("#!/bin/sh\nexit 9\n")
    (tools / "python").chmod(0o755)
    bare = {"PATH": f"{tools}:/usr/bin:/bin", "VIRTUAL_ENV": "", "CONDA_PREFIX": ""}
    done = project.launch("--backend", "local", **bare)
    assert done.returncode == 0, done.stdout
    assert (project.folder / "which").read_text() == sys.executable
    assert (
        f"&& {sys.executable} main.py --seed 1"
        in project.launch("--rerun", "all", "--dry-run", **bare).stdout
    )


@pytest.mark.parametrize(
    "choice",
    [
        {"VIRTUAL_ENV": "{tools}"},
        {"CONDA_PREFIX": "{tools}", "CONDA_DEFAULT_ENV": "train"},
    ],
)
def test_python_is_that_of_an_activated_environment(
    tmp_path: Path, monkeypatch, choice: dict[str, str]
) -> None:
    tools = tmp_path / "env"
    (tools / "bin").mkdir(parents=True)
    (tools / "bin/python").symlink_to(shutil.which("true") or "/bin/true")
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{tools}/bin:{os.environ['PATH']}")
    grid = Grid("python main.py", exclusive_candidates={"seed": [1]})

    def python(**options: object) -> str:
        plan = Plan.from_grid(grid, tmp_path, **options)
        return plan.launch(plan.tasks, "local", {}, {}).python

    assert python() == sys.executable
    assert python(setup=["module load python"]) == ""
    assert python(environment={"PATH": "/opt/bin:$PATH"}) == ""
    for name, value in choice.items():
        monkeypatch.setenv(name, value.format(tools=tools))
    assert python() == ""
