"""Fast reading of plan files, which have one task per line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sml_config import PlanError, Task
from sml_config.run_folder import MOST_PLAN, read_plain


def find_task(plan_file: Path, task_id: str) -> Task:
    """A task of a plan file; parses only its line. Raises PlanError."""
    beginning = f'{{"id": "{task_id}"'.encode()
    try:
        for line in io.BytesIO(read_plain(plan_file, MOST_PLAN)):
            if line.startswith(beginning):
                item = json.loads(line.rstrip(b",\n").decode("utf-8", "surrogateescape"))
                if not _is_task(item):
                    raise PlanError(f"{plan_file}: task {task_id}: expected id, header and parameters")
                return Task(tuple(item["header"]), item["parameters"])
    except (OSError, ValueError, RecursionError) as error:
        raise PlanError(f"{plan_file}: cannot be read: {error}") from None
    raise PlanError(f"{plan_file}: has no task {task_id}")


def read_tasks(plan_file: Path, task_ids: Iterable[str] | None = None) -> list[Task]:
    """Tasks of a plan file, all or in the order of these ids. Raises PlanError."""
    by_id = {item["id"]: item for item in read_items(plan_file)[1]}
    try:
        chosen = list(by_id.values()) if task_ids is None else [by_id[task_id] for task_id in task_ids]
    except KeyError as error:
        raise PlanError(f"{plan_file}: has no task {error}") from None
    return [Task.known(tuple(item["header"]), item["parameters"], item["id"]) for item in chosen]


def read_items(plan_file: Path) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Swept parameters and raw tasks of a plan file; ids are not recomputed. Raises PlanError."""
    try:
        content = json.loads(read_plain(plan_file, MOST_PLAN).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PlanError(f"{plan_file}: cannot be read: {error}") from None
    swept, tasks = (content.get("swept"), content.get("tasks")) if isinstance(content, dict) else (None, None)
    if not isinstance(swept, list) or not isinstance(tasks, list) or not all(map(_is_task, tasks)):
        raise PlanError(f"{plan_file}: not a plan file: expected swept, a list of names, and tasks")
    return tuple(map(str, swept)), tasks


def _is_task(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("id"), str)
        and isinstance(item.get("header"), list)
        and isinstance(item.get("parameters"), dict)
    )
