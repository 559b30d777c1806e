"""Read append-only files of JSON objects, one a line, tolerating what a crash left."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from sml_viewer.jsonio import loads_flat

_MOST_BYTES = 32_000_000
_LONGEST_LINE = 1_000_000


def json_lines(file: BinaryIO, most: int = _MOST_BYTES) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file, each with the offset of its line; at most those of its last `most` bytes.

    Lines that are not objects, and a last line without a line end, are skipped.
    """
    size = file.seek(0, io.SEEK_END)
    start = max(0, size - most)
    file.seek(start)
    data = file.read(size - start)
    offset = data.find(b"\n") + 1 if start else 0
    while (end := data.find(b"\n", offset)) >= 0:
        value = _object(data[offset:end])
        if value is not None:
            yield start + offset, value
        offset = end + 1


def json_line_at(file: BinaryIO, offset: int) -> dict[str, Any] | None:
    """The object of the line that begins at an offset; None if none begins there."""
    if not 0 <= offset < os.fstat(file.fileno()).st_size:
        return None
    file.seek(max(0, offset - 1))
    if offset and file.read(1) != b"\n":
        return None
    line = file.readline(_LONGEST_LINE)
    return _object(line) if line.endswith(b"\n") else None


def stamp_of(file: BinaryIO) -> str:
    """A text that changes when the file does."""
    status = os.fstat(file.fileno())
    return f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = loads_flat(line.decode("utf-8", "replace"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
