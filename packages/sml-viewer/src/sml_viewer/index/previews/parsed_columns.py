"""Tables of any format, parsed whole of which only the columns are held that an answer will likely need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sml_viewer.arrays import Floats
from sml_viewer.index.column_stats import encode, load
from sml_viewer.index.table_parser import ParseTask, facts_of, parse_table
from sml_viewer.model.run import Summaries
from sml_viewer.readers.forked import SharedWork
from sml_viewer.readers.text_tables.plain_columns import Likely, unpacked_column


class ParsedColumns(NamedTuple):
    """What was parsed of a table: its rows, the summaries of its columns as the store has them, and some.

    `names` and `numbers` are those summaries, `known` the columns that are held.
    """

    rows: int
    names: str
    numbers: bytes
    known: dict[str, Floats]

    @property
    def summary(self) -> Summaries:
        """The summaries of all columns."""
        return load(self.names, self.numbers)


def parse_columns(tasks: Sequence[ParseTask], likely: Likely) -> list[ParsedColumns | None]:
    """The likely columns of each table, by two processes if may be; None as of `parsed_columns`."""
    with SharedWork(tasks, lambda task: parsed_columns(task, likely), packed, unpacking()) as shared:
        return shared.results()


def parsed_columns(task: ParseTask, likely: Likely) -> ParsedColumns | None:
    """The likely columns of a table; None where more is to be told of it than its numbers."""
    parsed = parse_table(task)
    if parsed.error or parsed.notes or parsed.appended or parsed.state.offset != parsed.size:
        return None
    if len(parsed.pieces) != 1 or task.prefix or facts_of(parsed.state.cursor):
        return None
    (rows,) = parsed.pieces
    some = {name: rows.columns[name] for name in likely(tuple(rows.columns)) if name in rows.columns}
    return ParsedColumns(rows.count, *encode(parsed.summary), some)


def packed(parsed: ParsedColumns | None) -> object:
    """What another process is given of it."""
    values = parsed and [column.tobytes() for column in parsed.known.values()]
    return parsed and (*parsed[:-1], [*parsed.known], values)


def unpacking() -> Callable[[Any], ParsedColumns | None]:
    """What makes of what `packed` gave what it was given. The same names are the same object."""
    shared: dict[str, str] = {}

    def unpacked(fields: Any) -> ParsedColumns | None:
        if fields is None:
            return None
        rows, names, numbers, known, values = fields
        own = zip(known, map(unpacked_column, values), strict=True)
        return ParsedColumns(rows, shared.setdefault(names, names), numbers, dict(own))

    return unpacked
