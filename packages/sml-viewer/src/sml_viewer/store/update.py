"""Bring the store in line with the disk: first who is there, then their tables, then only what changed."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sml_viewer.discover import Discovery, Found, discover
from sml_viewer.read import metadata as read

from . import peek, write
from .database import Database
from .helper import parsing
from .parse import Job, Known, Parsed, dialect_of

# A helper process takes half a second to start: it has to be worth it.
_HELPER_BYTES = 40_000_000
_BATCH = 64

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Update:
    """What one look at the disk changed: runs that came, went, or have new metadata; tables read.

    Folders closed to us.
    """

    added: int = 0
    removed: int = 0
    refreshed: int = 0
    tables: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass
class _Table:
    """What the store knows of one table: enough to see from `stat` alone whether it changed."""

    id: int
    run: int
    path: str
    name: str
    prefix: str
    state: tuple[int, int, int]


@dataclass
class _Known:
    """What the store knows, as of `counter`; kept between looks so that a look costs no query."""

    counter: tuple[int, int] = (-1, -1)
    stamps: dict[str, tuple[int, str, Found]] = field(default_factory=dict)
    tables: list[_Table] = field(default_factory=list)
    folders: dict[str, int] = field(default_factory=dict)
    live: dict[str, str] = field(default_factory=dict)


class Updater:
    """Keeps one store in line with the runs below one folder. Several may work on one store."""

    def __init__(self, database: Database, root: Path) -> None:
        self._database = database
        self._root = root
        self._known = _Known()
        self._notes: tuple[str, ...] = ()

    def full(self, progress: Progress | None = None) -> Update:
        """Look everywhere, then read what changed. Raises NoRunsError if the folder is not there."""
        found = self.index()
        tables = self.read_tables(progress)
        return Update(found.added, found.removed, found.refreshed, tables, found.seconds, self._notes)

    def index(self) -> Update:
        """Look everywhere for runs and their small files; the tables are only looked at from both ends."""
        started = time.monotonic()
        discovery = discover(self._root)
        self._notes = discovery.notes
        self._reload()
        there = {found.path for found in discovery.runs}
        gone = [number for path, (number, _, _) in self._known.stamps.items() if path not in there]
        new, changed = [], []
        for found in discovery.runs:
            stamp = _stamp(found)
            known = self._known.stamps.get(found.path)
            if known is None:
                new.append((found, stamp))
            elif known[1] != stamp:
                changed.append((found, stamp))
        # Read before the lock is taken: nobody waits for our disk.
        ready = [(found, stamp, read.read_metadata(found), peek.look(found)) for found, stamp in new]
        again = [(found, stamp, read.read_metadata(found), None) for found, stamp in changed]
        if gone or ready or again:
            with self._database.writing() as connection:
                if gone:
                    write.remove_runs(connection, gone)
                version = write.next_version(connection)
                for found, stamp, metadata, seen in (*ready, *again):
                    _put(connection, version, found, stamp, metadata, seen)
        self._known.folders = _folder_times(discovery)
        seconds = time.monotonic() - started
        return Update(len(ready), len(gone), len(again), 0, seconds, discovery.notes)

    def read_tables(self, progress: Progress | None = None) -> int:
        """Read every table that changed since the store read it; returns how many."""
        self._reload()
        jobs, total = self._changed_tables()
        done = 0
        for batch in _batches(parsing(jobs, helper=total > _HELPER_BYTES), _BATCH):
            with self._database.writing() as connection:
                version = write.next_version(connection)
                for parsed in batch:
                    write.put_parsed(connection, version, parsed)
            done += len(batch)
            if progress is not None:
                progress("reading", done, len(jobs))
        return done

    def quick(self) -> Update:
        """Notice grown tables and changed states by `stat` alone.

        Look everywhere only if a folder changed.
        """
        started = time.monotonic()
        if not self._known.folders or any(
            _mtime(folder) != mtime for folder, mtime in self._known.folders.items()
        ):
            return self.full()
        refreshed = self._refresh_states()
        tables = self.read_tables()
        return Update(
            refreshed=refreshed, tables=tables, seconds=time.monotonic() - started, notes=self._notes
        )

    def _refresh_states(self) -> int:
        """Read again the small files of runs that had not ended, where they changed."""
        self._reload()
        again = []
        for path in list(self._known.live):
            _, stamp, found = self._known.stamps[path]
            if (now := _stamp(found)) != stamp:
                again.append((found, now, read.read_metadata(found)))
        if again:
            with self._database.writing() as connection:
                version = write.next_version(connection)
                for found, stamp, metadata in again:
                    _put(connection, version, found, stamp, metadata, None)
        return len(again)

    def _changed_tables(self) -> tuple[list[Job], int]:
        """The tables to read, the largest first, and how many bytes of them are new."""
        found = []
        for table in self._known.tables:
            try:
                status = os.stat(table.path)
                now = (status.st_ino, status.st_size, status.st_mtime_ns)
            except OSError:
                now = (0, 0, 0)  # gone, and read as such once
            if now != table.state:
                found.append((now[1], table))
        jobs = []
        total = 0
        for size, table in sorted(found, key=lambda item: -item[0]):
            row = self._database.connection.execute(
                "SELECT inode, offset, crc, head_crc, dialect FROM file WHERE id = ?", (table.id,)
            ).fetchone()
            if row is not None:
                known = Known(row[0], row[1], row[2], row[3], dialect_of(row[4]))
                total += max(0, size - known.offset)
                jobs.append(Job(table.id, table.run, table.path, table.name, table.prefix, known))
        return jobs, total

    def _reload(self) -> None:
        """Take over what the store knows, unless nothing was written since."""
        counter = self._database.counter
        if counter == self._known.counter:
            return
        connection = self._database.connection
        known = _Known(counter, folders=self._known.folders)
        paths = {}
        for number, text, stamp, state in connection.execute("SELECT id, found, stamp, state FROM run"):
            found = found_of(text)
            path = found.path
            known.stamps[path] = (number, stamp, found)
            paths[number] = path
            if state == "running":
                known.live[path] = state
        for row in connection.execute("SELECT id, run, name, prefix, inode, size, mtime FROM file"):
            path = f"{paths[row[1]]}/{row[2]}"
            known.tables.append(_Table(row[0], row[1], path, row[2], row[3], (row[4], row[5], row[6])))
        self._known = known


def found_of(text: str) -> Found:
    """The run folder that the store keeps as text."""
    fields = json.loads(text)
    return Found(**{**fields, "tables": tuple(fields["tables"]), "parameters": tuple(fields["parameters"])})


def _put(
    connection: sqlite3.Connection,
    version: int,
    found: Found,
    stamp: str,
    metadata: read.Metadata,
    seen: peek.Peek | None,
) -> None:
    run = write.put_run(connection, version, found, stamp, metadata, seen.modified if seen else 0.0)
    write.forget_files(connection, run, found.tables)
    if seen is not None:
        summary = write.peek_summary(seen.last)
        connection.execute("UPDATE run SET summary = ? WHERE id = ? AND rows IS NULL", (summary, run))
    connection.executemany(
        "INSERT OR IGNORE INTO file "
        "(run, name, prefix, inode, size, mtime, offset, crc, head_crc, rows, notes, summary) "
        "VALUES (?, ?, ?, -1, 0, 0, 0, 0, 0, 0, '{}', '{}')",
        [(run, name, peek.column_prefix(found.tables, name)) for name in found.tables],
    )


def _stamp(found: Found) -> str:
    """A text that changes with the run folder's small files and the set of its tables."""
    small = [*found.parameters, *filter(None, (found.run_config, found.status))]
    return repr((found, [_signature(f"{found.path}/{name}") for name in small]))


def _signature(path: str) -> tuple[int, int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def _folder_times(discovery: Discovery) -> dict[str, int]:
    """When something was last added to each folder that was looked into, run folders too."""
    return {folder: _mtime(folder) for folder in discovery.folders}


def _mtime(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _batches(items: Iterator[Parsed], size: int) -> Iterator[Sequence[Parsed]]:
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
