"""docs/page-api.md shows the answers that the page gets, with all their fields."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sml_config.tasks.tasks import Plan, Task
from sml_viewer.web import Setup, create_app
from sml_viewer.web.library_pool import EXTENSION

DOCUMENT = (Path(__file__).parents[2] / "docs" / "page-api.md").read_text(encoding="utf-8")


def documented(heading: str) -> dict[str, Any]:
    """The first JSON block below a heading or a line."""
    _, _, rest = DOCUMENT.partition(f"{heading}\n")
    block = re.search(r"```json\n(.*?)```", rest, re.DOTALL)
    assert block, heading
    found: dict[str, Any] = json.loads(block[1])
    return found


def fields(answer: Any, *, below: str = "") -> set[str]:
    """The names of all fields, those of a list's first object too."""
    if isinstance(answer, list):
        return fields(answer[0], below=f"{below}[]") if answer else set()
    if not isinstance(answer, dict):
        return set()
    return set().union(
        *({f"{below}.{name}", *fields(value, below=f"{below}.{name}")} for name, value in answer.items()),
        set(),
    )


@pytest.fixture
def _plan(logs: Path) -> None:
    folder = logs.parent / ".sml-launch" / "plans"
    folder.mkdir(parents=True)
    tasks = [Task(("python",), {"env_name": "Hopper-v4", "policy_lr": 0.1, "seed": seed}) for seed in (1, 2)]
    Plan(tuple(tasks)).save(folder / "a1b2c3.json")


@pytest.mark.usefixtures("_plan")
def test_the_coverage_is_documented_and_says_how_many_tasks_each_plan_has(page, library, make_run) -> None:
    make_run("a", "step,reward\n0,1\n", env_name="Hopper-v4", policy_lr=0.1, seed=1)
    library.refresh()
    answer = page.get("/api/v1/coverage").get_json()
    assert [plan["tasks"] for plan in answer["plans"]] == [2]
    shown = documented("## GET /api/v1/coverage")
    for each in (answer, shown):
        each["counts"] = {}  # the states that there are
    assert fields(answer) == fields(shown)


@pytest.mark.usefixtures("_plan")
def test_a_plan_that_cannot_be_read_has_no_number_of_tasks(page, library, logs: Path) -> None:
    (logs.parent / ".sml-launch" / "plans" / "a1b2c3.json").write_text("{")
    library.refresh()
    assert [plan["tasks"] for plan in page.get("/api/v1/coverage").get_json()["plans"]] == [None]


def test_session_and_the_progress_of_reading_are_documented(workspace: Path, logs: Path) -> None:
    app = create_app(Setup(workspace, (logs,)))
    try:
        session = app.test_client().get("/api/v1/session").get_json()
    finally:
        app.extensions[EXTENSION].close()
    assert fields(session) == fields(documented("`GET /api/v1/session`"))
    (reading,) = re.findall(r"`(\{\"ready\": [^`]*\})`", DOCUMENT)
    assert set(json.loads(reading)) == set(session["data"]["indexing"])
