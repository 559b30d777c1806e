"""One attempt at a task: its process, log and result."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
import uuid
from pathlib import Path

from sml_config import RunFolder, Task
from sml_config.process import TASK_ATTEMPT_VARIABLE, TASK_FOLDER_VARIABLE, TASK_ID_VARIABLE
from sml_config.process import host_name as host
from sml_config.run_folder import read_json, read_plain, write_atomic
from sml_config.tasks.states import CANCELLED, FAILED, FINISHED, TIMED_OUT
from sml_config.tasks.tasks import RUN_FOLDER_NOTE, announced_run_folder, write_task
from sml_launch.errors import SmlLaunchError
from sml_launch.process.exit_reason import exit_reason, kernel_kills
from sml_launch.processes import ATTEMPT_VARIABLE, OWNER_VARIABLE, PATIENCE_SECONDS, marked, members, send
from sml_launch.state.claims import Owner
from sml_launch.state.launch_file import Launch
from sml_launch.state.results import Result

_CANNOT_START = 127


class Attempt:
    """An attempt runs in the thread that calls `run`; `stop` and `escalate_signal` are called by others."""

    def __init__(self, launch: Launch, task: Task, owner: Owner, gpu: str | None, earlier: int = 0) -> None:
        self.launch = launch
        self.task = task
        self.owner = owner
        self.gpu = gpu
        # Number of the last attempt in the journals.
        self.earlier = earlier
        # `NAME=value` in the environment of its processes.
        self.mark = f"{ATTEMPT_VARIABLE}={uuid.uuid4().hex}"
        self.started = time.time()
        self._clock = time.monotonic()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        # Outcome and time of a stop.
        self._stopping: str | None = None
        self._stopped_at = 0.0

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._clock

    @property
    def session(self) -> int | None:
        """Session id of its processes; None before the start."""
        return self._process.pid if self._process else None

    def run(self) -> Result:
        """Start the task, wait for it and return its result; processes that it left are in `session`."""
        paths = self.launch.state_paths
        folder = paths.task(self.task.id)
        number = _next_attempt(self.launch, self.task, self.earlier)
        kills = kernel_kills()
        log = paths.log(self.task.id)
        with log.open("wb") as output:
            try:
                # Under the lock: a concurrent stop waits for the process, or prevents its start.
                with self._lock:
                    if self._stopping is not None:
                        return self._result(number, -signal.SIGTERM, kills, log)
                    # Before the start, after which this launcher may be killed.
                    self._note_start(number)
                    self._process = self._start(folder, number, output.fileno())
            # ValueError: an argument that cannot be encoded. SmlLaunchError: a variable that is not set.
            except (OSError, ValueError, SmlLaunchError) as error:
                output.write(f"{error}\n".encode())
                return self._result(number, _CANNOT_START, kills, log, f"could not start: {error}")
        status = self._process.wait()
        # PermissionError: a process that it left belongs to another user (sudo).
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._result(number, status, kills, log)

    def stop(self, outcome: str) -> None:
        """Send SIGTERM to all its processes; `outcome` becomes that of its result."""
        with self._lock:
            if self._stopping is None:
                self._stopping, self._stopped_at = outcome, time.monotonic()
                self._signal(signal.SIGTERM)

    def escalate_signal(self, at_once: bool = False) -> None:
        """Send SIGKILL if it was stopped and PATIENCE_SECONDS have passed, or `at_once`."""
        with self._lock:
            expired = time.monotonic() - self._stopped_at > PATIENCE_SECONDS
            if self._stopping is not None and (expired or at_once):
                self._signal(signal.SIGKILL)

    def _start(self, folder: Path, number: int, output: int) -> subprocess.Popen[bytes]:
        environment = {
            **self.launch.base_environment(),
            TASK_ID_VARIABLE: self.task.id,
            TASK_FOLDER_VARIABLE: str(folder),
            TASK_ATTEMPT_VARIABLE: str(number),
            OWNER_VARIABLE: self.owner.mark,
            ATTEMPT_VARIABLE: self.mark.partition("=")[2],
        }
        if self.gpu is not None:
            environment["CUDA_VISIBLE_DEVICES"] = self.gpu
            # The order of nvidia-smi, which users mean by a number.
            environment.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
        return subprocess.Popen(
            self.launch.command(self.task),
            cwd=self.launch.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _note_start(self, number: int) -> None:
        """Write start time, host and GPU for `sml-launch status`."""
        note = {"started": round(self.started, 3), "host": host(), "gpu": self.gpu, "attempt": number}
        note["launch"] = self.launch.id
        write_atomic(self.launch.state_paths.started(self.task.id), json.dumps(note) + "\n")

    def _signal(self, number: signal.Signals) -> None:
        """Signal every process of its session, and those that left the session."""
        if self._process is not None:
            send({*members(self._process.pid), *marked(self.mark)}, number)

    def _result(self, number: int, status: int, kills: int | None, log: Path, reason: str = "") -> Result:
        outcome = self._stopping or (FAILED if status else FINISHED)
        if outcome == FAILED and not reason:
            outcome, reason = exit_reason(status, kills, log)
        elif outcome == TIMED_OUT:
            reason = f"stopped after its time limit of {self.launch.timeout:g} s"
        elif outcome == CANCELLED:
            reason = "stopped on request"
        announced = announced_run_folder(self.launch.state_paths.task(self.task.id))
        return Result(
            self.task.id,
            number,
            outcome,
            status,
            reason,
            round(self.started, 3),
            round(self.seconds, 3),
            host(),
            self.gpu,
            str(announced) if announced else None,
            self.launch.id,
        )


def unrecorded_end(launch: Launch, task: Task, recorded: int) -> Result | None:
    """The result of an attempt that finished after its launcher was killed, from the run folder.

    `recorded` is the number of the last attempt in the journals. None unless a later attempt wrote a run
    folder with the state finished; a launch that reruns tasks accepts attempts of those it resumes only.
    """
    paths = launch.state_paths
    try:
        number = int(read_plain(paths.attempt(task.id)))
        announced = announced_run_folder(paths.task(task.id))  # removed whenever an attempt begins
    except (OSError, ValueError):
        return None
    if number <= recorded or announced is None:
        return None
    if launch.rerun and _launch_of(paths.started(task.id), number) not in launch.resumed:
        return None
    folder = RunFolder(announced)
    status, about = read_json(folder.status), read_json(folder.run_config)
    finished = isinstance(status, dict) and status.get("state") == FINISHED
    if not finished or not isinstance(about, dict) or about.get("task_id") != task.id:
        return None
    ended = folder.status.stat().st_mtime
    started = paths.attempt(task.id).stat().st_mtime
    return Result(
        task.id,
        number,
        FINISHED,
        0,
        "its launcher was killed; its run folder has the state finished",
        round(started, 3),
        round(max(ended - started, 0.0), 3),
        host(),
        None,
        str(announced),
        launch.id,
    )


def _launch_of(note: Path, number: int) -> str | None:
    """The launch that started an attempt, by the note of its start; None if it is about another attempt."""
    started = read_json(note)
    if not isinstance(started, dict) or started.get("attempt") != number:
        return None
    return str(started.get("launch"))


def _next_attempt(launch: Launch, task: Task, earlier: int) -> int:
    """Prepare the task folder, rename the earlier log, and return the number of the new attempt."""
    paths = launch.state_paths
    folder = paths.task(task.id)
    if folder.is_dir():
        try:
            number = int(read_plain(paths.attempt(task.id)))
        except (FileNotFoundError, ValueError):
            number = 0
        with contextlib.suppress(FileNotFoundError):
            paths.log(task.id).rename(paths.log(task.id, max(number, 1)))
        (folder / RUN_FOLDER_NOTE).unlink(missing_ok=True)
    else:
        folder.mkdir(parents=True)
        number = 0
    write_task(folder, task)
    paths.stop_task(task.id).unlink(missing_ok=True)
    number = max(number, earlier)
    write_atomic(paths.attempt(task.id), f"{number + 1}\n")
    return number + 1
