"""The columns of a run of several files: each as long as its source, episodes in the order of their ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sml_viewer.arrays import Floats
from sml_viewer.model.sources import Source

from .checksums import numbers_of
from .column_stats import Column, summarise
from .table_parser import facts_of, restart_of

_CLOCK = "t"
STEP = "step"


class _Chunk(NamedTuple):
    """Consecutive rows of one file of a source."""

    seq: int
    rows: int
    file: str


def source_columns(
    connection: sqlite3.Connection, run: int, sources: Sequence[Source], names: Sequence[str]
) -> tuple[dict[str, Floats], list[str]]:
    """The named columns of a run, blanks as NaN, and the names of those that are blank in whole chunks.

    One that the run does not have is absent.
    """
    columns: dict[str, Floats] = {}
    filled: list[str] = []
    for source in sources:
        own = [name for name in names if source.has(name)]
        if not own:
            continue
        chunks = [
            _Chunk(*row)
            for row in connection.execute(
                "SELECT chunk.seq, chunk.rows, file.name FROM chunk JOIN file ON file.id = chunk.file "
                "WHERE chunk.run = ? ORDER BY chunk.file, chunk.seq",
                (run,),
            )
            if row[2] in source.tables
        ]
        order = (
            _order(connection, run, source, chunks) if source.is_monitor and len(source.tables) > 1 else None
        )
        if order is None and len(source.tables) > 1:
            order = _without_restarted(connection, run, source, chunks)
        for name in own:
            values, is_filled = _column(connection, run, source.stored.get(name, name), chunks)
            if values is not None:
                columns[name] = values if order is None else values[order]
                filled += [name] * is_filled
    return columns, filled


def without_restarted(
    connection: sqlite3.Connection, run: int, sources: Sequence[Source]
) -> tuple[tuple[Source, ...], dict[str, Column]]:
    """The sources with the rows that count, and summaries of their columns, where files restarted a run."""
    counted: list[Source] = []
    summary: dict[str, Column] = {}
    for source in sources:
        names = [*source.columns, *source.hidden]
        columns, _ = source_columns(connection, run, [source], names)
        counts = {len(values) for values in columns.values()}
        counted.append(source._replace(rows=counts.pop()) if len(counts) == 1 else source)
        if not source.is_monitor:
            known = {name: values for name, values in columns.items() if not np.isnan(values).all()}
            summary |= summarise(known)
    return tuple(counted), summary


def _without_restarted(
    connection: sqlite3.Connection, run: int, source: Source, chunks: Sequence[_Chunk]
) -> NDArray[np.intp] | None:
    """The rows that count where a later file restarted from a step; None if all count."""
    files = list(source.tables)
    known = dict(connection.execute("SELECT name, dialect FROM file WHERE run = ?", (run,)))
    restarts = [restart_of(known.get(name)) for name in files]
    column = source.column(STEP)
    steps = None if column is None else _column(connection, run, source.stored.get(column, column), chunks)[0]
    if steps is None or all(restart is None for restart in restarts):
        return None
    file = np.repeat([files.index(chunk.file) for chunk in chunks], [chunk.rows for chunk in chunks])
    keep = np.ones(len(steps), bool)
    for index, restart in enumerate(restarts):
        if restart is not None:
            keep &= (file >= index) | (steps < restart)
    return np.flatnonzero(keep)


def _column(
    connection: sqlite3.Connection, run: int, stored: str, chunks: Sequence[_Chunk]
) -> tuple[Floats | None, bool]:
    """A column, and whether it is blank in whole chunks."""
    blobs = {
        seq: (data, crc)
        for seq, data, crc in connection.execute(
            "SELECT blob.seq, blob.data, blob.crc FROM blob JOIN col ON col.id = blob.col "
            "WHERE col.name = ? AND blob.run = ?",
            (stored, run),
        )
    }
    if not any(chunk.seq in blobs for chunk in chunks):
        return None, False
    pieces = [
        numbers_of(*blobs[chunk.seq], chunk.rows) if chunk.seq in blobs else np.full(chunk.rows, np.nan)
        for chunk in chunks
    ]
    return np.concatenate(pieces), any(chunk.seq not in blobs for chunk in chunks)


def _order(
    connection: sqlite3.Connection, run: int, source: Source, chunks: Sequence[_Chunk]
) -> NDArray[np.intp] | None:
    """The places of a source's rows, in the order in which the episodes ended; None without a clock."""
    column = source.column(_CLOCK)
    if column is None:
        return None
    clock, _ = _column(connection, run, source.stored.get(column, column), chunks)
    if clock is None:
        return None
    starts = dict(connection.execute("SELECT name, dialect FROM file WHERE run = ?", (run,)))
    ends, begin = [], 0
    for file in dict.fromkeys(chunk.file for chunk in chunks):
        rows = sum(chunk.rows for chunk in chunks if chunk.file == file)
        start = facts_of(starts[file]).get("t_start")
        ends.append(
            _unrolled(clock[begin : begin + rows]) + (start if isinstance(start, (int, float)) else 0.0)
        )
        begin += rows
    return np.argsort(np.concatenate(ends), kind="stable")


def _unrolled(clock: Floats) -> Floats:
    """A clock that restarts where a run was resumed, made continuous; blanks take the time before."""
    known = np.maximum.accumulate(np.where(np.isnan(clock), 0, np.arange(len(clock))))
    clock = np.nan_to_num(clock[known])
    back = np.diff(clock, prepend=clock[:1]) < 0
    unrolled: Floats = clock + np.cumsum(np.where(back, np.roll(clock, 1), 0.0))
    return unrolled
