"""TensorBoard's event file: one Event per row that holds all its values."""

from __future__ import annotations

import os
import socket
import struct
import time
from pathlib import Path

import crc32c

from sml_logger.row import Cell, Row, Shape

from .base import GrowingFile

_BUFFER_BYTES = 64 * 1024
_BUFFER_SECONDS = 1.0

# Field numbers and wire types of tensorflow/core/util/event.proto and framework/summary.proto.
_WALL_TIME = b"\x09"  # Event.wall_time = 1, double
_STEP = b"\x10"  # Event.step = 2, varint
_FILE_VERSION = b"\x1a"  # Event.file_version = 3, string
_SUMMARY = b"\x2a"  # Event.summary = 5, message
_SESSION_START = b"\x3a\x02\x08\x01"  # Event.session_log = 7 {status = START}
_VALUE = b"\x0a"  # Summary.value = 1, message
_TAG = b"\x0a"  # Summary.Value.tag = 1, string
_SIMPLE_VALUE = b"\x15"  # Summary.Value.simple_value = 2, float

_LARGEST_FLOAT32 = 3.4028234663852886e38


class TensorBoardOutput:
    """Writes events; they wait in a buffer until it holds 64 KB, a dump finds it a second old, or close.

    Encoding happens on the caller's path: a writer thread was measured to stall rows by 12-36 ms.
    """

    def __init__(self, folder: Path, *, restarts: bool = False) -> None:
        now = time.time()
        self.name = folder.name
        name = (
            f"events.out.tfevents.{int(now):010d}.{socket.gethostname()}.{os.getpid()}.{time.monotonic_ns()}"
        )
        self._file = GrowingFile(folder / name)
        self._buffer = bytearray(
            record(_WALL_TIME + struct.pack("<d", now) + _field(_FILE_VERSION, b"brain.Event:2"))
        )
        self._restarts = restarts
        self._written_at = now
        self._shape: Shape | None = None
        self._summary = _Summary((), ())

    def write_row(self, row: Row) -> None:
        """Add the row's event; blanks, strings and columns without a tag stay out."""
        shape = row.shape
        if shape is not self._shape:
            self._summary = _Summary(shape.tags, shape.kinds)
            self._shape = shape
        head = _WALL_TIME + struct.pack("<d", row.wall_time) + _STEP + varint(row.x)
        if self._restarts:
            # Readers drop what an earlier process wrote at this step and beyond.
            self._buffer += record(head + _SESSION_START)
            self._restarts = False
        if self._summary.indices:
            self._buffer += record(head + self._summary.encode(row.values))
        if len(self._buffer) >= _BUFFER_BYTES or not 0 <= row.wall_time - self._written_at < _BUFFER_SECONDS:
            self._written_at = row.wall_time
            self.flush()

    def flush(self) -> None:
        """Give the kernel what is buffered. Raises OSError; the buffer is lost then, the file stays whole."""
        data = bytes(self._buffer)
        self._buffer.clear()
        if data:
            self._file.append(data)

    def close(self) -> None:
        """Flush and give up the file."""
        try:
            self.flush()
        finally:
            self._file.close()


class _Summary:
    """Encodes the summary of rows of one shape: everything but the values is laid out once."""

    def __init__(self, tags: tuple[str | None, ...], kinds: tuple[type, ...]) -> None:
        numeric = (float, int)
        self.indices = [
            i for i, (tag, kind) in enumerate(zip(tags, kinds, strict=True)) if tag and kind in numeric
        ]
        layout, constants = "<", []
        before = b""
        for index in self.indices:
            tag = _field(_TAG, str(tags[index]).encode())
            before = _VALUE + varint(len(tag) + 5) + tag + _SIMPLE_VALUE
            layout += f"{len(before)}sf"
            constants.append(before)
        body = struct.Struct(layout)
        self._pack = body.pack
        self._head = _SUMMARY + varint(body.size)
        # Constants and values alternate; the values' places are filled in row by row.
        self._cells: list[bytes | Cell] = [part for constant in constants for part in (constant, 0.0)]
        self._whole = len(self.indices) == len(tags)

    def encode(self, values: list[Cell]) -> bytes:
        cells = self._cells
        cells[1::2] = values if self._whole else [values[index] for index in self.indices]
        try:
            return self._head + self._pack(*cells)
        except OverflowError:
            cells[1::2] = [_float32(value) for value in cells[1::2]]
            return self._head + self._pack(*cells)


def record(data: bytes) -> bytes:
    """One record of an event file: length, its checksum, data, its checksum."""
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def varint(number: int) -> bytes:
    """Protobuf's variable-length integer; a negative one takes ten bytes."""
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
    crc = crc32c.crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFF_FFFF)


def _float32(value: object) -> float:
    """The nearest float32; beyond its range an infinity."""
    try:
        number = float(value)  # type: ignore[arg-type]  # cells at value places are numbers
    except OverflowError:
        number = float("inf") if value > 0 else float("-inf")  # type: ignore[operator]  # an integer
    return number if abs(number) <= _LARGEST_FLOAT32 or number != number else number * float("inf")
