"""The run list as a table: the columns of every list, parameters, and values of metrics."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sml_config.hashing import short_hash
from sml_config.run_states import RUNNING
from sml_viewer.annotations import EMPTY_ANNOTATION, Annotation
from sml_viewer.columns.metric_direction import best_of
from sml_viewer.errors import ColumnError
from sml_viewer.i18n import Message
from sml_viewer.library import Library
from sml_viewer.model.run import Run, Summary, summary_numbers
from sml_viewer.model.run_state import UNKNOWN, RunState, run_state
from sml_viewer.model.text import text_of
from sml_viewer.select.query import parse_query

from .list_columns import COLUMNS, ListedRuns
from .plans import PlanFile, find_plans
from .snapshot import Snapshot, live_states, take_snapshot

# Parameters that differ, among the default columns.
_MOST_DEFAULTS = 16
_MOST_COLUMNS = 200
_LONGEST_CELL = 500
# Digits of a metric's value, and the powers of ten that are exact floats.
_DIGITS = 7
_POWERS = np.array([10**exponent for exponent in range(23)], np.float64)
_MARGIN = 1e-6
PARAMETER = "parameter"
PEAK = "peak"
# Values of a metric that a column can show.
SUMMARIES: dict[str, Callable[[str, Summary], float | None]] = {
    "last": lambda _, column: column.last,
    "best": best_of,
    "least": lambda _, column: column.low,
}


@dataclass(frozen=True)
class TableSnapshot:
    """Everything a run list depends on, except its columns; `revision` changes whenever any of it does.

    `annotations` are by the number of the data folder and the run's id, `states` by the keys of live runs.
    """

    snapshot: Snapshot
    annotations: Sequence[Mapping[str, Annotation]]
    states: Mapping[tuple[int, int], RunState]
    plans: tuple[PlanFile, ...]
    revision: str

    def state_of(self, run: Run) -> RunState:
        """The current state of a run."""
        return self.states.get(run.key) or run_state(run, 0.0)

    def annotation(self, run: Run) -> Annotation:
        """The annotation of a run; an empty one if it has none."""
        if not self.annotations[run.key[0]]:
            return EMPTY_ANNOTATION
        return self.annotations[run.key[0]].get(self.snapshot.id_of[run.key], EMPTY_ANNOTATION)

    @property
    def annotated(self) -> list[int]:
        """The indices of the runs that may have an annotation."""
        names = {name for by_id in self.annotations for name in by_id}
        return [index for name in names if (index := self.snapshot.index_of.get(name)) is not None]

    @property
    def counts(self) -> Counter[str]:
        """Number of runs per state, without superseded attempts."""
        counts = Counter(run.state or UNKNOWN for run in self.snapshot.present)
        del counts[RUNNING]
        counts.update(self.states[run.key].state for run in self.snapshot.live if not run.superseded)
        return counts

    def since(self, old: TableSnapshot) -> set[int] | None:
        """Indices of the runs of which a list may show something else than at an older snapshot.

        None if that cannot be determined: other runs, or other parameters.
        """
        now, then = self.snapshot, old.snapshot
        if now.ids is not then.ids:
            return None
        index_of = {run.key: index for index, run in enumerate(now.runs)}
        changed = {index for index, run in enumerate(now.runs) if run is not then.runs[index]}
        changed |= {index_of[key] for key in _different(self.states, old.states)}
        changed |= {index_of[key] for key in _different(now.duplicate_of, then.duplicate_of)}
        for number, (current, before) in enumerate(zip(self.annotations, old.annotations, strict=True)):
            changed |= {
                index_of[run.key]
                for name in _different(current, before)
                if (run := now.by_id.get(name)) is not None and run.key[0] == number
            }
        return changed


@dataclass(frozen=True)
class RunList:
    """The run list at one snapshot: the keys of its columns, and for each column the cells of all runs.

    A key is that of a column in `list_columns`, or `parameter:NAME`, `last:NAME`, `best:NAME`, `least:NAME`,
    or `peak:NAME` of a system metric. Cells are JSON values.
    """

    revision: str
    table: TableSnapshot
    keys: tuple[str, ...]
    columns: Sequence[Sequence[Any]]

    def since(self, old: RunList) -> tuple[list[int], list[str]]:
        """Changes since an older list of the same columns: indices of rows, and ids of runs that are gone."""
        ids, before = self.table.snapshot.ids, old.table.snapshot.ids
        known = {name: index for index, name in enumerate(before)}
        candidates = self.table.since(old.table)
        changed = [
            index
            for index in (range(len(ids)) if candidates is None else sorted(candidates))
            if (then := known.get(ids[index])) is None or self._row(index) != old._row(then)
        ]
        present = set(ids)
        return changed, [name for name in before if name not in present]

    def _row(self, index: int) -> list[Any]:
        return [cells[index] for cells in self.columns]


def take_table_snapshot(library: Library) -> TableSnapshot:
    """The current snapshot of a library with annotations, states and plans."""
    snapshot = take_snapshot(library)
    stamps = [store.stamp for store in library.annotations]
    states = live_states(library)
    plans = find_plans(library.roots)
    text = repr((snapshot.revision, stamps, states, plans))
    annotations = [
        {**tools, **store.all()} if (tools := snapshot.annotations_of_tools.get(number)) else store.all()
        for number, store in enumerate(library.annotations)
    ]
    return TableSnapshot(snapshot, annotations, states, plans, short_hash(text, 16))


def search(table: TableSnapshot, text: str) -> tuple[list[int], bool]:
    """The numbers of the runs that match a query, in their order, and whether it asks for hidden runs.

    Raises QueryError.
    """
    query = parse_query(text, known=table.snapshot.known_names, annotation_of=table.annotation)
    mask = query.mask(table.snapshot.columns, table.annotated)
    return table.snapshot.numbers[mask].tolist(), query.asks_hidden


def default_columns(snapshot: Snapshot) -> list[str]:
    """Keys of the parameters that differ, and of the last value of the metric that a plot would show."""
    keys = [f"{PARAMETER}:{name}" for name in snapshot.distinguishing[:_MOST_DEFAULTS]]
    y = snapshot.pair[1]
    return keys if y is None else [*keys, f"last:{y}"]


def make_list(table: TableSnapshot, columns: Sequence[str], old: RunList | None = None) -> RunList:
    """The run list with the columns of every list and the given ones; unchanged rows are reused from `old`.

    Raises ColumnError.
    """
    columns = list(dict.fromkeys(columns))
    if len(columns) > _MOST_COLUMNS:
        raise ColumnError(
            Message("{n} columns requested; at most {most} are shown", n=len(columns), most=_MOST_COLUMNS)
        )
    revision = short_hash("\0".join([table.revision, *columns]), 16)
    keys = (*(column.key for column in COLUMNS), *columns)
    runs = table.snapshot.runs
    changed = table.since(old.table) if old is not None and old.keys == keys else None
    if changed is None or old is None:
        return RunList(revision, table, keys, _columns(table, columns, range(len(runs))))
    indices = sorted(changed)
    if not indices:
        return RunList(revision, table, keys, old.columns)
    patched = [list(cells) for cells in old.columns]
    for cells, new in zip(patched, _columns(table, columns, indices), strict=True):
        for index, cell in zip(indices, new, strict=True):
            cells[index] = cell
    return RunList(revision, table, keys, patched)


def _columns(table: TableSnapshot, keys: Sequence[str], indices: Sequence[int]) -> list[list[Any]]:
    """The columns of every list, and the given ones, for some runs."""
    runs = [table.snapshot.runs[index] for index in indices]
    annotations = (
        list(map(table.annotation, runs)) if any(table.annotations) else [EMPTY_ANNOTATION] * len(runs)
    )
    states = [table.states[run.key].state if run.state == RUNNING else run.state or UNKNOWN for run in runs]
    listed = ListedRuns(runs, states, annotations, table.snapshot, indices)
    return [
        *(column.cells(listed) for column in COLUMNS),
        *(_cells(table.snapshot, key, indices) for key in keys),
    ]


def _cells(snapshot: Snapshot, key: str, indices: Sequence[int]) -> list[Any]:
    """The cells of a parameter or metric for some runs."""
    kind, _, name = key.partition(":")
    if kind == PARAMETER:
        column = snapshot.values[name]
        shown = [_cut(json_value(value)) for value in column.values]
        return [shown[column.codes[index]] for index in indices]
    if kind == PEAK:
        peaks = [snapshot.runs[index].system_peaks.get(name) for index in indices]
        return display_numbers(peaks)
    summarize = SUMMARIES.get(kind)
    if summarize is None:
        raise ColumnError(
            Message(
                "unknown column {key}; expected one of {names}",
                key=repr(key),
                names=", ".join(f"{kind}:NAME" for kind in (PARAMETER, "last", "best", "least", PEAK)),
            )
        )
    summaries = (snapshot.runs[index].summary for index in indices)
    if kind == "last":  # the usual one, without decoding the others
        return display_numbers(summary_numbers(summaries, name, 0))
    known = (each.get(name) for each in summaries)
    return display_numbers([None if each is None else summarize(name, each) for each in known])


def json_value(value: Any) -> Any:
    """A parameter's value in JSON; lists, objects and numbers that are not finite become text."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        # Larger integers are not exact in JavaScript.
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else text_of(value)
    return text_of(value)


def display_number(value: float) -> float | int | str:
    """A metric's value for a list: integers as such, others rounded to seven digits."""
    if not math.isfinite(value):
        return text_of(value)
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    return float(f"{value:.{_DIGITS}g}")


def display_numbers(values: Sequence[float | None]) -> list[float | int | str | None]:
    """What `display_number` returns for each value, None for None; many times faster for many fractions."""
    numbers = np.array(values, np.float64)
    with np.errstate(all="ignore"):
        exponents = _DIGITS - 1 - np.floor(np.log10(np.abs(numbers)))
        usual = (exponents >= 0) & (exponents < len(_POWERS)) & (numbers != np.trunc(numbers))
        powers = _POWERS[np.where(usual, exponents, 0).astype(np.int64)]
        scaled = numbers * powers
        size = np.abs(scaled)
        usual &= (size >= 10 ** (_DIGITS - 1)) & (size < 10**_DIGITS)
        # Near the middle of two integers the product may be rounded to the other side.
        usual &= np.abs(size - np.floor(size) - 0.5) > _MARGIN
        # Both are exact, thus the quotient is the float nearest to the decimal number.
        shown: list[float | int | str | None] = (np.rint(scaled) / powers).tolist()
    for index in np.flatnonzero(~usual).tolist():
        value = values[index]
        shown[index] = None if value is None else display_number(float(value))
    return shown


def _cut(value: Any) -> Any:
    """A value short enough for a cell; a long one would only slow the list down."""
    long = isinstance(value, str) and len(value) > _LONGEST_CELL
    return f"{value[:_LONGEST_CELL]}…" if long else value


def _different(first: Mapping[Any, Any], second: Mapping[Any, Any]) -> set[Any]:
    """The keys whose values differ between two mappings."""
    if first is second:
        return set()
    return {key for key in {*first, *second} if first.get(key) != second.get(key)}
