"""Columns that a chart will likely show first, before each run is read whole.

Of runs of a file of many at once, and of those logs of which a column can be read apart.

A run has no number of rows in the store until it is read whole.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence

from sml_viewer.readers.base import Rows
from sml_viewer.readers.file_io import UNREADABLE
from sml_viewer.readers.registry import reader_of
from sml_viewer.readers.text_tables.plain_columns import Likely
from sml_viewer.safe_open import open_plain

from . import writer as write
from .checksums import checksum
from .column_stats import encode, places, summarise
from .database import Database
from .table_parser import ParseTask, ask_reader

EarlyTable = Callable[[int, os.stat_result, Likely], Rows | None]

_BATCH = 64
# Longer than this the runs are better read whole, in seconds of this thread's work.
_MOST_SECONDS = 5.0
# Fewer runs, and those of smaller files, are read whole in the same time.
_LEAST_RUNS, _LEAST_BYTES = 64, 20_000_000
_UNREAD = "SELECT name, source, prefix, layout, mtime, dialect, columns FROM file WHERE id = ? AND inode = -1"


def read_early(database: Database, tasks: Sequence[ParseTask], likely: Likely) -> int:
    """Store the likely columns of runs that are not read yet, and no others; returns of how many runs."""
    unread = [task for task in tasks if task.state.inode < 0]
    files: dict[tuple[str, str], list[ParseTask]] = {}
    for task in unread:
        if task.run_in_file is not None and task.new_bytes >= _LEAST_BYTES:
            files.setdefault((task.path, task.layout), []).append(task)
    count = 0
    for members in files.values():
        if len(members) < _LEAST_RUNS:
            continue
        rows = _rows(members, likely)
        count += _store(
            database, [(task, rows[task.run_in_file]) for task in members if task.run_in_file in rows]
        )
    tables = [task for task in unread if task.run_in_file is None and _early_table(task.layout) is not None]
    if len(tables) >= _LEAST_RUNS and sum(task.new_bytes for task in tables) >= _LEAST_BYTES:
        deadline = time.thread_time() + _MOST_SECONDS
        for start in range(0, len(tables), _BATCH):
            if time.thread_time() > deadline:
                break
            read = [(task, _table(task, likely)) for task in tables[start : start + _BATCH]]
            count += _store(database, [(task, rows) for task, rows in read if rows is not None])
    return count


def _store(database: Database, known: Sequence[tuple[ParseTask, Rows]]) -> int:
    """Store columns of runs; returns of how many, which is fewer if some were read meanwhile."""
    if not known:
        return 0
    with database.writing() as connection:
        version = write.next_version(connection)
        numbers = write.ColumnNumbers(connection)
        return sum(_put(connection, version, task, piece, numbers) for task, piece in known)


def _early_table(layout: str) -> EarlyTable | None:
    """How the likely columns of a table of this layout are read before it is read whole, if they can be."""
    read: EarlyTable | None = getattr(reader_of(layout), "early_table", None)
    return read


def _table(task: ParseTask, likely: Likely) -> Rows | None:
    """The likely columns of a table; None if they cannot be read apart."""
    read = _early_table(task.layout)
    if read is None:
        return None
    try:
        file, status, _ = open_plain(task.path.removesuffix(f"/{task.name}"), task.name)
        try:
            return read(file, status, likely)
        finally:
            os.close(file)
    except UNREADABLE:  # reading all of it says why
        return None


def _rows(tasks: Sequence[ParseTask], likely: Likely) -> Mapping[str | None, Rows]:
    """The likely columns of runs of one file, by their ids; none if its reader does not give them."""
    rows: Mapping[str | None, Rows] | None = ask_reader(tasks, "early_rows", likely)
    return rows or {}


def _put(
    connection: sqlite3.Connection, version: int, task: ParseTask, rows: Rows, numbers: write.ColumnNumbers
) -> bool:
    """Store columns of a run; False if it was read meanwhile."""
    file = connection.execute(_UNREAD, (task.id,)).fetchone()
    if file is None or not rows.count:
        return False
    columns = {f"{task.prefix}{name}": values for name, values in rows.columns.items()}
    *kind, mtime, dialect, earlier = file
    write.forget_rows(connection, task.run, task.id, [numbers[name] for name in places(earlier)])
    write.put_piece(
        connection, task.run, task.id, {numbers[name]: columns[name] for name in columns}, rows, ()
    )
    encoded = encode(summarise(columns))
    connection.execute(
        "UPDATE file SET rows = ?, columns = ?, summary = ?, read_crc = ? WHERE id = ?",
        (rows.count, *encoded, checksum(*kind, rows.count, mtime, dialect, "{}", *encoded), task.id),
    )
    modified, facts = connection.execute(
        "SELECT modified, facts FROM run WHERE id = ?", (task.run,)
    ).fetchone()
    connection.execute(
        "UPDATE run SET columns = ?, summary = ?, version = ?, read_crc = ? WHERE id = ?",
        (*encoded, version, checksum(None, *encoded, "[]", modified, facts, ""), task.run),
    )
    return True
