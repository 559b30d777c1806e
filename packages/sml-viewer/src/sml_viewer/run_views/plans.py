"""The launcher's plans near data folders, and the tasks that runs cover."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sml_config.errors import SmlConfigError
from sml_config.tasks.tasks import CLAIMS, PLANS, RESULTS, STATE_FOLDER, Plan, Task, read_plan
from sml_viewer.model.run import Run
from sml_viewer.model.text import text_of
from sml_viewer.readers.file_io import UNREADABLE
from sml_viewer.safe_open import scanned

_MOST_LEVELS = 3


# Name, size and modification time (ns) of files, sorted.
Stamps = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class PlanFile:
    """A plan near the data; `directory` is where its tasks run.

    `journals` and `claims` change whenever its launcher records attempts or claims tasks.
    """

    path: Path
    directory: Path
    modified: float
    journals: Stamps = ()
    claims: Stamps = ()

    @property
    def id(self) -> str:
        """The name given by the launcher."""
        return self.path.stem


def find_plans(roots: Iterable[Path]) -> tuple[PlanFile, ...]:
    """The plans in data folders and their parents within the project, newest first.

    A project consists of folders of the data folder's owner that others cannot write to; plans must belong
    to that owner or to the current user.
    """
    plan_files: dict[str, PlanFile] = {}
    for root in roots:
        for folder, owners in _project(os.path.realpath(root)):
            # Runs on every request for the list, so without Path objects.
            state_folder = os.path.join(folder, STATE_FOLDER)  # noqa: PTH118
            if not _is_owned(state_folder, owners, stat.S_ISDIR):
                continue
            if plans := _stamps(f"{state_folder}/{PLANS}", ".json", owners):
                stamps = (
                    _stamps(f"{state_folder}/{RESULTS}", ".jsonl", owners),
                    _claims_stamp(state_folder, owners),
                )
                for name, _, modified in plans:
                    path = Path(state_folder, PLANS, name)
                    plan_files[str(path)] = PlanFile(path, Path(folder), modified / 1e9, *stamps)
    return tuple(sorted(plan_files.values(), key=lambda plan: (-plan.modified, plan.path.name)))


def is_ours(path: str | Path, kind: Callable[[int], bool] = stat.S_ISREG) -> bool:
    """Whether a file, or a folder, belongs to this user, is not a link, and is not writable by everyone."""
    return _is_owned(path, _us(), kind)


def _project(folder: str) -> Iterator[tuple[str, frozenset[int]]]:
    """A data folder and its parents within the project, each with the user ids whose plans count."""
    owner = None
    for _level in range(1 + _MOST_LEVELS):
        try:
            status = os.lstat(folder)
        except OSError:
            return
        if owner is None:
            owner = status.st_uid
        elif status.st_uid != owner or _is_open_to_all(status):
            return
        yield folder, frozenset({owner}) | _us()
        folder = os.path.dirname(folder)  # noqa: PTH120


def _us() -> frozenset[int]:
    return frozenset({os.getuid()} if hasattr(os, "getuid") else {0})


def _is_open_to_all(status: os.stat_result) -> bool:
    # st_mode says nothing about permissions on Windows.
    return os.name == "posix" and bool(status.st_mode & stat.S_IWOTH)


def _is_owned(path: str | Path, owners: frozenset[int], kind: Callable[[int], bool]) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return kind(status.st_mode) and status.st_uid in owners and not _is_open_to_all(status)


def _claims_stamp(state_folder: str, owners: frozenset[int]) -> Stamps:
    path = f"{state_folder}/claims"
    if not _is_owned(path, owners, stat.S_ISDIR):
        return ()
    status = os.lstat(path)
    return ((CLAIMS, status.st_size, status.st_mtime_ns),)


def _stamps(folder: str, ending: str, owners: frozenset[int]) -> Stamps:
    """Stamps of the regular files of these owners with this ending; empty if the folder is missing."""
    stamps = []
    with contextlib.suppress(OSError), scanned(folder) as entries:
        for entry in entries:
            if entry.name.endswith(ending) and not entry.name.startswith("."):
                with contextlib.suppress(OSError):  # deleted meanwhile
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode) and status.st_uid in owners:
                        stamps.append((entry.name, status.st_size, status.st_mtime_ns))
    return tuple(sorted(stamps))


def plan_of(file: PlanFile) -> Plan | None:
    """The plan; None if it is unreadable, for example of a newer version."""
    return _read_plan(str(file.path), file.modified)


def uncovered(file: PlanFile, runs: Sequence[Run]) -> tuple[str, ...] | None:
    """The ids of the tasks that no run covers; None if no run belongs to the plan."""
    plan = plan_of(file)
    by_task = covering(plan, runs) if plan else {}
    return tuple(task.id for task in plan.tasks if task.id not in by_task) if plan and by_task else None


def task_count(file: PlanFile) -> int | None:
    """Number of tasks of a plan; None if it is unreadable."""
    return _count_tasks(str(file.path), file.modified)


# A larger cache than for whole plans: a page that offers all plans asks every few seconds.
@lru_cache(maxsize=1024)
def _count_tasks(path: str, modified: float) -> int | None:
    plan = _read_plan(path, modified)
    return None if plan is None else len(plan.tasks)


@lru_cache(maxsize=16)
def _read_plan(path: str, _modified: float) -> Plan | None:
    try:
        return read_plan(Path(path))
    except (SmlConfigError, *UNREADABLE):
        return None


def covering(plan: Plan, runs: Sequence[Run]) -> dict[str, list[Run]]:
    """The runs that were started for a task, or have its parameters, by the task's id."""
    by_task: dict[str, list[Run]] = {}
    for run in runs:
        task_id = run.provenance.get("task_id")
        if task_id:
            by_task.setdefault(str(task_id), []).append(run)
    # Only runs with equal swept parameters are compared in full.
    by_swept: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        by_swept.setdefault(_swept_texts(plan.swept, run.parameters), []).append(run)
    covered: dict[str, list[Run]] = {}
    for task in plan.tasks:
        own = list(by_task.get(task.id, ()))
        for run in by_swept.get(_swept_texts(plan.swept, task.parameters), ()):
            if run not in own and _covers(task, run):
                own.append(run)
        if own:
            covered[task.id] = own
    return covered


def _swept_texts(swept: Sequence[str], parameters: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_comparable_text(parameters.get(name)) for name in swept)


def _comparable_text(value: Any) -> str:
    """A text in which a number equals its text, as on a command line."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    try:
        return repr(float(value))
    except (TypeError, ValueError, OverflowError):
        return text_of(value)


def _covers(task: Task, run: Run) -> bool:
    try:
        return task.covered_by(run.parameters)
    except (SmlConfigError, RecursionError):
        return False
