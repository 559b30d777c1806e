"""A table of nothing but numbers whose columns are parsed when they are needed: one of many costs little.

`read_rows` reads the same numbers of it. Cells of other columns are looked at only as far as rows depend on
them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import orjson
from numpy.typing import NDArray

from sml_viewer.arrays import Floats

from .csv_orjson import plain_numbers
from .header import read_header

# Larger tables are read in blocks, of which each may be of another kind.
MOST_BYTES = 16 << 20
_COMMA, _NEWLINE, _SPACE = b",\n "
_FEW_BYTES = 4_096
# What may change rows: quotes, other line ends, and bytes that drop a line. All are below a comma, as are
# spaces and the plus of an exponent.
_ODD = (ord('"'), ord("\r"), 0)


class OddCellError(ValueError):
    """A cell is not a number as JSON writes them; the whole table has to be read."""


class PlainTable:
    """The rows of a table: `names` are its columns, each with a number in every row.

    `last` are the numbers of the last row, in the order of the columns.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        data: bytes,
        start: int,
        ends: NDArray[np.int32],
        last: Sequence[float],
    ) -> None:
        """`start` is the byte of the first cell, `ends` those behind each cell, of shape (rows, columns)."""
        self.names = names
        self.rows = len(ends)
        self.last = last
        self._data = data
        self._start = start
        self._ends = ends

    def columns(self, names: Sequence[str]) -> dict[str, Floats]:
        """Those of the named columns that the table has, of shape (rows,). Raises OddCellError."""
        own = sorted(self.names.index(name) for name in {*names} & {*self.names})
        firsts = [column for column in own if column - 1 not in own]
        lasts = [column for column in own if column + 1 not in own]
        columns: dict[str, Floats] = {}
        for first, last in zip(firsts, lasts, strict=True):
            values = _numbers(self._cells(first, last), self.rows * (last + 1 - first))
            columns |= zip(self.names[first : last + 1], values.reshape(self.rows, -1).T.copy(), strict=True)
        return columns

    def _cells(self, first: int, last: int) -> bytes:
        """The cells of neighbouring columns, row by row, with commas between and maybe spaces before them."""
        behind = self._ends[:, last]
        lengths = behind.copy()
        if first:
            lengths -= self._ends[:, first - 1]
        else:
            lengths[0] -= self._start - 1
            lengths[1:] -= self._ends[:-1, -1]
        # Each with the comma or line end behind it, in a window as wide as the longest.
        width, least = int(lengths.max()), int(lengths.min())
        if behind[0] + 1 < width or self.rows * width > 2 * len(self._data) + _FEW_BYTES:
            return self._uneven_cells(behind, lengths)
        # One item for each byte at which a window may begin: items are taken quicker than rows of bytes.
        begins = np.ndarray((len(self._data) - width + 1,), f"V{width}", self._data, strides=(1,))
        windows = begins[behind + 1 - width].view(np.uint8).reshape(-1, width)
        if least < width:
            before = windows[:, : width - least]
            np.copyto(before, _SPACE, where=np.arange(width - least) < (width - lengths)[:, np.newaxis])
        windows[:, -1] = _COMMA
        joined: bytes = windows.tobytes()[:-1]
        return joined

    def _uneven_cells(self, behind: NDArray[np.int32], lengths: NDArray[np.int32]) -> bytes:
        """The same where some are much longer than others."""
        pairs = zip((behind + 1 - lengths).tolist(), behind.tolist(), strict=True)
        return b",".join([self._data[begin:end] for begin, end in pairs])


def _numbers(cells: bytes, count: int) -> Floats:
    """Cells as numbers. Raises OddCellError."""
    if b"t" in cells or b"f" in cells:  # true, false
        raise OddCellError("a cell is not a number")
    try:
        # Three times as quick as an array of the numbers.
        return np.frombuffer(struct.pack(f"{count}d", *orjson.loads(b"[%b]" % cells)))
    except (orjson.JSONDecodeError, struct.error, OverflowError) as error:
        raise OddCellError("a cell is not a number as JSON writes them") from error


def plain_table(data: bytes, file: str, layout: str) -> PlainTable | None:
    """The table that `data` is, if nothing is odd about its header, its ends and the lengths of its rows."""
    if not data.endswith(b"\n") or len(data) > MOST_BYTES:
        return None
    dialect, odd = read_header(data[: data.find(b"\n") + 1], file, layout)
    if dialect is None or odd or dialect.separator != "," or dialect.facts or not dialect.sure:
        return None
    start, width = dialect.start, len(dialect.names)
    if start >= len(data) or not data.isascii():
        return None
    first, last = data[start : data.find(b"\n", start) + 1], data[data.rfind(b"\n", 0, -1) + 1 :]
    numbers = plain_numbers(last, dialect)
    if numbers is None or plain_numbers(first, dialect) is None:
        return None
    cells = np.frombuffer(data, np.uint8, offset=start)
    ends = np.flatnonzero(cells <= _COMMA)
    marks = cells[ends]
    is_end = marks == _NEWLINE
    is_mark = is_end | (marks == _COMMA)
    if not is_mark.all():
        if np.isin(marks, _ODD).any():
            return None
        ends, is_end = ends[is_mark], is_end[is_mark]
    rows = int(np.count_nonzero(is_end))
    if len(ends) != rows * width or ends[0] == 0 or not is_end.reshape(rows, width)[:, -1].all():
        return None
    # Two separators beside each other are a blank cell.
    if (ends[1:] - ends[:-1] == 1).any():
        return None
    places = (ends + start).astype(np.int32).reshape(rows, width)
    return PlainTable(dialect.names, data, start, places, numbers)
