"""Runs and columns out of the store."""

from __future__ import annotations

import functools
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sml_config.hashing import short_hash
from sml_viewer.arrays import Floats
from sml_viewer.cache import gc_paused
from sml_viewer.i18n import message_from_json
from sml_viewer.jsonio import loads, loads_each
from sml_viewer.model.issues import ColumnIssue, counts_from_json
from sml_viewer.model.issues import from_json as issues_from_json
from sml_viewer.model.run import Run
from sml_viewer.model.sources import Source, from_json
from sml_viewer.readers.parameters import flatten

from . import column_stats as summaries
from .checksums import DamagedError, check, numbers_of
from .database import Database
from .source_loader import source_columns

_NEWER = (
    "SELECT id, found, parameters, metadata, issues, columns, summary, identity, state, rows, modified, "
    "version, facts, sources, said_crc, read_crc FROM run WHERE version > ? ORDER BY path"
)
# Rows at a time: their memory is used again for the next.
_AT_ONCE = 64
# Runs that are asked for one by one, rather than picked out of all.
_FEW = 200
# Shared by all runs that have no defaults, settings or axes.
_NOTHING: Mapping[str, Any] = {}


@gc_paused()
def load_runs(database: Database, source: int, newer_than: int = -1) -> list[Run]:
    """The runs that changed after a version, sorted by path.

    `source` becomes the first half of their keys.
    """
    cursor = database.connection.execute(_NEWER, (newer_than,))
    runs: list[Run] = []
    known: dict[float | str, float | str] = {}
    while rows := cursor.fetchmany(_AT_ONCE):
        for row in rows:
            check(row[14], row[1], row[2], row[3], row[7], row[8])
            check(row[15], row[9], row[5], row[6], row[4], row[10], row[12], row[13])
        texts = [f"[{row[1]},{row[2]},{row[3]},{row[4]}]" for row in rows]
        parsed = list(loads_each(texts))
        _share([parts[1] for parts in parsed], known)
        runs += [_run(row, source, *parts) for row, parts in zip(rows, parsed, strict=True)]
    return runs


def _share(parameters: Sequence[dict[str, Any]], known: dict[float | str, float | str]) -> None:
    """Use one object for equal numbers, and for texts that all these runs share.

    Most parameters have the same few values in all runs.
    """
    names = list(parameters[0])
    if any(list(each) != names for each in parameters):
        for each in parameters:
            for name, value in each.items():
                if type(value) is float and value:  # 0.0 and -0.0 are equal
                    each[name] = known.setdefault(value, value)
        return
    # Name by name is three times as fast.
    columns = zip(*(each.values() for each in parameters), strict=True)
    for name, values in zip(names, columns, strict=True):
        first = values[0]
        if (
            type(first) in (float, str)
            and first
            and values.count(first) == len(values)
            and len(set(map(type, values))) == 1
        ):
            shared = known.setdefault(first, first)
            for each in parameters:
                each[name] = shared
        elif float in map(type, values):
            for each, value in zip(parameters, values, strict=True):
                if type(value) is float and value:
                    each[name] = known.setdefault(value, value)


def run_numbers(database: Database) -> set[int]:
    """The numbers of all runs that are in the store."""
    return {number for (number,) in database.connection.execute("SELECT id FROM run")}


def load_columns(
    database: Database, runs: Sequence[int], names: Sequence[str]
) -> dict[int, dict[str, Floats]]:
    """The named columns of the numbered runs: per run and column an array of shape (rows,), blanks as NaN.

    A column that a run does not have is absent. All arrays of one source of a run have the same length.
    """
    with database.reading() as connection:
        several = dict(_several_sources(connection, runs))
        columns, filled = _columns(connection, [run for run in runs if run not in several], names)
        for run, text in several.items():
            columns[run], blank = source_columns(connection, run, sources_from(text), names)
            if blank:
                filled[run] = blank
        for run, blank in filled.items():
            _check_counts(connection, run, {name: columns[run][name] for name in blank})
        return columns


def text_columns(database: Database, run: int) -> tuple[str, ...]:
    """The columns of a run of which no cell is a number, such as a phase: the index does not hold them."""
    names: list[str] = []
    query = "SELECT notes, rows, prefix FROM file WHERE run = ? ORDER BY id"
    for notes, rows, prefix in database.connection.execute(query, (run,)):
        for key, count in counts_from_json(loads(notes)).items():
            if isinstance(key, ColumnIssue) and key.kind == "text" and count == rows:
                names.append(f"{prefix}{key.column}")
    return tuple(names)


def check_columns(
    database: Database, loaded: Sequence[tuple[Run, Mapping[str, Floats]]], names: Sequence[str]
) -> None:
    """Raise DamagedError where a run that is as it was lacks a column that its row names, or rows of one."""
    for run, columns in loaded:
        lacking = [name for name in names if name not in columns and name in run.summary]
        if not run.sources:
            lacking += [name for name, values in columns.items() if len(values) != run.rows]
        if lacking and run.rows:
            row = database.connection.execute(
                "SELECT version, columns FROM run WHERE id = ?", (run.key[1],)
            ).fetchone()
            # The run may have names of its user's beside those in the store.
            if (
                row is not None
                and row[0] == run.version
                and not summaries.places(row[1]).keys().isdisjoint(lacking)
            ):
                raise DamagedError("a column is not where it was written")


def _several_sources(connection: sqlite3.Connection, runs: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Those of the runs that have more than one file, and their sources as JSON."""
    if len(runs) < _FEW:
        for run in runs:
            yield from connection.execute(
                "SELECT id, sources FROM run WHERE id = ? AND sources != ''", (run,)
            )
        return
    numbers = {*runs}
    for run, text in connection.execute("SELECT id, sources FROM run WHERE sources != ''"):
        if run in numbers:
            yield run, text


def _columns(
    connection: sqlite3.Connection, runs: Sequence[int], names: Sequence[str]
) -> tuple[dict[int, dict[str, Floats]], dict[int, list[str]]]:
    """Columns per run, and the names of those that are blank in some of the run's chunks."""
    ids = {
        name: row[0]
        for name in names
        if (row := connection.execute("SELECT id FROM col WHERE name = ?", (name,)).fetchone())
    }
    numbers = set(runs)
    few = len(numbers) < _FEW
    chunks: dict[int, list[tuple[int, int]]] = {}
    for run, seq, size in _rows(
        connection, "SELECT run, seq, rows FROM chunk {where} ORDER BY run, file, seq", numbers, few
    ):
        chunks.setdefault(run, []).append((seq, size))
    whole = {run for run, parts in chunks.items() if len(parts) == 1}
    result: dict[int, dict[str, Floats]] = {run: {} for run in runs}
    filled: dict[int, list[str]] = {}
    for name, column in ids.items():
        query = "SELECT run, seq, data, crc FROM blob WHERE col = {column} {where} ORDER BY run, seq"
        pieces: dict[int, dict[int, Floats]] = {}
        for run, seq, data, crc in _rows(
            connection, query.replace("{column}", str(int(column))), numbers, few
        ):
            if run in whole:
                result[run][name] = numbers_of(data, crc, chunks[run][0][1])
            else:
                pieces.setdefault(run, {})[seq] = numbers_of(data, crc)
        for run, parts in pieces.items():
            if len(parts) < len(chunks.get(run, [])):
                filled.setdefault(run, []).append(name)
            result[run][name] = _assembled(parts, chunks.get(run, []))
    return result, filled


def _check_counts(connection: sqlite3.Connection, run: int, columns: Mapping[str, Floats]) -> None:
    """Raise DamagedError where a column has less numbers than were counted when it was written.

    A chunk without a blob is blank, as it is before a column that came late; or the blob went.
    """
    summary = summaries.decode(
        *connection.execute("SELECT columns, summary FROM run WHERE id = ?", (run,)).fetchone()
    )
    for name, values in columns.items():
        *_, count = summary.get(name, (np.nan,))
        if count != np.count_nonzero(~np.isnan(values)):
            raise DamagedError("a column has not the numbers that were counted")


def _rows(connection: sqlite3.Connection, query: str, runs: set[int], few: bool) -> Iterator[tuple[Any, ...]]:
    """The rows of the wanted runs: asked for one by one if they are few, else picked out of all."""
    word = "AND" if "WHERE" in query else "WHERE"
    if few:
        for run in sorted(runs):
            yield from connection.execute(query.format(where=f"{word} run = ?"), (run,))
    else:
        for row in connection.execute(query.format(where="")):
            if row[0] in runs:
                yield row


def _assembled(parts: dict[int, Floats], chunks: list[tuple[int, int]]) -> Floats:
    """A column from its blobs, in the order of the run's tables and their rows. Raises DamagedError."""
    blank = np.nan
    pieces = [parts.pop(seq) if seq in parts else np.full(size, blank) for seq, size in chunks]
    if parts or any(len(piece) != size for piece, (_, size) in zip(pieces, chunks, strict=True)):
        raise DamagedError("numbers are not as many as there are rows")
    return np.concatenate(pieces)


@functools.lru_cache(256)
def _facts(text: str) -> Mapping[str, Any]:
    facts: dict[str, Any] = loads(text)
    return facts


@functools.lru_cache(256)
def sources_from(text: str) -> tuple[Source, ...]:
    """The sources that the store holds as JSON."""
    return from_json(loads(text))


def _run(
    row: tuple[Any, ...],
    source: int,
    discovered: dict[str, Any],
    parameters: dict[str, Any],
    metadata: dict[str, Any],
    issues: list[tuple[str, int, list[str], list[str], str]],
) -> Run:
    number, _, _, _, _, columns, summary, identity, state, rows, modified, version, facts, sources, *_ = row
    known, recorded = discovered.get, metadata.get
    folder, part = discovered["path"], known("part")
    called = recorded("called") or ()
    remarks = metadata["notes"]
    defaults = metadata["defaults"]
    return Run(
        # Parts of a folder share whatever it says of itself.
        (None if part else recorded("run_id"))
        or short_hash(folder if part is None else f"{folder}/{part}", 16),
        folder,
        _name(discovered["name"], called) if called else discovered["name"],
        parameters,
        flatten(parameters),
        identity,
        summaries.load(columns, summary),
        rows,
        state and sys.intern(state),
        modified,
        tuple(map(message_from_json, remarks)) if remarks else (),
        issues_from_json(issues) if issues else (),
        key=(source, number),
        version=version,
        defaults=flatten(defaults) if defaults else _NOTHING,
        provenance=metadata["provenance"],
        settings=metadata["settings"] or _NOTHING,
        status=metadata["status"],
        parameter_file=recorded("parameter_file"),
        tables=tuple(discovered["tables"]),
        reader=known("reader"),
        parent_run=known("parent_run"),
        superseded=discovered["superseded"],
        aliases=_NOTHING,
        varied=tuple(recorded("varied", ())),
        run_in_file=known("run_in_file"),
        axes=recorded("axes") or _NOTHING,
        is_called=bool(called),
        labels=tuple(recorded("labels", ())),
        note=recorded("note", ""),
        facts=_facts(facts),
        sources=sources_from(sources) if sources else (),
    )


def _name(folder: str, called: Sequence[str]) -> str:
    """The name of a run: that of its folder, its last parts as the run's tool calls them."""
    return "/".join([*folder.split("/")[: -len(called)], *called])
