"""What was read goes into the store: run rows, chunks of columns, summaries."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from sml_viewer.discover import Found
from sml_viewer.read.cells import Floats
from sml_viewer.read.metadata import Metadata, canonical
from sml_viewer.read.notes import explain
from sml_viewer.read.rows import Rows

from .parse import Parsed, dialect_text

# A tail joins the last chunk of its table until that has so many rows: a run that grows row by row has few
# chunks.
_CHUNK_ROWS = 2048
_BLOB = "SELECT col, data FROM blob WHERE col = (SELECT id FROM col WHERE name = ?) AND run = ? AND seq = ?"

# Of one column: last, least, largest, count.
Column = tuple[float, float, float, int]


def next_version(connection: sqlite3.Connection) -> int:
    """A version newer than any."""
    connection.execute("UPDATE counter SET version = version + 1")
    return int(connection.execute("SELECT version FROM counter").fetchone()[0])


def put_run(
    connection: sqlite3.Connection,
    version: int,
    found: Found,
    stamp: str,
    metadata: Metadata,
    modified: float,
) -> int:
    """Insert or refresh a run's own row; returns its number. Its rows and summary stay as they are."""
    key = found.path.encode("utf-8", "backslashreplace").decode()
    connection.execute(
        "INSERT INTO run (path, found, stamp, metadata, identity, state, summary, notes, modified, version) "
        "VALUES (?, ?, ?, ?, ?, ?, '{}', '[]', ?, ?) "
        "ON CONFLICT (path) DO UPDATE SET found = excluded.found, "
        "stamp = excluded.stamp, metadata = excluded.metadata, identity = excluded.identity, "
        "state = excluded.state, "
        "version = excluded.version",
        (
            key,
            _json(vars(found)),
            stamp,
            _json(vars(metadata)),
            canonical(metadata.parameters),
            str(metadata.status.get("state") or "") or None,
            modified,
            version,
        ),
    )
    return int(connection.execute("SELECT id FROM run WHERE path = ?", (key,)).fetchone()[0])


def remove_runs(connection: sqlite3.Connection, runs: Iterable[int]) -> None:
    """Forget runs that are no longer there."""
    for run in runs:
        forget_files(connection, run, None)
        connection.execute("DELETE FROM run WHERE id = ?", (run,))
    connection.execute("UPDATE counter SET removals = removals + 1, version = version + 1")


def forget_files(connection: sqlite3.Connection, run: int, keep: Sequence[str] | None) -> None:
    """Forget the tables of a run, but for those named in `keep`."""
    files = connection.execute("SELECT id, name, summary FROM file WHERE run = ?", (run,)).fetchall()
    for file, name, summary in files:
        if keep is None or name not in keep:
            _forget_rows(connection, run, file, json.loads(summary))
            connection.execute("DELETE FROM file WHERE id = ?", (file,))


def put_parsed(connection: sqlite3.Connection, version: int, parsed: Parsed) -> bool:
    """Store what is new in a table; False if somebody else stored it, or something newer, first."""
    job = parsed.job
    row = connection.execute(
        "SELECT offset, crc, inode, rows, notes, summary FROM file WHERE id = ?", (job.id,)
    ).fetchone()
    if row is None or row[:3] != (job.known.offset, job.known.crc, job.known.inode):
        return False
    rows, notes, summary = int(row[3]), Counter(json.loads(row[4])), json.loads(row[5])
    if not parsed.appended:
        _forget_rows(connection, job.run, job.id, summary)
        rows, notes, summary = 0, Counter(), {}
    for piece in parsed.pieces:
        if piece.count:
            _put_piece(connection, job.run, job.id, job.prefix, piece, summary)
            rows += piece.count
            for name, values in piece.columns.items():
                column = job.prefix + name
                summary[column] = _grown(summary.get(column), values)
    notes.update(parsed.notes)
    connection.execute(
        "UPDATE file SET inode = ?, size = ?, mtime = ?, offset = ?, crc = ?, head_crc = ?, rows = ?, "
        "dialect = ?, notes = ?, summary = ? WHERE id = ?",
        (
            parsed.known.inode,
            parsed.size,
            parsed.mtime,
            parsed.known.offset,
            parsed.known.crc,
            parsed.known.head_crc,
            rows,
            dialect_text(parsed.known.dialect),
            _json(notes),
            _json(summary),
            job.id,
        ),
    )
    _summarise(connection, version, job.run, {job.name: parsed.error} if parsed.error else {})
    return True


def peek_summary(columns: Mapping[str, float]) -> str:
    """The summary of a run of which only the last row was looked at."""
    return _json({name: (value, None, None, None) for name, value in columns.items()})


def _put_piece(
    connection: sqlite3.Connection, run: int, file: int, prefix: str, piece: Rows, known: Iterable[str]
) -> None:
    """Add rows to the last chunk of their table, or as a new one.

    `known` are the columns that the table has so far.
    """
    columns = {prefix + name: values for name, values in piece.columns.items()}
    ids = _column_ids(connection, columns)
    last = connection.execute(
        "SELECT seq, rows, file FROM chunk WHERE run = ? ORDER BY seq DESC LIMIT 1", (run,)
    ).fetchone()
    if last is not None and last[2] == file and last[1] + piece.count <= _CHUNK_ROWS:
        seq, before = int(last[0]), int(last[1])
        old: dict[int, bytes] = {}
        for name in known:
            old |= connection.execute(_BLOB, (name, run, seq)).fetchall()
        blobs = _joined(old, before, {ids[name]: values for name, values in columns.items()}, piece.count)
        connection.execute(
            "UPDATE chunk SET rows = ? WHERE run = ? AND seq = ?", (before + piece.count, run, seq)
        )
    else:
        seq = 0 if last is None else int(last[0]) + 1
        blobs = {ids[name]: values.tobytes() for name, values in columns.items()}
        connection.execute("INSERT INTO chunk VALUES (?, ?, ?, ?)", (run, seq, file, piece.count))
    connection.executemany(
        "INSERT OR REPLACE INTO blob VALUES (?, ?, ?, ?)",
        [(column, run, seq, data) for column, data in blobs.items()],
    )


def _joined(old: dict[int, bytes], before: int, new: Mapping[int, Floats], count: int) -> dict[int, bytes]:
    blank_before, blank_after = np.full(before, np.nan).tobytes(), np.full(count, np.nan).tobytes()
    return {
        column: old.get(column, blank_before) + (new[column].tobytes() if column in new else blank_after)
        for column in {*old, *new}
    }


def _column_ids(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, int]:
    ids = {}
    for name in names:
        row = connection.execute("SELECT id FROM col WHERE name = ?", (name,)).fetchone()
        if row is None:
            row = (connection.execute("INSERT INTO col (name) VALUES (?)", (name,)).lastrowid,)
        ids[name] = int(row[0])
    return ids


def _forget_rows(connection: sqlite3.Connection, run: int, file: int, columns: Iterable[str]) -> None:
    chunks = connection.execute("SELECT seq FROM chunk WHERE run = ? AND file = ?", (run, file)).fetchall()
    connection.executemany(
        "DELETE FROM blob WHERE col = (SELECT id FROM col WHERE name = ?) AND run = ? AND seq = ?",
        [(column, run, seq) for column in columns for (seq,) in chunks],
    )
    connection.execute("DELETE FROM chunk WHERE run = ? AND file = ?", (run, file))


def _grown(old: Column | None, values: Floats) -> Column:
    """A column's summary with more values; they hold at least one number."""
    blank = np.isnan(values)
    present = values[~blank] if blank.any() else values
    new = float(present[-1]), float(present.min()), float(present.max()), len(present)
    return new if old is None else _merged(old, new)


def _summarise(connection: sqlite3.Connection, version: int, run: int, errors: Mapping[str, str]) -> None:
    """Bring a run's row in line with its tables."""
    total, modified = 0, 0
    summary: dict[str, Column] = {}
    notes: list[str] = []
    for name, rows, mtime, counts, part, size, offset in connection.execute(
        "SELECT name, rows, mtime, notes, summary, size, offset FROM file WHERE run = ? ORDER BY id", (run,)
    ):
        total += rows
        modified = max(modified, mtime)
        found: dict[str, int] = json.loads(counts)
        if size and offset and not rows and set(found) <= {"bom", "headerless"}:
            found["no_rows"] = 1
        if size > offset > 0:
            found["no_end"] = 1
        notes += explain(name, found)
        for column, values in json.loads(part).items():
            summary[column] = _merged(summary[column], values) if column in summary else values
    notes += [f"{name} {error}" for name, error in errors.items()]
    connection.execute(
        "UPDATE run SET rows = ?, summary = ?, notes = ?, modified = ?, version = ? WHERE id = ?",
        (total, _json(summary), _json(notes), modified / 1e9, version, run),
    )


def _merged(first: Column, second: Column) -> Column:
    return second[0], min(first[1], second[1]), max(first[2], second[2]), first[3] + second[3]


# ASCII: file names and JSON may hold halves of characters, which SQLite does not take.
_json = json.JSONEncoder(separators=(",", ":"), default=str).encode
