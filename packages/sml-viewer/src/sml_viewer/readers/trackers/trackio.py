"""Runs in Trackio's SQLite databases, `<project>.db`: one file holds all runs of a project."""

from __future__ import annotations

import json
import math
import sqlite3
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from sml_viewer.i18n import Message
from sml_viewer.model.issues import IssueCounter
from sml_viewer.readers.base import Description, Listing, Rows, RunInFile, TableData, TableState
from sml_viewer.readers.file_io import State
from sml_viewer.readers.json_object import json_object, numbers_in
from sml_viewer.readers.points import STEP, TIME

from .sqlite_file import LOG, SUFFIXES, columns_of, database_state, databases, reading

_NEEDED = {"id", "timestamp", "run_name", "step", "metrics"}
_MOST_CELLS = 50_000_000


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
        inode, size, _ = database_state(path)
        cursor = json.loads(state.cursor) if state.cursor else None
        with reading(path) as connection:
            key = _key(connection, "metrics")
            begin = -1
            if cursor is not None and state.inode == inode:
                (count,) = connection.execute(
                    f"SELECT count(*) FROM metrics WHERE {key} = ? AND id <= ?",  # noqa: S608  ours
                    (run, cursor["row"]),
                ).fetchone()
                begin = cursor["row"] if count == cursor["count"] else -1
            rows = connection.execute(
                f"SELECT id, step, timestamp, metrics FROM metrics WHERE {key} = ? AND id > ? ORDER BY id",  # noqa: S608
                (run, begin),
            ).fetchall()
        appended = begin >= 0
        after = {
            "row": rows[-1][0] if rows else begin,
            "count": len(rows) + (cursor["count"] if appended and cursor else 0),
        }
        table = _rows(rows)
        pieces = (table,) if table.count or table.notes else ()
        return TableData(TableState(inode, size, cursor=json.dumps(after)), appended, pieces)

    def describe_run(self, path: str, run: str) -> Description:
        """The configuration that `trackio.init` was given."""
        with reading(path) as connection:
            text = _configurations(connection).get(run)
        parameters = json_object(text) if text else {}
        # Trackio adds the user's name and the like under names with an underscore.
        return Description({name: value for name, value in parameters.items() if not name.startswith("_")})


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


def _configurations(connection: sqlite3.Connection) -> Mapping[str, str]:
    if not columns_of(connection, "configs") >= {"run_name", "config"}:
        return {}
    key = _key(connection, "configs")
    rows = connection.execute(f"SELECT {key}, config FROM configs")  # noqa: S608  ours
    return {str(run): _text(config) for run, config in rows}


def _text(value: Any) -> str:
    """JSON, which newer versions store as bytes."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _rows(rows: Sequence[tuple[Any, ...]]) -> Rows:
    notes: IssueCounter = Counter()
    table: list[dict[str, float]] = []
    for _, step, time, text in rows:
        try:
            numbers = numbers_in(json_object(_text(text)))
        except ValueError:
            notes["bad_json"] += 1
            continue
        own = {STEP: float(step) if isinstance(step, int) else math.nan, TIME: _seconds(time)}
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


def _seconds(time: Any) -> float:
    """Seconds since the epoch of a local time in ISO 8601."""
    try:
        return datetime.fromisoformat(time).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return math.nan
