"""Bring the store in line with the disk: first who is there, then their tables, then only what changed."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sml_config.run_states import RUNNING
from sml_viewer.cache import gc_paused
from sml_viewer.discovery import Discovery, Search, discover
from sml_viewer.fileio import reason_of
from sml_viewer.jsonio import loads_each
from sml_viewer.model.discovered_run import DiscoveredRun
from sml_viewer.readers import metadata as read
from sml_viewer.readers.base import TableState
from sml_viewer.readers.described import may_say_more
from sml_viewer.readers.file_io import UNREADABLE, State, States
from sml_viewer.readers.registry import multi_run_reader
from sml_viewer.readers.text_tables.plain_columns import Likely
from sml_viewer.safe_open import Held

from . import writer as write
from .database import Database
from .early_columns import read_early
from .entries import Entry, discovery_fingerprint, discovery_of, entry_of, stamp_of
from .fast_stat import are_as_they_were, name_below, opened, with_companions
from .parse_worker import ParseWorker, parsing
from .previews.ends import Preview, read_preview
from .previews.first_look import FirstColumns, FirstLook
from .previews.opened import Opened, may_be_opened, no_columns, open_tables
from .table_parser import ParseResult, ParseTask

# A helper process takes half a second to start: it has to be worth it.
_HELPER_BYTES = 40_000_000
_HELPER_RUNS = 200
# A run that was written to since may be written to again, whatever it says of itself.
_LATELY = 900.0
_BATCH = 64
# Tables are held in memory while columns of them are asked for: less is read at once, more costs too much.
LEAST_PREVIEWED, _MOST_PREVIEWED = 20_000_000, 200_000_000
_KNOWN = "SELECT inode, offset, crc, head_crc, dialect FROM file WHERE id = ?"

Progress = Callable[[str, int, int], None]


class Update(NamedTuple):
    """What one look at the disk changed: runs that came, went, or have new metadata; tables read.

    `notes` name folders closed to us; `search` is None where only known runs were looked at.
    """

    added: int = 0
    removed: int = 0
    refreshed: int = 0
    tables: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    search: Search | None = None


class _Table(NamedTuple):
    """What the store knows of one table: enough to see from `stat` alone whether it changed.

    `below` is its path as seen from the root, `companions` those of files that change instead of it.
    """

    id: int
    path: str
    below: bytes
    name: str
    prefix: str
    layout: str
    state: State
    companions: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class _Run:
    """What the store knows of one run folder; `live` if it had not ended."""

    id: int
    path: str
    key: str
    text: str
    stamp: str
    live: bool
    run_in_file: str | None = None
    tables: list[_Table] = field(default_factory=list)


class Indexer:
    """Keeps one store in line with the runs below one folder. Several may work on one store."""

    def __init__(self, database: Database, root: Path) -> None:
        self._database = database
        self._root = root
        self._real = os.path.realpath(root)
        self._notes: tuple[str, ...] = ()
        # When something was last added to each folder, and to those that hold run folders and are none.
        self._folders: list[tuple[bytes, int]] = []
        self._around: list[tuple[bytes, int]] = []
        # What the store knows, as of `_counter`; kept between looks, so that a look costs next to no query.
        self._counter = (-1, -1)
        self._runs: dict[int, _Run] = {}

    def scan_all(self, progress: Progress | None = None) -> Update:
        """Look everywhere, then read what changed. Raises NoRunsError if the folder is not there."""
        with ParseWorker() as helper:
            update = self.index(helper, progress)
            tables = self.read_tables(progress, helper)
        return Update(
            update.added, update.removed, update.refreshed, tables, update.seconds, self._notes, update.search
        )

    @gc_paused()
    def scan_new(
        self,
        progress: Progress | None = None,
        likely: Likely = no_columns,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> tuple[Update, dict[int, Opened]]:
        """The same, but of a folder that nobody looked at before, tables are only opened where that will do.

        These are returned by the numbers of their runs, if they are many; nothing of them is in the store.
        `likely` names the columns that will be needed of a table, by the names of all; `meanwhile` is called
        while another process reads them.
        """
        self._reload()
        if self._runs:
            return self.scan_all(progress), {}
        with ParseWorker() as helper:
            update, looked = self._index(helper, progress, likely, meanwhile)
            jobs = self._reload_and_changed()
            single = [job for job in jobs if len(self._runs[job.run].tables) == 1]
            opened_tables = open_tables(single, LEAST_PREVIEWED, looked)
            others = [job for job in jobs if job.run not in opened_tables]
            self._read(others, progress, helper if len(others) > len(opened_tables) else None)
        return update, opened_tables

    def index(self, helper: ParseWorker | None = None, progress: Progress | None = None) -> Update:
        """Look everywhere for runs and their small files; the tables are only looked at from both ends.

        A helper is started if there will be much for it to read.
        """
        return self._index(helper, progress, None)[0]

    @gc_paused()
    def _index(
        self,
        helper: ParseWorker | None,
        progress: Progress | None,
        likely: Likely | None,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> tuple[Update, Mapping[str, FirstColumns]]:
        """As `index`; with `likely`, also what a first look read of tables, by their paths."""
        started = time.monotonic()
        discovery = discover(self._root)
        self._notes = discovery.notes
        self._reload()
        known = {run.key: run for run in self._runs.values()}
        # Read before the lock is taken: nobody waits for our disk.
        entries, new = [], []
        with contextlib.ExitStack() as reading, contextlib.ExitStack() as held:
            first_look = likely and reading.enter_context(
                FirstLook(discovery.runs, LEAST_PREVIEWED, _MOST_PREVIEWED, likely)
            )
            if helper is not None and not (first_look and first_look.is_active):
                to_read = [run for run in discovery.runs if likely is None or not may_be_opened(run)]
                if len(to_read) - len(known) > _HELPER_RUNS:
                    helper.start()
            meanwhile()
            around = Held("")
            for index, discovered in enumerate(discovery.runs):
                if progress is not None and index % _BATCH == 0:
                    progress("looking at runs", index, len(discovery.runs))
                before = known.pop(discovered.key, None)
                if (folder := discovered.path.rpartition("/")[0]) != around.path:  # most lie in one
                    held.close()
                    around = held.enter_context(Held(folder))
                try:
                    entry = _entry(discovered, before, around, None if first_look else read_preview)
                except UNREADABLE as error:  # one run is never the end of the others
                    self._notes = (*self._notes, f"{discovered.name!r} cannot be read: {reason_of(error)}")
                    continue
                if entry is not None:
                    entries.append(entry)
                    if before is None:
                        new.append(discovered)
            if first_look:  # nothing was known: each entry is a new run's
                entries = [
                    entry.with_preview(first_look.preview(run))
                    for entry, run in zip(entries, new, strict=True)
                ]
            looked = first_look.tables if first_look else {}
        gone = [run.id for run in known.values()]
        if progress is not None:
            progress("looking at runs", len(discovery.runs), len(discovery.runs))
        self._put(entries, gone)
        self._remember(discovery)
        changed = (len(new), len(gone), len(entries) - len(new), 0)
        update = Update(*changed, time.monotonic() - started, self._notes, discovery.search)
        return update, looked

    def read_tables(
        self,
        progress: Progress | None = None,
        helper: ParseWorker | None = None,
        *,
        lively: bool = False,
        likely: Likely | None = None,
    ) -> int:
        """Read every table that changed since the store read it, or those of lively runs; returns how many.

        A helper takes part if there is much to read. The `likely` columns of runs in a file of many are
        read before the others.
        """
        return self._read(self._reload_and_changed(lively=lively), progress, helper, likely)

    def _read(
        self,
        jobs: Sequence[ParseTask],
        progress: Progress | None,
        helper: ParseWorker | None,
        likely: Likely | None = None,
    ) -> int:
        def read_first() -> None:
            single = [job for job in jobs if len(self._runs[job.run].tables) == 1]
            if likely is not None and read_early(self._database, single, likely) and progress is not None:
                progress("reading tables", 0, len(jobs))

        done, total = 0, sum(job.new_bytes for job in jobs)
        parsed_tables = parsing(jobs, helper if total > _HELPER_BYTES else None, read_first)
        for batch in _batches(parsed_tables, _BATCH):
            with self._database.writing() as connection:
                version = write.next_version(connection)
                numbers = write.ColumnNumbers(connection)
                for parsed in batch:
                    write.put_parsed(connection, version, parsed, numbers)
            done += len(batch)
            if progress is not None:
                progress("reading tables", done, len(jobs))
        return done

    def read_likely(self, likely: Likely) -> int:
        """Read the likely columns of unread runs in files of many; returns of how many runs."""
        jobs = self._reload_and_changed()
        return read_early(
            self._database, [job for job in jobs if len(self._runs[job.run].tables) == 1], likely
        )

    def scan_known(self) -> Update:
        """Notice grown tables and changed states by `stat` alone.

        Look everywhere only if a folder changed.
        """
        started = time.monotonic()
        if not self._folders or not are_as_they_were(self._real, self._folders):
            return self.scan_all()
        refreshed = self._refresh_states()
        tables = self.read_tables()
        seconds = time.monotonic() - started
        return Update(refreshed=refreshed, tables=tables, seconds=seconds, notes=self._notes)

    def scan_active(self) -> Update:
        """Notice new run folders, and what changed in runs that say running or grew lately."""
        started = time.monotonic()
        if not self._folders or not are_as_they_were(self._real, self._around):
            return self.scan_all()
        refreshed = self._refresh_states()
        tables = self.read_tables(lively=True)
        seconds = time.monotonic() - started
        return Update(refreshed=refreshed, tables=tables, seconds=seconds, notes=self._notes)

    def _remember(self, discovery: Discovery) -> None:
        self._real = os.path.realpath(self._root)
        inside = {run.path for run in discovery.runs}
        seen = [(path, name_below(self._real, path), when) for path, when in discovery.folders.items()]
        self._folders = [(name, when) for _, name, when in seen]
        self._around = [(name, when) for path, name, when in seen if path not in inside]

    def _refresh_states(self) -> int:
        """Read again the small files of runs that had not ended, where they changed."""
        self._reload()
        entries = []
        for run in self._runs.values():
            if run.live:
                discovered = discovery_of(run.text)
                if (stamp := stamp_of(discovered)) != run.stamp:
                    entries.append(entry_of(discovered, run.text, stamp, read.read_metadata(discovered)))
        self._put(entries, [])
        return len(entries)

    def _put(self, entries: Sequence[Entry], gone: Sequence[int]) -> None:
        if not entries and not gone:
            return
        with self._database.writing() as connection:
            if gone:
                write.remove_runs(connection, gone)
            write.put_runs(connection, write.next_version(connection), entries)

    def _reload_and_changed(self, *, lively: bool = False) -> list[ParseTask]:
        """The tables to read, the largest first."""
        self._reload()
        changed = []
        recent = (time.time() - _LATELY) * 1e9
        stat = os.stat
        with opened(self._real) as folder:
            for run in self._runs.values():
                for table in run.tables:
                    if lively and table.state[2] < recent and not run.live:
                        continue
                    try:  # and no function: this is asked of every table, every time
                        status = stat(table.below, dir_fd=folder)
                        now = status.st_ino, status.st_size, status.st_mtime_ns
                        if table.companions:
                            now = with_companions(now, table.companions, folder)
                    except OSError:
                        now = 0, 0, 0  # it is gone, and is read as such once
                    if now != table.state:
                        changed.append((now[1], run.id, table))
        jobs = []
        for size, run_id, table in sorted(changed, key=lambda item: -item[0]):
            known = TableState(-1)  # as that of a table that was never read
            if table.state[0] >= 0:
                row = self._database.connection.execute(_KNOWN, (table.id,)).fetchone()
                if row is None:
                    continue
                known = TableState(*row)
            run_in_file, grown = self._runs[run_id].run_in_file, max(0, size - known.offset)
            file = table.path, table.name, table.prefix
            jobs.append(ParseTask(table.id, run_id, *file, known, table.layout, run_in_file, grown))
        return jobs

    def _reload(self) -> None:
        """Take over what changed in the store, whoever changed it."""
        counter = self._database.counter
        if counter == self._counter:
            return
        if counter[1] != self._counter[1]:
            self._counter, self._runs = (-1, -1), {}
        connection = self._database.connection
        newer = (self._counter[0],)
        rows = connection.execute(
            "SELECT id, found, stamp, state FROM run WHERE version > ?", newer
        ).fetchall()
        folders = loads_each([row[1] for row in rows])
        for (number, text, stamp, state), fields in zip(rows, folders, strict=True):
            path, part = fields["path"], fields.get("part")
            key = path if part is None else f"{path}/{part}"
            # What a table's beginning says may come after the table did.
            live = state == RUNNING or (state is None and may_say_more(fields))
            member = fields.get("run_in_file")
            self._runs[number] = _Run(number, path, key, text, stamp, live, member)
        for run, number, name, prefix, layout, *state in connection.execute(
            "SELECT run, id, name, prefix, layout, inode, size, mtime FROM file "
            "WHERE run IN (SELECT id FROM run WHERE version > ?)",
            newer,
        ):
            if run in self._runs:
                path = f"{self._runs[run].path}/{name}"
                below = name_below(self._real, path)
                reader = multi_run_reader(layout) if self._runs[run].run_in_file is not None else None
                beside = tuple(below + suffix.encode() for suffix in reader.companions) if reader else ()
                self._runs[run].tables.append(
                    _Table(number, path, below, name, prefix, layout, (state[0], state[1], state[2]), beside)
                )
        self._counter = counter


def _entry(run: DiscoveredRun, before: _Run | None, around: Held, preview: Preview | None) -> Entry | None:
    """What the store is given of a run folder; None if it is as it was before."""
    text = discovery_fingerprint(run)
    if before is None:
        states: States = {}
        with Held(run.path, around) as held:
            metadata, seen = read.read_metadata(run, states, held), preview and preview(run, held)
        return entry_of(run, text, stamp_of(run, states), metadata, seen)
    stamp = stamp_of(run)
    if (text, stamp) == (before.text, before.stamp):
        return None
    return entry_of(run, text, stamp, read.read_metadata(run))


def _batches(items: Iterator[ParseResult], size: int) -> Iterator[Sequence[ParseResult]]:
    while batch := list(itertools.islice(items, size)):
        yield batch
