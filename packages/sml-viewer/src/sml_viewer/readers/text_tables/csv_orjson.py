"""The fastest way for tables of finite numbers and blanks: orjson reads one list, or refuses.

Whatever it takes, `read_lines` reads the same of it, but for the sign of a zero that is written -0.
"""

from __future__ import annotations

import struct
from collections import Counter

import numpy as np
import orjson

from sml_viewer.readers.base import Rows

from .header import Dialect

_DIGITS = b"0123456789+-.eE"


def plain_rows(data: bytes, dialect: Dialect) -> Rows | None:
    """The rows, each as many numbers or blanks as the header has names; None if there is anything else."""
    width = len(dialect.names)
    count = _count_rows(data, dialect)
    if not count:
        return None
    # Most tables with blanks have one in the first row: no need to try without.
    first = data[: data.find(b"\n")].split(dialect.separator.encode())
    numbers = _numbers(data, dialect, count) if all(first) else None
    if numbers is None:
        return _rows_with_blanks(data, dialect, count)
    values = np.fromiter(numbers, np.float64, count * width)
    values = np.asfortranarray(values.reshape(count, width))
    return Rows(count, {name: values[:, index] for index, name in enumerate(dialect.names)}, Counter())


def plain_numbers(data: bytes, dialect: Dialect) -> list[float] | None:
    """The cells of whole lines of numbers alone, one after the other; integers as such."""
    count = _count_rows(data, dialect)
    return _numbers(data, dialect, count) if count else None


def _count_rows(data: bytes, dialect: Dialect) -> int:
    """How many lines there are, if each has the separators of a row and else what a number may have; or 0."""
    separator = dialect.separator.encode()
    # Cells may be padded: JSON allows for spaces around a number, and for none inside.
    marks = data.translate(None, _DIGITS if separator == b" " else _DIGITS + b" ")
    count = marks.count(b"\n")
    return count if marks == (separator * (len(dialect.names) - 1) + b"\n") * count else 0


def _numbers(data: bytes, dialect: Dialect, count: int) -> list[float] | None:
    """The cells of so many rows; None if there are others than numbers as JSON writes them."""
    cells = data[:-1].replace(b"\n", b",").replace(dialect.separator.encode(), b",")
    try:
        numbers: list[float] = orjson.loads(b"[" + cells + b"]")
    except orjson.JSONDecodeError:  # a blank, or a number that JSON would write otherwise
        return None
    return numbers if len(numbers) == count * len(dialect.names) else None  # one line, and that is blank


def _rows_with_blanks(data: bytes, dialect: Dialect, count: int) -> Rows | None:
    """So many rows of numbers and blanks, but for padded ones; None for others.

    What ends a blank cell is overwritten by a space: the numbers alone are left to parse.
    """
    if b" " in data:
        return None
    cells = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero((cells == ord(dialect.separator)) | (cells == ord("\n")))
    blank = np.diff(ends, prepend=-1) == 1
    filled = np.flatnonzero(~blank)
    blank = blank.reshape(count, len(dialect.names))
    if blank.all(axis=1).any():  # of one column, such a line is no row
        return None
    text = cells.copy()
    text[ends] = np.where(blank.ravel(), ord(" "), ord(","))
    text[ends[filled[-1]]] = ord(" ")
    try:
        numbers = struct.pack(f"{len(filled)}d", *orjson.loads(b"[%b]" % text.tobytes()))
    except (orjson.JSONDecodeError, struct.error, OverflowError):
        return None
    values = np.full(blank.size, np.nan)
    values[filled] = np.frombuffer(numbers)
    values = np.asfortranarray(values.reshape(blank.shape))
    empty = blank.all(axis=0)
    columns = {name: values[:, index] for index, name in enumerate(dialect.names) if not empty[index]}
    return Rows(count, columns, Counter())
