"""`config/status.json`: who writes the run, how far it is, and how it ended."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from dataclasses import dataclass, field
from typing import Any

from sml_config import RunFolder
from sml_config.process import SILENCE_SECONDS, TASK_ATTEMPT_VARIABLE, TASK_ID_VARIABLE, Process
from sml_config.run_folder import read_json, update_json

RUNNING, FINISHED, FAILED, KILLED = "running", "finished", "failed", "killed"


@dataclass(frozen=True)
class Owner:
    """The process that claims a run, and the task that it was started for."""

    process: Process
    task_id: str | None = None
    attempt: int = 1
    # What the ranks of one distributed job have in common.
    job: str | None = None

    @classmethod
    def current(cls, job: str | None = None) -> Owner:
        """This process, as its launcher started it."""
        attempt = os.environ.get(TASK_ATTEMPT_VARIABLE, "")
        return cls(
            Process.current(),
            os.environ.get(TASK_ID_VARIABLE),
            int(attempt) if attempt.isdecimal() else 1,
            job,
        )

    def record(self) -> dict[str, Any]:
        """What a status file says about the owner."""
        return {
            **self.process.record(),
            "task_id": self.task_id,
            "attempt": self.attempt,
            "job": self.job,
        }


class StatusFile:
    """Writes the status of one run; heartbeats come from another thread."""

    def __init__(self, folder: RunFolder, owner: Owner) -> None:
        self._path = folder.status
        self._owner = owner

    def take(self) -> None:
        """Say that the run is the owner's from now on. Raises OSError."""
        none: dict[str, Any] = {"error": None, "exit_status": None, "traceback": None}
        update_json(self._path, state=RUNNING, **none, **self._owner.record(), heartbeat=_now())

    def write(self, *, is_durable: bool = True, **facts: Any) -> None:
        """Merge facts into the file, with the time as heartbeat.

        Raises OSError, also if the run's folder is gone or another process has taken it over since.
        """
        if not self._path.exists():
            raise OSError(errno.ESTALE, "the run's folder has been moved away", str(self._path))
        record = read_json(self._path)
        holder = Process.from_record(record) if isinstance(record, dict) else None
        if holder is not None and holder != self._owner.process:
            message = f"the folder is now written by process {holder.pid} on {holder.host}"
            raise OSError(errno.ESTALE, message, str(self._path))
        update_json(self._path, is_durable=is_durable, **facts, heartbeat=_now())

    def beat(self, step: int) -> None:
        """Say that the run lives; on a full disk by the file's time alone."""
        try:
            self.write(step=step)
        except OSError as error:
            if error.errno != errno.ESTALE:
                with contextlib.suppress(OSError):
                    os.utime(self._path)


@dataclass(frozen=True)
class LastWords:
    """What the status file of a run folder says; empty for a folder that has none."""

    record: dict[str, Any]
    # When it was last said, by the file server's clock.
    modified: float
    process: Process | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "process", Process.from_record(self.record))

    @classmethod
    def of(cls, folder: RunFolder) -> LastWords:
        """Read them."""
        record = read_json(folder.status)
        try:
            modified = folder.status.stat().st_mtime
        except OSError:
            modified = 0.0
        return cls(record if isinstance(record, dict) else {}, modified)

    def is_live(self, owner: Owner, now: float) -> bool:
        """Whether the run is being written; `now` is the file server's time.

        An older attempt of the owner's own task does not count.
        """
        if self.record.get("state") != RUNNING or self.process is None:
            return False
        attempt = self.record.get("attempt")
        if (
            owner.task_id
            and self.record.get("task_id") == owner.task_id
            and isinstance(attempt, int)
            and attempt < owner.attempt
        ):
            return False
        here = self.process.lives_here()
        return now - self.modified < SILENCE_SECONDS if here is None else here

    def same_owner(self, other: LastWords) -> bool:
        """Whether both were said by one process."""
        return self.process == other.process


def file_time(folder: RunFolder) -> float:
    """The file server's time when the folder's status was written."""
    try:
        return folder.status.stat().st_mtime
    except OSError:
        return time.time()


def _now() -> str:
    from datetime import datetime, timezone  # not for a script that only imports the package

    return datetime.now(timezone.utc).astimezone().isoformat(timespec="seconds")
