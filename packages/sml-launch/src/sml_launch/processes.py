"""Processes of tasks: who is alive, who belongs to a task, how a task ends with all that it started.

Run as a script this is the guard of a launcher: when its standard input ends without a farewell, the
launcher was killed, and the guard ends the launcher's tasks. It imports nothing of ours, to start fast.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

FAREWELL = b"done\n"
PATIENCE_SECONDS = 10.0

# In the environment of every task, and so of whatever it starts: the launcher, and the attempt.
OWNER_VARIABLE = "SML_LAUNCH_OWNER"
ATTEMPT_VARIABLE = "SML_LAUNCH_ATTEMPT"

_PROC = Path("/proc")
_POLL_SECONDS = 0.05


def members(session: int) -> list[int]:
    """Living processes of a session."""
    return [pid for pid, fields in _all() if int(fields[3]) == session]


def orphans(sessions: set[int]) -> list[int]:
    """Living processes of sessions whose leaders have ended."""
    everyone = list(_all()) if sessions else []
    # A leader's number is given anew only when nobody of its session is left: then these are strangers.
    ended = sessions - {pid for pid, _ in everyone}
    return [pid for pid, fields in everyone if int(fields[3]) in ended]


def marked(*marks: str) -> list[int]:
    """Living processes whose environment, at their start, held one of these `NAME=value`."""
    wanted = {mark.encode() for mark in marks}
    found = []
    for pid, _ in _all() if wanted else ():
        with contextlib.suppress(OSError):
            if not wanted.isdisjoint((_PROC / str(pid) / "environ").read_bytes().split(b"\0")):
                found.append(pid)
    return found


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to those that still live and may be signalled."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def end_marked(mark: str, patience: float = PATIENCE_SECONDS) -> None:
    """SIGTERM to all marked processes, SIGKILL to those left after a while."""
    send(marked(mark), signal.SIGTERM)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not marked(mark):
            return
        time.sleep(_POLL_SECONDS)
    while left := marked(mark):
        send(left, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)


def _all() -> Iterator[tuple[int, list[str]]]:
    for name in os.listdir(_PROC):  # noqa: PTH208  names alone, and often
        if name.isdigit():
            fields = _stat(int(name))
            if fields is not None and fields[0] not in "ZX":
                yield int(name), fields


def _stat(pid: int) -> list[str] | None:
    """State, parent, group, session and so on, as /proc/PID/stat has them."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _guard(mark: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    received = b""
    while chunk := os.read(0, 64):
        received += chunk
    if received != FAREWELL:
        end_marked(mark)


if __name__ == "__main__":
    _guard(sys.argv[1])
