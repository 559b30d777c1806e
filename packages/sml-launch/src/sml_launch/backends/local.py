"""This machine: a pool in a process of its own, `python -m sml_launch.backends.local LAUNCH_FILE`."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sml_config import Task
from sml_launch.launch import Launch, read_launch
from sml_launch.plan_file import read_tasks
from sml_launch.pool import Pool
from sml_launch.results import Result, host
from sml_launch.sessions import boot_id, send, start_time

from .base import Backend, new_folder, read_handle, save_handle


class LocalBackend(Backend):
    """So many tasks at a time, here."""

    name = "local"
    runs_here = True
    launch_options = ("max_parallel", "gpus", "per_gpu")

    def submit(self, launch: Launch, tasks: Sequence[Task]) -> None:  # noqa: ARG002  the pool reads them
        """Start the pool's process, which goes on when this one ends."""
        with (new_folder(launch) / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "sml_launch.backends.local", str(launch.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        save_pool(launch, process.pid)

    def is_active(self, launch: Launch) -> bool:
        """Whether its pool lives."""
        handle = read_handle(launch)
        if not handle or handle["host"] != host():
            return bool(handle)
        return bool(handle["boot"] == boot_id() and start_time(handle["pid"]) == handle["start"])

    def cancel(self, launch: Launch) -> None:
        """Leave the mark, and wake the pool if it is here."""
        super().cancel(launch)
        handle = read_handle(launch)
        if handle and handle["host"] == host() and self.is_active(launch):
            send([handle["pid"]], signal.SIGTERM)


def save_pool(launch: Launch, pid: int) -> None:
    """Keep which process is the pool of a launch."""
    save_handle(launch, host=host(), boot=boot_id(), pid=pid, start=start_time(pid))


def _serve(path: Path) -> int:
    launch = read_launch(path)
    plan = launch.places.plan(launch.plan_id)
    tasks = read_tasks(plan, launch.task_ids)
    gpus = launch.gpus or (None,) * launch.max_parallel
    pool = Pool(launch, gpus, _say)
    results = pool.run(tasks)
    return 1 if any(result.failed for result in results) else 0


def _say(task: Task, result: Result) -> None:
    print(f"{task.id} {result.outcome} {result.reason}", flush=True)  # noqa: T201  into the launch's log


if __name__ == "__main__":
    sys.exit(_serve(Path(sys.argv[1])))
