"""The list of runs as a table of columns: facts, annotations, parameters, values of metrics."""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .annotations import NOTHING, Annotation
from .catalogue import Catalogue, catalogue
from .errors import ColumnError
from .library import Library
from .run import Run, Summary
from .status import Standing, standing, started
from .values import text_of

# What a list shows by itself of parameters that differ.
_MOST_BY_ITSELF = 16
_MOST_COLUMNS = 200
PARAMETER = "parameter"
_SUMMARIES: dict[str, Callable[[Summary], float | None]] = {
    "last": lambda column: column.last,
    "best": lambda column: column.high,
    "least": lambda column: column.low,
}


@dataclass(frozen=True)
class ListColumn:
    """One column: `cells` has one value for each run, in JSON's terms; `kind` is fact, parameter, last, best, least."""

    key: str
    kind: str
    name: str
    cells: Sequence[Any]


@dataclass(frozen=True)
class RunList:
    """The columns of all runs of a catalogue at one moment."""

    revision: str
    columns: tuple[ListColumn, ...]

    @cached_property
    def rows(self) -> dict[str, tuple[Any, ...]]:
        """The cells of each run, by its id."""
        ids = next(column.cells for column in self.columns if column.key == "id")
        return dict(zip(ids, zip(*(column.cells for column in self.columns), strict=True), strict=True))

    def since(self, old: RunList) -> tuple[list[int], list[str]] | None:
        """What changed since an older list: places of rows that are new or other, ids that went.

        None if the lists have other columns.
        """
        if [column.key for column in self.columns] != [column.key for column in old.columns]:
            return None
        before = old.rows
        places = [place for place, (name, row) in enumerate(self.rows.items()) if before.get(name) != row]
        return places, [name for name in before if name not in self.rows]


@dataclass(frozen=True)
class Moment:
    """All that a list depends on besides its choice of columns; `revision` differs whenever any of it does."""

    catalogue: Catalogue
    annotations: Sequence[Mapping[str, Annotation]]
    standings: Mapping[tuple[int, int], Standing]
    revision: str

    def standing(self, run: Run) -> Standing:
        """How a run stands."""
        return self.standings.get(run.key) or standing(run, 0.0)

    def annotation(self, run: Run) -> Annotation:
        """What is said of a run."""
        return self.annotations[run.key[0]].get(self.catalogue.id_of[run.key], NOTHING)

    @property
    def counts(self) -> Counter[str]:
        """How many runs stand how; earlier attempts do not count."""
        return Counter(self.standing(run).state for run in self.catalogue.present)


def now_of(library: Library) -> Moment:
    """How all runs of a library stand now."""
    found = catalogue(library)
    stamps = [kept.stamp for kept in library.annotations]
    now = int(time.time())
    # Asking for a process costs some 50 µs: not for each of many runs by each of many who look.
    standings = library.remembered(
        ("standings", found.revision, now),
        100 * len(found.live),
        lambda: {run.key: standing(run, now) for run in found.live},
    )
    text = repr((found.revision, stamps, standings))
    revision = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Moment(found, [kept.all() for kept in library.annotations], standings, revision)


def default_columns(catalogue: Catalogue) -> list[str]:
    """The parameters that differ, and the last value of the metric that a plot would show."""
    keys = [f"{PARAMETER}:{name}" for name in catalogue.telling[:_MOST_BY_ITSELF]]
    y = catalogue.pair[1]
    return keys if y is None else [*keys, f"last:{y}"]


def make_list(moment: Moment, keys: Sequence[str]) -> RunList:
    """The list with the facts and these columns.

    Each is `parameter:NAME`, `last:NAME`, `best:NAME` or `least:NAME`. Raises ColumnError.
    """
    keys = list(dict.fromkeys(keys))
    if len(keys) > _MOST_COLUMNS:
        raise ColumnError(f"{len(keys)} columns were asked for; at most {_MOST_COLUMNS} are shown")
    asked = "\0".join([moment.revision, *keys])
    revision = hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    chosen = [_column(moment.catalogue, key) for key in keys]
    return RunList(revision, (*_facts(moment), *chosen))


def _column(catalogue: Catalogue, key: str) -> ListColumn:
    kind, _, name = key.partition(":")
    if kind == PARAMETER:
        column = catalogue.values[name]
        shown = [in_json(value) for value in column.values]
        return ListColumn(key, kind, name, [shown[code] for code in column.codes.tolist()])
    take = _SUMMARIES.get(kind)
    if take is None:
        raise ColumnError(f"{key!r} is no column; wanted parameter:NAME, last:NAME, best:NAME or least:NAME")
    cells = []
    for run in catalogue.runs:
        summary = run.summary.get(name)
        value = None if summary is None else take(summary)
        cells.append(None if value is None else short(value))
    return ListColumn(key, kind, name, cells)


def _facts(moment: Moment) -> list[ListColumn]:
    catalogue = moment.catalogue
    runs = catalogue.runs
    standings = [moment.standing(run) for run in runs]
    said = [moment.annotation(run) for run in runs]
    duplicate_of, attempt_of = catalogue.duplicate_of, catalogue.attempt_of
    by_name = {(run.key[0], run.name): name for name, run in zip(catalogue.ids, runs, strict=True)}
    cells: dict[str, Sequence[Any]] = {
        "key": [number(run) for run in runs],
        "id": catalogue.ids,
        "name": [run.name for run in runs],
        "folder": [run.key[0] for run in runs],
        "status": [one.state for one in standings],
        "heard": [
            None if run.finished or one.heard is None else round(one.heard)
            for run, one in zip(runs, standings, strict=True)
        ],
        "host": [run.host for run in runs],
        "rows": [run.rows for run in runs],
        "step": [_whole(run.status.get("step")) for run in runs],
        "started": [None if (begun := started(run)) is None else round(begun) for run in runs],
        "modified": [round(run.modified) or None for run in runs],
        "tags": [one.tags for one in said],
        "note": [one.note for one in said],
        "hidden": [int(one.hidden) for one in said],
        "warnings": [len(run.notes) for run in runs],
        "duplicate_of": [duplicate_of.get(run.key) for run in runs],
        "superseded": [int(run.superseded) for run in runs],
        "attempt_of": [attempt_of.get(run.key) for run in runs],
        "inside": [run.inside and by_name.get((run.key[0], run.inside)) for run in runs],
    }
    return [ListColumn(key, "fact", key, values) for key, values in cells.items()]


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
