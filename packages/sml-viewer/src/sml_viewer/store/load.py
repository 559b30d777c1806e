"""Runs and columns out of the store."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sml_viewer.json_text import loads_each
from sml_viewer.memory import uncollected
from sml_viewer.read.cells import Floats
from sml_viewer.read.parameters import flatten
from sml_viewer.run import Run

from . import summaries
from .database import Database

_NEWER = (
    "SELECT id, found, parameters, metadata, notes, columns, summary, identity, state, rows, modified, "
    "version FROM run WHERE version > ? ORDER BY path"
)
# Rows at a time: their memory is used again for the next.
_AT_ONCE = 64


@uncollected()
def load_runs(database: Database, source: int, newer_than: int = -1) -> list[Run]:
    """The runs that changed after a version, sorted by path.

    `source` becomes the first half of their keys.
    """
    cursor = database.connection.execute(_NEWER, (newer_than,))
    runs: list[Run] = []
    while rows := cursor.fetchmany(_AT_ONCE):
        texts = [f"[{row[1]},{row[2]},{row[3]},{row[4]}]" for row in rows]
        runs += [_run(row, source, *parts) for row, parts in zip(rows, loads_each(texts), strict=True)]
    return runs


def run_numbers(database: Database) -> set[int]:
    """The numbers of all runs that are in the store."""
    return {number for (number,) in database.connection.execute("SELECT id FROM run")}


def load_columns(
    database: Database, runs: Sequence[int], names: Sequence[str]
) -> dict[int, dict[str, Floats]]:
    """The named columns of the numbered runs: per run and column an array of shape (rows,), blanks as NaN.

    A column that a run does not have is absent. All arrays of one run have the same length.
    """
    with database.reading() as connection:
        return _columns(connection, runs, names)


def _columns(
    connection: sqlite3.Connection, runs: Sequence[int], names: Sequence[str]
) -> dict[int, dict[str, Floats]]:
    ids = {
        name: row[0]
        for name in names
        if (row := connection.execute("SELECT id FROM col WHERE name = ?", (name,)).fetchone())
    }
    wanted = set(runs)
    few = len(wanted) < 200
    chunks: dict[int, list[tuple[int, int]]] = {}
    for run, seq, size in _rows(
        connection, "SELECT run, seq, rows FROM chunk {where} ORDER BY run, file, seq", wanted, few
    ):
        chunks.setdefault(run, []).append((seq, size))
    whole = {run for run, parts in chunks.items() if len(parts) == 1}
    result: dict[int, dict[str, Floats]] = {run: {} for run in runs}
    for name, column in ids.items():
        query = "SELECT run, seq, data FROM blob WHERE col = {column} {where} ORDER BY run, seq"
        pieces: dict[int, dict[int, bytes]] = {}
        for run, seq, data in _rows(connection, query.replace("{column}", str(int(column))), wanted, few):
            if run in whole:
                result[run][name] = np.frombuffer(data)
            else:
                pieces.setdefault(run, {})[seq] = data
        for run, parts in pieces.items():
            result[run][name] = _assembled(parts, chunks.get(run, []))
    return result


def _rows(
    connection: sqlite3.Connection, query: str, wanted: set[int], few: bool
) -> Iterator[tuple[Any, ...]]:
    """The rows of the wanted runs: asked for one by one if they are few, else picked out of all."""
    word = "AND" if "WHERE" in query else "WHERE"
    if few:
        for run in sorted(wanted):
            yield from connection.execute(query.format(where=f"{word} run = ?"), (run,))
    else:
        for row in connection.execute(query.format(where="")):
            if row[0] in wanted:
                yield row


def _assembled(parts: dict[int, bytes], chunks: list[tuple[int, int]]) -> Floats:
    """A column from its blobs, in the order of the run's tables and their rows."""
    blank = np.nan
    pieces = [np.frombuffer(parts[seq]) if seq in parts else np.full(size, blank) for seq, size in chunks]
    return np.concatenate(pieces)


def _run(
    row: tuple[Any, ...],
    source: int,
    found: dict[str, Any],
    parameters: dict[str, Any],
    metadata: dict[str, Any],
    notes: list[str],
) -> Run:
    number, _, _, _, _, columns, summary, identity, state, rows, modified, version = row
    return Run(
        id=metadata.get("run_id")
        or hashlib.sha256(found["path"].encode("utf-8", "surrogatepass")).hexdigest()[:16],
        path=Path(found["path"]),
        name=found["name"],
        parameters=parameters,
        flat=flatten(parameters),
        identity=identity,
        summary=summaries.load(columns, summary),
        rows=rows,
        state=state,
        modified=modified,
        notes=(*metadata["notes"], *notes),
        key=(source, number),
        version=version,
        defaults=flatten(metadata["defaults"]),
        provenance=metadata["provenance"],
        settings=metadata["settings"],
        status=metadata["status"],
        parameter_file=metadata.get("parameter_file"),
        tables=tuple(found["tables"]),
        inside=found.get("inside"),
        superseded=found["superseded"],
        facts=metadata.get("facts") or {},
    )
