"""The records of a `.wandb` file: a LevelDB log, as of wandb/sdk/internal/datastore.py."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from sml_viewer.i18n import Message
from sml_viewer.readers.base import read_at

HEADER = struct.Struct("<4sHB")
BLOCK = 32_768
_CHUNK = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


class Log(NamedTuple):
    """The whole records of a file; `end` is behind the last one, `odd` says that what follows is none."""

    records: list[bytes]
    end: int
    odd: bool


def records_from(file: int, size: int, begin: int) -> Log:
    """The whole records of an open file from a place on; `end` counts from the file's beginning."""
    # From the block's beginning: where chunks may lie depends on it.
    base = begin - begin % BLOCK
    log = records_in(read_at(file, size - base, base), begin - base, first=base == 0)
    return log._replace(end=base + log.end)


def records_in(data: bytes, position: int, *, first: bool) -> Log:
    """The records from a place on in bytes that begin at a block; `first` if that is the file's first."""
    records: list[bytes] = []
    if first and position == 0:
        if len(data) < HEADER.size:
            return Log(records, 0, odd=False)
        if HEADER.unpack_from(data)[:2] != (b":W&B", 0xBEE1):
            raise ValueError(Message("not a log of W&B"))
        position = HEADER.size
    end = position
    parts: list[bytes] = []
    while position + _CHUNK.size <= len(data):
        if BLOCK - position % BLOCK < _CHUNK.size:
            position += BLOCK - position % BLOCK
            end = position if not parts else end
            continue
        crc, length, kind = _CHUNK.unpack_from(data, position)
        following = position + _CHUNK.size + length
        if following > len(data):
            break
        payload = data[position + _CHUNK.size : following]
        if zlib.crc32(payload, zlib.crc32(bytes([kind]))) != crc or not _FULL <= kind <= _LAST:
            return Log(records, end, odd=True)
        if kind in (_FULL, _FIRST):
            parts = []
        elif not parts:  # of a record that began before
            position = end = following
            continue
        parts.append(payload)
        position = following
        if kind in (_FULL, _LAST):
            records.append(b"".join(parts))
            parts, end = [], position
    return Log(records, end, odd=False)
