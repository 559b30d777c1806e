"""Sources of a run: which of its tables belong together, and the columns of each source."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .table_layouts import FURTHER, LAYOUTS, METRIC, METRIC_AXES, MONITOR, MONITOR_COLUMNS, OWN, TABLE
from .table_names import further_table, named_as_table

MONITORS = "monitor"
# What a monitor's first line says of its environment, and what it says where that has no name.
ENVIRONMENT_FACT = "env_id"
NO_ENVIRONMENTS = frozenset(("", "None", "null"))
# The axes of tables with one metric each.
_AXES = {*METRIC_AXES, "step", "wall_time"}
# Equal tables, unlike a main progress table: the columns of both get a prefix.
_PAIR = ("train.csv", "eval.csv")


class Group(NamedTuple):
    """Files of a folder that form one source; `prefix` is put before the names of their columns."""

    name: str
    prefix: str
    layout: str
    files: tuple[str, ...]


class Source(NamedTuple):
    """One table of a run, or the monitors of all its environments, sorted by the ends of episodes.

    `name` is "" for the main one. `columns` are named as in the run; `stored` maps those to their names in
    the index that differ, because an earlier source has a column of that name. `hidden` are axes of this
    source that the list of columns shows for another one.
    """

    name: str
    prefix: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    stored: Mapping[str, str]
    hidden: tuple[str, ...] = ()

    def local(self, column: str) -> str:
        """The name of a column in the file."""
        return self.stored.get(column, column).removeprefix(self.prefix)

    @property
    def is_monitor(self) -> bool:
        """Whether its rows are episodes."""
        return self.tables[0].endswith("monitor.csv") and None not in map(self.column, MONITOR_COLUMNS)

    def has(self, column: str) -> bool:
        """Whether a column of the run, listed or not, is in this source."""
        return column in self.columns or column in self.hidden

    def column(self, local: str) -> str | None:
        """The run's name of a column, by its name in the file; None if absent."""
        for name in (self.prefix + local, f"{self.name}/{local}"):
            if self.has(name) and self.local(name) == local:
                return name
        return None


@functools.lru_cache(256)  # most folders hold the same tables
def groups_of(tables: tuple[str, ...], own: bool = False) -> tuple[Group, ...]:
    """Group a folder's tables into sources, the main one first; `own` for a run folder of sml_logger."""
    monitors = tuple(name for name in tables if name.endswith("monitor.csv"))
    others = [name for name in tables if name not in monitors]
    metrics = bool(others) and not named_as_table(others[0])
    groups = []
    for index, name in enumerate(others):
        if own and (further := further_table(name)):
            prefix = f"{further.name}/" if further.is_prefix else ""
            groups.append(Group(further.name, prefix, OWN if prefix else FURTHER, (name,)))
            continue
        stem = name.rpartition(".")[0] or name
        layout = METRIC if metrics else OWN if own and index == 0 else TABLE
        prefixed = not metrics and (index > 0 or name in _PAIR)
        groups.append(Group("" if index == 0 else stem, f"{stem}/" if prefixed else "", layout, (name,)))
    if monitors:
        groups.append(Group(MONITORS if others else "", "", MONITOR, monitors))
    return tuple(groups)


def layout_of_main(tables: tuple[str, ...], own: bool) -> str:
    """The layout of a folder's first table."""
    return groups_of(tables, own)[0].layout


_RAY = "ray/tune/"


class File(NamedTuple):
    """One indexed file of a source."""

    name: str
    group: Group  # without its files
    rows: int
    columns: Sequence[str]
    ended: float = 0.0


def sources_of(files: Sequence[File]) -> tuple[Source, ...]:
    """The sources of a run from its indexed files, the main one first; empty for a run of one file."""
    if len(files) < 2:
        return ()
    taken: set[str] = set()
    axes_shown = False
    sources = []
    for group in dict.fromkeys(file.group for file in files):
        of_it = [file for file in files if file.group == group]
        local = list(dict.fromkeys(name for file in of_it for name in file.columns))
        stored = {f"{group.name}/{name}": name for name in local if name in taken}
        names = [f"{group.name}/{name}" if name in taken else name for name in local]
        hidden: list[str] = []
        if group.layout == METRIC and axes_shown:
            hidden = [name for name in names if stored.get(name, name) in METRIC_AXES]
        elif group.layout not in LAYOUTS:
            # What a table of another format repeats, under its name or as Ray Tune calls it in event files.
            hidden = [name for name in names if name in stored or name.removeprefix(_RAY) in taken]
        axes_shown = axes_shown or bool(names)
        taken.update(names)
        sources.append(
            Source(
                group.name,
                group.prefix,
                tuple(file.name for file in of_it),
                tuple(name for name in names if name not in hidden),
                sum(file.rows for file in of_it),
                stored,
                tuple(hidden),
            )
        )
    return tuple(sources)


def main_rows(sources: Sequence[Source]) -> int:
    """The number of rows of the first non-empty source: rows of different tables are not added.

    Of the longest one where each holds a metric of its own: none of these is the main one.
    """
    if all(len({*source.columns} - _AXES) == 1 for source in sources):
        return max(source.rows for source in sources)
    return next((source.rows for source in sources if source.rows), 0)


def to_json(sources: Sequence[Source]) -> list[list[Any]]:
    """Serialise sources for the index."""
    return [list(source) for source in sources]


def from_json(content: Sequence[Sequence[Any]]) -> tuple[Source, ...]:
    """The sources from the result of `to_json`."""
    as_tuple: Callable[[Any], Any] = tuple
    return tuple(
        Source(name, prefix, as_tuple(tables), as_tuple(columns), rows, stored, as_tuple(hidden))
        for name, prefix, tables, columns, rows, stored, hidden in content
    )
