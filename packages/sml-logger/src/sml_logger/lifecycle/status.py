"""Read and write `config/status.json`: owner, progress and end of a run."""

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
from sml_config.run_states import RUNNING


@dataclass(frozen=True)
class Owner:
    """The process that writes a run, and the task it was started for."""

    process: Process
    task_id: str | None = None
    attempt: int = 1
    # Common to all ranks of one distributed job.
    job: str | None = None

    @classmethod
    def current(cls, job: str | None = None) -> Owner:
        """This process, with the task that its launcher set in the environment."""
        attempt = os.environ.get(TASK_ATTEMPT_VARIABLE, "")
        return cls(
            Process.current(),
            os.environ.get(TASK_ID_VARIABLE),
            int(attempt) if attempt.isdecimal() else 1,
            job,
        )

    def record(self) -> dict[str, Any]:
        """The owner's keys of the status file."""
        return {
            **self.process.record(),
            "task_id": self.task_id,
            "attempt": self.attempt,
            "job": self.job,
        }


class StatusFile:
    """Writes the status of one run; heartbeats are written from another thread."""

    def __init__(self, folder: RunFolder, owner: Owner) -> None:
        self._path = folder.status
        self._owner = owner

    def take(self) -> None:
        """Record the owner as the run's writer. Raises OSError."""
        none: dict[str, Any] = {"error": None, "exit_status": None, "traceback": None}
        update_json(self._path, state=RUNNING, **none, **self._owner.record(), heartbeat=_now())

    def write(self, *, is_durable: bool = True, **facts: Any) -> None:
        """Merge keys into the file, with the current time as heartbeat.

        Raises OSError, also if the run's folder is gone or another process has taken it over.
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
        """Write the heartbeat; on a full disk only update the file's modification time."""
        try:
            self.write(step=step)
        except OSError as error:
            if error.errno != errno.ESTALE:
                with contextlib.suppress(OSError):
                    os.utime(self._path)


@dataclass(frozen=True)
class StatusSnapshot:
    """The contents of a status file; empty if the folder has none."""

    record: dict[str, Any]
    # Modification time, by the file server's clock.
    modified: float
    process: Process | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "process", Process.from_record(self.record))

    @classmethod
    def of(cls, folder: RunFolder) -> StatusSnapshot:
        """Read the status file of a run folder."""
        record = read_json(folder.status)
        try:
            modified = folder.status.stat().st_mtime
        except OSError:
            modified = 0.0
        return cls(record if isinstance(record, dict) else {}, modified)

    def is_live(self, owner: Owner, now: float) -> bool:
        """Whether the run is still being written; `now` is the file server's time.

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

    def has_same_process(self, other: StatusSnapshot) -> bool:
        """Whether both were written by the same process."""
        return self.process == other.process


def file_time(folder: RunFolder) -> float:
    """Modification time of the status file, by the file server's clock; the local time if there is none."""
    try:
        return folder.status.stat().st_mtime
    except OSError:
        return time.time()


def _now() -> str:
    from datetime import datetime, timezone  # late: not needed by a script that only imports the package

    return datetime.now(timezone.utc).astimezone().isoformat(timespec="seconds")
