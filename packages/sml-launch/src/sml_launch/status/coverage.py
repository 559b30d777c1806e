"""Coverage of the grid by finished runs: grid cells, discovery of run folders, matching with tasks."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sml_config
from sml_config import RunFolder, Task
from sml_config.run_folder import CONFIG, is_temporary, read_json
from sml_config.tasks.states import FINISHED, LEFT
from sml_config.tasks.tasks import cell_text
from sml_launch.errors import SmlLaunchError


@dataclass(frozen=True)
class DiscoveredRun:
    """A run folder: its parameters, the id of its task if any, and its state."""

    path: Path
    parameters: Mapping[str, Any]
    task_id: str | None
    state: str | None


def cells(
    tasks: Iterable[Mapping[str, Any]], swept: tuple[str, ...], states: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Grid cell (see `sml_config.Plan.cell`), id and state of each task of a plan file.

    `tasks` are the raw items of the file, `states` the task states by id.
    """
    plan = sml_config.Plan((), swept)
    return [
        {
            "cell": list(plan.cell(item["parameters"])),
            "task": item["id"],
            "state": states.get(item["id"], LEFT),
        }
        for item in tasks
    ]


def find_runs(folders: Iterable[Path]) -> list[DiscoveredRun]:
    """All run folders below these folders. Raises SmlLaunchError if one of them does not exist."""
    runs = []
    for folder in folders:
        if not folder.is_dir():
            raise SmlLaunchError(
                f"-d {folder}: no such folder; pass the folder that contains the run folders"
            )
        runs += [_read(path) for path in _run_folders(folder)]
    return runs


def uncovered(tasks: Iterable[Task], runs: Iterable[DiscoveredRun]) -> list[Task]:
    """Tasks without a finished run, matched by task id or by parameters."""
    all_tasks = list(tasks)
    counts = finished_runs(all_tasks, runs)
    return [task for task in all_tasks if not counts[task.id]]


def finished_runs(tasks: Iterable[Task], runs: Iterable[DiscoveredRun]) -> dict[str, int]:
    """How many finished runs cover each task, by the task's id."""
    finished = [run for run in runs if run.state == FINISHED]
    by_task: dict[str, int] = Counter(run.task_id for run in finished if run.task_id)
    all_tasks = list(tasks)
    # Only runs with the same values of the scalar parameters are compared in full.
    key = _distinguishing_parameters(all_tasks)
    by_value: dict[str, list[DiscoveredRun]] = {}
    for run in finished:
        by_value.setdefault(_value_key(run.parameters, key), []).append(run)
    return {
        task.id: by_task.get(task.id, 0)
        + sum(
            run.task_id != task.id and task.covered_by(run.parameters)
            for run in by_value.get(_value_key(task.parameters, key), ())
        )
        for task in all_tasks
    }


def _distinguishing_parameters(tasks: list[Task]) -> tuple[str, ...]:
    """Parameters that are a number or string in every task, for grouping runs."""
    if not tasks:
        return ()
    names = set(tasks[0].parameters)
    for task in tasks:
        names &= {
            name
            for name, value in task.parameters.items()
            if isinstance(value, (int, float, str)) and not isinstance(value, bool)
        }
    return tuple(sorted(names))


def _value_key(parameters: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Key of the values; a number and its text are equal, as on a command line."""
    return "\0".join(_number_text(parameters.get(name)) for name in names)


def _number_text(value: Any) -> str:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return str(value)
    return cell_text(value)


def _run_folders(folder: Path) -> Iterator[Path]:
    for path, names, files in os.walk(folder):
        if CONFIG in names and RunFolder(Path(path)).parameters.is_file():
            names.clear()
            yield Path(path)
        elif "progress.csv" in files:
            names.clear()
        names[:] = [name for name in names if not is_temporary(name) and not name.startswith(".")]


def _read(path: Path) -> DiscoveredRun:
    folder = RunFolder(path)
    parameters, status, about = map(read_json, (folder.parameters, folder.status, folder.run_config))
    return DiscoveredRun(
        path,
        parameters if isinstance(parameters, dict) else {},
        about.get("task_id") if isinstance(about, dict) else None,
        status.get("state") if isinstance(status, dict) else None,
    )
