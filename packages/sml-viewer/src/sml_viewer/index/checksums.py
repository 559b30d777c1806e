"""Checksums of what the store holds: SQLite itself checks only its structure."""

from __future__ import annotations

import marshal
import zlib
from typing import Any

import numpy as np

from sml_viewer.arrays import Floats


class DamagedError(ValueError):
    """The store holds something else than what was written."""


def checksum(*values: Any) -> int:
    """A checksum of a row's texts, numbers and bytes."""
    # The quickest text of plain values there is; the oldest format says the same of equal ones.
    return zlib.crc32(marshal.dumps(values, 0))


def check(crc: object, *values: Any) -> None:
    """Raise DamagedError unless this is the checksum of the values."""
    if crc != checksum(*values):
        raise DamagedError("a row is not what was written")


def numbers_of(data: bytes, crc: object, rows: int | None = None) -> Floats:
    """The numbers of a blob, which are as many as its chunk has rows. Raises DamagedError."""
    if zlib.crc32(data) != crc or (rows is not None and len(data) != 8 * rows):
        raise DamagedError("numbers are not what was written")
    return np.frombuffer(data)
