"""Runs in MLflow's database of which only the metrics that are needed are read, one of all runs in one scan.

`MlflowDatabaseReader.read_run` reads the same numbers of them, and all metrics of a run at once. Most of its
time is spent on making objects of rows. The steps of all metrics, which decide what the rows of a run's table
are, are compared as texts that SQLite makes of an index.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from sml_viewer.arrays import Floats
from sml_viewer.readers.points import STEP, TIME, Steps, rows_of_steps

from .sqlite_file import reading

_NOT_NULL = "SELECT name FROM pragma_table_info('metrics') WHERE \"notnull\""
_COLUMNS = {"key", "value", "timestamp", "run_uuid", "step", "is_nan"}
# Of indexes that hold all that is needed: nothing is looked up in the table, but by the last.
_WITH_NAN = "SELECT DISTINCT run_uuid FROM metrics INDEXED BY sqlite_autoindex_metrics_1 WHERE is_nan"
_STEPS = (
    "SELECT run_uuid, key, min(rowid), count(*), group_concat(step) "
    "FROM metrics INDEXED BY index_metrics_run_uuid_key_step GROUP BY run_uuid, key"
)
_OF_ALL = (
    "SELECT run_uuid, step, CASE WHEN is_nan THEN NULL ELSE CAST(value AS REAL) END "
    "FROM metrics INDEXED BY sqlite_autoindex_metrics_1 WHERE key = ?"
)
_OF_ONE = (
    "SELECT step, CASE WHEN is_nan THEN NULL ELSE CAST(value AS REAL) END "
    "FROM metrics INDEXED BY index_metrics_run_uuid_key_step WHERE run_uuid = ? AND key = ? "
    "ORDER BY step, rowid"
)
# Where less than one in so many runs is asked for, these are read one by one.
_FEW = 8
_AT_ONCE = 50_000
# The numbers of one metric are held in memory.
_MOST_ROWS = 20_000_000
# MLflow stores infinity as the largest number.
_LARGEST = sys.float_info.max


class _Table(NamedTuple):
    """What the table of a run is: the step of each of its rows, and where the values of each metric belong.

    `metrics` has the metrics in the order in which they were logged first, each with the steps of its values
    in rising order and the rows of these.
    """

    steps: Steps
    metrics: Mapping[str, tuple[Steps, NDArray[np.intp]]]


class MlflowRuns:
    """Runs of one database: `tables` has the names of each run's columns and the number of its rows.

    Runs of which more is to be told than these, such as NaN, are absent.
    """

    def __init__(self, path: str, known: Mapping[str, _Table]) -> None:
        self.tables = {run: ((STEP, TIME, *table.metrics), len(table.steps)) for run, table in known.items()}
        self._path = path
        self._known = known
        self._of_all: dict[str, dict[str, Floats]] = {}

    def columns(self, runs: Sequence[str], names: Sequence[str]) -> list[dict[str, Floats] | None]:
        """Those of the named columns that each run has, as `read_run` gives them.

        None for a run that has to be read whole: it changed meanwhile, or its times are asked for. Raises
        ValueError or OSError if the database cannot be read any more.
        """
        result: list[dict[str, Floats] | None] = [{} for _ in runs]
        for name in names:
            if name not in (STEP, TIME):
                self._read(name, runs)
        for number, run in enumerate(runs):
            columns = {name: self._column(run, name) for name in names if name in self.tables[run][0]}
            known = {name: values for name, values in columns.items() if values is not None}
            result[number] = known if len(known) == len(columns) else None
        return result

    def _column(self, run: str, name: str) -> Floats | None:
        if name == STEP:
            return self._known[run].steps.astype(np.float64)
        return self._of_all.get(name, {}).get(run)

    def _read(self, name: str, runs: Sequence[str]) -> None:
        """Read a metric of these runs or of all, unless that was done."""
        known = self._of_all.setdefault(name, {})
        missing = [run for run in runs if run not in known and name in self._known[run].metrics]
        if not missing:
            return
        with reading(self._path) as connection:
            if _FEW * len(missing) > len(self._known):
                missing = [run for run, table in self._known.items() if name in table.metrics]
                for run, steps, values in _scanned(connection, name, missing):
                    # Of values of one step the first logged is the first: that order only runs have.
                    if (steps[1:] > steps[:-1]).all():
                        self._put(run, name, steps, values)
                missing = [run for run in missing if run not in known]
            for run in missing:
                if rows := connection.execute(_OF_ONE, (run, name)).fetchall():
                    self._put(run, name, *_arrays(*zip(*rows, strict=True)))

    def _put(self, run: str, name: str, steps: Steps, values: Floats) -> None:
        """Hold the values of a metric, in rising steps, if these are those that it had at the opening."""
        table = self._known[run]
        expected, rows = table.metrics[name]
        if np.array_equal(steps, expected) and not np.isnan(values).any():
            column = np.full(len(table.steps), np.nan)
            column[rows] = with_infinities(values)
            self._of_all[name][run] = column


def opened_runs(path: str, runs: Sequence[str]) -> MlflowRuns | None:
    """Those of some runs of which nothing but numbers is to be told.

    None if the database is not as MLflow creates it, or if reading the runs one by one costs less. Raises
    ValueError or OSError if it cannot be read.
    """
    with reading(path) as connection:
        (all_runs,) = connection.execute("SELECT count(*) FROM runs").fetchone()
        if not {name for (name,) in connection.execute(_NOT_NULL)} >= _COLUMNS or _FEW * len(runs) < all_runs:
            return None
        try:
            odd = {run for (run,) in connection.execute(_WITH_NAN)}
            known = dict(_tables(connection.execute(_STEPS), {*runs} - odd))
        except sqlite3.OperationalError:  # it has other indexes
            return None
    return MlflowRuns(path, known) if sum(len(table.steps) for table in known.values()) < _MOST_ROWS else None


def with_infinities(values: Floats) -> Floats:
    """The values with infinities where MLflow stored the largest number instead."""
    infinite: Floats = np.where(np.abs(values) == _LARGEST, np.copysign(np.inf, values), values)
    return infinite


def _tables(rows: Iterable[tuple[Any, ...]], runs: set[str]) -> Iterator[tuple[str, _Table]]:
    """The tables of those of the runs that are nothing but numbers; `rows` are those of `_STEPS`."""
    last: tuple[object, _Table | None] = None, None
    for run, of_run in groupby(rows, key=lambda row: row[0]):
        if run not in runs:
            continue
        # In the order in which they were logged first.
        metrics = [(key, count, steps) for _, key, _, count, steps in sorted(of_run, key=lambda row: row[2])]
        if metrics != last[0]:
            last = metrics, _table(metrics)
        if last[1] is not None:
            yield run, last[1]


def _table(metrics: Sequence[tuple[Any, int, str]]) -> _Table | None:
    """The table that metrics make, by their names, counts and rising steps; None if one is odd."""
    texts = {text: np.array(_numbers(text)) for text in dict.fromkeys(text for *_, text in metrics)}
    for key, count, text in metrics:
        steps = texts[text]
        is_plain = isinstance(key, str) and key not in (STEP, TIME) and steps.dtype == np.int64
        if not is_plain or len(steps) != count or (steps[1:] < steps[:-1]).any():
            return None
    try:
        steps, places = rows_of_steps([texts[text] for *_, text in metrics])
    except ValueError:  # as reading it whole will say
        return None
    pairs = zip(metrics, places, strict=True)
    return _Table(steps, {key: (texts[text], rows) for (key, _, text), rows in pairs})


def _numbers(text: str) -> list[Any]:
    try:
        return list(orjson.loads(f"[{text}]"))
    except orjson.JSONDecodeError:
        return [None]


def _scanned(
    connection: sqlite3.Connection, name: str, runs: Sequence[str]
) -> Iterator[tuple[str, Steps, Floats]]:
    """The steps and values of a metric by run, in no certain order; runs without one are left out."""
    numbers = {run: number for number, run in enumerate(runs)}
    parts: list[tuple[NDArray[Any], ...]] = []
    cursor = connection.execute(_OF_ALL, (name,))
    while rows := cursor.fetchmany(_AT_ONCE):
        ids, *points = zip(*rows, strict=True)
        parts.append((np.array([numbers.get(run, -1) for run in ids]), *_arrays(*points)))
    if not parts:
        return
    members, steps, values = map(np.concatenate, zip(*parts, strict=True))
    order = np.argsort(members, kind="stable")
    ends = np.searchsorted(members[order], np.arange(len(runs) + 1))
    for run, begin, end in zip(runs, ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        if end > begin:
            yield run, steps[order[begin:end]], values[order[begin:end]]


def _arrays(steps: Sequence[Any], values: Sequence[Any]) -> tuple[Steps, Floats]:
    return np.array(steps), np.array(values, np.float64)
