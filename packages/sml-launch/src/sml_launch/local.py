"""Run tasks on this machine, so many at a time; what has finished is not run again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sml_config import Task
from sml_config.run_folder import read_json, write_whole
from sml_config.tasks import TASK_FOLDER_VARIABLE, TASK_ID_VARIABLE, announced_run_folder

from .errors import GridError
from .experiment import Experiment

_POLL_SECONDS = 0.05
_TERMINATE_SECONDS = 10.0
_RESULT = "result.json"
_LOG = "log.txt"


@dataclass(frozen=True)
class Result:
    """How a task ended: exit status (negative: by that signal), seconds, and the run folder it wrote."""

    task_id: str
    status: int
    seconds: float
    run_folder: str | None


def task_folder(directory: Path, task: Task) -> Path:
    """Where a task's output and result are kept, below the directory that it runs in."""
    return directory / ".sml-launch" / task.id


def is_finished(directory: Path, task: Task) -> bool:
    """Whether the task ended with status 0 and the run folder that it wrote is still there."""
    result = read_json(task_folder(directory, task) / _RESULT)
    if not isinstance(result, dict) or result.get("status") != 0:
        return False
    return result["run_folder"] is None or Path(result["run_folder"]).is_dir()


def run_local(
    experiment: Experiment, tasks: Sequence[Task], report: Callable[[Task, Result], None]
) -> list[Result]:
    """Run the tasks, `max_parallel` at a time; `report` is called as each ends.

    Ctrl-C ends the running tasks with everything that they started, then raises KeyboardInterrupt.
    """
    waiting = list(reversed(tasks))
    running: dict[subprocess.Popen[bytes], tuple[Task, float]] = {}
    results: list[Result] = []
    try:
        while waiting or running:
            while waiting and len(running) < experiment.max_parallel:
                task = waiting.pop()
                running[_start(experiment, task)] = (task, time.monotonic())
            for process in [process for process in running if process.poll() is not None]:
                task, started = running.pop(process)
                results.append(_record(experiment, task, process.returncode, time.monotonic() - started))
                report(task, results[-1])
            time.sleep(_POLL_SECONDS)
    finally:
        _end(list(running))
    return results


def _start(experiment: Experiment, task: Task) -> subprocess.Popen[bytes]:
    folder = task_folder(experiment.directory, task)
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        **experiment.environment,
        TASK_ID_VARIABLE: task.id,
        TASK_FOLDER_VARIABLE: str(folder.absolute()),
    }
    with (folder / _LOG).open("wb") as log:
        try:
            return subprocess.Popen(
                task.command,
                cwd=experiment.directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise GridError(
                f"{task.command[0]!r} cannot be started in {experiment.directory}: {error}"
            ) from None


def _record(experiment: Experiment, task: Task, status: int, seconds: float) -> Result:
    folder = task_folder(experiment.directory, task)
    run_folder = announced_run_folder(folder)
    result = Result(task.id, status, round(seconds, 3), str(run_folder) if run_folder else None)
    write_whole(folder / _RESULT, json.dumps(asdict(result)) + "\n")
    return result


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """SIGTERM to each task's whole session; SIGKILL to what is left of it after a while."""
    for process in processes:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + _TERMINATE_SECONDS
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
