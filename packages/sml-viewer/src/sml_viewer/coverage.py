"""Method × environment × seed: what is done, running, failed, left, by a plan or by the runs alone."""

from __future__ import annotations

import json
import os
import shlex
import socket
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sml_config.errors import SmlConfigError
from sml_config.process import SILENCE_SECONDS, boot_id, process_start
from sml_config.tasks import Plan, Task, read_plan

from .catalogue import Catalogue
from .errors import NoRunsError
from .naming import SEPARATORS, is_seed, natural
from .run import Run
from .run_list import Moment
from .values import text_of

PLACE = ".sml-launch"
DONE, RUNNING, FAILED, LEFT = "done", "running", "failed", "left"
# What `sml-launch` takes by itself, without being told a name.
_FILES = ("generate_parallel_tasks.py", "sweep.py", "sweep.yaml")
_MOST_LEVELS = 3
_MOST_JOURNAL = 50_000_000
_OF_A_RUN = {"finished": DONE, "running": RUNNING, "failed": FAILED, "killed": FAILED, "lost": FAILED}


@dataclass(frozen=True)
class PlanFile:
    """A plan that lies near the data; `directory` is where its tasks run."""

    path: Path
    directory: Path
    modified: float

    @property
    def id(self) -> str:
        """The name that the launcher gave it."""
        return self.path.stem


@dataclass(frozen=True)
class Cell:
    """One method on one environment with one seed; `runs` are ids, the one that counts first."""

    method: str
    environment: str
    seed: str
    state: str
    runs: tuple[str, ...]
    task: str | None = None


@dataclass(frozen=True)
class Coverage:
    """The matrix; without a plan only the runs say what there is, and nothing is known to be missing."""

    cells: tuple[Cell, ...]
    method: tuple[str, ...]
    environment: str | None
    seed: str | None
    plan: PlanFile | None = None
    command: str | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many cells are in each state."""
        found = Counter(cell.state for cell in self.cells)
        return {state: found[state] for state in (DONE, RUNNING, FAILED, LEFT)} | dict(found)


def find_plans(roots: Iterable[Path]) -> list[PlanFile]:
    """The plans beside or above data folders, the newest first."""
    found: dict[Path, PlanFile] = {}
    for root in roots:
        real = Path(os.path.realpath(root))
        for folder in (real, *list(real.parents)[:_MOST_LEVELS]):
            try:
                with os.scandir(folder / PLACE / "plans") as entries:
                    for entry in entries:
                        if entry.name.endswith(".json") and not entry.name.startswith("."):
                            path = Path(entry.path)
                            found[path] = PlanFile(path, folder, entry.stat().st_mtime)
            except OSError:
                continue
    return sorted(found.values(), key=lambda plan: (-plan.modified, plan.path.name))


def coverage(moment: Moment, roots: Sequence[Path], wanted: str | None = None) -> Coverage:
    """How far a sweep is. Without a plan's id the newest plan counts of which these runs cover a task.

    Raises NoRunsError if there is no such plan.
    """
    plans = find_plans(roots)
    if wanted is not None:
        plans = [plan for plan in plans if plan.id == wanted]
        if not plans:
            raise NoRunsError(f"no plan {wanted!r} lies near the data folders")
    runs = moment.catalogue.present
    for file in plans:
        plan = _plan(file)
        if plan is None or not plan.tasks:
            continue
        covering = _covering(plan, runs)
        if covering or wanted is not None:
            return _planned(moment, roots, file, plan, covering)
    return _observed(moment)


def missing(moment: Moment, roots: Sequence[Path]) -> int | None:
    """How many tasks of the newest plan of these runs no run covers; None without such a plan."""
    if not find_plans(roots):
        return None
    found = coverage(moment, roots)
    return None if found.plan is None else found.counts[LEFT]


def _plan(file: PlanFile) -> Plan | None:
    """The plan; None if it cannot be read, as one of a newer version."""
    return _read_plan(str(file.path), file.modified)


@lru_cache(maxsize=16)
def _read_plan(path: str, _modified: float) -> Plan | None:
    try:
        return read_plan(Path(path))
    except SmlConfigError:
        return None


def _covering(plan: Plan, runs: Sequence[Run]) -> dict[str, list[Run]]:
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


def _planned(
    moment: Moment, roots: Sequence[Path], file: PlanFile, plan: Plan, covering: Mapping[str, list[Run]]
) -> Coverage:
    environment = next((name for name in SEPARATORS if name in plan.swept), None)
    seed = next(filter(is_seed, plan.swept), None)
    method = tuple(name for name in plan.swept if name not in (environment, seed))
    known = _Launcher(file.directory / PLACE)
    cells = []
    for task in plan.tasks:
        runs = covering.get(task.id, [])
        states = {run.key: moment.standing(run).state for run in runs}
        runs = sorted(runs, key=lambda run: (states[run.key] != "finished", -(run.rows or 0)))
        cells.append(
            Cell(
                _named(method, task.parameters),
                text_of(task.parameters.get(environment, "")) if environment else "",
                text_of(task.parameters.get(seed, "")) if seed else "",
                known.state(task.id, list(states.values())),
                tuple(moment.catalogue.id_of[run.key] for run in runs),
                task.id,
            )
        )
    complete = all(cell.state == DONE for cell in cells)
    command = None if complete else _command(file.directory, roots)
    return Coverage(tuple(cells), method, environment, seed, file, command)


def _observed(moment: Moment) -> Coverage:
    """The cells that the runs themselves span."""
    found: Catalogue = moment.catalogue
    runs = found.present
    environment = next((name for name in SEPARATORS if name in found.values.names), None)
    seed = next(filter(is_seed, found.values.names), None)
    method = tuple(name for name in found.telling if name != environment and not is_seed(name))[:8]
    groups: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        flat = {name: run.parameter(name) for name in method}
        place = (
            _named(method, flat),
            text_of(run.parameter(environment)) if environment else "",
            text_of(run.parameter(seed)) if seed else "",
        )
        groups.setdefault(place, []).append(run)
    cells = []
    for place, group in groups.items():
        states = [moment.standing(run).state for run in group]
        cells.append(Cell(*place, _state_of(states), tuple(found.id_of[run.key] for run in group)))
    return Coverage(tuple(cells), method, environment, seed)


def _named(names: Sequence[str], values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={text_of(values.get(name))}" for name in names)


def _state_of(states: Iterable[str]) -> str:
    """Of several runs the best counts; what is not known is said as it is."""
    there = {_OF_A_RUN.get(state, state) for state in states}
    return next((state for state in (DONE, RUNNING) if state in there), min(there, default=LEFT))


class _Launcher:
    """What a launcher's folder says of its tasks (docs/tasks-format.md)."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._latest = _journals(place)

    def state(self, task_id: str, runs: Sequence[str]) -> str:
        """The state of a task, of which there are runs in these states."""
        if self._is_claimed(task_id):
            return RUNNING
        # Runs that came home count even where their launcher's own word is missing.
        by_runs = _state_of(runs) if runs else LEFT
        last = self._latest.get(task_id)
        if by_runs != LEFT or last is None:
            return by_runs
        if last.get("outcome") in ("finished", "cancelled") or last.get("retried"):
            return LEFT  # it finished, and its run folder is not here
        return FAILED

    def _is_claimed(self, task_id: str) -> bool:
        path = self._place / "claims" / task_id
        try:
            age = time.time() - path.stat().st_mtime
            holder = json.loads(path.read_text(encoding="utf-8"))
            host, boot, pid, start = (holder[name] for name in ("host", "boot", "pid", "start"))
        except OSError:
            return False
        except (ValueError, KeyError, TypeError):
            return age < SILENCE_SECONDS
        if host != socket.gethostname():
            return age < SILENCE_SECONDS
        return bool(boot == boot_id() and type(pid) is int and process_start(pid) == start)


def _journals(place: Path) -> dict[str, dict[str, Any]]:
    """The last attempt of each task."""
    latest: dict[str, dict[str, Any]] = {}
    for path in sorted((place / "results").glob("*.jsonl")):
        try:
            with path.open("rb") as file:
                data = file.read(_MOST_JOURNAL)
        except OSError:
            continue
        for line in data[: data.rfind(b"\n") + 1].splitlines():
            try:
                item = json.loads(line)
                task, order = str(item["task_id"]), (int(item["attempt"]), float(item["started"]))
            except (ValueError, KeyError, TypeError):
                continue
            if task not in latest or latest[task]["order"] <= order:
                latest[task] = {**item, "order": order}
    return latest


def _command(directory: Path, roots: Sequence[Path]) -> str:
    """What starts the cells that are missing."""
    file = next((name for name in _FILES if (directory / name).is_file()), "FILE")
    words = ["sml-launch", file, "--only-missing"]
    for root in roots:
        words += ["-d", str(root)]
    return f"cd {shlex.quote(str(directory))} && {shlex.join(words)}"


def axes(found: Coverage) -> dict[str, list[str]]:
    """The methods, environments and seeds of the cells, sorted as numbers inside them count."""
    return {
        name: sorted({getattr(cell, name) for cell in found.cells}, key=natural)
        for name in ("method", "environment", "seed")
    }
