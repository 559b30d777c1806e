"""Columns of plain tables of text: of many at once by two processes, where that is safe and pays."""

from __future__ import annotations

import contextlib
import marshal
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.readers.file_io import UNREADABLE, State, read_small
from sml_viewer.readers.forked import ForkedWork
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


class TableFile(NamedTuple):
    """The file of a table, below a folder."""

    folder: str
    name: str
    layout: str


def read_columns_of_many(tables: Sequence[TableFile], likely: Likely) -> list[PlainColumns | None]:
    """The likely columns of each table, None where it is not plain; every second one by a child process."""
    read: list[PlainColumns | None] = [None] * len(tables)
    with ForkedWork(lambda: _packed([read_columns(table, likely) for table in tables[1::2]])) as child:
        read[::2] = (read_columns(table, likely) for table in tables[::2])
        answer = child.result()
    if answer is None:
        read[1::2] = (read_columns(table, likely) for table in tables[1::2])
    else:
        read[1::2] = _unpacked(answer)
    return read


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


def _packed(tables: Sequence[PlainColumns | None]) -> bytes:
    """As bytes that another process of the same program reads."""
    return marshal.dumps(
        [
            table
            and (*table[:-1], [*table.known], [np.ascontiguousarray(c).data for c in table.known.values()])
            for table in tables
        ]
    )


def _unpacked(data: bytes) -> list[PlainColumns | None]:
    """What `_packed` was given. The same names are the same object."""
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    tables: list[PlainColumns | None] = []
    for table in marshal.loads(data):  # noqa: S302 - our own child wrote it
        if table is None:
            tables.append(None)
            continue
        names, rows, state, last, known, columns = table
        arrays = (np.frombuffer(bytearray(column)) for column in columns)
        tables.append(
            PlainColumns(
                shared.setdefault(names, names), rows, state, last, dict(zip(known, arrays, strict=True))
            )
        )
    return tables
