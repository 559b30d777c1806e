"""The launcher's plans that lie near data folders, and which of their tasks runs cover."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sml_config.errors import SmlConfigError
from sml_config.tasks import Plan, Task, read_plan

from .run import Run
from .values import text_of

PLACE = ".sml-launch"
_MOST_LEVELS = 3


# Name, size and modification time in ns of files, sorted.
Stamps = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class PlanFile:
    """A plan that lies near the data; `directory` is where its tasks run.

    `journals` and `claims` change with what its launcher says of attempts, and of who works on what.
    """

    path: Path
    directory: Path
    modified: float
    journals: Stamps = ()
    claims: Stamps = ()

    @property
    def id(self) -> str:
        """The name that the launcher gave it."""
        return self.path.stem


def find_plans(roots: Iterable[Path]) -> tuple[PlanFile, ...]:
    """The plans beside or above data folders, the newest first."""
    found: dict[str, PlanFile] = {}
    for root in roots:
        folder = os.path.realpath(root)
        for _level in range(1 + _MOST_LEVELS):
            # Asked with every look at the list, so without making a Path of each.
            place = os.path.join(folder, PLACE)  # noqa: PTH118
            if plans := _stamps(f"{place}/plans", ".json"):
                told = _stamps(f"{place}/results", ".jsonl"), _stamps(place, "claims")
                for name, _, modified in plans:
                    path = Path(place, "plans", name)
                    found[str(path)] = PlanFile(path, Path(folder), modified / 1e9, *told)
            folder = os.path.dirname(folder)  # noqa: PTH120
    return tuple(sorted(found.values(), key=lambda plan: (-plan.modified, plan.path.name)))


def _stamps(folder: str, ending: str) -> Stamps:
    """The stamps of what has this ending; none of a folder that is not there."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(ending) and not entry.name.startswith("."):
                with contextlib.suppress(OSError):  # one that goes meanwhile
                    status = entry.stat()
                    found.append((entry.name, status.st_size, status.st_mtime_ns))
    return tuple(sorted(found))


def plan_of(file: PlanFile) -> Plan | None:
    """The plan; None if it cannot be read, as one of a newer version."""
    return _read_plan(str(file.path), file.modified)


def uncovered(file: PlanFile, runs: Sequence[Run]) -> tuple[str, ...] | None:
    """The ids of the tasks that no run covers; None if the runs have nothing to do with the plan."""
    plan = plan_of(file)
    by_task = covering(plan, runs) if plan else {}
    return tuple(task.id for task in plan.tasks if task.id not in by_task) if plan and by_task else None


@lru_cache(maxsize=16)
def _read_plan(path: str, _modified: float) -> Plan | None:
    try:
        return read_plan(Path(path))
    except SmlConfigError:
        return None


def covering(plan: Plan, runs: Sequence[Run]) -> dict[str, list[Run]]:
    """The runs that were started for a task, or have its parameters, by the task's id."""
    by_task: dict[str, list[Run]] = {}
    for run in runs:
        task_id = run.provenance.get("task_id")
        if task_id:
            by_task.setdefault(str(task_id), []).append(run)
    # Only runs with the same texts where the tasks differ are compared in full.
    by_place: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        by_place.setdefault(_place(plan.swept, run.parameters), []).append(run)
    found: dict[str, list[Run]] = {}
    for task in plan.tasks:
        own = list(by_task.get(task.id, ()))
        for run in by_place.get(_place(plan.swept, task.parameters), ()):
            if run not in own and _covers(task, run):
                own.append(run)
        if own:
            found[task.id] = own
    return found


def _place(swept: Sequence[str], parameters: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_word(parameters.get(name)) for name in swept)


def _word(value: Any) -> str:
    """A number and its text are the same, as on a command line."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    try:
        return repr(float(value))
    except (TypeError, ValueError, OverflowError):
        return text_of(value)


def _covers(task: Task, run: Run) -> bool:
    try:
        return task.covered_by(run.parameters)
    except SmlConfigError:
        return False
