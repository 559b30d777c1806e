"""The runs below some folders, as they are now: the door of the engine for page, command line and scripts."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .discover import existing_folder
from .read.cells import Floats
from .run import Run
from .store import Updater, load_columns, load_runs, open_database, store_path
from .store.database import Database, discard
from .store.load import run_numbers
from .store.location import default_workspace
from .store.update import Progress, Update

# Columns are kept in memory up to so many bytes: what is drawn again is not read again.
_CACHE_BYTES = 256_000_000


class Library:
    """Runs below one or more folders, with a store for each in the workspace.

    May be used from several threads; one of them works at a time.
    """

    def __init__(self, roots: Iterable[Path], workspace: Path | None = None) -> None:
        """Open the stores. Raises NoRunsError if a folder is not there."""
        self.roots = tuple(dict.fromkeys(existing_folder(Path(root)).absolute() for root in roots))
        self.workspace = (workspace or default_workspace()).expanduser().absolute()
        self._lock = threading.RLock()
        self._sources = [_Source(number, root, self.workspace) for number, root in enumerate(self.roots)]
        self._cache = _Cache()
        self._runs: list[Run] | None = None
        # For the next stage, which keeps there what it makes of columns; a run's version is part of each key.
        self.memory: OrderedDict[tuple[object, ...], object] = OrderedDict()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the stores."""
        with self._lock:
            for source in self._sources:
                source.close()

    def index(self) -> list[Update]:
        """Find runs and read their small files; enough for `runs()`, before any table is read whole."""
        return self._each(lambda source: source.updater.index())

    def refresh(self, progress: Progress | None = None) -> list[Update]:
        """Look everywhere and read what changed."""
        return self._each(lambda source: source.updater.full(progress))

    def notice(self) -> list[Update]:
        """Read what changed in known runs; look everywhere only if a folder changed."""
        return self._each(lambda source: source.updater.quick())

    def runs(self) -> list[Run]:
        """Every run in the stores now, by path; superseded ones too."""
        with self._lock:
            changed = [source.reload() for source in self._sources]
            if any(changed) or self._runs is None:
                seen: set[str] = set()
                self._runs = []
                for source in self._sources:
                    # One folder may lie inside another.
                    new = [run for run in source.runs.values() if str(run.path) not in seen]
                    seen.update(str(run.path) for run in new)
                    self._runs += new
                self._runs.sort(key=lambda run: (run.key[0], run.name))
            return list(self._runs)

    def columns(self, runs: Sequence[Run], names: Sequence[str]) -> list[dict[str, Floats]]:
        """The named columns of each run, in order: arrays of shape (rows,), blanks as NaN.

        Absent where a run lacks one.
        """
        with self._lock:
            missing: dict[int, dict[int, Run]] = {}
            for run in runs:
                if any((*run.key, run.version, name) not in self._cache for name in names):
                    missing.setdefault(run.key[0], {})[run.key[1]] = run
            loaded: dict[tuple[int, int], dict[str, Floats]] = {}
            for source, wanted in missing.items():
                for number, columns in load_columns(
                    self._sources[source].database, list(wanted), names
                ).items():
                    loaded[(source, number)] = columns
                    run = wanted[number]
                    for name in names:
                        self._cache.put((*run.key, run.version, name), columns.get(name))
            return [loaded[run.key] if run.key in loaded else self._cached(run, names) for run in runs]

    def _cached(self, run: Run, names: Sequence[str]) -> dict[str, Floats]:
        found = ((name, self._cache.get((*run.key, run.version, name))) for name in names)
        return {name: values for name, values in found if values is not None}

    def _each(self, act: Callable[[_Source], Update]) -> list[Update]:
        with self._lock:
            return [source.attempt(act) for source in self._sources]


class _Source:
    """One folder and its store."""

    def __init__(self, number: int, root: Path, workspace: Path) -> None:
        self.number = number
        self.root = root
        self.runs: dict[int, Run] = {}
        self._counter = (-1, -1)
        self._path = store_path(workspace, root)
        self._open()

    def close(self) -> None:
        self.database.close()

    def attempt(self, act: Callable[[_Source], Update]) -> Update:
        """Act on the store; if it turns out damaged, make it anew and act once more."""
        try:
            return act(self)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
                raise
            with contextlib.suppress(sqlite3.Error):
                self.database.close()
            discard(self._path)
            self._open()
            return act(self)

    def reload(self) -> bool:
        """Take over the runs that changed in the store; returns whether any did."""
        counter = self.database.counter
        if counter == self._counter:
            return False
        for run in load_runs(self.database, self.number, self._counter[0]):
            self.runs[run.key[1]] = run
        if counter[1] != self._counter[1]:
            there = run_numbers(self.database)
            self.runs = {number: run for number, run in self.runs.items() if number in there}
        self._counter = counter
        return True

    def _open(self) -> None:
        self.database: Database = open_database(self._path)
        self.updater = Updater(self.database, self.root)
        self.runs = {}
        self._counter = (-1, -1)


class _Cache:
    """Columns in memory, the least recently used dropped first."""

    def __init__(self) -> None:
        self._items: OrderedDict[tuple[int, int, int, str], Floats | None] = OrderedDict()
        self._bytes = 0

    def __contains__(self, key: tuple[int, int, int, str]) -> bool:
        return key in self._items

    def get(self, key: tuple[int, int, int, str]) -> Floats | None:
        self._items.move_to_end(key)
        return self._items[key]

    def put(self, key: tuple[int, int, int, str], values: Floats | None) -> None:
        self._bytes += 0 if values is None else values.nbytes
        self._items[key] = values
        while self._bytes > _CACHE_BYTES:
            _, dropped = self._items.popitem(last=False)
            self._bytes -= 0 if dropped is None else dropped.nbytes
