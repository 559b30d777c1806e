"""Columns of plain tables of text, and as what they pass from one process to another."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.readers.file_io import UNREADABLE, State, read_small
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


def packed_columns(table: PlainColumns | None) -> Any:
    """What another process is given of it."""
    columns = table and [column.tobytes() for column in table.known.values()]
    return table and (*table[:-1], [*table.known], columns)


def unpacking_columns() -> Callable[[Any], PlainColumns | None]:
    """What makes of what `packed_columns` gave what it was given. The same names are the same object."""
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}

    def unpacked(fields: Any) -> PlainColumns | None:
        if fields is None:
            return None
        names, rows, state, last, known, columns = fields
        own = zip(known, map(unpacked_column, columns), strict=True)
        return PlainColumns(shared.setdefault(names, names), rows, state, last, dict(own))

    return unpacked


def unpacked_column(data: bytes) -> Floats:
    """A column from its bytes."""
    return np.frombuffer(bytearray(data))
