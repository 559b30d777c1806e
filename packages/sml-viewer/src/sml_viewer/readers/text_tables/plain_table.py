"""A table of nothing but numbers whose columns are parsed when they are needed: one of many costs little.

`read_rows` reads the same numbers of it. Cells of other columns are looked at only as far as rows depend on
them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import orjson
from numpy.typing import NDArray

from sml_viewer.arrays import Floats

from .csv_orjson import plain_numbers
from .header import read_header

# Larger tables are read in blocks, of which each may be of another kind.
MOST_BYTES = 16 << 20
_COMMA, _NEWLINE = ord(","), ord("\n")
# What may change rows: quotes, other line ends, and bytes that drop a line.
_ODD = (b'"', b"\r", b"\0")


class OddCellError(ValueError):
    """A cell is not a number as JSON writes them; the whole table has to be read."""


class PlainTable:
    """The rows of a table: `names` are its columns, each with a number in every row."""

    def __init__(self, names: tuple[str, ...], data: bytes, start: int, ends: NDArray[np.intp]) -> None:
        """`start` is the byte of the first cell, `ends` those behind each cell, of shape (rows, columns)."""
        self.names = names
        self.rows = len(ends)
        self._data = data
        self._start = start
        self._ends = ends

    def columns(self, names: Sequence[str]) -> dict[str, Floats]:
        """Those of the named columns that the table has, of shape (rows,). Raises OddCellError."""
        own = [name for name in names if name in self.names]
        if not own:
            return {}
        bytes_of_cells = self._cells([self.names.index(name) for name in own])
        try:
            numbers: list[float] = orjson.loads(b"[" + bytes_of_cells + b"]")
            values = np.fromiter(numbers, np.float64, self.rows * len(own))
        except (orjson.JSONDecodeError, TypeError, ValueError) as error:
            raise OddCellError("a cell is not a number as JSON writes them") from error
        columns = values.reshape(self.rows, len(own)).T
        return dict(zip(own, map(np.ascontiguousarray, columns), strict=True))

    def _cells(self, columns: Sequence[int]) -> bytes:
        """The cells of some columns, row by row, separated by commas."""
        ends = self._ends[:, columns]
        starts = np.empty_like(ends)
        for index, column in enumerate(columns):
            if column:
                starts[:, index] = self._ends[:, column - 1]
            else:
                starts[0, index], starts[1:, index] = self._start - 1, self._ends[:-1, -1]
        lengths = (ends - starts).ravel()  # with the separator behind
        behind = np.cumsum(lengths)
        places = np.repeat(starts.ravel() + 1 - (behind - lengths), lengths)
        places += np.arange(len(places))
        cells = np.frombuffer(self._data, np.uint8)[places]
        cells[behind - 1] = _COMMA
        return bytes(cells[:-1])


def plain_table(data: bytes, file: str, layout: str) -> PlainTable | None:
    """The table that `data` is, if nothing is odd about its header, its ends and the lengths of its rows."""
    if not data.endswith(b"\n") or len(data) > MOST_BYTES:
        return None
    dialect, odd = read_header(data[: data.find(b"\n") + 1], file, layout)
    if dialect is None or odd or dialect.separator != "," or dialect.facts or not dialect.sure:
        return None
    start, width = dialect.start, len(dialect.names)
    if start >= len(data) or not data.isascii() or any(mark in data for mark in _ODD):
        return None
    first, last = data[start : data.find(b"\n", start) + 1], data[data.rfind(b"\n", 0, -1) + 1 :]
    if plain_numbers(first, dialect) is None or plain_numbers(last, dialect) is None:
        return None
    cells = np.frombuffer(data, np.uint8, offset=start)
    is_end = cells == _NEWLINE
    rows = int(np.count_nonzero(is_end))
    ends = np.flatnonzero((cells == _COMMA) | is_end)
    # Two separators beside each other are a blank cell.
    if len(ends) != rows * width or ends[0] == 0 or (ends[1:] - ends[:-1] == 1).any():
        return None
    places = ends.reshape(rows, width)
    if not is_end[places[:, -1]].all():
        return None
    places += start
    return PlainTable(dialect.names, data, start, places)
