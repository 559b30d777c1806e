"""A run as read from the index: parameters, column summaries, state; everything except its rows."""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from sml_config.run_states import FINISHED

from .issues import Issue
from .sources import MONITORS, Source
from .text import text_of

_NUMBER = struct.Struct("d")


class Summary(NamedTuple):
    """Summary of one column of a run: last value, smallest, largest, number of values.

    None while the table is not indexed.
    """

    last: float
    low: float | None = None
    high: float | None = None
    values: int | None = None


class Summaries(Mapping[str, Summary]):
    """The summaries of all columns, in the table's order, decoded on access.

    `places` maps columns to their indexes and is shared by runs with the same columns. `numbers` are float64
    of shape (4, columns): last, smallest, largest and count; or of shape (1, columns): only the last values.
    """

    __slots__ = ("_numbers", "_places")

    def __init__(self, places: Mapping[str, int], numbers: bytes) -> None:
        self._places = places
        self._numbers = numbers

    def __getitem__(self, name: str) -> Summary:
        offset, width = _NUMBER.size * self._places[name], _NUMBER.size * len(self._places)
        numbers, number = self._numbers, _NUMBER.unpack_from
        (last,) = number(numbers, offset)
        if len(numbers) == width:
            return Summary(last)
        (low,), (high,), (count,) = (number(numbers, offset + row * width) for row in (1, 2, 3))
        return Summary(last, low, high, int(count))

    def number(self, name: str, row: int) -> float | None:
        """One number of a column, by its row; None if absent. Faster than the whole summary."""
        index = self._places.get(name)
        offset = -1 if index is None else _NUMBER.size * (index + row * len(self._places))
        return _NUMBER.unpack_from(self._numbers, offset)[0] if 0 <= offset < len(self._numbers) else None

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def last(self) -> dict[str, float]:
        """The last value of each column."""
        return dict(
            zip(self._places, struct.unpack_from(f"{len(self._places)}d", self._numbers), strict=True)
        )


class MeasuredSummaries(Summaries):
    """The same where at most the last values are at hand: the rest is measured on access.

    `measure` gives the summary of a column, and of as many others as it comes by.
    """

    __slots__ = ("_measure", "_measured")

    def __init__(self, last: Summaries, measure: Callable[[str], Mapping[str, Summary]]) -> None:
        super().__init__(last._places, last._numbers)
        self._measure = measure
        self._measured: dict[str, Summary] = {}

    def __getitem__(self, name: str) -> Summary:
        if name not in self._measured:
            if name not in self._places:
                raise KeyError(name)
            self._measured |= self._measure(name)
        return self._measured[name]

    def number(self, name: str, row: int) -> float | None:
        """One number of a column, by its row; None if absent."""
        if name not in self._places or (row == 0 and self._numbers):
            return super().number(name, row)
        return self[name][row]

    @property
    def last(self) -> dict[str, float]:
        """The last value of each column."""
        return super().last if self._numbers else {name: self[name].last for name in self._places}


def summary_numbers(summaries: Iterable[Mapping[str, Summary]], name: str, row: int) -> list[float | None]:
    """One number of a column for many runs, by its row of a `Summary`; None if absent."""
    numbers: list[float | None] = []
    unpack = _NUMBER.unpack_from
    places: Mapping[str, int] | None = None
    offset = 0
    for summary in summaries:
        if type(summary) is Summaries:
            if summary._places is not places:  # most runs share theirs
                places = summary._places
                index = places.get(name)
                offset = -1 if index is None else _NUMBER.size * (index + row * len(places))
            known = 0 <= offset < len(summary._numbers)
            numbers.append(unpack(summary._numbers, offset)[0] if known else None)
        elif isinstance(summary, Summaries):
            numbers.append(summary.number(name, row))
        else:
            numbers.append(summary[name][row] if name in summary else None)
    return numbers


def kind_of_columns(summary: Mapping[str, Summary]) -> Hashable:
    """A key that is equal for summaries with shared columns; cheaper than comparing names."""
    return id(summary._places) if isinstance(summary, Summaries) else tuple(summary)


class _Cached:
    """A base with a `__dict__`, which is only there for runs of which something was computed."""


# With slots: a dictionary of so many attributes takes 1.5 KB, which is much for 100,000 runs.
@dataclass(frozen=True, eq=False, slots=True)
class Run(_Cached):
    """One run: identity, parameters, state, and summaries of its tables.

    `folder` is the path of the run folder. `parameters` are as written, `flat` has nested names joined by
    dots, `defaults` are recorded default values. `identity` is equal for equal, non-empty parameters, None
    without any. `rows` is None until the table is indexed. `modified` and `heartbeat` are seconds since the
    epoch. `remarks` are texts on the folder, `issues` what was skipped, repaired or guessed in its tables.
    `superseded` runs were replaced by a newer one of the same name, and never count. `varied` are the
    parameters that a sweep's launcher varied; `facts` are entries of a table's first line, such as a
    monitor's `env_id`. `sources` are the tables of a run of several files, the main one first, and empty
    otherwise; `rows` are those of the main one.
    """

    id: str
    folder: str
    name: str
    parameters: Mapping[str, Any]
    flat: Mapping[str, Any]
    identity: str | None
    summary: Mapping[str, Summary]
    rows: int | None
    state: str | None
    modified: float
    remarks: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    key: tuple[int, int] = (0, 0)
    version: int = 0
    defaults: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    status: Mapping[str, Any] = field(default_factory=dict)
    parameter_file: str | None = None
    tables: tuple[str, ...] = ()
    # The reader that opened the folder; None is that of text tables by their names.
    reader: str | None = None
    parent_run: str | None = None
    superseded: bool = False
    # Renamed columns: the new name, and the name in the file.
    aliases: Mapping[str, str] = field(default_factory=dict)
    varied: tuple[str, ...] = ()
    # The id of a run in a file that holds many, such as a tracker's database.
    run_in_file: str | None = None
    # The x column that the run's tool recorded for a column, or for a glob of columns.
    axes: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    # Whether the name is what a tool calls the run, which it may call another run, too.
    is_called: bool = False
    # Tags and a note that the run's tool recorded.
    labels: tuple[str, ...] = ()
    note: str = ""
    # Runs that this one continues, the earliest first; their rows count as its own.
    earlier: tuple[Run, ...] = ()

    @property
    def path(self) -> Path:
        """The run folder. Not stored: a list of 100,000 runs needs none of their paths."""
        return Path(self.folder)

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks and issues as English sentences."""
        return (*self.remarks, *(issue.sentence for issue in self.issues))

    @property
    def last(self) -> dict[str, float]:
        """The last value of each column that has one."""
        if isinstance(self.summary, Summaries):
            return self.summary.last
        return {name: column.last for name, column in self.summary.items()}

    def summary_values(self) -> dict[str, list[float | int | None]]:
        """Last value, smallest, largest and number of values of each column."""
        return {name: list(column) for name, column in self.summary.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns with at least one value."""
        return tuple(self.summary)

    @cached_property
    def monitors(self) -> Source | None:
        """The source of episodes: reward r, length l, time t (Stable-Baselines3, baselines); None without."""
        if not self.sources and self.tables and self.tables[0].endswith("monitor.csv"):
            single = Source(MONITORS, "", self.tables, tuple(self.summary), self.rows or 0, {})
            return single if single.is_monitor else None
        return next((source for source in self.sources if source.is_monitor), None)

    def source_of(self, column: str) -> Source | None:
        """The source that has a column; None for a run of one file."""
        return next((source for source in self.sources if source.has(column)), None)

    def beside(self, x: str, y: str) -> str | None:
        """The column of x in the table of y, by the names in the files; None without one.

        Each source has its own: with x `train/step` or `step`, `eval/return` is drawn over `eval/step`.
        """
        source = self.source_of(y)
        if source is None or source.has(x):
            return x
        known = self.source_of(x)
        return source.column(x if known is None else known.local(x))

    def recorded_axis(self, y: str) -> str | None:
        """The x column that the run's tool recorded for a column, if the run has it; None without one."""
        if not self.axes:
            return None
        globs = (glob for glob in self.axes if fnmatchcase(y, glob))
        x = self.axes.get(y) or next((self.axes[glob] for glob in globs), None)
        return x if x in self.summary and x != y else None

    @cached_property
    def haystack(self) -> str:
        """The case-folded text that words of a query search: name, state, host, values, joined by NUL."""
        texts = (self.name, self.state or "", self.host or "", *map(text_of, self.flat.values()))
        return "\0".join(texts).casefold()

    @property
    def host(self) -> str | None:
        """The host that the run was on."""
        host = self.provenance.get("host")
        return None if host is None else str(host)

    @property
    def system_peaks(self) -> dict[str, float]:
        """The highest value of each system metric, by its column in system.csv; recorded when a run ends."""
        peaks = self.provenance.get("system_peaks")
        if not isinstance(peaks, dict):
            return {}
        return {name: value for name, value in peaks.items() if type(value) in (int, float)}

    @property
    def finished(self) -> bool:
        """Whether the run recorded that it finished.

        A run of another tool, which records no state, counts as finished.
        """
        return self.state in (None, FINISHED)

    def parameter(self, name: str) -> Any:
        """The value of a parameter, else its recorded default.

        Else the run's setting of that name, such as SHORT_NAME_SUFFIX; None without any.
        """
        if name in self.flat:
            return self.flat[name]
        return self.defaults[name] if name in self.defaults else self.settings.get(name)

    def has_parameter(self, name: str) -> bool:
        """Whether `parameter` is a recorded value, which may be None."""
        return name in self.flat or name in self.defaults or name in self.settings
