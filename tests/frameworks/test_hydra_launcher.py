"""`hydra/launcher=sml`: a multirun of the real Hydra is a launch of tasks."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Opened

from sml_launch import Launch, Run
from sml_launch.state.launch_file import read_launch

CONFIGURATION = """
lr: 0.1
note: none
env: {name: CartPole-v1}
hydra:
  callbacks:
    sml:
      _target_: sml_logger.integrations.hydra.SmlRun
      base_path: LOGS
      backup_code: false
"""
SCRIPT = """
import hydra, os, sys, time
from sml_logger import Logger

@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(config):
    Logger.logger.log({"loss": config.lr}, step=0)
    print("note", config.note, os.environ.get("KIND"), "of", sys.argv[0], os.getpid())
    if config.lr > 1:
        raise ValueError("too high")
    if config.note == "endless":
        time.sleep(300)
    return config.lr * 2

main()
"""
# A sweeper that optimises: it needs what the jobs return.
SWEEPER = """
from hydra.core.config_store import ConfigStore
from hydra.plugins.sweeper import Sweeper
from hydra.core.plugins import Plugins

class Halving(Sweeper):
    def setup(self, *, hydra_context, task_function, config):
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config)

    def sweep(self, arguments):
        lr = 1.0
        for number in range(3):
            (job,) = self.launcher.launch([[*arguments, f"lr={lr}"]], initial_job_idx=number)
            print("returned", job.return_value, job.overrides, flush=True)
            lr = job.return_value / 4

ConfigStore.instance().store(
    group="hydra/sweeper", name="halving", node={"_target_": "hydra_plugins.halving.Halving"}
)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "config.yaml").write_text(CONFIGURATION.replace("LOGS", str(tmp_path / "logs")))
    (tmp_path / "train.py").write_text(SCRIPT)
    return tmp_path


def multirun(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "train.py", "-m", "hydra/launcher=sml", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240, **options)


def launches(project: Path) -> list[Launch]:
    return [read_launch(path) for path in sorted((project / ".sml-launch" / "launches").glob("*.json"))]


def test_jobs_are_tasks_with_hydras_folders_and_a_run_each(
    project: Path, opened: Callable[[], Opened]
) -> None:
    done = multirun(
        "lr=0.5,1.0",
        "note='a b, ${env.name}'",
        "hydra.sweep.subdir=${hydra.job.override_dirname}",
        "hydra.launcher.max_parallel=2",
        "+hydra.launcher.environment.KIND=sweep",
    )
    assert done.returncode == 0, done.stderr
    seen = opened()
    runs = {run.parameters["lr"]: run for run in seen.runs}
    assert {lr: run.state for lr, run in runs.items()} == {0.5: "finished", 1.0: "finished"}
    assert runs[0.5].parameters == {"lr": 0.5, "note": "a b, CartPole-v1", "env.name": "CartPole-v1"}
    (launch,) = launches(project)
    results = Run(launch).results()
    assert {result.status for result in results.values()} == {0}
    folders = {Path(str(result.run_folder)).name for result in results.values()}
    assert folders == {Path(run.name).name for run in seen.runs}
    outputs = [path.parent.parent for path in (project / "multirun").rglob(".hydra/config.yaml")]
    assert sorted(folder.name.partition(",")[0] for folder in outputs) == ["lr=0.5", "lr=1.0"]
    output = [launch.state_paths.log(task_id).read_text() for task_id in launch.task_ids]
    assert all("note a b, CartPole-v1 sweep of" in text for text in output)
    assert len({text.split()[-1] for text in output}) == 2
    tasks = json.loads(next((project / ".sml-launch" / "plans").glob("*.json")).read_text())
    assert tasks["swept"] == ["lr"]
    assert [task["parameters"]["lr"] for task in tasks["tasks"]] == [0.5, 1.0]


def test_a_job_that_raises_fails_the_multirun_with_one_line_and_the_others_run(
    project: Path, opened: Callable[[], Opened]
) -> None:
    done = multirun("lr=2.0,0.5")
    assert done.returncode != 0
    assert "job 0 failed: ValueError: too high; its output is in " in done.stderr
    assert "Traceback" not in done.stderr
    assert {run.parameters["lr"]: run.state for run in opened().runs} == {2.0: "failed", 0.5: "finished"}


def test_the_same_jobs_run_again_as_hydras_own_launcher_runs_them(project: Path) -> None:
    for number in (1, 2):
        done = multirun("lr=0.5", "hydra.sweep.dir=out", "hydra.launcher.retries=1")
        assert done.returncode == 0, done.stderr
        assert len(launches(project)) == number
        assert len(Run(launches(project)[-1]).results()) == 1
    assert (project / "out" / "0" / ".hydra" / "config.yaml").is_file()


def test_a_sweeper_gets_what_the_jobs_return(project: Path) -> None:
    plugins = project / "more" / "hydra_plugins"
    plugins.mkdir(parents=True)
    (plugins / "halving.py").write_text(SWEEPER)
    done = multirun(
        "hydra/sweeper=halving",
        env={"PYTHONPATH": str(plugins.parent), "PATH": "/usr/bin:/bin", "HOME": str(project)},
    )
    assert done.returncode == 0, done.stderr
    returned = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("returned")]
    assert returned == ["2.0", "1.0", "0.5"]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("hydra.launcher.backend=slrm", "hydra/launcher=sml: unknown backend 'slrm'"),
        ("+hydra.launcher.options.partitoin=x", "partitoin"),
    ],
)
def test_a_wrong_option_is_one_line(project: Path, word: str, message: str) -> None:
    done = multirun("lr=0.5", word)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / "logs").exists()


def test_ctrl_c_ends_the_jobs(project: Path, opened: Callable[[], Opened]) -> None:
    words = [sys.executable, "train.py", "-m", "hydra/launcher=sml", "lr=0.5,1.0", "note=endless"]
    process = subprocess.Popen([*words, "hydra.launcher.max_parallel=2"], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120

    def rows() -> list[int]:
        return [path.read_text().count("\n") - 1 for path in (project / "logs").rglob("progress.csv")]

    while rows() != [1, 1] and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    while {run.state for run in opened().runs} != {"killed"} and time.monotonic() < deadline:
        time.sleep(0.5)
    assert [run.state for run in opened().runs] == ["killed", "killed"]


@pytest.fixture
def tmux_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    monkeypatch.setenv("TMUX_TMPDIR", str(tmp_path))
    yield
    subprocess.run(["tmux", "kill-server"], check=False, capture_output=True)


@pytest.mark.usefixtures("tmux_server")
def test_in_tmux_the_multirun_waits_for_its_windows(project: Path, opened: Callable[[], Opened]) -> None:
    begun = time.monotonic()
    done = multirun("lr=0.5,1.0", "hydra.launcher.backend=tmux")
    assert done.returncode == 0, done.stderr
    assert [run.state for run in opened().runs] == ["finished", "finished"]
    assert time.monotonic() - begun < 200
