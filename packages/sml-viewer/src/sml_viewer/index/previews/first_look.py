"""The first look at the tables of runs that nobody looked at before: only what one answer needs is held."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sml_viewer.index.table_parser import ParseTask
from sml_viewer.model.discovered_run import DiscoveredRun
from sml_viewer.model.table_layouts import OWN, TABLE
from sml_viewer.readers.base import TableState
from sml_viewer.readers.file_io import state_at
from sml_viewer.readers.forked import SharedWork, may_fork
from sml_viewer.readers.registry import groups_of
from sml_viewer.readers.text_tables.plain_columns import (
    Likely,
    PlainColumns,
    TableFile,
    packed_columns,
    read_columns,
    unpacking_columns,
)

from .ends import TablePreview, read_preview
from .parsed_columns import ParsedColumns, packed_table, parse_columns, unpacking_tables

_PLAIN_LAYOUTS = (OWN, TABLE)
# So many tables in a row that have to be read whole: the others of these runs will too.
_MOST_IN_VAIN = 3

FirstColumns = PlainColumns | ParsedColumns


class FirstLook:
    """The first look at runs that have one table each, if these have between `least` and `most` bytes.

    They are read by another process from the beginning of the block on, if there may be one. Reading less
    bytes into the store takes no time, and more is better done once.
    """

    def __init__(self, runs: Sequence[DiscoveredRun], least: int, most: int, likely: Likely) -> None:
        # Without a second process, tables of other formats are as soon read into the store.
        kinds = None if may_fork() else _PLAIN_LAYOUTS
        tasks = {task.path: task for run in runs if (task := _task(run, kinds)) is not None}
        self._tasks = tasks if least < sum(task.new_bytes for task in tasks.values()) < most else {}
        self._reading: SharedWork[ParseTask, FirstColumns | None] | None = None
        if self._tasks:
            reader = _Reader(functools.cache(likely))
            self._reading = SharedWork([*tasks.values()], reader.read, packed, unpacking())

    @property
    def is_active(self) -> bool:
        """Whether tables are read."""
        return self._reading is not None

    def __enter__(self) -> FirstLook:
        if self._reading is not None:
            self._reading.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._reading is not None:
            self._reading.__exit__(*error)

    @functools.cached_property
    def tables(self) -> Mapping[str, FirstColumns]:
        """What was read, by the paths of the tables, but for those that are read whole."""
        if self._reading is None:
            return {}
        read = zip(self._tasks, self._reading.results(), strict=True)
        return {path: columns for path, columns in read if columns is not None}

    def preview(self, run: DiscoveredRun) -> TablePreview:
        """As `read_preview`."""
        columns = self.tables.get(f"{run.path}/{run.tables[0]}")
        if not isinstance(columns, PlainColumns):
            return read_preview(run)
        return TablePreview(dict(zip(columns.names, columns.last, strict=True)), columns.state[2] / 1e9)


class _Reader:
    """Reads tables one after the other: the likely columns of plain ones, others whole."""

    def __init__(self, likely: Likely) -> None:
        self._likely = likely
        self._in_vain = 0

    def read(self, task: ParseTask) -> FirstColumns | None:
        """What one answer needs of a table, None where it has to be read into the store."""
        columns: FirstColumns | None = None
        if task.layout in _PLAIN_LAYOUTS:
            folder = task.path.removesuffix(f"/{task.name}")
            columns = read_columns(TableFile(folder, task.name, task.layout), self._likely)
        if columns is None and self._in_vain < _MOST_IN_VAIN:
            columns = parse_columns(task)
            self._in_vain = 0 if columns is not None else self._in_vain + 1
        return columns


def _task(run: DiscoveredRun, layouts: Collection[str] | None) -> ParseTask | None:
    """What is to be read of a run that has one table, of one of the layouts; it has no number yet."""
    if run.further or run.run_in_file is not None or len(run.tables) != 1:
        return None
    (group,) = groups_of(run)
    if group.prefix or (layouts is not None and (run.reader is not None or group.layout not in layouts)):
        return None
    path = f"{run.path}/{run.tables[0]}"
    new_bytes = state_at(path)[1]
    return ParseTask(0, 0, path, run.tables[0], "", TableState(), group.layout, new_bytes=new_bytes)


def packed(columns: FirstColumns | None) -> tuple[int, Any]:
    """What another process is given of it."""
    if isinstance(columns, PlainColumns):
        return 0, packed_columns(columns)
    return 1, packed_table(columns)


def unpacking() -> Callable[[tuple[int, Any]], FirstColumns | None]:
    """What makes of what `packed` gave what it was given."""
    by_kind = unpacking_columns(), unpacking_tables()
    return lambda kind_and_fields: by_kind[kind_and_fields[0]](kind_and_fields[1])
