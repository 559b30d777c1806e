"""Backend plugins: found by their entry points; one that fails is named and stops nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

PLUGINS = '''
import subprocess, sys, time
from sml_launch.backends.base import Backend, read_handle, save_handle

class NightBackend(Backend):
    """Runs the tasks of a launch one after the other, in a process of its own."""

    name = "night"
    runs_here = True
    own_options = {"nice": "niceness of the tasks"}

    def check(self, launch):
        if not str(launch.options.get("nice", 0)).isdecimal():
            raise ValueError("niceness must be a number")

    def submit(self, launch, tasks):
        words = [sys.executable, "-m", "sml_launch.worker", str(launch.path), *map(str, range(len(tasks)))]
        subprocess.Popen(words, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # The worker has begun while its parent is alive, and goes on after the parent has ended.
        begun = launch.state_paths.claims, launch.state_paths.results
        while not any(list(folder.iterdir()) for folder in begun):
            time.sleep(0.01)
        save_handle(launch, nice=launch.options.get("nice", 0), jobs=["1"])

    def is_active(self, launch):
        return bool(read_handle(launch))

    def scheduled(self, launch):
        raise RuntimeError("the queue is closed")

    def cancel(self, launch):
        raise RuntimeError("the queue is closed")

class Nothing:
    name = "nothing"
'''
ENTRY_POINTS = """[sml_launch.backends]
absent = a_module_that_is_not_there:Backend
local = lab_backends:NightBackend
night = lab_backends:NightBackend
nothing = lab_backends:Nothing
other = lab_backends:NightBackend
"""
LOCAL = ("--backend", "local")


@pytest.fixture(autouse=True)
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a distribution that brings backends."""
    folder = tmp_path / "plugins"
    metadata = folder / "lab_backends-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "lab_backends.py").write_text(PLUGINS)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-backends\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


def test_a_backend_of_another_distribution_runs_tasks_with_its_own_options(project, wait_until) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2]})
    done = project.launch("--backend", "night", "-o", "nice=5")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: project.status()["done"] == 2)
    assert sorted(call["argv"] for call in project.calls()) == [["--seed", "1"], ["--seed", "2"]]


def test_the_help_lists_every_backend_and_names_those_that_cannot_be_loaded(project) -> None:
    done = project.launch("--help")
    assert done.returncode == 0
    lines = done.stdout[done.stdout.index("-o NAME=VALUE with") :].splitlines()
    heads = [line for line in lines if not line.startswith(" ")]
    names = [line.rpartition(" ")[2] for line in heads if line.startswith("-o")]
    assert names == ["tmux:", "slurm:", "dask:", "night:"]
    assert "  nice            niceness of the tasks" in lines
    assert [line for line in heads if not line.startswith("-o")] == [
        "backend 'absent' of lab-backends (a_module_that_is_not_there:Backend) cannot be loaded: "
        "ModuleNotFoundError: No module named 'a_module_that_is_not_there'",
        "backend 'nothing' of lab-backends (lab_backends:Nothing) cannot be loaded: "
        "expected a subclass of sml_launch.backends.Backend",
        "backend 'other' of lab-backends (lab_backends:NightBackend) cannot be loaded: "
        "expected the class attribute name = 'other'",
    ]


def test_an_unknown_backend_is_answered_with_ours_and_those_of_plugins(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1]})
    done = project.launch("--backend", "pbs")
    assert done.returncode == 2
    names = "local, tmux, slurm, dask, absent, night, nothing, other"
    assert done.stderr == f"sml-launch: unknown backend 'pbs'; expected one of: {names}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("--backend", "absent"),
            "backend 'absent' of lab-backends (a_module_that_is_not_there:Backend) cannot",
        ),
        (
            ("--backend", "night", "-o", "nice=x"),
            "backend 'night' failed in check: ValueError: niceness must",
        ),
        (("--backend", "night", "-o", "mean=1"), "backend night: unknown option 'mean'; expected one of: "),
    ],
)
def test_a_plugin_that_fails_is_one_line_and_starts_nothing(
    project, words: tuple[str, ...], message: str
) -> None:
    project.sweep(exclusive_candidates={"seed": [1]})
    done = project.launch(*words)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"sml-launch: {message}")
    assert not project.calls()
    assert project.launch(*LOCAL).returncode == 0
    assert len(project.calls()) == 1


@pytest.mark.slow
def test_status_and_stop_go_on_where_the_backend_of_a_launch_fails_or_is_gone(
    project, plugins: Path, wait_until
) -> None:
    project.behaviour("import time; time.sleep(60)")
    project.sweep(exclusive_candidates={"seed": [1, 2]})
    assert project.launch("--backend", "night").returncode == 0
    # The worker has loaded its backend once a task has begun; the plugin is removed below.
    wait_until(lambda: project.status()["running"] == 1)
    done = project.launch("status")
    assert "backend 'night' failed in scheduled: RuntimeError: the queue is closed" in done.stderr
    assert done.returncode == 0
    (plugins / "lab_backends-1.0.dist-info" / "entry_points.txt").unlink()
    done = project.launch("status")
    assert "unknown backend 'night'" in done.stderr
    assert done.returncode == 0
    wait_until(lambda: project.status()["running"] == 1)
    done = project.launch("stop")
    assert done.returncode == 2
    assert "unknown backend 'night'" in done.stderr
    wait_until(lambda: project.status()["running"] == 0)  # its worker saw the stop file
