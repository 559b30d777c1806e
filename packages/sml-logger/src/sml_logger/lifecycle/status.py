"""Read and write `config/status.json`: owner, progress and end of a run."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sml_config import RunFolder
from sml_config.process import SILENCE_SECONDS, TASK_ATTEMPT_VARIABLE, TASK_ID_VARIABLE, Process
from sml_config.run_folder import read_json, update_json
from sml_config.run_states import RUNNING

# Every so many heartbeats the whole file is replaced, with the number of rows. In between, only the time is
# overwritten: a replacement waits for the disk, and makes the flusher flush the folder.
_REPLACED_EVERY = 4
_HEARTBEAT = re.compile(rb'"heartbeat": "(\d{4}-\d\d-\d\dT[^"]+)"')


class Owner(NamedTuple):
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
        self._beats = 0
        # The file as of the last heartbeat that replaced it; empty before.
        self._content = b""

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
        self._beats += 1
        try:
            if self._beats % _REPLACED_EVERY != 1 and self._overwrite_time():
                return
            self.write(step=step)
            self._content = self._path.read_bytes()
        except OSError as error:
            if error.errno != errno.ESTALE:
                with contextlib.suppress(OSError):
                    os.utime(self._path)

    def _overwrite_time(self) -> bool:
        """Overwrite the heartbeat by one of the same length; False unless the file is as it was left.

        A reader sees the file with the old time or with the new one. Raises OSError.
        """
        now = _now().encode()
        match = _HEARTBEAT.search(self._content)
        if match is None or len(match[1]) != len(now):
            return False
        start, end = match.span(1)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            current = os.pread(descriptor, len(self._content) + 1, 0)
            if (current[:start], current[end:]) != (self._content[:start], self._content[end:]):
                return False
            os.pwrite(descriptor, now, start)
        finally:
            os.close(descriptor)
        return True


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
