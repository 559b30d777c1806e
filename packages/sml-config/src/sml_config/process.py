"""Which process writes a run, and whether it is still alive."""

from __future__ import annotations

import functools
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# Set by a launcher for each task it starts.
TASK_ID_VARIABLE = "SML_TASK_ID"
TASK_FOLDER_VARIABLE = "SML_TASK_FOLDER"
# Counts from 1; a task's newer attempt takes over what an older one still holds.
TASK_ATTEMPT_VARIABLE = "SML_TASK_ATTEMPT"

# Without a heartbeat for so long, a run whose process cannot be seen from here counts as silent.
SILENCE_SECONDS = 600.0

_LARGEST_PID = 2**31 - 1


@dataclass(frozen=True)
class Process:
    """A process told apart from every other, on this host and elsewhere, now and after a reboot."""

    host: str
    machine_id: str
    boot_id: str
    pid_namespace: str
    pid: int
    # Clock ticks between boot and start of the process; None where the system does not tell.
    pid_start: int | None

    @classmethod
    def current(cls) -> Process:
        """This process."""
        pid = os.getpid()
        return cls(host_name(), machine_id(), boot_id(), pid_namespace(), pid, process_start(pid))

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Process | None:
        """The process that a status file names, or None if it names none that could be."""
        try:
            fields = {name: record[name] for name in cls.__dataclass_fields__}
        except KeyError:
            return None
        pid = fields["pid"]
        return cls(**fields) if type(pid) is int and 0 < pid <= _LARGEST_PID else None

    def record(self) -> dict[str, Any]:
        """What a status file says about the process."""
        return asdict(self)

    def lives_here(self) -> bool | None:
        """Whether the process runs; None if it is not of this host and this boot, or unseen from here."""
        if self.boot_id and self.boot_id == boot_id() and self.pid_namespace == pid_namespace():
            return _exists(self.pid) and process_start(self.pid) == self.pid_start
        rebooted = self.boot_id != boot_id() and self.machine_id == machine_id() != ""
        return False if rebooted and self.host == host_name() else None


@functools.cache
def boot_id() -> str:
    """Random for each boot; empty where the system does not tell."""
    return _text("/proc/sys/kernel/random/boot_id")


def host_name() -> str:
    """This host's name, without the import of sockets for it."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform  # slower than all the rest of this module

    return platform.node()


@functools.cache
def machine_id() -> str:
    """The same after a reboot; empty in many containers. Hashed: the id itself is not for others' eyes."""
    import hashlib  # loads OpenSSL, and most imports of this package make no run

    text = _text("/etc/machine-id")
    return hashlib.sha256(f"sml-logger {text}".encode()).hexdigest()[:16] if text else ""


def pid_namespace() -> str:
    """What process ids are counted in: containers of one host have their own."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def process_start(pid: int) -> int | None:
    """Clock ticks between boot and start of a process: a process id that was used again differs in it.

    None where the system does not tell, and for a process that has ended and waits for its parent.
    """
    # The second field is the program's name and may hold spaces and parentheses.
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
