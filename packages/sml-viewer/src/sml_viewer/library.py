"""Entry point to all runs below a set of folders; used by page, CLI and Python API."""

from __future__ import annotations

import itertools
import os
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import TypeVar, cast

from sml_config.hashing import short_hash
from sml_config.redaction import REDACTED
from sml_viewer.arrays import Floats
from sml_viewer.readers.text_tables.plain_columns import Likely

from .annotations import Annotations
from .cache import LRUCache, gc_paused
from .discovery import Search, existing_folder
from .errors import NoRunsError
from .i18n import Message
from .index import Indexer, load_columns, load_runs, open_database, store_path
from .index.database import FAULTS, Database, is_damage, replaced
from .index.indexer import Progress, Update
from .index.loader import check_columns, run_numbers, text_columns
from .index.location import default_workspace
from .index.previews.opened import Opened, columns_of, no_columns, previewed
from .model.run import Run
from .model.shown_names import shown_name
from .readers.registry import use_declared_readers

# Bytes of columns cached in memory, so that redrawing needs no reading.
_CACHE_BYTES = 64_000_000
_OVERHEAD = 200
_SHORT_ID = 8
_RECENT = 64
# Results over this many runs count as two entries of the cache, three, at most four.
_RUNS_A_PLACE, _MOST_PLACES = 2000, 4

Value = TypeVar("Value")


class Library:
    """Runs below one or more folders, with an index for each in the workspace.

    Thread-safe; one thread works at a time.
    """

    def __init__(self, roots: Iterable[Path], workspace: Path | None = None) -> None:
        """Open the indexes. Raises NoRunsError if a folder does not exist."""
        self.roots = tuple(dict.fromkeys(existing_folder(Path(root)).absolute() for root in roots))
        self.workspace = (workspace or default_workspace()).expanduser().absolute()
        use_declared_readers(self.workspace)
        self._lock = threading.RLock()
        self._sources = [_Source(number, root, self.workspace) for number, root in enumerate(self.roots)]
        # The annotations of the runs below each folder.
        self.annotations = tuple(Annotations(self.workspace, root) for root in self.roots)
        self._columns: LRUCache[Floats | None] = LRUCache(_CACHE_BYTES)
        self._runs: list[Run] | None = None
        # Tables of which only the columns that are asked for are parsed, by the keys of their runs.
        self._previews: dict[tuple[int, int], Opened] = {}
        # What the last search of each folder read, by the numbers of the sources.
        self._searches: dict[int, Search] = {}
        self._opened = os.urandom(4).hex()
        self._changes = itertools.count()
        self._revision = ""
        # Cache for the analysis of columns; a run's version is part of each key.
        self.memory: LRUCache[object] = LRUCache(_CACHE_BYTES)
        # Results over all runs of recent revisions, limited by number: they share much of their data.
        self.recent: LRUCache[object] = LRUCache(_RECENT)
        self._making = threading.RLock()

    def feed(self) -> None:
        """Rely on indexer processes to keep the indexes up to date."""
        for source in self._sources:
            source.is_fed = True

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the indexes."""
        with self._lock:
            for source in self._sources:
                source.close()

    def preview(
        self,
        progress: Progress | None = None,
        likely: Likely = no_columns,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> list[Update]:
        """As `refresh`, but of folders that nobody looked at before, read only the columns asked for.

        `likely` names those of a table, as far as they are known; `meanwhile` is called while another
        process reads. What depends on the columns is asked for in `answer`. The index is left without these
        tables: the next `refresh` or `preview` reads them.
        """

        def scan(source: _Source) -> Update:
            update, tables = source.updater.scan_new(progress, likely, meanwhile)
            self._previews |= {(source.number, run): table for run, table in tables.items()}
            return update

        return self._each(scan)

    @gc_paused()
    def answer(self, make: Callable[[], Value]) -> Value:
        """What `make` returns; again with all tables read, if one that was previewed turned out odd."""
        answer = make()
        if any(table.is_odd for table in self._previews.values()):
            self.refresh()
            self._forget()
            answer = make()
        return answer

    def index(self) -> list[Update]:
        """Find runs and read their small files: enough for `runs()`, without whole tables."""
        return self._each(lambda source: source.updater.index())

    def refresh(self, progress: Progress | None = None) -> list[Update]:
        """Scan all folders and read every change."""
        return self._each(lambda source: source.updater.scan_all(progress))

    def refresh_known(self) -> list[Update]:
        """Read changes in known runs; scan all folders only if one of them changed.

        Parameters of an ended run that were edited in place are only seen by `refresh`.
        """
        return self._each(lambda source: source.updater.scan_known())

    @property
    def searches(self) -> tuple[Search, ...]:
        """What the last search of each folder read; none of folders that were not searched from here."""
        return tuple(self._searches.values())

    def runs(self) -> list[Run]:
        """All indexed runs, sorted by path; superseded ones too."""
        return list(self.current()[1])

    def current(self) -> tuple[str, Sequence[Run]]:
        """A revision that changes with every run, and all indexed runs, sorted by path.

        The revision also differs after the library is opened again.
        """
        with self._lock:
            changed = [source.attempt(_Source.reload) for source in self._sources]
            self._forget_replaced()
            if any(changed) or self._runs is None:
                use_declared_readers(self.workspace)  # an indexer noticed that they changed
                seen: set[str] = set()
                self._runs = []
                for source in self._sources:
                    new = list(source.runs.values())
                    if len(self._sources) > 1:  # one folder may be inside another
                        new = [run for run in new if str(run.path) not in seen]
                        seen.update(str(run.path) for run in new)
                    self._runs += new
                self._runs = _told_apart(self._runs)
                if self._previews:
                    tables = [(run, self._previews.get(run.key)) for run in self._runs]
                    self._runs = [run if table is None else previewed(run, table) for run, table in tables]
                self._runs.sort(key=attrgetter("name"))
                if len(self._sources) > 1:
                    self._runs.sort(key=lambda run: run.key[0])
                self._revision = f"{self._opened}-{next(self._changes)}"
            return self._revision, self._runs

    @property
    def version(self) -> str:
        """A text that changes whenever a run or an annotation is added, changed or removed."""
        with self._lock:
            counters = [source.attempt(lambda current: current.database.counter) for source in self._sources]
        numbers = zip(counters, (annotations.stamp for annotations in self.annotations), strict=True)
        return "-".join(".".join(map(str, counter + stamp)) for counter, stamp in numbers)

    def _load(self, source: _Source, runs: Sequence[Run], names: Sequence[str]) -> list[dict[str, Floats]]:
        """The columns of runs of one index. Raises NoRunsError if it is damaged and being rebuilt."""
        if self._previews:
            opened = [self._previews.get(run.key) for run in runs]
            rest = [run for run, table in zip(runs, opened, strict=True) if table is None]
            stored = iter(self._load_stored(source, rest, names) if rest else ())
            read = iter(columns_of([table for table in opened if table is not None], names))
            return [next(stored) if table is None else next(read) for table in opened]
        return self._load_stored(source, runs, names)

    def _load_stored(
        self, source: _Source, runs: Sequence[Run], names: Sequence[str]
    ) -> list[dict[str, Floats]]:
        try:
            loaded = load_columns(source.database, [run.key[1] for run in runs], names)
            columns = [loaded[run.key[1]] for run in runs]
            check_columns(source.database, list(zip(runs, columns, strict=True)), names)
        except FAULTS as error:
            if not is_damage(error):
                raise
            source.replace(error)
        else:
            return columns
        self._forget()
        raise NoRunsError(
            Message("the index of the runs was damaged and is being rebuilt; try again in a moment")
        )

    def _forget_replaced(self) -> None:
        others = [source.was_replaced() for source in self._sources]
        if any(others):
            self._forget()

    def _forget(self) -> None:
        """Drop all results of a replaced index, whose numbers now mean other runs."""
        self._columns = LRUCache(_CACHE_BYTES)
        self.memory = LRUCache(_CACHE_BYTES)
        self.recent = LRUCache(_RECENT)
        self._runs = None

    @gc_paused()
    def columns(self, runs: Sequence[Run], names: Sequence[str]) -> list[dict[str, Floats]]:
        """The named columns of each run, in order: arrays of shape (rows,), blanks as NaN.

        Absent where a run lacks one. The columns of one run are consistent with each other.
        """
        with self._lock:
            result: dict[tuple[int, int], dict[str, Floats]] = {}
            missing: dict[int, list[Run]] = {}
            for run in runs:
                cached = [self._columns.get((*run.key, run.version, name)) for name in names]
                whole = [item for item in cached if item is not None]
                if len(whole) < len(cached) or _differ(run, names, whole):
                    missing.setdefault(run.key[0], []).append(run)
                else:
                    pairs = zip(names, whole, strict=True)
                    result[run.key] = {name: item[0] for name, item in pairs if item[0] is not None}
            for number, incomplete in missing.items():
                loaded = self._load(self._sources[number], incomplete, names)
                for run, columns in zip(incomplete, loaded, strict=True):
                    result[run.key] = columns
                    for name in names:
                        values = columns.get(name)
                        size = _OVERHEAD + (0 if values is None else values.nbytes)
                        self._columns.put((*run.key, run.version, name), values, size)
            return [result[run.key] for run in runs]

    def text_columns(self, run: Run) -> tuple[str, ...]:
        """The columns of a run of which no cell is a number; they are not read."""
        with self._lock:
            return self._sources[run.key[0]].attempt(lambda source: text_columns(source.database, run.key[1]))

    def get_or_compute(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Get or compute a result over all runs by key; computed once, also with several threads."""
        cached = self.recent.get(key)
        if cached is None:
            with self._making:
                cached = self.recent.get(key)
                if cached is None:
                    cached = (make(),)
                    self.keep(key, cached[0])
        return cast("Value", cached[0])

    def keep(self, key: Hashable, value: object) -> None:
        """Cache a result over all runs; results over many runs are large, so fewer are cached."""
        self.recent.put(key, value, min(1 + len(self._runs or ()) // _RUNS_A_PLACE, _MOST_PLACES))

    def _each(self, action: Callable[[_Source], Update]) -> list[Update]:
        with self._lock:
            if self._previews:
                self._previews, self._runs = {}, None
            updates = [source.attempt(action) for source in self._sources]
            self._searches |= {
                source.number: update.search
                for source, update in zip(self._sources, updates, strict=True)
                if update.search is not None
            }
            self._forget_replaced()
            return updates


def _told_apart(runs: list[Run]) -> list[Run]:
    """The runs, those of one name by an ending, if a tool gave the name or a part of it is masked."""
    if not any(map(_may_repeat, runs)):
        return runs
    names = Counter(run.name for run in runs)
    return [
        replace(run, name=f"{run.name}-{_ending(run)}") if names[run.name] > 1 and _may_repeat(run) else run
        for run in runs
    ]


def _may_repeat(run: Run) -> bool:
    return run.is_called or REDACTED in run.name


def _ending(run: Run) -> str:
    """The end of the folder's name, or a hash of the path where a part of the run's name is masked."""
    if REDACTED in run.name:
        return short_hash("/".join([run.folder, *run.tables[:1]]), 4)
    return shown_name(run.path.name)[-_SHORT_ID:]


def _differ(run: Run, names: Sequence[str], columns: Sequence[tuple[Floats | None]]) -> bool:
    """Whether rows were added between the reads of these columns, so that their lengths differ."""
    if len(columns) < 2:
        return False
    lengths: dict[Hashable, int] = {}
    for name, (column,) in zip(names, columns, strict=True):
        if column is not None:
            source = run.source_of(name)
            if lengths.setdefault(source and source.name, len(column)) != len(column):
                return True
    return False


class _Source:
    """One folder and its index."""

    def __init__(self, number: int, root: Path, workspace: Path) -> None:
        self.number = number
        self.root = root
        self.runs: dict[int, Run] = {}
        self._counter = (-1, -1)
        self._path = store_path(workspace, root)
        self._is_replaced = False
        self.is_fed = False
        self._open()

    def close(self) -> None:
        self.database.close()

    def attempt(self, action: Callable[[_Source], Value]) -> Value:
        """Run an action on the index; if that is damaged, rebuild it and run the action again."""
        if not self.database.is_current:  # another process rebuilt it
            self.database.close()
            self._open()
            self._is_replaced = True
        try:
            return action(self)
        except FAULTS as error:
            if not is_damage(error):
                raise
            self.replace(error)
            return action(self)

    def replace(self, error: BaseException) -> None:
        """Rebuild the damaged index; read all runs again, unless an indexer does."""
        self._open(replaced(self.database, error))
        self._is_replaced = True
        if not self.is_fed:
            self.updater.scan_all()

    def was_replaced(self) -> bool:
        """Whether the index was replaced since the last call."""
        was, self._is_replaced = self._is_replaced, False
        return was

    def reload(self) -> bool:
        """Reload the runs that changed in the index; returns whether any did."""
        counter = self.database.counter
        if counter == self._counter:
            return False
        for run in load_runs(self.database, self.number, self._counter[0]):
            self.runs[run.key[1]] = run
        if counter[1] != self._counter[1]:
            present = run_numbers(self.database)
            self.runs = {number: run for number, run in self.runs.items() if number in present}
        self._counter = counter
        return True

    def _open(self, database: Database | None = None) -> None:
        self.database: Database = database or open_database(self._path)
        self.updater = Indexer(self.database, self.root)
        self.runs = {}
        self._counter = (-1, -1)
