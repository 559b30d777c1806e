"""Tables of any format that are parsed whole, for one answer and not for the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sml_viewer.arrays import Floats
from sml_viewer.index.column_stats import encode, load
from sml_viewer.index.table_parser import ParseTask, facts_of, parse_table
from sml_viewer.model.run import Summaries
from sml_viewer.readers.text_tables.plain_columns import unpacked_column


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
    """The columns of a table; None where more is to be told of it than its numbers."""
    parsed = parse_table(task)
    if parsed.error or parsed.notes or parsed.appended or parsed.state.offset != parsed.size:
        return None
    if len(parsed.pieces) != 1 or task.prefix:
        return None
    (rows,) = parsed.pieces
    facts = dict(facts_of(parsed.state.cursor))
    return ParsedColumns(rows.count, *encode(parsed.summary), facts, rows.columns)


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
