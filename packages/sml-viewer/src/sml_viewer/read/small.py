"""A small file, or both ends of a large one, in as few system calls as it takes: a list opens thousands."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_BOM = b"\xef\xbb\xbf"
# A pipe without a writer would hold the reader for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


# Inode, size and time of change in nanoseconds: as long as they stay, so does what a file holds.
State = tuple[int, int, int]
States = dict[str, State]


def state_of(status: os.stat_result) -> State:
    """What tells whether a file changed."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def open_plain(path: str | Path) -> tuple[int, os.stat_result]:
    """The descriptor of a plain file, and its status. Raises OSError, for a pipe or a device too."""
    file = os.open(path, _FLAGS)
    status = os.fstat(file)
    if stat.S_ISREG(status.st_mode):
        return file, status
    os.close(file)
    raise OSError(errno.EINVAL, "no plain file", str(path))


def read_small(path: str | Path, most: int, states: States | None = None) -> bytes:
    """All of a file; `states` takes its state from before. Raises OSError, ValueError beyond `most` bytes."""
    file, status = open_plain(path)
    if states is not None:
        states[str(path)] = state_of(status)
    try:
        size = status.st_size
        # One more than there is said to be: a file that is growing is seen to.
        data = os.read(file, min(size, most) + 1)
        while len(data) > size and len(data) <= most and (more := os.read(file, most)):
            data += more
    finally:
        os.close(file)
    if len(data) > most:
        raise ValueError(f"larger than {most // 1_000_000} MB")
    return data


def read_ends(path: str, head: int, tail: int) -> tuple[os.stat_result, bytes, bytes]:
    """A file's status, its first bytes and its last; the same where they are all there is. Raises OSError."""
    file, status = open_plain(path)
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
