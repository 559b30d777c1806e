"""docs/run-folder.md and docs/tasks-format.md name the keys that are written, and no others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sml_config import CommonConfig, ExperimentConfig
from sml_launch.state.deals import remember_deal
from sml_launch.state.state_paths import StatePaths

DOCS = Path(__file__).parents[2] / "docs"
SETTINGS = {field.name for kind in (CommonConfig, ExperimentConfig) for field in fields(kind)}

SCRIPT = """
import shutil
from sml_config import ParameterTemplate
from sml_logger import logger_from_param

class Parameter(ParameterTemplate):
    lr: float = 0.1
    seed: int = 1

logger, parameter = logger_from_param(Parameter())
shutil.copytree(".sml-launch/claims", f"claims-{parameter.seed}")
logger.add_tabular_data(tb_prefix="train", loss=1.0)
logger.add_tabular_data(tb_prefix="eval", loss=1.0)
logger.dump_tabular()
logger.log({"a": 1.0, "b": 2.0}, step=1)
logger.log({"a": 3.0}, step=2)
logger.log_text("notes", "text", step=2)
if parameter.seed == 2:
    raise ValueError("bad")
logger.close()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with an uncommitted change, where a sweep of two runs has ended: one well, one badly."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "main.py").write_text(SCRIPT)
    sweep = {"start_up_header": f"{sys.executable} main.py", "exclusive_candidates": {"seed": [1, 2]}}
    (folder / "sweep.yaml").write_text(json.dumps(sweep))
    git = ["git", "-c", "user.email=a@b", "-c", "user.name=a", "-C", str(folder)]
    for words in (["init", "-q"], ["add", "main.py"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)
    (folder / "main.py").write_text(SCRIPT + "# changed\n")
    for command in (["sml_config", "init"], ["sml_launch", "--backend", "local", "sweep.yaml"]):
        subprocess.run(
            [sys.executable, "-m", *command], cwd=folder, check=False, capture_output=True, timeout=120
        )
    assert len(list(folder.glob("logfile/*/config/status.json"))) == 2
    return folder


def table_below(page: str, start: str) -> set[str]:
    """The keys of the first table that follows a text."""
    text = (DOCS / page).read_text(encoding="utf-8")
    assert start in text, f"{page} lacks {start!r}"
    rows = re.search(r"\n\|---\|---\|\n((?:\|.*\n)+)", text[text.index(start) :])
    assert rows is not None
    keys = [row.split("|")[1] for row in rows[1].splitlines()]
    return {name for cell in keys for name in re.findall(r"`(\w+)`", cell)}


def example(page: str, start: str) -> dict[str, Any]:
    """The first example that follows a text."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.search(r"```json\n(.*?)```", text[text.index(start) :], re.DOTALL)
    assert found is not None
    content: dict[str, Any] = json.loads(found[1])
    return content


def keys_of(paths: list[Path]) -> set[str]:
    """The keys of some files of JSON objects, one or one per line."""
    assert paths
    texts = [path.read_text(encoding="utf-8") for path in paths]
    lines = [line for path, text in zip(paths, texts, strict=True) for line in _objects(path, text)]
    return {key for line in lines for key in json.loads(line)}


def _objects(path: Path, text: str) -> list[str]:
    return text.splitlines() if path.suffix == ".jsonl" else [text]


@pytest.mark.parametrize("page", ["run-folder.md", "run-folder.zh.md"])
def test_run_config_has_the_documented_keys_and_the_settings(project: Path, page: str) -> None:
    paths = sorted(project.glob("logfile/*/config/run_config.json"))
    documented = table_below(page, "## config/run_config.json")
    documented -= {"bytes", "saved", "redacted_places", "system_peaks"}  # the last only of longer runs
    written = keys_of(paths)
    assert written - SETTINGS == documented
    assert {"LOG_FOLDER_NAME", "IMPORTANT_CONFIGS"} <= written


@pytest.mark.parametrize("page", ["run-folder.md", "run-folder.zh.md"])
def test_status_has_the_documented_keys(project: Path, page: str) -> None:
    paths = sorted(project.glob("logfile/*/config/status.json"))
    assert keys_of(paths) == table_below(page, "## config/status.json")


@pytest.mark.parametrize("page", ["run-folder.md", "run-folder.zh.md"])
def test_every_file_of_a_run_is_documented(project: Path, page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    run = project / "logfile" / "seed_1"
    for path in run.rglob("*"):
        name = re.sub(r"media/\w+/\d+\.\w+", "media/<key>/<step>.<ending>", path.relative_to(run).as_posix())
        assert path.is_dir() or re.sub(r"tfevents\..*", "tfevents", name) in text, name


@pytest.mark.parametrize("page", ["tasks-format.md", "tasks-format.zh.md"])
def test_task_and_plan_files_are_as_the_examples(project: Path, page: str) -> None:
    state = project / ".sml-launch"
    titles = ("## Task", "## Plan") if page == "tasks-format.md" else ("## 任务", "## 计划")
    tasks = sorted(state.glob("tasks/*/task.json"))
    assert keys_of(tasks) == example(page, titles[0]).keys()
    plan, shown = json.loads(next(state.glob("plans/*.json")).read_text()), example(page, titles[1])
    assert plan.keys() == shown.keys()
    assert {key for task in plan["tasks"] for key in task} == shown["tasks"][0].keys()


@pytest.mark.parametrize("page", ["tasks-format.md", "tasks-format.zh.md"])
def test_state_files_have_the_documented_keys(project: Path, page: str) -> None:
    state = project / ".sml-launch"
    claim = "A claim:" if page == "tasks-format.md" else "占有标记（claim）："
    colon = ":" if page == "tasks-format.md" else "："
    line = "A line of `results/`:" if page == "tasks-format.md" else "`results/` 的一行："
    assert keys_of(sorted(state.glob("results/*.jsonl"))) == table_below(page, line)
    assert keys_of(sorted(project.glob("claims-*/*"))) == table_below(page, claim)
    assert keys_of(sorted(state.glob("tasks/*/started.json"))) == table_below(page, f"`started.json`{colon}")
    assert keys_of(sorted(state.glob("launches/*.json"))) >= {"format", "version", "id", "plan_id"}


@pytest.mark.parametrize("page", ["tasks-format.md", "tasks-format.zh.md"])
def test_deals_are_as_the_example(tmp_path: Path, page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    shown = re.search(r"`deals\.json`[:：]\s*`(\{.*?\})`", text)
    assert shown is not None
    paths = StatePaths.under(tmp_path)
    remember_deal(paths, 3, {"<task id>": 0})
    assert json.loads(paths.deals.read_text()) == json.loads(shown[1])


@pytest.mark.parametrize("page", ["tasks-format.md", "tasks-format.zh.md"])
def test_every_file_of_the_state_folder_is_documented(project: Path, page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    state = project / ".sml-launch"
    for path in state.rglob("*"):
        folder, *_ = path.relative_to(state).parts
        ending = path.name if folder == "tasks" else path.suffix
        assert path.is_dir() or (f"`{folder}/" in text and ending in text), path
