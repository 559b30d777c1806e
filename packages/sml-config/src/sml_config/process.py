"""Identity of processes across hosts and reboots, and whether they are alive."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any, NamedTuple

from .hashing import short_hash

# Set by a launcher for each task it starts.
TASK_ID_VARIABLE = "SML_TASK_ID"
TASK_FOLDER_VARIABLE = "SML_TASK_FOLDER"
# Counts from 1; a newer attempt of a task takes over the run folder of an older one.
TASK_ATTEMPT_VARIABLE = "SML_TASK_ATTEMPT"

# Seconds without a heartbeat after which a run whose process is not visible from here counts as dead.
SILENCE_SECONDS = 600.0

_LARGEST_PID = 2**31 - 1


class Process(NamedTuple):
    """Identity of a process, unique across hosts, containers and reboots."""

    host: str
    machine_id: str
    boot_id: str
    pid_namespace: str
    pid: int
    # Clock ticks between boot and start of the process; None if not available.
    pid_start: int | None

    @classmethod
    def current(cls) -> Process:
        """This process."""
        pid = os.getpid()
        return cls(host_name(), machine_id(), boot_id(), pid_namespace(), pid, process_start(pid))

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Process | None:
        """The process recorded in a status file, or None if it is missing or invalid."""
        try:
            fields = {name: record[name] for name in cls._fields}
        except KeyError:
            return None
        pid = fields["pid"]
        return cls(**fields) if type(pid) is int and 0 < pid <= _LARGEST_PID else None

    def record(self) -> dict[str, Any]:
        """The process's keys of a status file."""
        return self._asdict()

    def lives_here(self) -> bool | None:
        """Whether the process is alive; None if that is unknown: another host or process id namespace."""
        if self.boot_id and self.boot_id == boot_id() and self.pid_namespace == pid_namespace():
            return _exists(self.pid) and process_start(self.pid) == self.pid_start
        rebooted = self.boot_id != boot_id() and self.machine_id == machine_id() != ""
        return False if rebooted and self.host == host_name() else None


@functools.cache
def boot_id() -> str:
    """Random id of this boot; empty if not available."""
    return _text("/proc/sys/kernel/random/boot_id")


def host_name() -> str:
    """This host's name, without importing sockets."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform  # slower than all the rest of this module

    return platform.node()


@functools.cache
def machine_id() -> str:
    """Hash of this machine's id, which survives reboots but is confidential; empty in many containers."""
    text = _text("/etc/machine-id")
    return short_hash(f"sml-logger {text}", 16) if text else ""


def pid_namespace() -> str:
    """Id of the process id namespace: containers on one host have their own."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def process_start(pid: int) -> int | None:
    """Clock ticks between boot and start of a process, which detects reused process ids.

    None if not available, and for a zombie process.
    """
    # The second field is the program's name and may contain spaces and parentheses.
    fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return int(fields[19]) if len(fields) > 19 and fields[0] not in "ZX" else None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
