"""The list of runs as a table of columns: facts, annotations, parameters, values of metrics."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sml_config.hashing import short_hash
from sml_config.run_states import RUNNING
from sml_viewer.annotations import EMPTY_ANNOTATION, Annotation
from sml_viewer.columns.metric_direction import best_of
from sml_viewer.errors import ColumnError
from sml_viewer.library import Library
from sml_viewer.model.run import Run, Summary
from sml_viewer.model.run_state import UNKNOWN, RunState, run_state, started
from sml_viewer.model.text import text_of
from sml_viewer.select.query import parse_query

from .plans import PlanFile, find_plans
from .snapshot import Snapshot, catalogue

# What a list shows by itself of parameters that differ.
_MOST_BY_ITSELF = 16
_MOST_COLUMNS = 200
_LONGEST_CELL = 500
PARAMETER = "parameter"
FACTS = (
    "key", "id", "name", "folder", "status", "heard", "host", "rows", "step", "started", "modified", "tags",
    "note", "hidden", "warnings", "duplicate_of", "superseded", "attempt_of", "inside",
)  # fmt: skip
# What a column may show of a metric.
SUMMARIES: dict[str, Callable[[str, Summary], float | None]] = {
    "last": lambda _, column: column.last,
    "best": best_of,
    "least": lambda _, column: column.low,
}


@dataclass(frozen=True)
class TableSnapshot:
    """All that a list depends on but its columns; `revision` differs whenever any of it does."""

    catalogue: Snapshot
    annotations: Sequence[Mapping[str, Annotation]]
    standings: Mapping[tuple[int, int], RunState]
    plans: tuple[PlanFile, ...]
    revision: str

    def standing(self, run: Run) -> RunState:
        """How a run stands."""
        return self.standings.get(run.key) or run_state(run, 0.0)

    def annotation(self, run: Run) -> Annotation:
        """What is said of a run."""
        if not self.annotations[run.key[0]]:
            return EMPTY_ANNOTATION
        return self.annotations[run.key[0]].get(self.catalogue.id_of[run.key], EMPTY_ANNOTATION)

    @property
    def counts(self) -> Counter[str]:
        """How many runs stand how; earlier attempts do not count."""
        counts = Counter(run.state or UNKNOWN for run in self.catalogue.present)
        del counts[RUNNING]
        counts.update(self.standings[run.key].state for run in self.catalogue.live if not run.superseded)
        return counts

    def since(self, old: TableSnapshot) -> set[int] | None:
        """The places of runs of which anything a list shows is other than at an older moment.

        None if they cannot be told: other runs, or other parameters.
        """
        now, then = self.catalogue, old.catalogue
        if now.ids is not then.ids:
            return None
        place_of = {run.key: place for place, run in enumerate(now.runs)}
        found = {place for place, run in enumerate(now.runs) if run is not then.runs[place]}
        for one, other in ((self.standings, old.standings), (now.duplicate_of, then.duplicate_of)):
            found |= {place_of[key] for key in _different(one, other)}
        for number, (said, before) in enumerate(zip(self.annotations, old.annotations, strict=True)):
            names = _different(said, before)
            found |= {
                place_of[run.key]
                for name in names
                if (run := now.by_id.get(name)) is not None and run.key[0] == number
            }
        return found


@dataclass(frozen=True)
class RunList:
    """The list at one moment: its columns, and for each run of the catalogue a row of their cells.

    A column's key is a fact's name, or `parameter:NAME`, `last:NAME`, `best:NAME`, `least:NAME`. Cells are in
    JSON's terms.
    """

    revision: str
    moment: TableSnapshot
    keys: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]

    def since(self, old: RunList) -> tuple[list[int], list[str]]:
        """What changed since an older list of the same columns: places of rows, ids that went."""
        ids, before = self.moment.catalogue.ids, old.moment.catalogue.ids
        if ids is before:
            pairs = zip(self.rows, old.rows, strict=True)
            return [place for place, (row, was) in enumerate(pairs) if row is not was and row != was], []
        known = dict(zip(before, old.rows, strict=True))
        here = set(ids)
        places = [place for place, name in enumerate(ids) if known.get(name) != self.rows[place]]
        return places, [name for name in before if name not in here]


def take_table_snapshot(library: Library) -> TableSnapshot:
    """How all runs of a library stand now."""
    found = catalogue(library)
    stamps = [kept.stamp for kept in library.annotations]
    now = int(time.time())
    # Asking for a process costs some 50 µs: not for each of many runs by each of many who look.
    standings = library.get_or_compute(
        ("standings", found.revision, now),
        lambda: {run.key: run_state(run, now) for run in found.live},
    )
    plans = find_plans(library.roots)
    text = repr((found.revision, stamps, standings, plans))
    revision = short_hash(text, 16)
    return TableSnapshot(found, [kept.all() for kept in library.annotations], standings, plans, revision)


def search(moment: TableSnapshot, text: str) -> tuple[list[int], bool]:
    """The numbers of the runs that a query takes, in their order, and whether it asks for hidden ones.

    Raises QueryError.
    """
    found = moment.catalogue
    query = parse_query(text, known=found.known_names, annotation_of=moment.annotation)
    return [number(run) for run in query.select(found.runs)], query.asks_hidden


def default_columns(catalogue: Snapshot) -> list[str]:
    """The parameters that differ, and the last value of the metric that a plot would show."""
    keys = [f"{PARAMETER}:{name}" for name in catalogue.telling[:_MOST_BY_ITSELF]]
    y = catalogue.pair[1]
    return keys if y is None else [*keys, f"last:{y}"]


def make_list(moment: TableSnapshot, columns: Sequence[str], old: RunList | None = None) -> RunList:
    """The list with the facts and these columns; rows that are as in an older list are taken from it.

    Raises ColumnError.
    """
    columns = list(dict.fromkeys(columns))
    if len(columns) > _MOST_COLUMNS:
        raise ColumnError(f"{len(columns)} columns were asked for; at most {_MOST_COLUMNS} are shown")
    asked = "\0".join([moment.revision, *columns])
    revision = short_hash(asked, 16)
    keys = (*FACTS, *columns)
    runs = moment.catalogue.runs
    changed = moment.since(old.moment) if old is not None and old.keys == keys else None
    if changed is None or old is None:
        places: Sequence[int] = range(len(runs))
        rows: list[tuple[Any, ...]] = [()] * len(runs)
    else:
        places = sorted(changed)
        rows = list(old.rows)
    facts = _Facts(moment)
    cells = [_cells(moment.catalogue, key, places) for key in columns]
    for place, *values in zip(places, *cells, strict=True):
        rows[place] = (*facts.of(place), *values)
    return RunList(revision, moment, keys, rows)


def _cells(catalogue: Snapshot, key: str, places: Sequence[int]) -> list[Any]:
    """A column's cells at some places."""
    kind, _, name = key.partition(":")
    if kind == PARAMETER:
        column = catalogue.values[name]
        shown = [_cut(in_json(value)) for value in column.values]
        return [shown[column.codes[place]] for place in places]
    take = SUMMARIES.get(kind)
    if take is None:
        raise ColumnError(f"{key!r} is no column; wanted parameter:NAME, last:NAME, best:NAME or least:NAME")
    cells = []
    for place in places:
        summary = catalogue.runs[place].summary.get(name)
        value = None if summary is None else take(name, summary)
        cells.append(None if value is None else short(value))
    return cells


class _Facts:
    """The facts of each run, in the order of FACTS."""

    def __init__(self, moment: TableSnapshot) -> None:
        self._moment = moment
        self._catalogue = moment.catalogue

    def of(self, place: int) -> tuple[Any, ...]:
        found = self._catalogue
        run = found.runs[place]
        standing = self._moment.standing(run)
        said = self._moment.annotation(run)
        begun = started(run)
        heard = None if run.finished or standing.last_heartbeat is None else round(standing.last_heartbeat)
        return (
            number(run),
            found.ids[place],
            run.name,
            run.key[0],
            standing.state,
            heard,
            run.host,
            run.rows,
            _whole(run.status.get("step")),
            None if begun is None else round(begun),
            round(run.modified) or None,
            said.tags,
            said.note,
            int(said.hidden),
            len(run.remarks) + len(run.issues),
            found.duplicate_of.get(run.key),
            int(run.superseded),
            found.attempt_of.get(run.key),
            run.parent_run and found.id_by_name.get((run.key[0], run.parent_run)),
        )


def number(run: Run) -> int:
    """One number for a run's key."""
    return run.key[0] * 100_000_000 + run.key[1]


def in_json(value: Any) -> Any:
    """A parameter's value as JSON has it: lists and objects as text, and numbers that are not finite."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        # JavaScript counts exactly up to here.
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else text_of(value)
    return text_of(value)


def short(value: float) -> float | int | str:
    """A metric's value as a list shows it: whole numbers whole, others to seven digits."""
    if not math.isfinite(value):
        return text_of(value)
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    return float(f"{value:.7g}")


def _whole(value: Any) -> int | None:
    return value if type(value) is int and abs(value) < 2**53 else None


def _cut(value: Any) -> Any:
    """A value as a cell shows it: nobody reads megabytes there, and everybody would wait for them."""
    long = isinstance(value, str) and len(value) > _LONGEST_CELL
    return f"{value[:_LONGEST_CELL]}…" if long else value


def _different(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> set[Any]:
    """The keys under which two mappings hold something else."""
    if one is other:
        return set()
    return {key for key in {*one, *other} if one.get(key) != other.get(key)}
