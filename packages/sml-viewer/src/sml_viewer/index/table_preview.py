"""Previews of tables before they are parsed: both ends for a list, or the columns that one answer needs."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.model.discovered_run import DiscoveredRun
from sml_viewer.model.run import MeasuredSummaries, Run, Summaries, Summary
from sml_viewer.model.sources import layout_of_main
from sml_viewer.model.table_layouts import LAYOUTS, MONITOR, OWN, TABLE
from sml_viewer.readers.file_io import UNREADABLE, read_ends, read_small, state_at
from sml_viewer.readers.registry import groups_of
from sml_viewer.readers.text_tables.cells import number
from sml_viewer.readers.text_tables.csv_orjson import plain_numbers
from sml_viewer.readers.text_tables.header import Dialect, read_header
from sml_viewer.readers.text_tables.plain_table import (
    MOST_BYTES,
    OddCellError,
    PlainTable,
    plain_table,
)
from sml_viewer.readers.text_tables.read_csv import complete
from sml_viewer.safe_open import Held

from .column_stats import summarise
from .table_parser import ParseTask, parse_table

# Bytes to read at each end; more if the first do not contain the header and a row.
_ENDS = (4_096, 65_536)


@dataclass(frozen=True)
class TablePreview:
    """The last complete row of a run's main table, by column, and when the table was last written.

    `facts` are read from the first line of the table.
    """

    last: Mapping[str, float]
    modified: float
    facts: Mapping[str, Any] = field(default_factory=dict)


def read_preview(run: DiscoveredRun, held: Held | None = None) -> TablePreview:
    """The last row of the main table of a folder, `held` or not.

    It is empty if the table has no row, or none that can be read from its end.
    """
    modified, table = 0.0, run.tables[0]
    layout = layout_of_main(run.tables, run.own) if run.reader is None else groups_of(run)[0].layout
    if layout not in LAYOUTS:  # such tables need not end in a row
        return TablePreview({}, state_at(f"{run.path}/{table}")[2] / 1e9)
    try:
        for size in _ENDS:
            status, head, tail = read_ends(held or run.path, table, size, size)
            modified = status.st_mtime
            dialect = _dialect(head, table, layout)
            if dialect is not None and layout == MONITOR and len(run.tables) > 1:
                # The last episode to end may be in any of the files.
                return TablePreview({}, modified, dialect.facts)
            line = None if dialect is None else _last_line(head, tail, dialect)
            if dialect is not None and line is not None:
                return TablePreview(_numbers(line, dialect), modified, dialect.facts)
            if tail is head:
                break
    except UNREADABLE:  # the whole table is read later, and says why
        pass
    return TablePreview({}, modified)


class OpenedTable:
    """A table whose columns are parsed when they are needed.

    `is_odd` tells that a cell was met for which the whole table had to be read: more may be to say of it.
    """

    def __init__(self, task: ParseTask, table: PlainTable) -> None:
        self.names = table.names
        self.rows = table.rows
        self.is_odd = False
        self._task = task
        self._table = table

    def columns(self, names: Sequence[str]) -> dict[str, Floats]:
        """Those of the named columns that have a number, of shape (rows,)."""
        try:
            return self._table.columns(names)
        except OddCellError:
            return {name: values for name, values in self._whole.items() if name in names}

    def measured(self) -> Mapping[str, Summary]:
        """The summaries of all columns."""
        measured = summarise(self.columns(self.names)).items()
        return dict.fromkeys(self.names, Summary(np.nan)) | {
            name: Summary(last, low, high, int(count)) for name, (last, low, high, count) in measured
        }

    @functools.cached_property
    def _whole(self) -> dict[str, Floats]:
        self.is_odd = True
        pieces = parse_table(self._task).pieces
        return {
            name: np.concatenate([piece.columns.get(name, np.full(piece.count, np.nan)) for piece in pieces])
            for name in dict.fromkeys(name for piece in pieces for name in piece.columns)
        }


def open_table(task: ParseTask) -> OpenedTable | None:
    """The table of a task if it is a plain one of text, its columns not parsed yet; None for any other."""
    if task.layout not in (OWN, TABLE) or task.prefix or task.run_in_file is not None:
        return None
    try:
        data = read_small(task.path.removesuffix(f"/{task.name}"), task.name, MOST_BYTES)
    except UNREADABLE:
        return None
    table = plain_table(data, task.name, task.layout)
    return None if table is None else OpenedTable(task, table)


def previewed(run: Run, table: OpenedTable) -> Run:
    """A run with the rows of its table, whose columns are measured when that is asked for.

    As it is once the table was read.
    """
    if not isinstance(run.summary, Summaries) or {*run.summary} != {*table.names}:
        return run
    return replace(run, rows=table.rows, summary=MeasuredSummaries(run.summary, table.measured))


def _dialect(head: bytes, file: str, layout: str) -> Dialect | None:
    """The dialect of a table that begins with `head`; most say it in a first line that others have too."""
    first = head[: head.find(b"\n") + 1]
    known = _of_first_line(first, file, layout) if b'"' not in first else None
    return known or read_header(head, file, layout)[0]


@functools.lru_cache(64)
def _of_first_line(line: bytes, file: str, layout: str) -> Dialect | None:
    return read_header(line, file, layout)[0]


def _last_line(head: bytes, tail: bytes, dialect: Dialect) -> bytes | None:
    """The last complete row; None if it does not begin in `tail`."""
    body = tail[dialect.start :] if tail is head else tail
    end = complete(body)
    start = body.rfind(b"\n", 0, max(end - 1, 0)) + 1
    return None if start == 0 and tail is not head else body[start:end]


def _numbers(line: bytes, dialect: Dialect) -> dict[str, float]:
    """A row's numbers by column; empty if the columns are uncertain."""
    if (plain := plain_numbers(line, dialect)) is not None:
        return dict(zip(dialect.names, plain, strict=True))
    cells = line.decode("utf-8", "replace").rstrip("\r\n").split(dialect.separator)
    if dialect.separator == "json" or b'"' in line or len(cells) != len(dialect.names):
        return {}
    odd = zip(dialect.names, map(number, cells), strict=True)
    return {name: value for name, value in odd if value is not None and value == value}
