"""Method × environment × seed: what is done, running, failed, left, by a plan or by the runs alone."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shlex
import stat
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from sml_config import run_states
from sml_config.tasks.claims import claimant_of, is_alive, is_new
from sml_config.tasks.grid_axes import GridAxes, environments_among, grid_cells, is_seed
from sml_config.tasks.journal import Result, add_latest, parse_results
from sml_config.tasks.states import DONE, FAILED, FINISHED, LEFT, RUNNING, STATES, TO_START, task_state
from sml_config.tasks.tasks import CLAIMS, RESULTS, STATE_FOLDER, Plan
from sml_viewer.errors import NoRunsError
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

# What `sml-launch` takes by itself, without being told a name.
_FILES = ("generate_parallel_tasks.py", "sweep.py", "sweep.yaml")
_MOST_JOURNAL = 50_000_000
_MOST_CLAIMS = 200_000
_MOST_CLAIM = 64_000
# These are counted even where no cell is in them.
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
    """The matrix; without a plan only the runs say what there is, and nothing is known to be missing.

    `hidden` runs are left out without a plan. With one they cover their tasks, as `sml-launch` counts them.
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
        """Whether there is a plan, and nothing of it is left to do."""
        return self.plan is not None and all(cell.state == DONE for cell in self.cells)

    @property
    def missing(self) -> int | None:
        """How many cells are to be started; None without a plan."""
        return None if self.plan is None else sum(cell.state in TO_START for cell in self.cells)

    @property
    def counts(self) -> dict[str, int]:
        """How many cells are in each state."""
        found = Counter(cell.state for cell in self.cells)
        order = {state: found[state] for state in STATES if state in _ALWAYS or found[state]}
        return order | dict(found)


def coverage(moment: TableSnapshot, roots: Sequence[Path], wanted: str | None = None) -> Coverage:
    """How far a sweep is. Without a plan's id the newest plan counts of which these runs cover a task.

    Raises NoRunsError if there is no such plan.
    """
    plans = moment.plans
    if wanted is not None:
        plans = tuple(plan for plan in plans if plan.id == wanted)
        if not plans:
            raise NoRunsError(f"no plan {wanted!r} lies near the data folders")
    runs = moment.catalogue.present
    for file in plans:
        plan = plan_of(file)
        if plan is None or not plan.tasks:
            continue
        by_task = covering(plan, runs)
        if by_task or wanted is not None:
            return _planned(moment, roots, file, plan, by_task)
    return _observed(moment)


def missing(moment: TableSnapshot, library: Library) -> int | None:
    """How many cells of the newest plan of these runs are left; None without such a plan."""
    found = moment.catalogue
    for file in moment.plans:
        # Asked again whenever a run grows, which changes nothing of what it covers.
        key = ("uncovered", found.lineage, file.path, file.modified)
        tasks = library.get_or_compute(key, partial(uncovered, file, found.present))
        if tasks is not None:
            launcher = _Launcher(file)
            return sum(launcher.state(task, ()) in TO_START for task in tasks)
    return None


def _planned(
    moment: TableSnapshot, roots: Sequence[Path], file: PlanFile, plan: Plan, by_task: Mapping[str, list[Run]]
) -> Coverage:
    axes = GridAxes.of(plan.swept)
    known = _Launcher(file)
    states: dict[str, str] = {}
    ids: dict[str, tuple[str, ...]] = {}
    for task in plan.tasks:
        of_runs = [(run, moment.standing(run).state) for run in by_task.get(task.id, [])]
        states[task.id] = known.state(task.id, [(str(run.path), state) for run, state in of_runs])
        of_runs.sort(key=lambda item: (item[1] != FINISHED, -(item[0].rows or 0)))
        ids[task.id] = tuple(moment.catalogue.id_of[run.key] for run, _ in of_runs)
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
    hidden = sum(moment.annotation(run).hidden for runs in by_task.values() for run in runs)
    found = Coverage(cells, axes.method, axes.environment, axes.seed, file, hidden=hidden)
    return found if found.complete else replace(found, command=_command(file.directory, roots))


def _observed(moment: TableSnapshot) -> Coverage:
    """The cells that the runs themselves span."""
    found: Snapshot = moment.catalogue
    runs = [run for run in found.present if not moment.annotation(run).hidden]
    environment = next(iter(environments_among(found.values.names)), None)
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
    return Coverage(tuple(cells), method, environment, seed, hidden=len(found.present) - len(runs))


def _named(names: Sequence[str], values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={text_of(values.get(name))}" for name in names)


def _state_of(states: Iterable[str]) -> str:
    """Of several runs the best counts; what is not known is said as it is."""
    there = {_OF_A_RUN.get(state, state) for state in states}
    return next((state for state in (DONE, RUNNING) if state in there), min(there, default=LEFT))


class _Launcher:
    """What a launcher's folder says of its tasks (docs/tasks-format.md)."""

    def __init__(self, file: PlanFile) -> None:
        self._place = file.directory / STATE_FOLDER
        self._claimed: set[str] = set()
        if file.claims:
            with contextlib.suppress(OSError), scanned(self._place, CLAIMS) as entries:
                self._claimed = {entry.name for entry in itertools.islice(entries, _MOST_CLAIMS)}
        self._latest = _journals(file.directory / STATE_FOLDER, file.journals)

    def state(self, task_id: str, runs: Sequence[tuple[str, str]]) -> str:
        """The state of a task, of which there are runs in these folders and states."""
        claimed = self._is_claimed(task_id)
        last = self._latest.get(task_id)
        # How the last attempt ended its launcher knows better than the run; others came from elsewhere.
        own = None if last is None or last.outcome == FINISHED else last.run_folder
        others = [state for folder, state in runs if folder != own]
        # A launcher starts what was lost again, whatever killed it.
        by_runs = _state_of(LEFT if state == LOST else state for state in others) if others else LEFT
        if by_runs != LEFT and not claimed:
            return by_runs
        # If it finished, its run folder is not here.
        outcome, retried = (None, False) if last is None else (last.outcome, last.retried)
        return task_state(outcome, claimed=claimed, has_results=False, retried=retried)

    def _is_claimed(self, task_id: str) -> bool:
        if task_id not in self._claimed:
            return False
        age = 0.0
        try:
            with os.fdopen(open_plain(self._place, f"claims/{task_id}").file, "rb") as file:
                age = time.time() - os.fstat(file.fileno()).st_mtime
                claimant = claimant_of(json.loads(file.read(_MOST_CLAIM)))
        except OSError:
            return False
        except UNREADABLE:
            claimant = None
        return is_new(age) if claimant is None else is_alive(claimant, age)


@lru_cache(maxsize=4)
def _journals(place: Path, stamps: Stamps) -> Mapping[str, Result]:
    """The last attempt of each task; lines that are none are passed over."""
    latest: dict[str, Result] = {}
    left = _MOST_JOURNAL
    for name, _, _ in stamps:
        try:
            with os.fdopen(open_plain(place, f"{RESULTS}/{name}").file, "rb") as file:
                data = file.read(left)
        except OSError:
            continue
        left -= len(data)
        results, _, _ = parse_results(data)
        add_latest(latest, results)
    return latest


def _command(directory: Path, roots: Sequence[Path]) -> str | None:
    """What starts the cells that are missing; None where it would run what is not this user's own."""
    if not (is_ours(directory, stat.S_ISDIR) and is_ours(directory / STATE_FOLDER, stat.S_ISDIR)):
        return None
    there = [name for name in _FILES if os.path.lexists(directory / name)]
    if there and not is_ours(directory / there[0]):
        return None
    words = ["sml-launch", there[0] if there else "FILE", "--only-missing"]
    for root in roots:
        words += ["-d", str(root)]
    return f"cd {shlex.quote(str(directory))} && {shlex.join(words)}"


def axes(found: Coverage) -> dict[str, list[str]]:
    """The methods, environments and seeds of the cells, sorted as numbers inside them count."""
    return {
        name: sorted({getattr(cell, name) for cell in found.cells}, key=natural)
        for name in ("method", "environment", "seed")
    }
