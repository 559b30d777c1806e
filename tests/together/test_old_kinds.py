"""Scripts of older releases, unchanged and in both manners of import, leave the same folders."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).with_name("old_scripts")
BY_PATH, BY_NAME = "by path", "by name"
# The lines that import by path, and what those write who take everything from `smart_logger`.
MANNERS = {
    "from smart_logger.util_logger.logger import Logger": "from smart_logger import Logger",
    "from smart_logger.parameter.ParameterTemplate import ParameterTemplate": (
        "from smart_logger import ParameterTemplate"
    ),
    "import smart_logger.common.experiment_config as experiment_config": (
        "from smart_logger import experiment_config"
    ),
    "import smart_logger.common.common_config as common_config": "from smart_logger import common_config",
    "from smart_logger.common.serialize_config import init_config": "from smart_logger import init_config",
    "import smart_logger.common.page_config as page_config": "from smart_logger.common import page_config",
    "import smart_logger.common.plot_config as plot_config": "from smart_logger.common import plot_config",
    "from smart_logger.common.set_config import set_page_config, set_plot_config": (
        "from smart_logger import set_page_config, set_plot_config"
    ),
}
DEMO = "Hopper-v2_policy_lr_0.0003_seed_1"
# What a run has, as the tutorial lists it.
FILES = {"coders.tar", "log.txt", "progress.csv", "signature"}
CONFIG = {"full_description.txt", "parameter.json", "run_config.json"}


@pytest.fixture(params=[BY_PATH, BY_NAME])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the scripts, in one manner of import."""
    folder = tmp_path / "project"
    shutil.copytree(SCRIPTS / "kinds", folder)
    if request.param == BY_NAME:
        rewrite(folder, MANNERS)
    return folder


def rewrite(folder: Path, lines: Mapping[str, str]) -> None:
    for file in folder.rglob("*.py"):
        text = file.read_text()
        for line, other in lines.items():
            text = text.replace(line, other)
        file.write_text(text)


def environment_of(folder: Path) -> dict[str, str]:
    """A shell without settings of ours, with an empty home beside the project."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SML_")}
    home = folder.parent / "home"
    (home / "Desktop").mkdir(parents=True, exist_ok=True)
    return {**inherited, "HOME": str(home)}


def run(folder: Path, script: str, *words: str) -> str:
    """What a script prints; its failure fails the test with all of it."""
    done = subprocess.run(
        [sys.executable, script, *words],
        cwd=folder,
        env=environment_of(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


def runs_in(folder: Path) -> set[str]:
    """The run folders below a log folder, by their paths in it."""
    return {path.parent.relative_to(folder).as_posix() for path in folder.rglob("progress.csv")}


def table(run_folder: Path) -> list[dict[str, str]]:
    with (run_folder / "progress.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_logger_and_parameters_without_settings(project: Path) -> None:
    run(project, "basic_log.py")
    assert runs_in(project / "logfile") == {f"{DEMO}-INIT_TEST"}
    folder = project / "logfile" / f"{DEMO}-INIT_TEST"
    assert {path.name for path in folder.iterdir() if path.is_file()} == FILES
    assert {path.name for path in (folder / "config").iterdir()} == CONFIG | {"status.json"}
    assert list((folder / "tbfile").iterdir())
    assert [(row["timestep"], row["k1"], row["k2"]) for row in table(folder)] == [
        (str(t * 1000), "200.0", "4.0") for t in range(3)
    ]


def test_a_logger_alone(project: Path) -> None:
    run(project, "logger_only.py")
    assert runs_in(project / "logfile") == {"TEST/simple_log"}
    first = table(project / "logfile" / "TEST" / "simple_log")[0]
    assert (float(first["b"]), float(first["Averagea"])) == (12.5, 11.5)


def test_parameters_alone(project: Path) -> None:
    printed = run(project, "parameter_only.py", "--seed", "3")
    folder = project / "logfile" / "smart_logger" / "parameter"
    assert {path.name for path in folder.iterdir()} == CONFIG
    assert json.loads((folder / "parameter.json").read_text())["seed"] == 3
    assert "policy_lr: 0.0003" in printed


def test_settings_files_with_a_base_that_does_not_exist(project: Path) -> None:
    shutil.copytree(SCRIPTS / "tutorial" / "common_config", project / "common_config")
    printed = run(project, "settings_files.py")
    assert "EXPERIMENT_TARGET: RELEASE" in printed
    assert runs_in(project / "logfile_tmp") == {f"logfile/DEMO_FILE/{DEMO}-DEMO_FILE"}
    assert not (project / "logfile").exists()


def test_children_have_the_settings_of_their_parent(project: Path) -> None:
    lines = [line.split(" ", 1) for line in run(project, "processes.py").splitlines()]
    assert [rest for _, rest in lines] == [f"10 {project}"] * 6
    assert len({name for name, _ in lines}) == 5


@pytest.mark.slow
def test_a_sweep_and_its_figures(project: Path) -> None:
    run(project, "figures.py")
    assert runs_in(project / "logfile") == {
        f"{env}_policy_lr_{lr}_seed_{seed}-of_the_sweep"
        for env in ("Hopper-v2", "Ant-v2")
        for seed in (1, 2)
        for lr in (0.1, 0.01, 0.001)
    }
    assert not (project / "logfile_bk").exists()
    figures = {path.name for path in (project / "logfile" / "figure").iterdir()}
    assert {
        f"timestep_{y}.{kind}" for y in ("performance", "evaluation") for kind in ("png", "pdf")
    } <= figures


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def served(folder: Path, port: int, script: str, *words: str) -> Iterator[str]:
    """What the server prints until it can be asked."""
    process = subprocess.Popen(
        [sys.executable, script, *words],
        cwd=folder,
        env={**environment_of(folder), "THE_PORT": str(port), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if "Ctrl-C" in line:
                break
        yield printed
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=20)


@pytest.mark.parametrize("script", ["page_of_a_script.py", "page_with_options.py"])
def test_the_page_that_a_script_starts(project: Path, port: int, script: str) -> None:
    (project / "logfile").mkdir()
    for printed in served(project, port, script):
        assert f"http://127.0.0.1:{port}" in printed
        assert "Traceback" not in printed
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert answer.status == 200


# The imports of the tutorial, and what those write who import the other way.
TUTORIAL = {
    "from smart_logger import Logger": "from smart_logger.util_logger.logger import Logger",
    "import smart_logger\n\n\ndef": "from smart_logger.common.serialize_config import init_config\n\n\ndef",
    "smart_logger.init_config(": "init_config(",
    "from smart_logger.parameter.ParameterTemplate import ParameterTemplate": (
        "from smart_logger import ParameterTemplate"
    ),
    "from smart_logger.scripts.generate_tmuxp_base import make_cmd_array, generate_tmuxp_file": (
        "import smart_logger.scripts.generate_tmuxp_base as base\n"
        "make_cmd_array, generate_tmuxp_file = base.make_cmd_array, base.generate_tmuxp_file"
    ),
}


@pytest.fixture(params=["as in the tutorial", "the other way"])
def tutorial(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The project of the tutorial's code blocks, character by character or with its other imports."""
    folder = Path(shutil.copytree(SCRIPTS / "tutorial", tmp_path / "project"))
    if request.param == "the other way":
        rewrite(folder, TUTORIAL)
    return folder


def test_the_blocks_of_the_tutorial_train_and_leave_its_folder(tutorial: Path) -> None:
    printed = run(tutorial, "main.py", "--seed", "2")
    assert "EXPERIMENT_TARGET: RELEASE" in printed
    assert "Hopper-v2 2 False" in printed  # the settings name no machine yet
    assert runs_in(tutorial / "logfile") == {"Hopper-v2_seed_2-DEMO_FILE"}
    folder = tutorial / "logfile" / "Hopper-v2_seed_2-DEMO_FILE"
    assert {path.name for path in folder.iterdir()} == FILES | {"config", "tbfile"}
    assert {path.name for path in (folder / "config").iterdir()} >= CONFIG
    (row,) = table(folder)
    assert {key: float(value) for key, value in row.items()} == {
        "data1": 5, "data2": 6, "date3": 0.5, "data4": 10,
    }  # fmt: skip
    run(tutorial, "main.py", "--seed", "2")
    assert (folder / "log_back.txt").is_file()
    assert len(list((tutorial / "logfile_bk").glob("Hopper-v2_seed_2-DEMO_FILE_*/progress.csv"))) == 1


@pytest.mark.slow
def test_the_blocks_of_the_tutorial_deal_out_the_grid_and_read_the_data(tutorial: Path) -> None:
    printed = run(tutorial, "generate_parallel_tasks.py", "-tn", "10", "-idx", "2")
    commands = [line for line in printed.splitlines() if "python main.py" in line]
    assert len(commands) in (14, 15)
    assert all("--value_lr" in command and "--backing_log" in command for command in commands)
    assert json.loads((tutorial / "run_all.json").read_text())["windows"]
    run(tutorial, "main.py")
    (folder,) = (path.parent for path in (tutorial / "logfile").glob("*/progress.csv"))
    shutil.copy(folder / "config" / "parameter.json", folder)
    assert "['env_name', 'seed'] 1" in run(folder, str(tutorial / "read_data.py"))
