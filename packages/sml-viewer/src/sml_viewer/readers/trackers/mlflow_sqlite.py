"""Runs in MLflow's SQLite database, `mlflow.db` or `mlruns.db`: one file holds all experiments."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sml_viewer.readers.base import Description, Listing, Rows, RunInFile, TableData, TableState
from sml_viewer.readers.file_io import State
from sml_viewer.readers.plain_values import value_of
from sml_viewer.readers.points import Points, rows_by_step

from .mlflow_early import early_rows
from .mlflow_preview import MlflowRuns, opened_runs, with_infinities
from .mlflow_store import MOST_TAG_TEXT, NOTE, filterable_tags
from .sqlite_file import (
    LOG,
    SUFFIXES,
    Version,
    columns_of,
    database_state,
    database_version,
    databases,
    may_lack_rows,
    reading,
    unsettled_state,
)

# As RunStatus of mlflow/entities/run_status.py; a run that says it is running may as well have been killed.
STATES = {"FINISHED": "finished", "FAILED": "failed", "KILLED": "killed"}
_RUNS = """
SELECT runs.run_uuid, runs.name, experiments.name, runs.status, runs.end_time,
    (SELECT count(*) FROM params WHERE params.run_uuid = runs.run_uuid)
FROM runs LEFT JOIN experiments USING (experiment_id)
WHERE runs.lifecycle_stage = 'active' AND ifnull(experiments.lifecycle_stage, 'active') = 'active'
ORDER BY runs.start_time, runs.run_uuid
"""
# Cast, since a column of SQLite may hold anything.
_METRICS = (
    "SELECT rowid, key, CAST(step AS INTEGER), CAST(timestamp AS INTEGER), CAST(value AS REAL), is_nan "
    "FROM metrics WHERE run_uuid = ? AND rowid > ? ORDER BY rowid"
)
_NEWEST = (
    "SELECT rowid, key, step, timestamp, value FROM metrics WHERE run_uuid = ? ORDER BY rowid DESC LIMIT 1"
)
_ROW = "SELECT rowid, key, step, timestamp, value FROM metrics WHERE run_uuid = ? AND rowid = ?"
_COUNT = "SELECT count(*) FROM metrics WHERE run_uuid = ? AND rowid <= ?"
_NO_ROWS: Mapping[str, Any] = {"step": None, "count": 0}
_TAGS = "SELECT run_uuid, key, value FROM tags WHERE length(value) <= ? OR key = ? ORDER BY run_uuid, key"
_MOST_TAGS = 200
_NAMES = ("mlflow.db", "mlruns.db")
_NEEDED = {"runs": {"run_uuid", "experiment_id", "status"}, "metrics": {"run_uuid", "key", "step", "is_nan"}}


class MlflowDatabaseReader:
    """All metrics of a run are one table, a row for each step."""

    name = "mlflow_sqlite"
    title = "a run in MLflow's database"
    tells_state = True
    companions = (LOG,)
    endings = SUFFIXES
    # The folder of file stores and artifacts, which may hold the database, too.
    folder = "mlruns"

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The databases that have MLflow's tables."""
        return tuple(name for name in databases(listing) if _is_mlflow(listing.path, name))

    def state(self, path: str) -> State:
        """The state of the database with its write-ahead log."""
        return unsettled_state(path)

    def runs(self, path: str) -> Sequence[RunInFile]:
        """All runs that were not deleted, named by experiment and run."""
        with reading(path) as connection:
            rows = connection.execute(_RUNS).fetchall()
            tags = _checksums_of_tags(connection)
        return [
            RunInFile(
                run,
                f"{experiment}/{name}" if experiment else str(name or run),
                repr([*revision, tags.get(run, 0)]),
            )
            for run, name, experiment, *revision in ((row[0], row[1] or row[0], *row[2:]) for row in rows)
        ]

    def read_run(self, path: str, run: str, state: TableState) -> TableData:
        """The metrics since the last time if all of their steps are later; else all of the run's."""
        version = database_version(path)
        inode, size, _ = database_state(path)
        cursor = json.loads(state.cursor) if state.cursor else None
        with reading(path) as connection:
            newest = connection.execute(_NEWEST, (run,)).fetchone()
            after = TableState(inode, size, _checksum(newest))
            if cursor is not None and (state.inode, newest is None) == (inode, False):
                is_same = (newest[0], after.crc) == (cursor["row"], state.crc)
                if is_same and not may_lack_rows(Version(*cursor["version"]), version):
                    return TableData(replace(after, cursor=_cursor(cursor, version)), appended=True)
                known = newest if is_same else connection.execute(_ROW, (run, cursor["row"])).fetchone()
                (before,) = connection.execute(_COUNT, (run, cursor["row"])).fetchone()
                if _checksum(known) == state.crc and before == cursor["count"]:
                    if is_same:
                        return TableData(replace(after, cursor=_cursor(cursor, version)), appended=True)
                    rows = connection.execute(_METRICS, (run, cursor["row"])).fetchall()
                    if min(row[2] for row in rows) > cursor["step"]:
                        return _data(after, version, rows, appended=True, cursor=cursor)
            return _data(after, version, connection.execute(_METRICS, (run, -1)).fetchall())

    def early_rows(
        self, path: str, runs: Sequence[str], likely: Callable[[tuple[str, ...]], Collection[str]]
    ) -> Mapping[str, Rows]:
        """The likely metrics of runs that are still to be read; see `early_rows`."""
        return early_rows(path, runs, likely)

    def open_runs(self, path: str, runs: Sequence[str]) -> MlflowRuns | None:
        """Runs of which the metrics are read when they are needed; None if they are better read whole."""
        return opened_runs(path, runs)

    def describe_run(self, path: str, run: str) -> Description:
        """Parameters and tags as logged; the state is unknown while the run is said to be running."""
        with reading(path) as connection:
            parameters = {
                name: value_of(str(value))
                for name, value in connection.execute(
                    "SELECT key, value FROM params WHERE run_uuid = ? ORDER BY key", (run,)
                )
            }
            tags = (
                {
                    str(name): str(value)
                    for name, value in connection.execute(
                        "SELECT key, value FROM tags WHERE run_uuid = ? ORDER BY key LIMIT ?",
                        (run, _MOST_TAGS),
                    )
                }
                if columns_of(connection, "tags")
                else {}
            )
            status = connection.execute("SELECT status FROM runs WHERE run_uuid = ?", (run,)).fetchone()
        state = STATES.get(status[0]) if status else None
        return Description(parameters, state, tags=filterable_tags(tags), note=tags.get(NOTE, ""))


def _is_mlflow(folder: str, name: str) -> bool:
    try:
        with reading(f"{folder}/{name}") as connection:
            return all(needed <= columns_of(connection, table) for table, needed in _NEEDED.items())
    except (ValueError, OSError):
        return name in _NAMES  # `runs` raises the reason, which is then shown


def _checksums_of_tags(connection: sqlite3.Connection) -> Mapping[str, int]:
    """A checksum of the tags of each run that are described."""
    checksums: dict[str, int] = {}
    if columns_of(connection, "tags"):
        for run, name, value in connection.execute(_TAGS, (MOST_TAG_TEXT, NOTE)):
            text = f"{name}\0{value}\0".encode("utf-8", "backslashreplace")
            checksums[run] = zlib.crc32(text, checksums.get(run, 0))
    return checksums


def _cursor(cursor: Mapping[str, Any], version: Version) -> str:
    return json.dumps({**cursor, "version": version})


def _checksum(row: Any) -> int:
    return zlib.crc32(repr(row).encode("utf-8", "backslashreplace"))


def _data(
    state: TableState,
    version: Version,
    rows: Sequence[tuple[Any, ...]],
    *,
    appended: bool = False,
    cursor: Mapping[str, Any] = _NO_ROWS,
) -> TableData:
    """The table of some rows; `cursor` tells of those before."""
    if not rows:
        return TableData(state)
    row_ids, names, steps, times, values, nans = zip(*rows, strict=True)
    metrics = _by_metric(names, np.array(steps), np.array(times), np.array(values), np.array(nans, bool))
    table = rows_by_step(metrics)
    last = int(max(steps))
    if cursor["step"] is not None:
        last = max(last, cursor["step"])
    text = _cursor({"row": row_ids[-1], "step": last, "count": cursor["count"] + len(rows)}, version)
    return TableData(replace(state, cursor=text), appended, (table,))


def _by_metric(
    names: Sequence[str], steps: Any, times: Any, values: Any, nans: NDArray[np.bool_]
) -> dict[str, Points]:
    """The points of each metric, in the order in which they were logged. All of shape (rows,)."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    codes = np.fromiter(map(numbers.__getitem__, names), np.int64, len(names))
    order = np.argsort(codes, kind="stable")
    values = with_infinities(values.astype(np.float64))
    values[nans] = np.nan
    seconds = times.astype(np.float64) / 1e3
    steps = steps.astype(np.int64)
    begins = np.searchsorted(codes[order], np.arange(len(numbers) + 1))
    pieces = (order[begin:end] for begin, end in pairwise(begins.tolist()))
    return {
        str(name): Points(steps[piece], seconds[piece], values[piece])
        for name, piece in zip(numbers, pieces, strict=True)
    }
