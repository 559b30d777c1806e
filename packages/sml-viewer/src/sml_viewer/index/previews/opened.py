"""Tables that are opened for one answer, and not read into the store: columns come as they are needed."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.cache import gc_paused
from sml_viewer.index.column_stats import Column, summarise
from sml_viewer.index.table_parser import ParseTask, ask_reader, parse_table
from sml_viewer.model.discovered_run import DiscoveredRun
from sml_viewer.model.run import MeasuredSummaries, Run, Summaries, Summary
from sml_viewer.readers.base import OpenedRuns
from sml_viewer.readers.file_io import UNREADABLE
from sml_viewer.readers.registry import multi_run_reader
from sml_viewer.readers.text_tables.plain_columns import PlainColumns, read_plain
from sml_viewer.readers.text_tables.plain_table import OddCellError, PlainTable

from .first_look import FirstColumns
from .parsed_columns import ParsedColumns, joined


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
        table, state = read_plain(
            self._task.path.removesuffix(f"/{self._task.name}"), self._task.name, self._task.layout
        )
        if table is None or state != self._state:
            raise OddCellError("the table changed")
        return table

    @functools.cached_property
    def _whole(self) -> dict[str, Floats]:
        self.is_odd = True
        return joined(parse_table(self._task).pieces)


class ParsedTable:
    """A table of another format, parsed whole. As `OpenedTable`."""

    is_odd = False

    def __init__(self, parsed: ParsedColumns) -> None:
        self._parsed = parsed

    def columns(self, names: Sequence[str]) -> dict[str, Floats]:
        """Those of the named columns that have a number, of shape (rows,)."""
        return {name: self._parsed.columns[name] for name in names if name in self._parsed.columns}

    def previewed(self, run: Run) -> Run:
        """The run as it is once the table is in the store."""
        parsed = self._parsed
        return replace(run, rows=parsed.rows, summary=parsed.summary, facts=parsed.facts)


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
        return joined(whole.pieces)


Opened = OpenedTable | ParsedTable | OpenedRun


def no_columns(_names: tuple[str, ...]) -> Collection[str]:
    """None is known to be needed."""
    return ()


def may_be_opened(run: DiscoveredRun) -> bool:
    """Whether the columns of a run may be read when they are needed, by its reader alone."""
    return run.reader is None or hasattr(multi_run_reader(run.reader), "open_runs")


@gc_paused()
def open_tables(
    tasks: Sequence[ParseTask], least: int, looked: Mapping[str, FirstColumns]
) -> dict[int, Opened]:
    """The tables of runs with one table that are opened rather than read whole, by the runs' numbers.

    Those of which a first look read columns, by their paths; files of many runs from `least` bytes on.
    """
    opened: dict[int, Opened] = {}
    files: dict[tuple[str, str], list[ParseTask]] = {}
    for task in tasks:
        if task.run_in_file is None:
            if (columns := looked.get(task.path)) is not None:
                opened[task.run] = (
                    OpenedTable(task, columns) if isinstance(columns, PlainColumns) else ParsedTable(columns)
                )
        elif task.new_bytes > least and not task.state.offset:
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
    if isinstance(table, ParsedTable):
        return table.previewed(run)
    last = run.summary
    if isinstance(table, OpenedRun):
        last = Summaries(_positions(tuple(table.names)), b"")
    if not isinstance(last, Summaries) or {*last} != {*table.names}:
        return run
    return replace(run, rows=table.rows, summary=MeasuredSummaries(last, table.measured))


def _open_runs(tasks: Sequence[ParseTask]) -> dict[int, Opened]:
    """Those runs of one file that its reader can open."""
    runs: OpenedRuns | None = ask_reader(tasks, "open_runs")
    if runs is None:
        return {}
    pairs = ((task, str(task.run_in_file)) for task in tasks)
    return {task.run: OpenedRun(task, run, runs) for task, run in pairs if run in runs.tables}


@functools.lru_cache(256)
def _positions(names: tuple[str, ...]) -> dict[str, int]:
    return {name: index for index, name in enumerate(names)}


def _summaries(measured: Mapping[str, Column]) -> dict[str, Summary]:
    return {name: Summary(last, low, high, int(count)) for name, (last, low, high, count) in measured.items()}
