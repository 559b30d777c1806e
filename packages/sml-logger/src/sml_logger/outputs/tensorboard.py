"""Write TensorBoard event files: one Event per row with all its values."""

from __future__ import annotations

import functools
import math
import os
import socket
import struct
import time
from pathlib import Path

import crc32c

from sml_logger.row import Cell, Row, Shape

from .base import GrowingFile, copy_of
from .own_file import OwnFile

# Field numbers and wire types of tensorflow/core/util/event.proto and framework/summary.proto. Encoded by
# hand because creating protobuf objects costs more than everything else per row.
_WALL_TIME = b"\x09"  # Event.wall_time = 1, double
_STEP = b"\x10"  # Event.step = 2, varint
_FILE_VERSION = b"\x1a"  # Event.file_version = 3, string
_SUMMARY = b"\x2a"  # Event.summary = 5, message
_SESSION_START = b"\x3a\x02\x08\x01"  # Event.session_log = 7 {status = START}
_VALUE = b"\x0a"  # Summary.value = 1, message
_TAG = b"\x0a"  # Summary.Value.tag = 1, string
_SIMPLE_VALUE = b"\x15"  # Summary.Value.simple_value = 2, float

_PREFIX = "events.out.tfevents."

_HEAD = struct.Struct("<sds").pack
_UINT32 = struct.Struct("<I").pack
_UINT64 = struct.Struct("<Q").pack
_MOST_SUMMARIES = 256
_LARGEST_FLOAT32 = 3.4028234663852886e38


class TensorBoardOutput:
    """Writes one event per row, unbuffered and synchronously.

    A writer thread was measured to stall rows by 12-36 ms, and a buffer is lost when the process dies.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        now = time.time()
        origin = f"{socket.gethostname()}.{os.getpid()}.{time.monotonic_ns()}"
        self.name = folder.name
        path = folder / f"{_PREFIX}{_second(folder, now):010d}.{origin}"
        self._file = GrowingFile(OwnFile(path), step)
        version = _field(_FILE_VERSION, b"brain.Event:2")
        self._file.append(record(_WALL_TIME + struct.pack("<d", now) + version), step)
        self._passed = step
        self._begins = True
        # By the identity of the shape; rows with and without blanks take turns.
        self._summaries: dict[Shape, _Summary] = {}

    @property
    def next_step(self) -> int:
        """One more than the step of the last row that is in the file, or has no value for it."""
        return max(self._file.mark, self._passed)

    def write_row(self, row: Row) -> None:
        """Write the row's event, without blanks, strings and columns without a tag."""
        shape = row.shape
        if row.x is None:
            self._passed = row.step + 1
            return
        summary = self._summaries.get(shape) or self._new_summary(shape)
        head = _HEAD(_WALL_TIME, row.wall_time, _STEP) + varint(row.x)
        if self._begins:
            # At a second session start, readers drop earlier events from this step on.
            self._file.append(record(head + _SESSION_START), row.step)
            self._begins = False
        if summary.indices:
            self._file.append(record(head + summary.encode(row.values)), row.step + 1)
        else:
            self._passed = row.step + 1

    def begin_session(self, step: int | None) -> None:
        """Mark a new session at a step, from which on readers drop earlier events; None: they keep all."""
        self._begins = False
        if step is not None:
            head = _WALL_TIME + struct.pack("<d", time.time()) + _STEP + varint(step)
            self._file.append(record(head + _SESSION_START), self._file.mark)

    def add_event(self, event: bytes, step: int) -> None:
        """Append a serialized event of another kind, e.g. an image or a text. Raises OSError."""
        if self._begins:
            head = _WALL_TIME + struct.pack("<d", time.time()) + _STEP + varint(step)
            self._file.append(record(head + _SESSION_START), self._file.mark)
            self._begins = False
        self._file.append(record(event), self._file.mark)

    def restore(self) -> bool:
        """Rewrite the file if its name no longer refers to it; whether that was needed. Raises OSError."""
        own = self._file.own
        if own.is_in_place():
            return False
        copy = copy_of(self._file)
        copy.own.rename(own.path)
        self._file = copy
        own.close()
        return True

    def flush_to_disk(self) -> None:
        """Flush everything written to the disk; callable from any thread. Raises OSError."""
        self._file.flush_to_disk()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _new_summary(self, shape: Shape) -> _Summary:
        if len(self._summaries) >= _MOST_SUMMARIES:
            self._summaries.clear()
        summary = self._summaries[shape] = _Summary(shape.tags, shape.kinds)
        return summary


def _second(folder: Path, now: float) -> int:
    """The current second, or a later one: readers order the files of a run by name."""
    seconds = [path.name.removeprefix(_PREFIX).partition(".")[0] for path in folder.glob(f"{_PREFIX}*")]
    return max([int(now), *(int(second) + 1 for second in seconds if second.isdecimal())])


class _Summary:
    """Encodes the summary of rows of one shape; everything but the values is encoded once."""

    def __init__(self, tags: tuple[str | None, ...], kinds: tuple[type, ...]) -> None:
        self.indices = [
            index
            for index, (tag, kind) in enumerate(zip(tags, kinds, strict=True))
            if tag and kind in (float, int)
        ]
        constants = []
        for index in self.indices:
            tag = _field(_TAG, str(tags[index]).encode())
            constants.append(_VALUE + varint(len(tag) + 5) + tag + _SIMPLE_VALUE)
        body = struct.Struct("<" + "".join(f"{len(constant)}sf" for constant in constants))
        self._pack = body.pack
        self._head = _SUMMARY + varint(body.size)
        # Constants and values alternate; the values are filled in for each row.
        self._cells: list[bytes | Cell] = [part for constant in constants for part in (constant, 0.0)]
        self._whole = len(self.indices) == len(tags)

    def encode(self, values: list[Cell]) -> bytes:
        """The summary of a row, as a field of its event."""
        cells = self._cells
        cells[1::2] = values if self._whole else [values[index] for index in self.indices]
        try:
            return self._head + self._pack(*cells)
        except (OverflowError, struct.error):  # the latter for integers beyond the range of floats
            cells[1::2] = [_float32(cell) for cell in cells[1::2]]
            return self._head + self._pack(*cells)


def record(data: bytes) -> bytes:
    """One record of an event file: length, its checksum, data, its checksum."""
    return b"".join((_length(len(data)), data, _checksum(data)))


@functools.lru_cache(maxsize=1024)
def _length(number: int) -> bytes:
    """A length with its checksum; cached, as rows of one shape have few different lengths."""
    length = _UINT64(number)
    return length + _checksum(length)


def varint(number: int) -> bytes:
    """Protobuf's variable-length integer; a negative one takes ten bytes."""
    if 0 <= number < 0x4000:  # the steps of most runs
        return bytes((number,)) if number < 0x80 else bytes((number & 0x7F | 0x80, number >> 7))
    number &= 0xFFFF_FFFF_FFFF_FFFF
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _field(tag: bytes, data: bytes) -> bytes:
    return tag + varint(len(data)) + data


def _checksum(data: bytes) -> bytes:
    crc: int = crc32c.crc32c(data)
    return _UINT32(((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFF_FFFF)


def _float32(cell: object) -> float:
    """Clip a number to the range of float32; beyond it an infinity."""
    assert isinstance(cell, (float, int))  # noqa: S101  value cells are numbers
    if abs(cell) > _LARGEST_FLOAT32:
        return math.inf if cell > 0 else -math.inf
    return float(cell)
