"""The runs below some folders, as they are now: the door of the engine for page, command line and scripts."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar, cast

from sml_viewer.arrays import Floats

from .annotations import Annotations
from .cache import Memory, uncollected
from .discovery import existing_folder
from .errors import NoRunsError
from .index import Updater, load_columns, load_runs, open_database, store_path
from .index.database import FAULTS, Database, is_damage, replaced
from .index.indexer import Progress, Update
from .index.loader import check_columns, run_numbers
from .index.location import default_workspace
from .model.run import Run

# Columns are kept in memory up to so many bytes: what is drawn again is not read again.
_CACHE_BYTES = 64_000_000
_OVERHEAD = 200
_RECENT = 64
# What is made of so many runs takes the place of two, three, at most four.
_RUNS_A_PLACE, _MOST_PLACES = 2000, 4

Value = TypeVar("Value")


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
        # What people say of the runs below each folder.
        self.annotations = tuple(Annotations(self.workspace, root) for root in self.roots)
        self._columns: Memory[Floats | None] = Memory(_CACHE_BYTES)
        self._runs: list[Run] | None = None
        self._opened = os.urandom(4).hex()
        self._changes = itertools.count()
        self._revision = ""
        # For the next stage, which keeps there what it makes of columns; a run's version is part of each key.
        self.memory: Memory[object] = Memory(_CACHE_BYTES)
        # What was made of all runs as they were lately, by number of things: much of it is shared.
        self.recent: Memory[object] = Memory(_RECENT)
        self._making = threading.RLock()

    def feed(self) -> None:
        """Somebody else keeps the stores in line: an indexer for each."""
        for source in self._sources:
            source.is_fed = True

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
        """Read what changed in known runs; look everywhere only if a folder changed.

        Parameters of an ended run that were edited in place are seen by `refresh`.
        """
        return self._each(lambda source: source.updater.quick())

    def runs(self) -> list[Run]:
        """Every run in the stores now, by path; superseded ones too."""
        return list(self.current()[1])

    def current(self) -> tuple[str, Sequence[Run]]:
        """A text that changes whenever a run does, and every run in the stores now, by path.

        The text is another one after the library was opened again.
        """
        with self._lock:
            changed = [source.attempt(_Source.reload) for source in self._sources]
            self._forget_replaced()
            if any(changed) or self._runs is None:
                seen: set[str] = set()
                self._runs = []
                for source in self._sources:
                    new = list(source.runs.values())
                    if len(self._sources) > 1:  # one folder may lie inside another
                        new = [run for run in new if str(run.path) not in seen]
                        seen.update(str(run.path) for run in new)
                    self._runs += new
                self._runs.sort(key=lambda run: (run.key[0], run.name))
                self._revision = f"{self._opened}-{next(self._changes)}"
            return self._revision, self._runs

    @property
    def version(self) -> str:
        """A text that changes whenever a run came, changed or went, or what people say of one."""
        with self._lock:
            counters = [source.attempt(lambda one: one.database.counter) for source in self._sources]
        numbers = zip(counters, (kept.stamp for kept in self.annotations), strict=True)
        return "-".join(".".join(map(str, counter + stamp)) for counter, stamp in numbers)

    def _load(self, source: _Source, runs: Sequence[Run], names: Sequence[str]) -> list[dict[str, Floats]]:
        """The columns of runs of one store. Raises NoRunsError if it is damaged and made anew meanwhile."""
        try:
            loaded = load_columns(source.database, [run.key[1] for run in runs], names)
            found = [loaded[run.key[1]] for run in runs]
            check_columns(source.database, list(zip(runs, found, strict=True)), names)
        except FAULTS as error:
            if not is_damage(error):
                raise
            source.replace(error)
        else:
            return found
        self._forget()
        raise NoRunsError("what was read of the runs was damaged, and is read anew; ask again in a moment")

    def _forget_replaced(self) -> None:
        others = [source.was_replaced() for source in self._sources]
        if any(others):
            self._forget()

    def _forget(self) -> None:
        """Let go of all that was made of a store that is no more: its numbers mean other runs now."""
        self._columns = Memory(_CACHE_BYTES)
        self.memory = Memory(_CACHE_BYTES)
        self.recent = Memory(_RECENT)
        self._runs = None

    @uncollected()
    def columns(self, runs: Sequence[Run], names: Sequence[str]) -> list[dict[str, Floats]]:
        """The named columns of each run, in order: arrays of shape (rows,), blanks as NaN.

        Absent where a run lacks one. Those of one run are of one moment, as they are asked for together.
        """
        with self._lock:
            found: dict[tuple[int, int], dict[str, Floats]] = {}
            missing: dict[int, list[Run]] = {}
            for run in runs:
                kept = [self._columns.get((*run.key, run.version, name)) for name in names]
                whole = [item for item in kept if item is not None]
                if len(whole) < len(kept) or _differ(run, names, whole):
                    missing.setdefault(run.key[0], []).append(run)
                else:
                    pairs = zip(names, whole, strict=True)
                    found[run.key] = {name: item[0] for name, item in pairs if item[0] is not None}
            for number, wanted in missing.items():
                loaded = self._load(self._sources[number], wanted, names)
                for run, columns in zip(wanted, loaded, strict=True):
                    found[run.key] = columns
                    for name in names:
                        values = columns.get(name)
                        size = _OVERHEAD + (0 if values is None else values.nbytes)
                        self._columns.put((*run.key, run.version, name), values, size)
            return [found[run.key] for run in runs]

    def remembered(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """What was made of all runs for a key; made once, however many threads ask at a time."""
        kept = self.recent.get(key)
        if kept is None:
            with self._making:
                kept = self.recent.get(key)
                if kept is None:
                    kept = (make(),)
                    self.keep(key, kept[0])
        return cast("Value", kept[0])

    def keep(self, key: Hashable, value: object) -> None:
        """Keep among the recent ones what was made of all runs: of many it is large, and fewer are kept."""
        self.recent.put(key, value, min(1 + len(self._runs or ()) // _RUNS_A_PLACE, _MOST_PLACES))

    def _each(self, act: Callable[[_Source], Update]) -> list[Update]:
        with self._lock:
            updates = [source.attempt(act) for source in self._sources]
            self._forget_replaced()
            return updates


def _differ(run: Run, names: Sequence[str], columns: Sequence[tuple[Floats | None]]) -> bool:
    """Whether rows came between the calls that read these: one column of a table has them, another not."""
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
    """One folder and its store."""

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

    def attempt(self, act: Callable[[_Source], Value]) -> Value:
        """Act on the store; if it turns out damaged, make it anew and act once more."""
        if not self.database.is_current:  # another process made it anew
            self.database.close()
            self._open()
            self._is_replaced = True
        try:
            return act(self)
        except FAULTS as error:
            if not is_damage(error):
                raise
            self.replace(error)
            return act(self)

    def replace(self, error: BaseException) -> None:
        """Make the damaged store anew, and read all again unless an indexer does."""
        self._open(replaced(self.database, error))
        self._is_replaced = True
        if not self.is_fed:
            self.updater.full()

    def was_replaced(self) -> bool:
        """Whether the store is another one since this was asked last."""
        was, self._is_replaced = self._is_replaced, False
        return was

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

    def _open(self, database: Database | None = None) -> None:
        self.database: Database = database or open_database(self._path)
        self.updater = Updater(self.database, self.root)
        self.runs = {}
        self._counter = (-1, -1)
