"""One table of a run, from where the index knows it, to chunks of columns."""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sml_viewer.model.table_layouts import TABLE
from sml_viewer.readers.base import Rows, TableState
from sml_viewer.readers.file_io import UNREADABLE, reason_of, state_at
from sml_viewer.readers.registry import CSV, reader_of
from sml_viewer.safe_open import LeadsOutError, open_plain

from .column_stats import Column, merge, summarise

_NO_FACTS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class ParseTask:
    """A table to read on: `id` is its number in the store, `prefix` goes before its columns' names.

    `layout` is what kind of table it is, and tells which reader it needs.
    """

    id: int
    run: int
    path: str
    name: str
    prefix: str
    state: TableState
    layout: str = TABLE


@dataclass(frozen=True)
class ParseResult:
    """What is new in a table.

    `appended` is False if all of it was read anew and the old rows no longer hold.
    """

    task: ParseTask
    appended: bool
    state: TableState
    size: int
    mtime: int
    pieces: tuple[Rows, ...] = ()
    summary: Mapping[str, Column] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None


def parse_table(task: ParseTask) -> ParseResult:
    """Read what is new in a table; its tail alone if it only grew.

    A file that cannot be read is an `error`.
    """
    try:
        file, status, _ = open_plain(task.path.removesuffix(f"/{task.name}"), task.name)
        try:
            return _parse(file, status, task)
        finally:
            os.close(file)
    except FileNotFoundError:
        return ParseResult(task, False, TableState(), 0, 0, error="is gone")
    except LeadsOutError:
        return _without_rows(task, notes={"leads_out": 1})
    except UNREADABLE as error:
        return _without_rows(task, error=reason_of(error))


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
        data = reader.read(file, status, task.name, task.layout, task.state)
    except UNREADABLE:
        raise
    except Exception as error:
        if reader is CSV:
            raise
        # Somebody else's code: named, and no reason to stop.
        return _without_rows(task, error=f"cannot be read by the reader {reader.name}: {error!r}")
    summary: dict[str, Column] = {}
    notes = Counter(data.notes)
    for piece in data.pieces:
        notes += piece.notes
        merge(summary, summarise(piece.columns))
    return ParseResult(
        task, data.appended, data.state, status.st_size, status.st_mtime_ns, data.pieces, summary, notes
    )


def _without_rows(
    task: ParseTask, error: str | None = None, notes: Mapping[str, int] = MappingProxyType({})
) -> ParseResult:
    """A table that is closed to us or not what it seems: looked at again when it changes."""
    inode, size, mtime = state_at(task.path)
    return ParseResult(task, False, TableState(inode=inode), size, mtime, notes=dict(notes), error=error)
