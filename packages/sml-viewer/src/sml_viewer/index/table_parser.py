"""One table of a run, from where the index knows it, to chunks of columns."""

from __future__ import annotations

import functools
import json
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from sml_viewer.cache import gc_paused
from sml_viewer.fileio import reason_of
from sml_viewer.i18n import Message
from sml_viewer.model.issues import IssueCounts
from sml_viewer.model.table_layouts import TABLE
from sml_viewer.readers.base import Rows, TableData, TableState
from sml_viewer.readers.file_io import UNREADABLE, state_at
from sml_viewer.readers.registry import CSV, multi_run_reader, reader_of
from sml_viewer.safe_open import LeadsOutError, open_plain

from .column_stats import Column, merge, summarise

# A file that changed so recently may be being written anew: how long to wait before each further look.
_JUST_NOW_SECONDS = 2.0
_PAUSES_SECONDS = (0.02, 0.1, 0.3)
_NO_FACTS: Mapping[str, Any] = MappingProxyType({})


class ParseTask(NamedTuple):
    """A table to read on: `id` is its number in the store, `prefix` goes before its columns' names.

    `layout` is the kind of table, which determines the reader; `run_in_file` is the id of the run
    in a file that holds many; `new_bytes` is how much the table, or that file, grew.
    """

    id: int
    run: int
    path: str
    name: str
    prefix: str
    state: TableState
    layout: str = TABLE
    run_in_file: str | None = None
    new_bytes: int = 0


@dataclass(frozen=True)
class ParseResult:
    """What is new in a table.

    `appended` is False if the whole table was read again and replaces the old rows. `unchanged` says that
    nothing is new of this run in a file that holds many, although the file changed.
    """

    task: ParseTask
    appended: bool
    state: TableState
    size: int
    mtime: int
    pieces: tuple[Rows, ...] = ()
    summary: Mapping[str, Column] = field(default_factory=dict)
    notes: IssueCounts = field(default_factory=dict)
    error: str | None = None
    unchanged: bool = False


@gc_paused()
def parse_table(task: ParseTask) -> ParseResult:
    """Read what is new in a table; its tail alone if it only grew.

    A file that cannot be read is an `error`. Sacred, trainers and NumPy write a file anew in its place: one
    that was whole before and changed just now is read again a moment later.
    """
    result = _parse_now(task)
    for pause in _PAUSES_SECONDS if task.state.offset else ():
        if result.error is None or abs(time.time() - result.mtime / 1e9) > _JUST_NOW_SECONDS:
            break
        time.sleep(pause)
        result = _parse_now(task)
    return result


def _parse_now(task: ParseTask) -> ParseResult:
    try:
        file, status, _ = open_plain(task.path.removesuffix(f"/{task.name}"), task.name)
        try:
            if task.run_in_file is not None:
                return _parse_run_in_file(task, task.run_in_file)
            return _parse(file, status, task)
        finally:
            os.close(file)
    except FileNotFoundError:
        return ParseResult(task, False, TableState(), 0, 0, error=Message("is gone"))
    except LeadsOutError:
        return _without_rows(task, notes={"leads_out": 1})
    except UNREADABLE as error:
        return _without_rows(task, error=Message("cannot be read: {reason}", reason=reason_of(error)))


@functools.lru_cache(256)  # most tables have one of a few cursors, but for their offsets
def facts_of(cursor: str | None) -> Mapping[str, Any]:
    """The facts that a reader's cursor holds."""
    content = json.loads(cursor) if cursor and cursor.startswith("{") else {}
    facts = content.get("facts")
    return facts if isinstance(facts, dict) else _NO_FACTS


def restart_of(cursor: str | None) -> int | None:
    """The step from which on a file says that it replaces what earlier files of its run hold."""
    if not cursor or '"restart"' not in cursor:
        return None
    restart = json.loads(cursor).get("restart")
    return restart if isinstance(restart, int) else None


def _parse(file: int, status: os.stat_result, task: ParseTask) -> ParseResult:
    reader = reader_of(task.layout)
    try:
        data = _in_floats(reader.read(file, status, task.name, task.layout, task.state))
    except UNREADABLE:
        raise
    except Exception as error:
        if reader is CSV:
            raise
        # Somebody else's code: named, and no reason to stop.
        return _without_rows(task, error=_failed(reader.name, error))
    return _result(task, data, status.st_size, status.st_mtime_ns)


def _parse_run_in_file(task: ParseTask, run: str) -> ParseResult:
    reader = multi_run_reader(task.layout)
    if reader is None:
        return _without_rows(task, error=Message("no reader is called {name}", name=task.layout))
    _, size, mtime = reader.state(task.path)
    try:
        data = _in_floats(reader.read_run(task.path, run, task.state))
    except UNREADABLE:
        raise
    except Exception as error:  # noqa: BLE001 - somebody else's code: named, and no reason to stop
        return _without_rows(task, error=_failed(reader.name, error))
    unchanged = data.appended and not data.pieces and not data.notes
    return replace(_result(task, data, size, mtime), unchanged=unchanged)


def _in_floats(data: TableData) -> TableData:
    """The same with columns of float64: a reader of another distribution may count, or measure in less."""
    if all(_are_floats(piece) for piece in data.pieces):
        return data
    pieces = (
        replace(
            piece,
            count=int(piece.count),
            columns={name: np.asarray(values, np.float64) for name, values in piece.columns.items()},
        )
        for piece in data.pieces
    )
    return replace(data, pieces=tuple(pieces))


def _are_floats(piece: Rows) -> bool:
    columns = piece.columns.values()
    return type(piece.count) is int and all(
        isinstance(values, np.ndarray) and values.dtype == np.float64 for values in columns
    )


def ask_reader(tasks: Sequence[ParseTask], function: str, *arguments: object) -> Any:
    """What an optional function of a reader gives for runs of one file that holds many.

    None without such a function, and where the file cannot be read: reading the runs one by one says why.
    """
    file = tasks[0]
    ask = getattr(multi_run_reader(file.layout), function, None)
    if ask is None:
        return None
    try:
        opened, _, _ = open_plain(file.path.removesuffix(f"/{file.name}"), file.name)
        os.close(opened)
        return ask(file.path, [task.run_in_file for task in tasks], *arguments)
    except UNREADABLE:
        return None


def _failed(reader: str, error: Exception) -> Message:
    return Message("cannot be read by the reader {reader}: {error}", reader=reader, error=repr(error))


def _result(task: ParseTask, data: TableData, size: int, mtime: int) -> ParseResult:
    summary: dict[str, Column] = {}
    notes = Counter(data.notes)
    for piece in data.pieces:
        notes += piece.notes
        merge(summary, summarise(piece.columns))
    return ParseResult(task, data.appended, data.state, size, mtime, data.pieces, summary, notes)


def _without_rows(
    task: ParseTask, error: str | None = None, notes: IssueCounts = MappingProxyType({})
) -> ParseResult:
    """A table that is closed to us or not what it seems: looked at again when it changes."""
    reader = multi_run_reader(task.layout) if task.run_in_file is not None else None
    inode, size, mtime = state_at(task.path) if reader is None else reader.state(task.path)
    return ParseResult(task, False, TableState(inode=inode), size, mtime, notes=dict(notes), error=error)
