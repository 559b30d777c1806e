"""Columns of plain tables of text: of many at once by two processes, where that is safe and pays."""

from __future__ import annotations

import contextlib
import marshal
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.readers.file_io import UNREADABLE, State, read_small
from sml_viewer.readers.forked import ForkedWork, Tickets
from sml_viewer.safe_open import Held

from .plain_table import MOST_BYTES, OddCellError, PlainTable, plain_table

# Which of a table's columns an answer will likely need, by all of their names.
Likely = Callable[[tuple[str, ...]], Collection[str]]


class PlainColumns(NamedTuple):
    """What was read of a plain table of text: its columns and rows, the state of its file, some columns.

    `last` are the numbers of its last row.
    """

    names: tuple[str, ...]
    rows: int
    state: State
    last: Sequence[float]
    known: dict[str, Floats]


# The columns of a table, None where it is not plain, behind its number.
Numbered = tuple[int, "PlainColumns | None"]


class TableFile(NamedTuple):
    """The file of a table, below a folder."""

    folder: str
    name: str
    layout: str


class ColumnsOfMany:
    """The likely columns of many tables, read by this process and a child of it, if it may have one.

    The child begins with the block; this process takes part from `result` on. The block ends both.
    """

    def __init__(self, tables: Sequence[TableFile], likely: Likely) -> None:
        self._tables = tables
        self._likely = likely
        self._tickets = Tickets(len(tables))
        # Each is packed at once: what is done after the last would be done while the other process waits.
        self._child = ForkedWork(lambda: marshal.dumps([*map(_packed, self._read(self._tickets))]))

    def __enter__(self) -> ColumnsOfMany:
        self._child.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._child.__exit__(*error)
        self._tickets.close()

    def result(self) -> list[PlainColumns | None]:
        """What was read of each table, None where it is not plain."""
        read = dict(self._read(self._tickets))
        if answer := self._child.result():
            read |= _unpacked(marshal.loads(answer))  # noqa: S302 - our own child wrote it
        # What a child drew before it failed.
        read |= self._read(number for number in range(len(self._tables)) if number not in read)
        return [read[number] for number in range(len(self._tables))]

    def _read(self, numbers: Iterable[int]) -> Iterator[Numbered]:
        return ((number, read_columns(self._tables[number], self._likely)) for number in numbers)


def read_columns(table: TableFile, likely: Likely) -> PlainColumns | None:
    """The likely columns of a table if it is a plain one of text; None for any other."""
    text, state = read_plain(*table)
    if text is None:
        return None
    known: dict[str, Floats] = {}
    with contextlib.suppress(OddCellError):  # which is met again once they are needed
        known = text.columns([*likely(text.names)])
    return PlainColumns(text.names, text.rows, state, text.last, known)


def read_plain(folder: str | Held, name: str, layout: str) -> tuple[PlainTable | None, State]:
    """A table if it is a plain one of text, and the state of its file."""
    states: dict[str, State] = {}
    try:
        data = read_small(folder, name, MOST_BYTES, states)
    except UNREADABLE:
        return None, (0, 0, 0)
    return plain_table(data, name, layout), states[f"{folder}/{name}"]


def _packed(numbered: Numbered) -> bytes:
    """As bytes that another process of the same program reads."""
    number, table = numbered
    if table is None:
        return marshal.dumps((number, None))
    columns = [column.tobytes() for column in table.known.values()]
    return marshal.dumps((number, (*table[:-1], [*table.known], columns)))


def _unpacked(packed: Iterable[bytes]) -> Iterator[Numbered]:
    """What `_packed` was given. The same names are the same object."""
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    for number, table in map(marshal.loads, packed):
        if table is None:
            yield number, None
            continue
        names, rows, state, last, known, columns = table
        arrays = (np.frombuffer(bytearray(column)) for column in columns)
        own = dict(zip(known, arrays, strict=True))
        yield number, PlainColumns(shared.setdefault(names, names), rows, state, last, own)
