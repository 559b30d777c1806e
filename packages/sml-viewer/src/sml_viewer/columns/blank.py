"""Find columns without any number: all cells blank, nan or text."""

from __future__ import annotations

from collections.abc import Sequence

from sml_viewer.model.run import Run
from sml_viewer.model.sources import groups_of
from sml_viewer.readers.file_io import read_ends
from sml_viewer.readers.text_tables.header import read_header
from sml_viewer.readers.text_tables.json_lines import json_names
from sml_viewer.readers.text_tables.read_csv import complete

_HEAD = 65_536
_MOST_RUNS = 5
# Readers of tables with a header; None is that of tables by their names.
_TEXT_READERS = (None, "tables")


def blank_columns(runs: Sequence[Run]) -> list[str]:
    """The names in the headers of some runs' tables that have no number in any of these runs."""
    named: dict[str, None] = {}
    for run in runs[:_MOST_RUNS]:
        if run.reader not in _TEXT_READERS:
            continue
        for group in groups_of(run.tables):
            for table in group.files:
                try:
                    head = read_ends(str(run.path), table, _HEAD, 0)[1]
                except OSError:
                    continue
                named.update((group.prefix + name, None) for name in _names(head, table, group.layout))
    return [name for name in named if not any(name in run.summary for run in runs)]


def _names(head: bytes, table: str, layout: str) -> Sequence[str]:
    """The columns that the beginning of a table names; of JSON lines, those with a number, NaN or null."""
    dialect = read_header(head, table, layout)[0]
    if dialect is None or dialect.separator != "json":
        return dialect.names if dialect else ()
    body = head[dialect.start :]
    return json_names(body[: complete(body)])
