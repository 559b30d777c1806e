"""Previews of tables before they are parsed: both ends for a list, or the columns that one answer needs."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.cache import gc_paused
from sml_viewer.model.discovered_run import DiscoveredRun
from sml_viewer.model.run import MeasuredSummaries, Run, Summaries, Summary
from sml_viewer.model.sources import layout_of_main
from sml_viewer.model.table_layouts import LAYOUTS, MONITOR, OWN, TABLE
from sml_viewer.readers.base import OpenedRuns, Rows
from sml_viewer.readers.file_io import UNREADABLE, read_ends, state_at
from sml_viewer.readers.registry import groups_of, multi_run_reader
from sml_viewer.readers.text_tables.cells import number
from sml_viewer.readers.text_tables.csv_orjson import plain_numbers
from sml_viewer.readers.text_tables.header import Dialect, read_header
from sml_viewer.readers.text_tables.plain_columns import (
    ColumnsOfMany,
    Likely,
    PlainColumns,
    TableFile,
    read_columns,
    read_plain,
)
from sml_viewer.readers.text_tables.plain_table import OddCellError, PlainTable
from sml_viewer.readers.text_tables.read_csv import complete
from sml_viewer.safe_open import Held, open_plain

from .column_stats import Column, summarise
from .table_parser import ParseTask, parse_table

# Bytes to read at each end; more if the first do not contain the header and a row.
_ENDS = (4_096, 65_536)
_PLAIN_LAYOUTS = (OWN, TABLE)


@dataclass(frozen=True)
class TablePreview:
    """The last complete row of a run's main table, by column, and when the table was last written.

    `facts` are read from the first line of the table.
    """

    last: Mapping[str, float]
    modified: float
    facts: Mapping[str, Any] = field(default_factory=dict)


Preview = Callable[[DiscoveredRun, Held], TablePreview]


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


class FirstLook:
    """The first look at the tables of runs: plain ones of text are read whole if columns of them will do.

    They are if there are between `least` and `most` bytes of them, by another process from the beginning of
    the block on.
    """

    def __init__(self, runs: Sequence[DiscoveredRun], least: int, most: int, likely: Likely) -> None:
        self._reading: ColumnsOfMany | None = None
        self._paths = [f"{run.path}/{run.tables[0]}" for run in runs if _is_plain(run)]
        total = 0
        for path in self._paths:
            total += state_at(path)[1]
            if total >= most:
                break
        if least < total < most:
            files = [
                TableFile(run.path, run.tables[0], groups_of(run)[0].layout) for run in runs if _is_plain(run)
            ]
            self._reading = ColumnsOfMany(files, functools.cache(likely))

    def __enter__(self) -> FirstLook:
        if self._reading is not None:
            self._reading.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._reading is not None:
            self._reading.__exit__(*error)

    @functools.cached_property
    def tables(self) -> Mapping[str, PlainColumns]:
        """What was read of those tables, by their paths."""
        if self._reading is None:
            return {}
        pairs = zip(self._paths, self._reading.result(), strict=True)
        return {path: columns for path, columns in pairs if columns is not None}

    def preview(self, run: DiscoveredRun) -> TablePreview:
        """As `read_preview`."""
        columns = self.tables.get(f"{run.path}/{run.tables[0]}")
        if columns is None:
            return read_preview(run)
        return TablePreview(dict(zip(columns.names, columns.last, strict=True)), columns.state[2] / 1e9)


class OpenedTable:
    """A table of text of which some columns are parsed: `likely` ones at once, others when they are needed.

    `is_odd` tells that something was met for which the whole table had to be read: more may be to say of it.
    The text is not held: memory that is touched for the first time costs more than reading it again.
    """

    def __init__(self, task: ParseTask, columns: PlainColumns) -> None:
        self.names: Sequence[str] = columns.names
        self.rows = columns.rows
        self.is_odd = False
        self._task = task
        self._state = columns.state
        self._known = columns.known

    def columns(self, names: Sequence[str]) -> dict[str, Floats]:
        """Those of the named columns that have a number, of shape (rows,)."""
        own = [name for name in names if name in self.names]
        try:
            if missing := [name for name in own if name not in self._known]:
                self._known |= self._text().columns(missing)
        except OddCellError:
            return {name: values for name, values in self._whole.items() if name in names}
        return {name: self._known[name] for name in own}

    def measured(self, name: str) -> Mapping[str, Summary]:
        """The summaries of the columns at hand if the named one is among them, else of all."""
        if name in self._known:
            return _summaries(summarise(self._known))
        return dict.fromkeys(self.names, Summary(np.nan)) | _summaries(summarise(self.columns(self.names)))

    def _text(self) -> PlainTable:
        """The table as it was. Raises OddCellError if it changed."""
        table, state = read_plain(*_file(self._task))
        if table is None or state != self._state:
            raise OddCellError("the table changed")
        return table

    @functools.cached_property
    def _whole(self) -> dict[str, Floats]:
        self.is_odd = True
        return _columns(parse_table(self._task).pieces)


class OpenedRun:
    """A run of a file that holds many, of which some columns are read. As `OpenedTable`."""

    def __init__(self, task: ParseTask, run: str, runs: OpenedRuns) -> None:
        self.names, self.rows = runs.tables[run]
        self.is_odd = False
        self._task = task
        self._run = run
        self._runs = runs

    def columns(self, names: Sequence[str]) -> dict[str, Floats]:
        """Those of the named columns that have a number, of shape (rows,)."""
        try:
            (columns,) = self._runs.columns([self._run], names)
        except UNREADABLE:  # reading it whole says why
            columns = None
        if columns is None:
            return {name: values for name, values in self._whole.items() if name in names}
        return columns

    def measured(self, name: str) -> Mapping[str, Summary]:
        """The summary of a column."""
        return {name: Summary(np.nan)} | _summaries(summarise(self.columns([name])))

    def read_with(self, others: Sequence[OpenedRun], names: Sequence[str]) -> None:
        """Read columns of this and other runs of the same file at once, for `columns` to have at hand."""
        with contextlib.suppress(*UNREADABLE):
            self._runs.columns([other._run for other in others], names)

    @functools.cached_property
    def _whole(self) -> dict[str, Floats]:
        whole = parse_table(self._task)
        rows = sum(piece.count for piece in whole.pieces)
        # What was asked for before belongs to other rows.
        self.is_odd = bool(whole.error) or (tuple(whole.summary), rows) != (self.names, self.rows)
        return _columns(whole.pieces)


Opened = OpenedTable | OpenedRun


def no_columns(_names: tuple[str, ...]) -> Collection[str]:
    """None is known to be needed."""
    return ()


def may_be_opened(run: DiscoveredRun) -> bool:
    """Whether the columns of a run may be read when they are needed, by its reader alone."""
    return run.reader is None or hasattr(multi_run_reader(run.reader), "open_runs")


@gc_paused()
def open_tables(
    tasks: Sequence[ParseTask],
    least: int,
    most: int,
    likely: Likely,
    columns_by_path: Mapping[str, PlainColumns],
) -> dict[int, Opened]:
    """The tables of runs with one table that are opened rather than read whole, by the runs' numbers.

    Tables of text if there are between `least` and `most` bytes of them, files of many runs from `least` on.
    `columns_by_path` is what a first look read of some.
    """
    likely = functools.cache(likely)
    opened: dict[int, Opened] = {}
    of_text = [task for task in tasks if task.run_in_file is None]
    if least < sum(task.new_bytes for task in of_text) < most:
        for task in of_text:
            if (columns := columns_by_path.get(task.path) or _plain_columns_of(task, likely)) is not None:
                opened[task.run] = OpenedTable(task, columns)
    files: dict[tuple[str, str], list[ParseTask]] = {}
    for task in tasks:
        if task.run_in_file is not None and task.new_bytes > least and not task.state.offset:
            files.setdefault((task.path, task.layout), []).append(task)
    for members in files.values():
        opened |= _open_runs(members)
    return opened


def columns_of(tables: Sequence[Opened], names: Sequence[str]) -> list[dict[str, Floats]]:
    """The named columns of each table, as its `columns` gives them; those of runs of one file together."""
    files: dict[int, list[OpenedRun]] = {}
    for table in tables:
        if isinstance(table, OpenedRun):
            files.setdefault(id(table._runs), []).append(table)
    for members in files.values():
        members[0].read_with(members, names)
    return [table.columns(names) for table in tables]


def previewed(run: Run, table: Opened) -> Run:
    """A run with the rows of its table, whose columns are measured when that is asked for.

    As it is once the table was read.
    """
    last = run.summary
    if isinstance(table, OpenedRun):
        last = Summaries(_positions(tuple(table.names)), b"")
    if not isinstance(last, Summaries) or {*last} != {*table.names}:
        return run
    return replace(run, rows=table.rows, summary=MeasuredSummaries(last, table.measured))


def _is_plain(run: DiscoveredRun) -> bool:
    """Whether the one table of a run may be a plain one of text."""
    if run.reader is not None or run.further or len(run.tables) != 1:
        return False
    (group,) = groups_of(run)
    return group.layout in _PLAIN_LAYOUTS and not group.prefix


def _plain_columns_of(task: ParseTask, likely: Likely) -> PlainColumns | None:
    """The columns of the table of a task if it is a plain one of text; None for any other."""
    if task.layout not in _PLAIN_LAYOUTS or task.prefix:
        return None
    return read_columns(_file(task), likely)


def _file(task: ParseTask) -> TableFile:
    return TableFile(task.path.removesuffix(f"/{task.name}"), task.name, task.layout)


def _open_runs(tasks: Sequence[ParseTask]) -> dict[int, Opened]:
    """Those runs of one file that its reader can open."""
    file = tasks[0]
    opener = getattr(multi_run_reader(file.layout), "open_runs", None)
    if opener is None:
        return {}
    try:
        with Held(file.path.removesuffix(f"/{file.name}")) as held:
            os.close(open_plain(held, file.name).file)
        runs: OpenedRuns | None = opener(file.path, [task.run_in_file for task in tasks])
    except UNREADABLE:
        return {}
    if runs is None:
        return {}
    pairs = ((task, str(task.run_in_file)) for task in tasks)
    return {task.run: OpenedRun(task, run, runs) for task, run in pairs if run in runs.tables}


@functools.lru_cache(256)
def _positions(names: tuple[str, ...]) -> dict[str, int]:
    return {name: index for index, name in enumerate(names)}


def _columns(pieces: Sequence[Rows]) -> dict[str, Floats]:
    return {
        name: np.concatenate([piece.columns.get(name, np.full(piece.count, np.nan)) for piece in pieces])
        for name in dict.fromkeys(name for piece in pieces for name in piece.columns)
    }


def _summaries(measured: Mapping[str, Column]) -> dict[str, Summary]:
    return {name: Summary(last, low, high, int(count)) for name, (last, low, high, count) in measured.items()}


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
