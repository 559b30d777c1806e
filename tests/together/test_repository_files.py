"""The files that hosting, pre-commit and citation tools read are valid, and call tasks that exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / ".github/workflows/test.yml"
HOOKS = ROOT / ".pre-commit-config.yaml"
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*_*.yml"))


def load(path: Path) -> dict[str, Any]:
    # A loader without YAML's old booleans, as GitHub's: `on` is a key.
    content = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506  builds texts only
    assert isinstance(content, dict)
    return content


def tasks() -> set[str]:
    """The tasks of ./dev, from the patterns of its `case`."""
    text = (ROOT / "dev").read_text(encoding="utf-8").partition("case $task in")[2]
    return {name for line in re.findall(r"^([a-z |]+)\)$", text, re.MULTILINE) for name in line.split(" | ")}


def commands() -> list[str]:
    steps = [step for job in load(WORKFLOW)["jobs"].values() for step in job["steps"]]
    hooks = [hook for repository in load(HOOKS)["repos"] for hook in repository["hooks"]]
    return [step["run"] for step in steps if "run" in step] + [hook["entry"] for hook in hooks]


def test_every_task_that_is_called_exists_with_its_paths() -> None:
    called = [command.split() for command in commands() if command.startswith("./dev")]
    assert {words[1] for words in called} == {"test", "pytest", "fix", "lint"}
    assert {words[1] for words in called} <= tasks()
    assert [word for words in called for word in words[2:] if not (ROOT / word).is_dir()] == []


def test_the_workflow_runs_all_tests_on_every_supported_python() -> None:
    linux, macos = load(WORKFLOW)["jobs"]["linux"], load(WORKFLOW)["jobs"]["macos"]
    assert linux["strategy"]["matrix"]["python"] == ["3.10", "3.11", "3.12", "3.13", "3.14"]
    assert "./dev test" in [step.get("run") for step in linux["steps"]]
    assert macos["runs-on"].startswith("macos")
    assert any(
        "tests/sml-config tests/sml-viewer tests/sml-sync" in step.get("run", "") for step in macos["steps"]
    )


def test_the_workflow_may_only_read() -> None:
    assert load(WORKFLOW)["permissions"] == {"contents": "read"}
    assert set(load(WORKFLOW)["on"]) == {"push", "pull_request", "workflow_dispatch"}


def test_the_hooks_are_local() -> None:
    repositories = load(HOOKS)["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    assert {hook["language"] for hook in repositories[0]["hooks"]} == {"system"}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_what_the_host_requires(path: Path) -> None:
    form = load(path)
    assert {"name", "description", "body"} <= set(form)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert fields
    assert all(field["attributes"]["label"] for field in fields)
    assert len({field["id"] for field in fields}) == len(fields)


def test_the_citation_file_names_what_is_required() -> None:
    citation = load(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["license"] == "MIT"


def test_dev_is_executable_and_lists_its_tasks() -> None:
    done = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True)
    assert "./dev test" in done.stdout
