"""Status of a sweep: task states, failures and estimated time of completion."""

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
from sml_config.text import printable
from sml_launch.state import claims
from sml_launch.state.launch_file import Launch, last_launch
from sml_launch.state.results import Journals, Result
from sml_launch.state.state_paths import StatePaths

from .scheduled import scheduler_states


@dataclass(frozen=True)
class Status:
    """States of tasks by id, results of failed tasks, and seconds until completion (None: unknown)."""

    states: dict[str, str]
    failures: tuple[Result, ...]
    eta_seconds: float | None
    # Last results of finished tasks.
    ended: tuple[Result, ...] = ()
    # Ids of tasks in the queue of a scheduler.
    in_queue: frozenset[str] = frozenset()

    @property
    def counts(self) -> dict[str, int]:
        """Number of tasks in each state."""
        counter = Counter(self.states.values())
        return {state: counter[state] for state in STATES}

    @property
    def running(self) -> int:
        """Number of running tasks."""
        return self.counts[RUNNING]

    @property
    def done(self) -> int:
        """Number of tasks that finished and whose run folder exists."""
        return self.counts[DONE]

    @property
    def failed(self) -> int:
        """Number of tasks whose last attempt failed, without those in `timed_out`."""
        return self.counts[FAILED]

    @property
    def timed_out(self) -> int:
        """Number of tasks that reached a time limit."""
        return self.counts[TIMED_OUT]

    @property
    def queued(self) -> int:
        """Number of tasks that wait in the queue of a scheduler, also those requeued."""
        return self.counts[QUEUED] + self.counts[REQUEUED]

    @property
    def preempted(self) -> int:
        """Number of tasks whose jobs were preempted; they are still to be run."""
        return self.counts[PREEMPTED]

    @property
    def left(self) -> int:
        """Number of tasks that are still to be run and in no queue."""
        return self.counts[LEFT]

    def covered(self, task_ids: Iterable[str]) -> Status:
        """The status with these tasks counted as done, because of collected runs."""
        done = set(task_ids)
        states = {task_id: DONE if task_id in done else state for task_id, state in self.states.items()}
        return replace(self, states=states, eta_seconds=_eta(states, list(self.ended), None)).part(states)

    def part(self, task_ids: Iterable[str]) -> Status:
        """The status of a subset of the tasks."""
        states = {task_id: self.states[task_id] for task_id in task_ids}
        failures = tuple(item for item in self.failures if states.get(item.task_id) in ENDED_BADLY)
        ended = [result for result in self.ended if result.task_id in states]
        return Status(states, failures, _eta(states, ended, None), tuple(ended), self.in_queue)

    def to_dict(self) -> dict[str, Any]:
        """The status as a JSON-serializable dict."""
        return {
            "total": len(self.states),
            **self.counts,
            "eta_seconds": self.eta_seconds,
            "tasks": self.states,
            "failures": [result._asdict() for result in self.failures],
        }


def status_of(paths: StatePaths, task_ids: Iterable[str], launch: Launch | None = None) -> Status:
    """The status of these tasks; for a launch that reruns tasks, by attempts since then."""
    # Claims first: a result is recorded before its claim is released, so no task that ends now is missed.
    active = claims.running(paths)
    journals = Journals(paths)
    journals.refresh()
    done = journals.done()
    scheduled = scheduler_states(paths, journals)
    rerun = launch if launch is not None and launch.rerun else None
    states: dict[str, str] = {}
    for task_id in task_ids:
        last = journals.latest.get(task_id)
        if last is not None and rerun is not None and last.launch != rerun.id:
            # Another launcher may have run it meanwhile.
            last = last if last.attempt > rerun.attempts.get(task_id, 0) else None
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
    """The failed result of a task; made from the scheduler state if none was recorded."""
    if last is not None and last.failed:
        return last
    reason = "its job reached its time limit, according to the scheduler"
    attempt = 1 if last is None else last.attempt + 1
    return Result(task_id, attempt, TIMED_OUT, 0, reason, 0.0, 0.0, "", None, None, "")


def plan_file(paths: StatePaths) -> Path:
    """Plan file of the last launch. Raises SmlLaunchError."""
    return paths.plan(last_launch(paths).plan_id)


def running_note(paths: StatePaths, task_id: str) -> str:
    """Running time, host, GPU and last logged row of a running task, as far as known."""
    note = read_json(paths.started(task_id))
    if not isinstance(note, dict) or not isinstance(note.get("started"), (int, float)):
        return ""
    parts = [f"for {duration(max(time.time() - note['started'], 0))}", f"on {note.get('host')}"]
    parts += [f"GPU {note['gpu']}"] if note.get("gpu") is not None else []
    folder = announced_run_folder(paths.task(task_id))
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
    """Seconds to go, if tasks take as long as finished ones on average; None if unknown."""
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


def clock_time(seconds: float) -> str:
    """The local time in `seconds` from now, with the date if it is not today."""
    then = time.time() + seconds
    text = time.strftime("%H:%M", time.localtime(then))
    same_day = time.localtime(then)[:3] == time.localtime()[:3]
    return text if same_day else time.strftime("%Y-%m-%d ", time.localtime(then)) + text
