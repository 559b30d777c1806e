"""Coverage matrix of a sweep, method × environment × seed, from a plan or from the runs alone."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shlex
import stat
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from sml_config import run_states
from sml_config.tasks.claims import claimant_of, is_alive, is_new
from sml_config.tasks.grid_axes import GridAxes, grid_cells
from sml_config.tasks.journal import Result, add_latest, parse_results
from sml_config.tasks.parameter_names import environments_among, is_seed
from sml_config.tasks.states import DONE, FAILED, FINISHED, LEFT, RUNNING, STATES, TO_START, task_state
from sml_config.tasks.tasks import CLAIMS, RESULTS, STATE_FOLDER, Plan
from sml_viewer.errors import NoRunsError
from sml_viewer.i18n import Message
from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.model.run_state import LOST
from sml_viewer.model.text import text_of
from sml_viewer.naming.labels import natural
from sml_viewer.readers.file_io import UNREADABLE
from sml_viewer.safe_open import open_plain, scanned

from .plans import PlanFile, Stamps, covering, is_ours, plan_of, uncovered
from .snapshot import Snapshot
from .table import TableSnapshot

# Task files that `sml-launch` uses by default.
_FILES = ("generate_parallel_tasks.py", "sweep.py", "sweep.yaml")
_MOST_JOURNAL = 50_000_000
_MOST_CLAIMS = 200_000
_MOST_CLAIM = 64_000
# Counted even if no cell is in them.
_ALWAYS = (DONE, RUNNING, FAILED, LEFT)
_OF_A_RUN = {
    run_states.FINISHED: DONE,
    run_states.RUNNING: RUNNING,
    run_states.FAILED: FAILED,
    run_states.KILLED: FAILED,
    LOST: FAILED,
}


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
    """The coverage matrix.

    Without a plan its cells are those of the runs, and nothing is known to be missing. `hidden` counts
    hidden runs: without a plan they are left out; with one they cover their tasks, as `sml-launch` counts
    them.
    """

    cells: tuple[Cell, ...]
    method: tuple[str, ...]
    environment: str | None
    seed: str | None
    plan: PlanFile | None = None
    command: str | None = None
    hidden: int = 0

    @property
    def complete(self) -> bool:
        """Whether there is a plan and all its tasks are done."""
        return self.plan is not None and all(cell.state == DONE for cell in self.cells)

    @property
    def missing(self) -> int | None:
        """Number of cells that still have to start; None without a plan."""
        return None if self.plan is None else sum(cell.state in TO_START for cell in self.cells)

    @property
    def counts(self) -> dict[str, int]:
        """Number of cells per state."""
        per_state = Counter(cell.state for cell in self.cells)
        order = {state: per_state[state] for state in STATES if state in _ALWAYS or per_state[state]}
        return order | dict(per_state)


def coverage(table: TableSnapshot, roots: Sequence[Path], plan_id: str | None = None) -> Coverage:
    """The coverage by the plan with this id, or by the newest plan of which a run covers a task.

    Raises NoRunsError if there is no such plan.
    """
    plans = table.plans
    if plan_id is not None:
        plans = tuple(plan for plan in plans if plan.id == plan_id)
        if not plans:
            raise NoRunsError(Message("no plan {id} lies near the data folders", id=repr(plan_id)))
    runs = table.snapshot.present
    for file in plans:
        plan = plan_of(file)
        if plan is None or not plan.tasks:
            continue
        by_task = covering(plan, runs)
        if by_task or plan_id is not None:
            return _planned(table, roots, file, plan, by_task)
    return _observed(table)


def only_of(matrix: Coverage, ids: Collection[str]) -> Coverage:
    """The cells in which one of these runs is, with these runs alone."""
    cells = [replace(cell, runs=tuple(name for name in cell.runs if name in ids)) for cell in matrix.cells]
    return replace(matrix, cells=tuple(cell for cell in cells if cell.runs), command=None, hidden=0)


def count_missing(table: TableSnapshot, library: Library) -> int | None:
    """Number of unfinished cells of the newest plan of these runs; None without such a plan."""
    snapshot = table.snapshot
    for file in table.plans:
        # Cached, because a growing run does not change what it covers.
        key = ("uncovered", snapshot.lineage, file.path, file.modified)
        tasks = library.get_or_compute(key, partial(uncovered, file, snapshot.present))
        if tasks is not None:
            launcher = _Launcher(file)
            return sum(launcher.state(task, ()) in TO_START for task in tasks)
    return None


def _planned(
    table: TableSnapshot, roots: Sequence[Path], file: PlanFile, plan: Plan, by_task: Mapping[str, list[Run]]
) -> Coverage:
    axes = GridAxes.of(plan.swept)
    launcher = _Launcher(file)
    states: dict[str, str] = {}
    ids: dict[str, tuple[str, ...]] = {}
    for task in plan.tasks:
        of_runs = [(run, table.state_of(run).state) for run in by_task.get(task.id, [])]
        states[task.id] = launcher.state(task.id, [(str(run.path), state) for run, state in of_runs])
        of_runs.sort(key=lambda item: (item[1] != FINISHED, -(item[0].rows or 0)))
        ids[task.id] = tuple(table.snapshot.id_of[run.key] for run, _ in of_runs)
    cells = tuple(
        Cell(
            text_of(cell.method),
            text_of(cell.environment),
            text_of(cell.seed),
            cell.state,
            ids[cell.task],
            cell.task,
        )
        for cell in grid_cells(plan.tasks, axes, states)
    )
    hidden = sum(table.annotation(run).hidden for runs in by_task.values() for run in runs)
    result = Coverage(cells, axes.method, axes.environment, axes.seed, file, hidden=hidden)
    return result if result.complete else replace(result, command=_command(file.directory, roots))


def _observed(table: TableSnapshot) -> Coverage:
    """The cells spanned by the runs themselves."""
    snapshot: Snapshot = table.snapshot
    runs = [run for run in snapshot.present if not table.annotation(run).hidden]
    environment = next(iter(environments_among(snapshot.values.names)), None)
    seed = next(filter(is_seed, snapshot.values.names), None)
    method = tuple(name for name in snapshot.distinguishing if name != environment and not is_seed(name))[:8]
    groups: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        flat = {name: run.parameter(name) for name in method}
        cell_key = (
            _named(method, flat),
            text_of(run.parameter(environment)) if environment else "",
            text_of(run.parameter(seed)) if seed else "",
        )
        groups.setdefault(cell_key, []).append(run)
    cells = []
    for cell_key, group in groups.items():
        states = [table.state_of(run).state for run in group]
        cells.append(Cell(*cell_key, _state_of(states), tuple(snapshot.id_of[run.key] for run in group)))
    return Coverage(tuple(cells), method, environment, seed, hidden=len(snapshot.present) - len(runs))


def _named(names: Sequence[str], values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={text_of(values.get(name))}" for name in names)


def _state_of(states: Iterable[str]) -> str:
    """The best state of several runs; an undetermined state is kept."""
    task_states = {_OF_A_RUN.get(state, state) for state in states}
    return next((state for state in (DONE, RUNNING) if state in task_states), min(task_states, default=LEFT))


class _Launcher:
    """States of tasks from a launcher's folder (docs/tasks-format.md)."""

    def __init__(self, file: PlanFile) -> None:
        self._folder = file.directory / STATE_FOLDER
        self._claimed: set[str] = set()
        if file.claims:
            with contextlib.suppress(OSError), scanned(self._folder, CLAIMS) as entries:
                self._claimed = {entry.name for entry in itertools.islice(entries, _MOST_CLAIMS)}
        self._latest = _journals(file.directory / STATE_FOLDER, file.journals)

    def state(self, task_id: str, runs: Sequence[tuple[str, str]]) -> str:
        """The state of a task; `runs` are the folders and states of its runs."""
        claimed = self._is_claimed(task_id)
        last = self._latest.get(task_id)
        # The launcher knows better than the run how its last attempt ended; other runs are from elsewhere.
        own = None if last is None or last.outcome == FINISHED else last.run_folder
        others = [state for folder, state in runs if folder != own]
        # A launcher restarts lost tasks, whatever killed them.
        by_runs = _state_of(LEFT if state == LOST else state for state in others) if others else LEFT
        if by_runs != LEFT and not claimed:
            return by_runs
        # If it finished, its run folder is elsewhere.
        outcome, retried = (None, False) if last is None else (last.outcome, last.retried)
        return task_state(outcome, claimed=claimed, has_results=False, retried=retried)

    def _is_claimed(self, task_id: str) -> bool:
        if task_id not in self._claimed:
            return False
        age = 0.0
        try:
            with os.fdopen(open_plain(self._folder, f"claims/{task_id}").file, "rb") as file:
                age = time.time() - os.fstat(file.fileno()).st_mtime
                claimant = claimant_of(json.loads(file.read(_MOST_CLAIM)))
        except OSError:
            return False
        except UNREADABLE:
            claimant = None
        return is_new(age) if claimant is None else is_alive(claimant, age)


@lru_cache(maxsize=4)
def _journals(folder: Path, stamps: Stamps) -> Mapping[str, Result]:
    """The last attempt of each task; invalid lines are skipped."""
    latest: dict[str, Result] = {}
    left = _MOST_JOURNAL
    for name, _, _ in stamps:
        try:
            with os.fdopen(open_plain(folder, f"{RESULTS}/{name}").file, "rb") as file:
                data = file.read(left)
        except OSError:
            continue
        left -= len(data)
        results, _, _ = parse_results(data)
        add_latest(latest, results)
    return latest


def _command(directory: Path, roots: Sequence[Path]) -> str | None:
    """The command that starts the missing cells; None if it would run files of another user."""
    if not (is_ours(directory, stat.S_ISDIR) and is_ours(directory / STATE_FOLDER, stat.S_ISDIR)):
        return None
    existing = [name for name in _FILES if os.path.lexists(directory / name)]
    if existing and not is_ours(directory / existing[0]):
        return None
    words = ["sml-launch", existing[0] if existing else "FILE", "--only-missing"]
    for root in roots:
        words += ["-d", str(root)]
    return f"cd {shlex.quote(str(directory))} && {shlex.join(words)}"


def axes(matrix: Coverage) -> dict[str, list[str]]:
    """The methods, environments and seeds of the cells, in natural order."""
    return {
        name: sorted({getattr(cell, name) for cell in matrix.cells}, key=natural)
        for name in ("method", "environment", "seed")
    }
