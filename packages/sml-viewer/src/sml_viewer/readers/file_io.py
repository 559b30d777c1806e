"""A small file, or both ends of a large one, in as few system calls as it takes: a list opens thousands."""

from __future__ import annotations

import os
from pathlib import Path

from sml_viewer.i18n import Message
from sml_viewer.safe_open import Held, open_plain

_BOM = b"\xef\xbb\xbf"
# Whatever a parser makes of what anybody may have written: a reason that is given for that run.
UNREADABLE = (
    OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, MemoryError,
)  # fmt: skip

# Inode, size and time of change in nanoseconds: as long as they stay, so does what a file holds.
State = tuple[int, int, int]
States = dict[str, State]


def state_of(status: os.stat_result) -> State:
    """Inode, size and time of change: they differ once a file changed."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def state_at(path: str) -> State:
    """Inode, size and time of change of a file; zeros if it does not exist."""
    try:
        return state_of(os.stat(path))
    except OSError:
        return 0, 0, 0


def read_small(folder: str | Path | Held, name: str, most: int, states: States | None = None) -> bytes:
    """All of a file in a folder; `states` takes its state from before.

    Raises OSError as `open_plain` does, ValueError beyond `most` bytes.
    """
    file, status, _ = open_plain(folder, name)
    if states is not None:
        states[f"{folder}/{name}"] = state_of(status)
    try:
        size = status.st_size
        # One byte more than its size: a file that grows meanwhile is noticed.
        data = os.read(file, min(size, most) + 1)
        while len(data) > size and len(data) <= most and (more := os.read(file, most)):
            data += more
    finally:
        os.close(file)
    if len(data) > most:
        raise ValueError(Message("larger than {most} MB", most=most // 1_000_000))
    return data


def read_ends(folder: str | Held, name: str, head: int, tail: int) -> tuple[os.stat_result, bytes, bytes]:
    """A file's status, its first bytes and its last; the same where they are all there is. Raises OSError."""
    file, status, _ = open_plain(folder, name)
    try:
        first = os.read(file, min(head, status.st_size))
        if status.st_size <= head:
            return status, first, first
        os.lseek(file, status.st_size - tail, os.SEEK_SET)
        return status, first, os.read(file, tail)
    finally:
        os.close(file)


def text_of_json(data: bytes) -> str:
    """The text of a JSON file, with or without a byte order mark. Raises ValueError if it is not UTF-8."""
    return data.removeprefix(_BOM).decode()
