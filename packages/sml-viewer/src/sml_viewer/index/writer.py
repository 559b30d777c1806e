"""What was read goes into the store: run rows, chunks of columns, summaries."""

from __future__ import annotations

import functools
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.jsonio import dumps, loads
from sml_viewer.model.issues import (
    Issue,
    counts_from_json,
    counts_to_json,
    issues_of,
    merge_files,
    unreadable,
)
from sml_viewer.model.issues import to_json as issues_to_json
from sml_viewer.model.sources import (
    ENVIRONMENT_FACT,
    NO_ENVIRONMENTS,
    File,
    Group,
    Source,
    main_rows,
    sources_of,
    to_json,
)
from sml_viewer.model.table_layouts import LAYOUTS, METRIC
from sml_viewer.readers.base import Rows

from .checksums import check, checksum, numbers_of
from .column_stats import Column, decode, encode, merge, places
from .entries import NOTHING, Entry
from .source_loader import without_restarted
from .table_parser import ParseResult, facts_of, restart_of

# A tail joins the last chunk of its table until that has so many rows: a run that grows row by row has few
# chunks, and a row that comes costs no more than rewriting one.
_CHUNK_ROWS = 512
_BLOBS = "SELECT col, data, crc FROM blob WHERE run = ? AND seq = ? AND col IN ({numbers})"
_AT_ONCE = 1000  # columns; a statement may not be longer than SQLite takes


class ColumnNumbers(dict[str, int]):
    """The numbers of columns by name, new ones given as they are asked for; for one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection.execute("SELECT name, id FROM col"))
        self._connection = connection

    def __missing__(self, name: str) -> int:
        cursor = self._connection.execute("INSERT INTO col (name) VALUES (?)", (name,))
        self[name] = number = int(cursor.lastrowid or 0)
        return number


def next_version(connection: sqlite3.Connection) -> int:
    """A version newer than any."""
    connection.execute("UPDATE counter SET version = version + 1")
    return int(connection.execute("SELECT version FROM counter").fetchone()[0])


def put_runs(connection: sqlite3.Connection, version: int, entries: Sequence[Entry]) -> None:
    """Insert or refresh the rows of runs; their measurements and summaries stay as they are."""
    (newest,) = connection.execute("SELECT ifnull(max(id), 0) FROM run").fetchone()
    connection.executemany(
        "INSERT INTO run (path, found, stamp, parameters, metadata, identity, state, said_crc, columns, "
        "summary, modified, facts, read_crc, version, issues, sources) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', '') "
        "ON CONFLICT (path) DO UPDATE SET found = excluded.found, stamp = excluded.stamp, "
        "parameters = excluded.parameters, metadata = excluded.metadata, "
        "identity = excluded.identity, state = excluded.state, said_crc = excluded.said_crc, "
        "version = excluded.version",
        ((*entry.described, *entry.previewed, version) for entry in entries),
    )
    numbers = dict(connection.execute("SELECT path, id FROM run WHERE version = ?", (version,)))
    groups = [(numbers[entry.path], entry.groups) for entry in entries]
    for run, own in groups:
        if run <= newest:  # it was there before, maybe with other tables
            forget_files(connection, run, {name: group[:3] for group in own for name in group.files})
    unread = functools.cache(_unread)  # most folders hold the same tables
    connection.executemany(
        "INSERT OR IGNORE INTO file (run, name, source, prefix, layout, inode, size, mtime, offset, "
        "crc, head_crc, rows, notes, columns, summary, read_crc) "
        "VALUES (?, ?, ?, ?, ?, -1, 0, 0, 0, 0, 0, 0, '{}', '[]', x'', ?)",
        (
            (run, name, *group[:3], unread(name, *group[:3]))
            for run, own in groups
            for group in own
            for name in group.files
        ),
    )


def remove_runs(connection: sqlite3.Connection, runs: Iterable[int]) -> None:
    """Remove runs that no longer exist."""
    for run in runs:
        forget_files(connection, run, {})
        connection.execute("DELETE FROM run WHERE id = ?", (run,))
    connection.execute("UPDATE counter SET removals = removals + 1, version = version + 1")


def forget_files(connection: sqlite3.Connection, run: int, keep: Mapping[str, tuple[str, ...]]) -> None:
    """Forget the tables of a run, but for those in `keep`, which names their source, prefix and layout."""
    files = connection.execute(
        "SELECT id, name, columns, source, prefix, layout FROM file WHERE run = ?", (run,)
    ).fetchall()
    for file, name, columns, *kind in files:
        if keep.get(name) != tuple(kind):
            forget_rows(connection, run, file, [_number(connection, column) for column in places(columns)])
            connection.execute("DELETE FROM file WHERE id = ?", (file,))


def put_parsed(
    connection: sqlite3.Connection, version: int, parsed: ParseResult, numbers: ColumnNumbers
) -> bool:
    """Store what is new in a table; False if somebody else stored it, or something newer, first."""
    job = parsed.task
    row = connection.execute(
        "SELECT offset, crc, inode, rows, notes, columns, summary, mtime, dialect, name, source, prefix, "
        "layout, read_crc FROM file WHERE id = ?",
        (job.id,),
    ).fetchone()
    if row is not None:
        check(row[13], *row[9:13], row[3], row[7], row[8], *row[4:7])
    if row is None or row[:3] != (job.state.offset, job.state.crc, job.state.inode):
        return False
    rows, notes, summary = int(row[3]), counts_from_json(loads(row[4])), decode(row[5], row[6])
    if not parsed.appended:
        forget_rows(connection, job.run, job.id, [numbers[name] for name in summary])
        rows, notes, summary = 0, Counter(), {}
    known = [numbers[name] for name in summary]
    for piece in parsed.pieces:
        if piece.count:
            columns = {numbers[job.prefix + name]: values for name, values in piece.columns.items()}
            put_piece(connection, job.run, job.id, columns, piece, known)
            known = list({**dict.fromkeys(known), **columns})
            rows += piece.count
    merge(summary, parsed.summary, job.prefix)
    notes.update(parsed.notes)
    dialect = parsed.state.cursor
    encoded = dumps(counts_to_json(notes)), *encode(summary)
    connection.execute(
        "UPDATE file SET inode = ?, size = ?, mtime = ?, offset = ?, crc = ?, head_crc = ?, rows = ?, "
        "dialect = ?, notes = ?, columns = ?, summary = ?, read_crc = ? WHERE id = ?",
        (
            parsed.state.inode,
            parsed.size,
            parsed.mtime,
            parsed.state.offset,
            parsed.state.crc,
            parsed.state.head_crc,
            rows,
            dialect,
            *encoded,
            checksum(*row[9:13], rows, parsed.mtime, dialect, *encoded),
            job.id,
        ),
    )
    if parsed.unchanged:
        return True  # another run of the same file grew
    _summarise(connection, version, job.run, {job.name: parsed.error} if parsed.error else {})
    return True


def _unread(*kind: str) -> int:
    """The checksum of a table of which nothing was read."""
    return checksum(*kind, 0, 0, None, "{}", "[]", b"")


def _number(connection: sqlite3.Connection, column: str) -> int:
    return int(connection.execute("SELECT id FROM col WHERE name = ?", (column,)).fetchone()[0])


def put_piece(
    connection: sqlite3.Connection,
    run: int,
    file: int,
    columns: Mapping[int, Floats],
    piece: Rows,
    known: Iterable[int],
) -> None:
    """Add rows to the last chunk of their table, or as a new one.

    `known` are the columns that the table has so far.
    """
    last = connection.execute(
        "SELECT seq, rows, file FROM chunk WHERE run = ? ORDER BY seq DESC LIMIT 1", (run,)
    ).fetchone()
    blobs: Mapping[int, bytes | memoryview]
    if last is not None and last[2] == file and last[1] + piece.count <= _CHUNK_ROWS:
        seq, before = int(last[0]), int(last[1])
        old: dict[int, bytes] = {}
        numbers = list(map(str, known))
        for start in range(0, len(numbers), _AT_ONCE):
            some = ",".join(numbers[start : start + _AT_ONCE])
            for column, data, crc in connection.execute(_BLOBS.format(numbers=some), (run, seq)):
                numbers_of(data, crc, before)
                old[column] = data
        blobs = _joined(old, before, columns, piece.count)
        connection.execute(
            "UPDATE chunk SET rows = ? WHERE run = ? AND seq = ?", (before + piece.count, run, seq)
        )
    else:
        seq = 0 if last is None else int(last[0]) + 1
        blobs = {column: np.ascontiguousarray(values).data for column, values in columns.items()}
        connection.execute("INSERT INTO chunk VALUES (?, ?, ?, ?)", (run, seq, file, piece.count))
    # In place, where there is one: the index of places stays as it is.
    connection.executemany(
        "INSERT INTO blob VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (col, run, seq) DO UPDATE SET data = excluded.data, crc = excluded.crc",
        [(column, run, seq, data, zlib.crc32(data)) for column, data in blobs.items()],
    )


def _joined(old: dict[int, bytes], before: int, new: Mapping[int, Floats], count: int) -> dict[int, bytes]:
    blank_before, blank_after = np.full(before, np.nan).tobytes(), np.full(count, np.nan).tobytes()
    return {
        column: old.get(column, blank_before) + (new[column].tobytes() if column in new else blank_after)
        for column in {*old, *new}
    }


def forget_rows(connection: sqlite3.Connection, run: int, file: int, columns: Sequence[int]) -> None:
    """Forget the rows of a table, which has these columns by their numbers."""
    chunks = connection.execute("SELECT seq FROM chunk WHERE run = ? AND file = ?", (run, file)).fetchall()
    if not chunks:
        return
    connection.executemany(
        "DELETE FROM blob WHERE col = ? AND run = ? AND seq = ?",
        [(column, run, seq) for column in columns for (seq,) in chunks],
    )
    connection.execute("DELETE FROM chunk WHERE run = ? AND file = ?", (run, file))


def _summarise(connection: sqlite3.Connection, version: int, run: int, errors: Mapping[str, str]) -> None:
    """Bring a run's row in line with its tables."""
    modified = 0
    issues: list[tuple[str, Issue]] = []
    files: list[File] = []
    summaries: dict[str, dict[str, Column]] = {}
    facts_of_files: list[Mapping[str, object]] = []
    has_restarts = False
    for name, rows, mtime, counts, columns, numbers, size, offset, dialect, crc, *kind in connection.execute(
        "SELECT name, rows, mtime, notes, columns, summary, size, offset, dialect, read_crc, "
        "source, prefix, layout FROM file WHERE run = ? ORDER BY id",
        (run,),
    ):
        check(crc, name, *kind, rows, mtime, dialect, counts, columns, numbers)
        modified = max(modified, mtime)
        counted = counts_from_json(loads(counts))
        if size and offset and not rows and set(counted) <= {"bom", "headerless"}:
            counted["no_rows" if kind[2] in LAYOUTS else "no_numbers"] = 1
        if size > offset > 0 and "bad_record" not in counted:
            counted["no_end" if kind[2] in LAYOUTS else "torn"] = 1
        if kind[2] == METRIC:  # as it always is
            counted.pop("headerless", None)
        issues += [(name, issue) for issue in issues_of(counted, rows)]
        has_restarts = has_restarts or restart_of(dialect) is not None
        own_facts = facts_of(dialect)
        facts_of_files.append(own_facts)
        summaries[name] = own = decode(columns, numbers)
        files.append(
            File(name, Group(kind[0], kind[1], kind[2], ()), rows, tuple(own), _ended(own_facts, own))
        )
    if any(file.rows for file in files):  # beside others, a file without numbers has parameters or pictures
        issues = [issue for issue in issues if issue[1].kind != "no_numbers"]
    sources = sources_of(files)
    summary = _of_run(files, summaries, sources)
    if has_restarts:
        sources, recounted = without_restarted(connection, run, sources)
        summary = {name: recounted.get(name, column) for name, column in summary.items()}
    total = main_rows(sources) if sources else sum(file.rows for file in files)
    facts, odd = _together(facts_of_files)
    merged = [*odd, *merge_files(issues), *(unreadable(name, error) for name, error in errors.items())]
    columns, numbers = encode(summary)
    row = (
        total,
        columns,
        numbers,
        dumps(issues_to_json(merged)),
        modified / 1e9,
        dumps(facts) if facts else NOTHING,
        dumps(to_json(sources)) if sources else "",
    )
    connection.execute(
        "UPDATE run SET rows = ?, columns = ?, summary = ?, issues = ?, modified = ?, facts = ?, "
        "sources = ?, read_crc = ?, version = ? WHERE id = ?",
        (*row, checksum(*row), version, run),
    )


def _together(facts_of_files: Sequence[Mapping[str, object]]) -> tuple[dict[str, object], list[Issue]]:
    """The facts of all files, the first of each; of monitors of several environments the names of all."""
    facts: dict[str, object] = {}
    names: dict[str, None] = {}
    for own in facts_of_files:
        facts = {**own, **facts}
        if isinstance(name := own.get(ENVIRONMENT_FACT), str) and name not in NO_ENVIRONMENTS:
            names[name] = None
    if names:
        facts[ENVIRONMENT_FACT] = " + ".join(sorted(names))
    return facts, [Issue("environments", len(names))] if len(names) > 1 else []


def _ended(facts: Mapping[str, object], summary: Mapping[str, Column]) -> float:
    """When the last episode of a monitor ended, in seconds since the epoch or since its start."""
    start, clock = facts.get("t_start"), summary.get("t")
    return (start if isinstance(start, (int, float)) else 0.0) + (clock[0] if clock is not None else 0.0)


def _of_run(
    files: Sequence[File], summaries: Mapping[str, dict[str, Column]], sources: Sequence[Source]
) -> dict[str, Column]:
    """The summary of a run's columns; of monitors, the last value is that of the episode that ended last."""
    if not sources:
        return dict(*(summaries[file.name] for file in files))
    summary: dict[str, Column] = {}
    for source in sources:
        own: dict[str, Column] = {}
        for file in sorted(
            (file for file in files if file.name in source.tables), key=lambda file: file.ended
        ):
            merge(own, summaries[file.name])
        summary |= {name: own[source.stored.get(name, name)] for name in source.columns}
    return summary
