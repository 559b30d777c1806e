"""Runs in Trackio's SQLite databases, `<project>.db`: one file holds all runs of a project."""

from __future__ import annotations

import functools
import json
import math
import sqlite3
import time
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sml_viewer.i18n import Message
from sml_viewer.model.issues import IssueCounter
from sml_viewer.readers.base import Description, Listing, Rows, RunInFile, TableData, TableState
from sml_viewer.readers.file_io import State
from sml_viewer.readers.json_object import json_object, numbers_in
from sml_viewer.readers.points import STEP, TIME

from .sqlite_file import LOG, SUFFIXES, columns_of, database_state, databases, reading

_NEEDED = {"id", "timestamp", "run_name", "step", "metrics"}
_MOST_CELLS = 50_000_000
# Fewer than the parameters that any SQLite allows in a query.
_AT_ONCE = 900
# As for MLflow's database, in seconds of this thread's work.
_MOST_SECONDS = 5.0
_EARLY_AT_ONCE = 50_000
_NO_IDS = np.array([], np.int64)


class TrackioReader:
    """A row of a run is a call of `trackio.log`."""

    name = "trackio"
    title = "a run of Trackio"
    tells_state = True  # parameters alone: Trackio records no state
    companions = (LOG,)
    endings = SUFFIXES
    folder = "trackio"

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The databases that have Trackio's table of metrics."""
        return tuple(name for name in databases(listing) if _is_trackio(f"{listing.path}/{name}"))

    def state(self, path: str) -> State:
        """The state of the database with its write-ahead log."""
        return database_state(path)

    def runs(self, path: str) -> Sequence[RunInFile]:
        """The runs of a project, the earliest first."""
        project = Path(path).stem
        with reading(path) as connection:
            run = _key(connection, "metrics")
            rows = connection.execute(
                f"SELECT {run}, max(run_name) FROM metrics GROUP BY {run} ORDER BY min(id)"  # noqa: S608  ours
            ).fetchall()
            configurations = _configurations(connection)
        return [
            RunInFile(str(key), f"{project}/{name or key}", _revision(configurations.get(str(key), "")))
            for key, name in rows
            if key is not None
        ]

    def read_run(self, path: str, run: str, state: TableState) -> TableData:
        """The rows that were logged since the last time."""
        state_now = database_state(path)
        inode, size, _ = state_now
        cursor = json.loads(state.cursor) if state.cursor else None
        ids = _ids_by_run(path, state_now).get(run, _NO_IDS)
        begin = -1
        if cursor is not None and state.inode == inode:
            count = int(np.searchsorted(ids, cursor["row"], "right"))
            begin = cursor["row"] if count == cursor["count"] else -1
        with reading(path) as connection:
            rows = _rows_with(connection, ids[ids > begin].tolist())
        appended = begin >= 0
        after = {
            "row": rows[-1][0] if rows else begin,
            "count": len(rows) + (cursor["count"] if appended and cursor else 0),
        }
        table = _rows(rows)
        pieces = (table,) if table.count or table.notes else ()
        return TableData(TableState(inode, size, cursor=json.dumps(after)), appended, pieces)

    def early_rows(
        self, path: str, runs: Sequence[str], likely: Callable[[tuple[str, ...]], Collection[str]]
    ) -> Mapping[str, Rows]:
        """The likely metric of runs that are still to be read, in the rows that have it.

        Runs without it, or in which a value is no plain number, are absent; empty if this SQLite cannot tell.
        """
        with reading(path) as connection:
            key = _key(connection, "metrics")
            last = f"SELECT metrics FROM metrics WHERE id IN (SELECT max(id) FROM metrics GROUP BY {key})"  # noqa: S608  ours
            names = dict.fromkeys(
                name for (text,) in connection.execute(last) for name in _names_in(_text(text))
            )
            chosen = likely((STEP, *names))
            metric = next((name for name in names if name in chosen), None)
            if metric is None:
                return {}
            # As text: not all versions of SQLite read numbers to the last digit.
            number = "CAST(metrics AS TEXT) -> ?"
            query = f"SELECT {key}, step, {number} FROM metrics ORDER BY id"  # noqa: S608  ours
            try:
                points = _points(connection.execute(query, (f'$."{metric}"',)), runs)
            except sqlite3.OperationalError:  # older than 3.38, or a row is not JSON
                return {}
        columns = {run: dict(zip((STEP, metric), of_run, strict=True)) for run, of_run in points.items()}
        return {run: Rows(len(own[STEP]), own, Counter()) for run, own in columns.items()}

    def describe_run(self, path: str, run: str) -> Description:
        """The configuration that `trackio.init` was given."""
        text = _configurations_at(path, database_state(path)).get(run)
        parameters = json_object(text) if text else {}
        # Trackio adds the user's name and the like under names with an underscore.
        return Description({name: value for name, value in parameters.items() if not name.startswith("_")})


@functools.lru_cache(4)
def _ids_by_run(path: str, state: State) -> Mapping[str, NDArray[np.int64]]:  # noqa: ARG001  by which it is cached
    """The ids of the rows of each run, ascending: no index of the database leads to them in all versions."""
    with reading(path) as connection:
        rows = connection.execute(f"SELECT {_key(connection, 'metrics')}, id FROM metrics ORDER BY id")  # noqa: S608  ours
        ids: dict[Any, array[int]] = {}
        for key, number in rows:
            if key not in ids:
                ids[key] = array("q")
            ids[key].append(number)
    return {str(key): np.frombuffer(numbers, np.int64) for key, numbers in ids.items() if key is not None}


def _rows_with(connection: sqlite3.Connection, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """The rows of these ids, in their order."""
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        marks = ",".join("?" * len(part))
        rows += connection.execute(
            f"SELECT id, step, timestamp, metrics FROM metrics WHERE id IN ({marks}) ORDER BY id",  # noqa: S608  ours
            part,
        )
    return rows


def _points(cursor: sqlite3.Cursor, runs: Sequence[str]) -> Mapping[str, NDArray[np.float64]]:
    """The steps and values of those of the runs that have plain numbers alone, each of shape (2, rows).

    Empty if it takes so long that the runs are better read one by one.
    """
    points = {run: array("d") for run in runs}
    odd: set[str] = set()
    deadline = time.thread_time() + _MOST_SECONDS
    while rows := cursor.fetchmany(_EARLY_AT_ONCE):
        if time.thread_time() > deadline:
            return {}
        for run, step, text in rows:
            if text is not None and run in points:
                try:
                    points[run].extend((float(step), float(text)))
                except (TypeError, ValueError):
                    odd.add(run)
    known = {run: np.frombuffer(of_run) for run, of_run in points.items() if of_run and run not in odd}
    return {run: values.reshape(-1, 2).T.copy() for run, values in known.items()}


def _is_trackio(path: str) -> bool:
    try:
        with reading(path) as connection:
            return columns_of(connection, "metrics") >= _NEEDED
    except (ValueError, OSError):
        return False


def _revision(configuration: str) -> str:
    return f"{zlib.crc32(configuration.encode('utf-8', 'backslashreplace')):x}"


def _key(connection: sqlite3.Connection, table: str) -> str:
    """The column that identifies a run: the id in newer versions, which runs of one name do not share."""
    return "ifnull(run_id, run_name)" if "run_id" in columns_of(connection, table) else "run_name"


@functools.lru_cache(4)
def _configurations_at(path: str, state: State) -> Mapping[str, str]:  # noqa: ARG001  by which it is cached
    with reading(path) as connection:
        return _configurations(connection)


def _configurations(connection: sqlite3.Connection) -> Mapping[str, str]:
    if not columns_of(connection, "configs") >= {"run_name", "config"}:
        return {}
    key = _key(connection, "configs")
    rows = connection.execute(f"SELECT {key}, config FROM configs")  # noqa: S608  ours
    return {str(run): _text(config) for run, config in rows}


def _names_in(text: str) -> list[str]:
    """The names of an object's own numbers that a path of SQLite can name."""
    try:
        values = json_object(text)
    except ValueError:
        return []
    own = (STEP, TIME)
    return [
        name
        for name, value in values.items()
        if type(value) in (int, float) and name not in own and not {*name} & {*'"\\'}
    ]


def _text(value: Any) -> str:
    """JSON, which newer versions store as bytes."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _rows(rows: Sequence[tuple[Any, ...]]) -> Rows:
    notes: IssueCounter = Counter()
    table: list[dict[str, float]] = []
    for _, step, logged, text in rows:
        try:
            numbers = numbers_in(json_object(_text(text)))
        except ValueError:
            notes["bad_json"] += 1
            continue
        own = {STEP: float(step) if isinstance(step, int) else math.nan, TIME: _seconds(logged)}
        named = {f"{name} (metric)" if name in own else name: value for name, value in numbers.items()}
        table.append({**named, **own})
    names = dict.fromkeys(name for row in table for name in row)
    if len(table) * len(names) > max(_MOST_CELLS, 4 * sum(map(len, table))):
        raise ValueError(
            Message(
                "{columns} columns in {rows} rows are too many for one table",
                columns=len(names),
                rows=len(table),
            )
        )
    columns = {name: np.array([row.get(name, math.nan) for row in table]) for name in (STEP, TIME, *names)}
    columns = {
        name.encode("utf-8", "backslashreplace").decode(): values
        for name, values in columns.items()
        if len(values) and not np.isnan(values).all()
    }
    return Rows(len(table), columns if table else {}, notes)


def _seconds(text: Any) -> float:
    """Seconds since the epoch of a local time in ISO 8601."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return math.nan
