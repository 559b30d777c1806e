"""Tables of any format that are parsed whole, for one answer and not for the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.index.column_stats import encode, load
from sml_viewer.index.table_parser import ParseTask, facts_of, parse_table
from sml_viewer.model.run import Summaries
from sml_viewer.readers.base import Rows
from sml_viewer.readers.text_tables.plain_columns import unpacked_column

# The most memory for columns, in sizes of the file: a digit and a comma are a number of 8 bytes.
_MOST_TIMES, _CELL_BYTES = 4, 8


class ParsedColumns(NamedTuple):
    """The columns of a table, each of shape (rows,), with their summaries as the store has them.

    `names` and `numbers` are those summaries, `facts` what the table says of the run.
    """

    rows: int
    names: str
    numbers: bytes
    facts: Mapping[str, Any]
    columns: Mapping[str, Floats]

    @property
    def summary(self) -> Summaries:
        """The summaries of all columns."""
        return load(self.names, self.numbers)


def parse_columns(task: ParseTask) -> ParsedColumns | None:
    """The columns of a table; None where more is to be told than numbers, or memory is short."""
    parsed = parse_table(task)
    if parsed.error or parsed.notes or parsed.appended or parsed.state.offset != parsed.size:
        return None
    rows, pieces = sum(piece.count for piece in parsed.pieces), parsed.pieces
    if not pieces or task.prefix:
        return None
    # Rows that have few of many columns: as blanks, they are many times what the file is.
    if rows * len(parsed.summary) * _CELL_BYTES > _MOST_TIMES * parsed.size:
        return None
    columns = pieces[0].columns if len(pieces) == 1 else joined(pieces)
    return ParsedColumns(rows, *encode(parsed.summary), dict(facts_of(parsed.state.cursor)), columns)


def joined(pieces: Sequence[Rows]) -> dict[str, Floats]:
    """The columns of consecutive rows, blank where a piece lacks one."""
    return {
        name: np.concatenate([piece.columns.get(name, np.full(piece.count, np.nan)) for piece in pieces])
        for name in dict.fromkeys(name for piece in pieces for name in piece.columns)
    }


def packed_table(parsed: ParsedColumns | None) -> Any:
    """What another process is given of it."""
    if parsed is None:
        return None
    return (*parsed[:-1], {name: column.tobytes() for name, column in parsed.columns.items()})


def unpacking_tables() -> Callable[[Any], ParsedColumns | None]:
    """What makes of what `packed_table` gave what it was given. The same names are the same object."""
    shared: dict[str, str] = {}

    def unpacked(fields: Any) -> ParsedColumns | None:
        if fields is None:
            return None
        rows, names, numbers, facts, columns = fields
        own = {name: unpacked_column(data) for name, data in columns.items()}
        return ParsedColumns(rows, shared.setdefault(names, names), numbers, facts, own)

    return unpacked
