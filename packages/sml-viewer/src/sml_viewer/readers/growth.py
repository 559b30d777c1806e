"""Whether a file only grew since it was read, from a look at the end of what was read."""

from __future__ import annotations

import os
import zlib

from .base import TableState, read_at

_TAIL = 256


def tail_checksum(file: int, end: int) -> int:
    """The checksum of the last bytes of an open file before `end`, for `TableState.crc`."""
    length = min(_TAIL, end)
    return zlib.crc32(read_at(file, length, end - length))


def only_grew(file: int, status: os.stat_result, state: TableState) -> bool:
    """Whether all bytes that were read are still there: the same file, not shorter, the same last bytes."""
    if not state.offset or status.st_ino != state.inode or status.st_size < state.offset:
        return False
    return tail_checksum(file, state.offset) == state.crc
