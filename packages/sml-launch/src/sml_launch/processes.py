"""Processes of tasks: which are alive, which belong to a task, and signals to all of them.

Run as a script with marks, this is the guard of a launcher: if its standard input ends without FAREWELL, the
launcher was killed, and the guard ends the marked tasks. It imports only the standard library, to start fast.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

FAREWELL = b"done\n"
PATIENCE_SECONDS = 10.0

# Environment variables of every task, inherited by its processes: id of the launcher, id of the attempt.
OWNER_VARIABLE = "SML_LAUNCH_OWNER"
ATTEMPT_VARIABLE = "SML_LAUNCH_ATTEMPT"

_PROC = Path("/proc")
_POLL_SECONDS = 0.05
# A process has its environment, and thus its mark, only once it has executed its program.
_QUIET_SECONDS = 0.5


def members(session: int) -> list[int]:
    """Pids of the living processes of a session."""
    return [pid for pid, fields in _living_processes() if int(fields[3]) == session]


def orphans(sessions: set[int]) -> list[int]:
    """Pids of the living processes of those sessions whose leader has ended."""
    everyone = list(_living_processes()) if sessions else []
    # The pid of a leader is reused only when its session is empty, and then it is not among the ended.
    ended = sessions - {pid for pid, _ in everyone}
    return [pid for pid, fields in everyone if int(fields[3]) in ended]


def marked(*marks: str) -> list[int]:
    """Pids of the living processes whose initial environment has one of these `NAME=value` entries."""
    entries = {mark.encode() for mark in marks}
    environments = _environments() if entries else ()
    return [pid for pid, environment in environments if not entries.isdisjoint(environment)]


def marked_of_task(mark: str, task: str) -> list[int]:
    """Pids of the marked processes that belong to a task, given as `NAME=id`, or to none: the guard."""
    name, entry = task.partition("=")[0].encode() + b"=", task.encode()
    return [
        pid
        for pid, environment in _environments()
        if mark.encode() in environment
        and all(value == entry for value in environment if value.startswith(name))
    ]


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to the processes that are still alive and may be signalled."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def end_marked(*marks: str, patience: float = PATIENCE_SECONDS) -> None:
    """Send SIGTERM to all other marked processes, and SIGKILL to those left after `patience` seconds.

    Returns when there has been none for _QUIET_SECONDS.
    """
    terminated: set[int] = set()
    now = seen = time.monotonic()
    deadline = now + patience
    while now - seen < _QUIET_SECONDS:
        left = set(marked(*marks)) - {os.getpid()}
        now = time.monotonic()
        if left:
            seen = now
        if now < deadline:
            send(left - terminated, signal.SIGTERM)
            terminated |= left
        else:
            send(left, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)


def start_guard(marks: Iterable[str], environment: Mapping[str, str], stdin: int) -> subprocess.Popen[bytes]:
    """Start a guard, which outlives this process; without a pipe it ends the marked processes now."""
    return subprocess.Popen(
        [sys.executable, "-S", "-E", str(Path(__file__)), *marks],
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=environment,
    )


def _environments() -> Iterator[tuple[int, list[bytes]]]:
    """The entries of the initial environment of each living process that can be read, by pid."""
    for pid, _ in _living_processes():
        with contextlib.suppress(OSError):
            yield pid, (_PROC / str(pid) / "environ").read_bytes().split(b"\0")


def _living_processes() -> Iterator[tuple[int, list[str]]]:
    for name in os.listdir(_PROC):  # noqa: PTH208  names alone, and often
        if name.isdigit():
            fields = _stat(int(name))
            if fields is not None and fields[0] not in "ZX":
                yield int(name), fields


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the state on: state, parent, group, session and so on."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _guard(marks: list[str]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    received = b""
    while chunk := os.read(0, 64):
        received += chunk
    if received != FAREWELL:
        end_marked(*marks)


if __name__ == "__main__":
    _guard(sys.argv[1:])
