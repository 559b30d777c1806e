"""All readers: ours, then those of other distributions under the entry point group `sml_viewer.readers`.

The order is that of precedence: where several claim one folder it is one run, opened by the first of them.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sml_viewer.i18n import phrase
from sml_viewer.model.discovered_run import DiscoveredRun
from sml_viewer.model.sources import Group
from sml_viewer.plugins import entry_points_of

from .base import Describer, MultiRunReader, Reader
from .declared.formats import FILE, WORKSPACE_VARIABLE
from .declared.settings import declarations_stamp, declared_readers
from .evaluations import EvaluationsReader
from .json_files.history import HistoryReader
from .json_files.trainer_results import TrainerResultsReader
from .text_tables.by_content import TablesReader
from .text_tables.reader import CsvReader
from .tfevents.reader import EventsReader
from .trackers.long_runs import LongTableReader
from .trackers.mlflow_sqlite import MlflowDatabaseReader
from .trackers.mlflow_store import MlflowStoreReader
from .trackers.runs_table import RunsTableReader
from .trackers.sacred import SacredReader
from .trackers.torchrl import TorchrlReader
from .trackers.trackio import TrackioReader
from .trackers.wandb import WandbReader
from .trainer_state import TrainerStateReader

GROUP = "sml_viewer.readers"
CSV = CsvReader()
_OURS: tuple[Reader, ...] = (
    CSV,
    MlflowStoreReader(),
    WandbReader(),
    SacredReader(),
    TorchrlReader(),
    TablesReader(),
    TrainerStateReader(),
    EventsReader(),
    EvaluationsReader(),
    TrainerResultsReader(),
    HistoryReader(),
)
_OURS_OF_MANY_RUNS: tuple[MultiRunReader, ...] = (
    MlflowDatabaseReader(),
    TrackioReader(),
    RunsTableReader(),
    LongTableReader(),
)
_extra: list[Reader] = []
# The state of the declarations as of the last look: what they say is cached.
_read_with: dict[str, object] = {}
_PARTS = ("name", "claim", "groups", "read")


class Registry(NamedTuple):
    """The readers in the order of precedence, those of files with many runs, and why some failed to load."""

    readers: tuple[Reader, ...]
    of_many_runs: tuple[MultiRunReader, ...]
    faults: tuple[str, ...]


@functools.cache
def registry() -> Registry:
    """The readers of this installation; loaded once."""
    declared = declared_readers()
    built_in = {reader.name for reader in _OURS} | {reader.name for reader in _OURS_OF_MANY_RUNS}
    taken = [reader.name for reader in declared.readers if reader.name in built_in]
    faults = [
        *declared.faults,
        *(f"the declared reader {name} has the name of a built-in one; rename it" for name in taken),
    ]
    own = (reader for reader in declared.readers if reader.name not in built_in)
    readers: list[Reader] = [*_extra, *own, *_OURS]
    of_many_runs = list(_OURS_OF_MANY_RUNS)
    for entry in entry_points_of(GROUP):
        try:
            reader: Any = entry.load()()
            many = isinstance(reader, MultiRunReader)
            if lacking := [part for part in _PARTS if not many and not hasattr(reader, part)]:
                raise TypeError(f"it has no {', '.join(lacking)}")
            if reader.name in {*(known.name for known in readers), *(known.name for known in of_many_runs)}:
                raise ValueError(f"there is a reader named {reader.name!r} already")
        except Exception as error:  # noqa: BLE001 - somebody else's code: named, and no reason to stop
            faults.append(f"the reader {entry.name} ({entry.value}) cannot be loaded: {error}")
        else:
            (of_many_runs if many else readers).append(reader)
    return Registry(tuple(readers), tuple(of_many_runs), tuple(faults))


def use_declared_readers(workspace: Path) -> None:
    """Use the readers that users declared in a workspace, also in processes that are started from now on.

    Those of files that the user named by option or environment count instead.
    """
    _read_with.setdefault("stamp", declarations_stamp())
    os.environ[WORKSPACE_VARIABLE] = str(workspace / FILE)
    notice_declared_readers()


def notice_declared_readers() -> bool:
    """Use the readers as users declare them by now; returns whether that changed since the last call."""
    stamp = declarations_stamp()
    if _read_with.get("stamp") == stamp:
        return False
    _read_with["stamp"] = stamp
    _forget()
    return True


def _forget() -> None:
    """Make the registry again when it is needed."""
    for cached in (registry, multi_run_reader, reader_of, described_files, described_bytes, _endings):
        cached.cache_clear()


@contextlib.contextmanager
def with_reader(reader: Reader) -> Iterator[None]:
    """One more reader for this process, before all others."""
    _extra.append(reader)
    try:
        _forget()
        yield
    finally:
        _extra.remove(reader)
        _forget()


@functools.cache
def multi_run_reader(name: str | None) -> MultiRunReader | None:
    """The reader of that name if its files hold many runs; None for all others."""
    return next((reader for reader in registry().of_many_runs if reader.name == name), None)


@functools.cache
def reader_of(layout: str | None) -> Reader:
    """The reader that a table's layout belongs to: the one of that name, else the one of text tables."""
    name = None if layout is None else layout.partition("@")[0]  # a declared one has its revision behind it
    return next((reader for reader in registry().readers if reader.name == name), CSV)


def groups_of(run: DiscoveredRun) -> tuple[Group, ...]:
    """The sources of a run folder, the main one first; those of further readers are called after these."""
    if run.reader is not None and multi_run_reader(run.reader) is not None:
        return (Group("", "", run.reader, run.tables),)
    groups = list(_groups(run.reader, run.tables, own=run.own))
    for name, tables in run.further:
        more = _groups(name, tables, own=False)
        groups += [group._replace(name=f"{name}/{group.name}" if group.name else name) for group in more]
    return tuple(groups)


def _groups(name: str | None, tables: tuple[str, ...], *, own: bool) -> tuple[Group, ...]:
    try:
        return tuple(reader_of(name).groups(tables, own=own))
    except Exception:
        if reader_of(name) is CSV:
            raise
        # Somebody else's code, and its tables are read one by one all the same.
        return tuple(
            Group("" if index == 0 else table, "", str(name), (table,)) for index, table in enumerate(tables)
        )


@functools.cache
def described_files(name: str | None) -> tuple[str, ...]:
    """The files beside the tables that tell a run's parameters and state, by its reader."""
    reader = reader_of(name)
    return tuple(getattr(reader, "described_files", ())) if isinstance(reader, Describer) else ()


@functools.cache
def described_bytes(name: str | None) -> int:
    """How many bytes at a table's beginning contain the run's parameters; 0 if its reader knows none."""
    reader = reader_of(name)
    return reader.described_bytes if isinstance(reader, Describer) else 0


def may_hold_many_runs(names: Collection[str]) -> bool:
    """Whether one of some files may hold many runs, by their names alone: asked before the readers are."""
    endings = _endings()
    if endings is None:
        return bool(names)
    return any([name.lower().endswith(endings) for name in names])  # noqa: C419  quicker than a generator


@functools.cache
def _endings() -> tuple[str, ...] | None:
    """The endings of all files with many runs; None if a reader of another distribution names none."""
    endings = [getattr(reader, "endings", None) for reader in registry().of_many_runs]
    return None if None in endings else tuple({ending for some in endings for ending in some or ()})


def title_of(name: str) -> str:
    """What a reader reads, in words."""
    return phrase(str(getattr(multi_run_reader(name) or reader_of(name), "title", name)))
