"""Where a sweep stands: how many tasks are in each state, and when it will be over."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sml_config import RunFolder
from sml_config.run_folder import read_json
from sml_config.tasks.states import (
    DONE,
    ENDED_BADLY,
    FAILED,
    LEFT,
    PREEMPTED,
    QUEUED,
    REQUEUED,
    RUNNING,
    STATES,
    TIMED_OUT,
    task_state,
)
from sml_config.tasks.tasks import announced_run_folder
from sml_launch.shell_words import printable
from sml_launch.state import claims
from sml_launch.state.launch_file import Launch, last_launch
from sml_launch.state.results import Journals, Result
from sml_launch.state.state_paths import Places

from .scheduled import scheduler_states


@dataclass(frozen=True)
class Status:
    """State of each task by its id, how those that ended badly did, and the seconds until the end."""

    states: dict[str, str]
    failures: tuple[Result, ...]
    eta_seconds: float | None
    # Last results of the tasks that are done.
    ended: tuple[Result, ...] = ()
    # Ids of tasks that a scheduler will start by itself.
    in_queue: frozenset[str] = frozenset()

    @property
    def counts(self) -> dict[str, int]:
        """How many tasks are in each state."""
        found = Counter(self.states.values())
        return {state: found[state] for state in STATES}

    @property
    def running(self) -> int:
        """Tasks that somebody runs now."""
        return self.counts[RUNNING]

    @property
    def done(self) -> int:
        """Tasks that finished, and whose run folders are there."""
        return self.counts[DONE]

    @property
    def failed(self) -> int:
        """Tasks whose last attempt ended badly; those that ran out of time are counted in `timed_out`."""
        return self.counts[FAILED]

    @property
    def timed_out(self) -> int:
        """Tasks that a time limit ended."""
        return self.counts[TIMED_OUT]

    @property
    def queued(self) -> int:
        """Tasks that wait in a scheduler's queue, for the first time or again."""
        return self.counts[QUEUED] + self.counts[REQUEUED]

    @property
    def preempted(self) -> int:
        """Tasks whose jobs gave way to others; they are left to run."""
        return self.counts[PREEMPTED]

    @property
    def left(self) -> int:
        """Tasks that are still to be run, and that no scheduler has."""
        return self.counts[LEFT]

    def covered(self, task_ids: Iterable[str]) -> Status:
        """The status with these tasks done, as run folders that came home tell."""
        done = set(task_ids)
        states = {task_id: DONE if task_id in done else state for task_id, state in self.states.items()}
        return replace(self, states=states, eta_seconds=_eta(states, list(self.ended), None)).part(states)

    def part(self, task_ids: Iterable[str]) -> Status:
        """The status of some of its tasks."""
        states = {task_id: self.states[task_id] for task_id in task_ids}
        failures = tuple(item for item in self.failures if states.get(item.task_id) in ENDED_BADLY)
        ended = [result for result in self.ended if result.task_id in states]
        return Status(states, failures, _eta(states, ended, None), tuple(ended), self.in_queue)

    def to_dict(self) -> dict[str, Any]:
        """The status in JSON's terms."""
        return {
            "total": len(self.states),
            **self.counts,
            "eta_seconds": self.eta_seconds,
            "tasks": self.states,
            "failures": [result._asdict() for result in self.failures],
        }


def status_of(places: Places, task_ids: Iterable[str], launch: Launch | None = None) -> Status:
    """The state of these tasks; of a launch that reruns, only what happened in it counts."""
    journals = Journals(places)
    journals.refresh()
    active = claims.running(places)
    done = journals.done()
    scheduled = scheduler_states(places, journals)
    rerun = launch.id if launch is not None and launch.rerun else None
    states: dict[str, str] = {}
    for task_id in task_ids:
        last = journals.latest.get(task_id)
        if last is not None and rerun is not None and last.launch != rerun:
            last = None
        states[task_id] = task_state(
            None if last is None else last.outcome,
            claimed=task_id in active,
            has_results=task_id in done,
            retried=last is not None and last.retried,
            scheduler=scheduled.get(task_id),
        )
    failures = tuple(
        _failure(task_id, journals.latest.get(task_id))
        for task_id, state in states.items()
        if state in ENDED_BADLY
    )
    ended = [journals.latest[task_id] for task_id, state in states.items() if state == DONE]
    in_queue = frozenset(
        task_id
        for task_id, state in scheduled.items()
        if state in (QUEUED, REQUEUED) and states.get(task_id) not in (None, RUNNING, DONE)
    )
    return Status(states, failures, _eta(states, ended, launch), tuple(ended), in_queue)


def _failure(task_id: str, last: Result | None) -> Result:
    """The result that tells how a task ended badly; from the scheduler's word where none was recorded."""
    if last is not None and last.failed:
        return last
    reason = "its job reached its time limit, as the scheduler says"
    attempt = 1 if last is None else last.attempt + 1
    return Result(task_id, attempt, TIMED_OUT, 0, reason, 0.0, 0.0, "", None, None, "")


def plan_file(places: Places) -> Path:
    """The plan of what was started last. Raises SmlLaunchError."""
    return places.plan(last_launch(places).plan_id)


def running_for(places: Places, task_id: str) -> str:
    """Since when, where and on which GPU a task runs, and its run's last row, as far as its files tell."""
    note = read_json(places.started(task_id))
    if not isinstance(note, dict) or not isinstance(note.get("started"), (int, float)):
        return ""
    parts = [f"for {duration(max(time.time() - note['started'], 0))}", f"on {note.get('host')}"]
    parts += [f"GPU {note['gpu']}"] if note.get("gpu") is not None else []
    folder = announced_run_folder(places.task(task_id))
    status = None if folder is None else read_json(RunFolder(folder).status)
    if isinstance(status, dict) and isinstance(status.get("step"), int):
        parts.append(f"row {status['step']}")
    return printable(f"  ({', '.join(parts)})")


def duration(seconds: float) -> str:
    """`42 s`, `12 min`, `3 h 20 min`, `2 d 4 h`."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 90:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def _eta(states: dict[str, str], ended: list[Result], launch: Launch | None) -> float | None:
    """Seconds to go, if those to come take as long as those that are done; None if nothing tells."""
    counts = Counter(states.values())
    waiting = counts[LEFT] + counts[QUEUED] + counts[REQUEUED] + counts[PREEMPTED]
    to_go = counts[RUNNING] + waiting
    if not ended or not to_go:
        return None if to_go else 0.0
    if not counts[RUNNING]:
        return None
    each = sum(result.seconds for result in ended) / len(ended)
    width = max(counts[RUNNING], 1) if launch is None else max(min(launch.max_parallel, to_go), 1)
    return round(each * (waiting + counts[RUNNING] / 2) / width, 1)


def moment(seconds: float) -> str:
    """The clock time that lies so many seconds ahead, with the day if it is not today."""
    then = time.time() + seconds
    text = time.strftime("%H:%M", time.localtime(then))
    same_day = time.localtime(then)[:3] == time.localtime()[:3]
    return text if same_day else time.strftime("%Y-%m-%d ", time.localtime(then)) + text
