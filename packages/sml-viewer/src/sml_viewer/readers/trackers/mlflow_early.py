"""Some metrics of all runs in MLflow's database, a scan for each, before the runs are read one by one.

Their steps and values are those that `MlflowDatabaseReader.read_run` reads.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sml_viewer.arrays import Floats
from sml_viewer.readers.base import Rows
from sml_viewer.readers.points import STEP, TIME, Points, rows_by_step

from .mlflow_preview import with_infinities
from .sqlite_file import columns_of, reading

# In the order in which they were logged first, as far as this table has it. Older databases lack it.
_NAMES = "SELECT key FROM latest_metrics GROUP BY key ORDER BY min(rowid)"
# Of an index that holds all that is needed.
_OF_ALL = (
    "SELECT run_uuid, step, CASE WHEN is_nan THEN NULL ELSE CAST(value AS REAL) END "
    "FROM metrics INDEXED BY sqlite_autoindex_metrics_1 WHERE key = ?"
)
_AT_ONCE = 50_000
# A scan that takes longer has no use: the runs are being read meanwhile.
# In seconds of this thread's work: on a busy machine reading the runs takes longer, too.
_MOST_SECONDS = 5.0
_MOST_NAMES = 2


def early_rows(
    path: str, runs: Sequence[str], likely: Callable[[tuple[str, ...]], Collection[str]]
) -> Mapping[str, Rows]:
    """The likely metrics over their steps, by run; `likely` chooses among the names of all columns.

    Runs in which a step repeats or a value is NaN are absent: of these more is to be told. Empty if the
    database is not as MLflow creates it, or too large. Raises ValueError or OSError if it cannot be read.
    """
    numbers = {run: number for number, run in enumerate(runs)}
    metrics: dict[str, dict[str, Points]] = {}
    odd: set[str] = set()
    deadline = time.thread_time() + _MOST_SECONDS
    with reading(path) as connection:
        if not columns_of(connection, "latest_metrics"):
            return {}
        names = tuple(str(name) for (name,) in connection.execute(_NAMES) if name not in (STEP, TIME))
        chosen = likely((STEP, *names))
        for name in [name for name in names if name in chosen][:_MOST_NAMES]:
            points = _points(connection, name, numbers, deadline)
            if points is None:
                return {}
            for number, steps, values in points:
                order = np.argsort(steps, kind="stable")
                steps, values = steps[order], values[order]
                if (steps[1:] == steps[:-1]).any() or np.isnan(values).any():
                    odd.add(runs[number])
                unknown = np.full(len(steps), np.nan)
                metrics.setdefault(runs[number], {})[name] = Points(steps, unknown, with_infinities(values))
    return {run: rows_by_step(of_run) for run, of_run in metrics.items() if run not in odd}


def _points(
    connection: sqlite3.Connection, name: str, numbers: Mapping[str, int], deadline: float
) -> Iterator[tuple[int, NDArray[np.int64], Floats]] | None:
    """The number of each run that has a metric, and its steps and values; None if that takes too long."""
    try:
        cursor = connection.execute(_OF_ALL, (name,))
    except sqlite3.OperationalError:  # it has other indexes
        return None
    parts: list[tuple[NDArray[Any], ...]] = []
    while rows := cursor.fetchmany(_AT_ONCE):
        if time.thread_time() > deadline:
            return None
        ids, steps, values = zip(*rows, strict=True)
        members = np.fromiter((numbers.get(run, -1) for run in ids), np.int64, len(ids))
        parts.append((members, np.array(steps), np.array(values, np.float64)))
        if parts[-1][1].dtype != np.int64:
            return None
    return _by_run(parts) if parts else iter(())


def _by_run(parts: Sequence[tuple[NDArray[Any], ...]]) -> Iterator[tuple[int, NDArray[np.int64], Floats]]:
    members, steps, values = map(np.concatenate, zip(*parts, strict=True))
    order = np.argsort(members, kind="stable")
    members = members[order]
    begins = np.flatnonzero(np.concatenate([[True], members[1:] != members[:-1]]))
    for begin, piece in zip(begins.tolist(), np.split(order, begins[1:]), strict=True):
        if members[begin] >= 0:
            yield int(members[begin]), steps[piece], values[piece]
