"""The tutorial's code blocks, as they stand in `tutorial_blocks.md`, make a project that runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BLOCKS = re.findall(
    r"^```(\w+)\n(.*?)^```",
    (Path(__file__).parent / "tutorial_blocks.md").read_text(encoding="utf-8"),
    re.M | re.S,
)
COMMON, EXPERIMENT, LOADER, PARAMETER, START, ALGORITHM, ACCESS = (text for _, text in BLOCKS)


@pytest.fixture
def tutorial(tmp_path: Path) -> Path:
    """The project that the tutorial builds."""
    project = tmp_path / "sml_tutorial"
    files = {
        "common_config/common_config.yaml": COMMON,
        "common_config/experiment_config.yaml": EXPERIMENT,
        "common_config/load_config.py": LOADER,
        "parameter/Parameter.py": PARAMETER,
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    return project


def run(project: Path, main: str, *words: str) -> subprocess.CompletedProcess[str]:
    (project / "main.py").write_text(main, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "main.py", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=project,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


def test_the_settings_and_parameters_of_the_tutorial(tutorial: Path) -> None:
    main = f"""{START}
from parameter.Parameter import Parameter
import smart_logger


class Algorithm:
    def __init__(self):
        self.parameter = Parameter()

    def values(self):
{"".join("        " + line for line in ACCESS.splitlines(keepends=True))}
        return env_name, seed


algorithm = Algorithm()
print(algorithm.values(), algorithm.parameter.short_name)
print(smart_logger.get_customized_value("demo_variable"), smart_logger.get_base_path())
print(smart_logger.experiment_config.EXPERIMENT_TARGET, smart_logger.common_config.MAIN_MACHINE_PORT)
"""
    done = run(tutorial, main, "--seed", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "EXPERIMENT_TARGET: RELEASE",
        "('Hopper-v2', 2) Hopper-v2_seed_2-DEMO_FILE",
        f"test {tutorial}",
        "RELEASE [22]",
    ]
    # Three dirnames are one too many for this layout: put right, with one warning.
    assert done.stderr.count("SettingsWarning") == 1
    assert "two os.path.dirname() around abspath(__file__)" in done.stderr


def test_the_run_of_the_tutorial_writes_its_configuration(tutorial: Path) -> None:
    main = f"{START}\n{ALGORITHM}\n\nrun = xxx()\nprint(run.logger.output_dir)\n"
    done = run(tutorial, main, "--env_name", "ALE/Pong-v5")
    assert done.returncode == 0, done.stderr
    (folder,) = (path for path in (tutorial / "logfile").iterdir() if not path.name.startswith("."))
    assert folder.name.startswith("ALE_Pong-v5_seed_1-DEMO_FILE")
    config = folder / "config"
    assert json.loads((config / "parameter.json").read_text(encoding="utf-8")) == {
        "env_name": "ALE/Pong-v5",
        "seed": 1,
    }
    run_config = json.loads((config / "run_config.json").read_text(encoding="utf-8"))
    assert run_config["EXPERIMENT_TARGET"] == "RELEASE"
    assert run_config["MAIN_MACHINE_PASSWD"] == "<redacted>"
    assert run_config["parameter_defaults"] == {"env_name": "Hopper-v2", "seed": 1}
    assert "* env_name: ALE/Pong-v5" in (config / "full_description.txt").read_text(encoding="utf-8")
