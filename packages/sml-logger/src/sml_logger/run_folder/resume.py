"""Goes on with the table of an earlier process."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sml_config import RunFolder
from sml_config.run_folder import SUPERSEDED_PREFIX, free_name, temporary_beside, write_whole

_CHUNK = 1 << 20

# First and last step of rows that are not in a table.
Gap = tuple[int, int]


@dataclass(frozen=True)
class Continuation:
    """Where the earlier process stopped."""

    columns: tuple[str, ...] = ()
    step: int = 0
    gaps: tuple[Gap, ...] = ()
    # Under which TensorBoard prefix columns were logged.
    prefixes: dict[str, str] = field(default_factory=dict)
    # What the person should know, one line each.
    notes: tuple[str, ...] = ()


def continue_table(folder: RunFolder, gaps: tuple[Gap, ...], at: int | None) -> Continuation:
    """Make the table end at row `at`, or at its last whole row, and tell what it holds then.

    A torn last line, and lines in which a crash of the host left NULs, leave the table; the rows behind those
    stay. Rows beyond `at` leave it too. All that leaves goes to `progress.superseded-<time>.csv` first.
    `gaps` are the rows that the table never got. Raises OSError.
    """
    path = folder.table
    notes: list[str] = []
    if path.exists() and not path.is_file():  # reading a pipe or a device might never end
        aside = free_name(path, SUPERSEDED_PREFIX)
        path.rename(aside)
        notes.append(f"{path.name}: not a plain file, now {aside.name}")
    if not path.exists():
        return _ended(path, (), 0, (), at, notes)
    gaps = _joined((*gaps, *_set_damage_aside(path, gaps, notes)))
    with path.open("rb") as table:
        header = table.readline()
        rows = sum(chunk.count(b"\n") for chunk in iter(lambda: table.read(_CHUNK), b""))
    columns = _columns(header) or ()
    step = rows + _length(gaps)
    if at is not None and at < step:
        kept_gaps = tuple((first, min(last, at - 1)) for first, last in gaps if first < at)
        beyond = free_name(path, SUPERSEDED_PREFIX)
        moved = _supersede(path, at - _length(kept_gaps), beyond)
        notes.append(f"{path.name}: goes on at row {at}; {moved} later rows are in {beyond.name}")
        gaps, step = kept_gaps, at
    return _ended(path, columns, step, gaps, at, notes)


def set_table_aside(folder: RunFolder) -> tuple[str, ...]:
    """Rename the table, so that a new one begins; a note that says so. Raises OSError."""
    path = folder.table
    if not path.exists():
        return ()
    aside = path.rename(free_name(path, SUPERSEDED_PREFIX))
    return (f"{path.name}: the table that was there is now {aside.name}",)


def gaps_of(record: dict[str, Any], name: str) -> tuple[Gap, ...]:
    """The rows that a status file says are missing in a table; anything else there is passed over."""
    missing = record.get("missing")
    pairs = missing.get(name) if isinstance(missing, dict) else None
    found: list[Gap] = []
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, list) and len(pair) == 2 and all(type(step) is int for step in pair):
            first, last = pair
            if (found[-1][1] if found else -1) < first <= last:
                found.append((first, last))
    return tuple(found)


def prefixes_of(record: dict[str, Any], columns: Iterable[str]) -> dict[str, str]:
    """The TensorBoard prefixes of columns, as a status file has them."""
    known = record.get("tb_prefixes")
    pairs = known.items() if isinstance(known, dict) else ()
    return {column: prefix for column, prefix in pairs if column in columns and isinstance(prefix, str)}


def _ended(
    path: Path, columns: tuple[str, ...], step: int, gaps: tuple[Gap, ...], at: int | None, notes: list[str]
) -> Continuation:
    if at is not None and at > step:
        notes.append(f"{path.name}: ends at row {step}, resumed at {at}; rows {step} to {at - 1} are missing")
        gaps, step = (*gaps, (step, at - 1)), at
    return Continuation(columns, step, gaps, notes=tuple(notes))


def _joined(gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    joined: list[Gap] = []
    for first, last in sorted(gaps):
        if joined and joined[-1][1] >= first - 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def _length(gaps: tuple[Gap, ...]) -> int:
    return sum(last - first + 1 for first, last in gaps)


def _set_damage_aside(path: Path, gaps: tuple[Gap, ...], notes: list[str]) -> tuple[Gap, ...]:
    """Move torn and damaged lines to a file of their own; the steps of rows that are missing by that."""
    lines = _Lines.of(path)
    if lines is None:
        return ()
    aside = free_name(path, SUPERSEDED_PREFIX)
    write_whole(aside, b"".join(lines.damaged))
    if not lines.header_is_sound:
        notes.append(f"{path.name}: its header is damaged; its {lines.rows} rows are in {aside.name}")
        os.truncate(path, 0)
        return _gaps_at(range(lines.rows), gaps)
    size = sum(map(len, lines.damaged))
    what = (
        f"{len(lines.at)} damaged lines of {size} bytes" if lines.at else f"a torn last line of {size} bytes"
    )
    notes.append(f"{path.name}: cut {what}, now in {aside.name}")
    if not lines.at:
        os.truncate(path, path.stat().st_size - size)
        return ()
    draft = temporary_beside(path)
    try:
        with path.open("rb") as old, draft.open("xb") as new:
            for line in old:
                if b"\0" not in line and line.endswith(b"\n"):
                    new.write(line)
            new.flush()
            os.fsync(new.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return _gaps_at(lines.at, gaps)


def _columns(header: bytes) -> tuple[str, ...] | None:
    """The columns that a header names; None if it is none, as with a line end in the middle of a name."""
    try:
        return tuple(next(csv.reader([header.decode("utf-8-sig", "replace")]), []))
    except csv.Error:
        return None


@dataclass
class _Lines:
    """What a table holds beside whole rows."""

    damaged: list[bytes]
    # Which rows of the table were damaged, but for those after the last whole one.
    at: list[int]
    rows: int
    header_is_sound: bool

    @classmethod
    def of(cls, path: Path) -> _Lines | None:
        """None of a table that is as it was written."""
        found = cls([], [], 0, True)
        pending: list[int] = []
        row = -1  # the header
        with path.open("rb") as table:
            for block in _lines(table.read, _CHUNK):
                if b"\0" not in block and block.endswith(b"\n"):
                    if row + block.count(b"\n") > 0:
                        found.at += pending
                        pending = []
                    row += block.count(b"\n")
                    continue
                found.damaged.append(block)
                if row < 0 and b"\0" in block:
                    found.header_is_sound = False
                elif row >= 0:
                    pending.append(row)
                row += 1
        found.rows = row
        with path.open("rb") as table:
            if _columns(table.readline()) is None:
                found.header_is_sound = False
        if not found.header_is_sound:
            found.damaged = [path.read_bytes()]
        return found if found.damaged else None


def _gaps_at(rows: Iterable[int], gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """Rows of a table, counted without those that it never got, as steps."""
    return tuple((step, step) for step in (_step(row, gaps) for row in rows))


def _step(row: int, gaps: tuple[Gap, ...]) -> int:
    for first, last in gaps:
        if first <= row:
            row += last - first + 1
    return row


def _lines(read: Any, chunk_size: int) -> Iterator[bytes]:
    """Blocks that end with a line break, except the last; a block that holds a NUL line by line."""
    rest = b""
    while chunk := read(chunk_size):
        block, newline, rest = (rest + chunk).rpartition(b"\n")
        block += newline
        if b"\0" in block:
            yield from io.BytesIO(block)  # at line feeds alone: a carriage return may stand in a row
        elif block:
            yield block
    if rest:
        yield rest


def _supersede(path: Path, rows: int, beyond: Path) -> int:
    """Move the rows after the first `rows` to a table of their own; how many they are."""
    with path.open("rb") as table:
        header = table.readline()
        for _ in range(rows):
            table.readline()
        end = table.tell()
        rest = table.read()
    write_whole(beyond, header + rest)
    os.truncate(path, end)
    return rest.count(b"\n")
