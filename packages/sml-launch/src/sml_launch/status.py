"""Where a sweep stands: running, done, failed, left, and when it will be over."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sml_config import RunFolder
from sml_config.run_folder import read_json
from sml_config.tasks import announced_run_folder

from . import claims
from .errors import SmlLaunchError, warn_passed_over
from .launch import Launch, read_launch
from .places import Places
from .results import Journals, Result
from .words import printable

RUNNING, DONE, FAILED, LEFT = "running", "done", "failed", "left"
STATES = (RUNNING, DONE, FAILED, LEFT)


@dataclass(frozen=True)
class Status:
    """State of each task by its id, how those that ended badly did, and the seconds until the end."""

    states: dict[str, str]
    failures: tuple[Result, ...]
    eta_seconds: float | None
    # Last results of the tasks that are done.
    ended: tuple[Result, ...] = ()

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
        """Tasks whose last attempt ended badly."""
        return self.counts[FAILED]

    @property
    def left(self) -> int:
        """Tasks that are still to be run."""
        return self.counts[LEFT]

    def part(self, task_ids: Iterable[str]) -> Status:
        """The status of some of its tasks."""
        states = {task_id: self.states[task_id] for task_id in task_ids}
        failures = tuple(result for result in self.failures if result.task_id in states)
        ended = [result for result in self.ended if result.task_id in states]
        return Status(states, failures, _eta(states, ended, None), tuple(ended))

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
    rerun = launch.id if launch is not None and launch.rerun else None
    states: dict[str, str] = {}
    for task_id in task_ids:
        last = journals.latest.get(task_id)
        if task_id in active:
            states[task_id] = RUNNING
        elif last is None or (rerun is not None and last.launch != rerun):
            states[task_id] = LEFT
        elif task_id in done:
            states[task_id] = DONE
        else:
            states[task_id] = FAILED if last.failed else LEFT
    failures = tuple(journals.latest[task_id] for task_id, state in states.items() if state == FAILED)
    ended = [journals.latest[task_id] for task_id, state in states.items() if state == DONE]
    return Status(states, failures, _eta(states, ended, launch), tuple(ended))


def launches(places: Places) -> list[Launch]:
    """What was started here, the oldest first."""
    if not places.launches.is_dir():
        return []
    found = filter(None, map(_readable, places.launches.glob("*.json")))
    return sorted(found, key=lambda launch: launch.created)


def last_launch(places: Places) -> Launch:
    """What was started last here. Raises SmlLaunchError if nothing was."""
    for path in sorted(places.launches.glob("*.json"), key=lambda path: path.name, reverse=True):
        launch = _readable(path)
        if launch is not None:
            return launch
    folder = places.root.parent
    raise SmlLaunchError(
        f"nothing was launched in {folder}; go to the folder that the tasks run in, or name it with -C"
    )


def _readable(path: Path) -> Launch | None:
    """The launch of a file, or None, with a warning, where it holds none."""
    try:
        return read_launch(path)
    except SmlLaunchError as error:
        warn_passed_over(path, str(error).removeprefix(f"{path}: "))
        return None


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
    to_go = counts[RUNNING] + counts[LEFT]
    if not ended or not to_go:
        return None if to_go else 0.0
    if not counts[RUNNING]:
        return None
    each = sum(result.seconds for result in ended) / len(ended)
    width = max(counts[RUNNING], 1) if launch is None else max(min(launch.max_parallel, to_go), 1)
    return round(each * (counts[LEFT] + counts[RUNNING] / 2) / width, 1)


def moment(seconds: float) -> str:
    """The clock time that lies so many seconds ahead, with the day if it is not today."""
    then = time.time() + seconds
    text = time.strftime("%H:%M", time.localtime(then))
    same_day = time.localtime(then)[:3] == time.localtime()[:3]
    return text if same_day else time.strftime("%Y-%m-%d ", time.localtime(then)) + text
