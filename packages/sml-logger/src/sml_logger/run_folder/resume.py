"""Resume the table of an earlier process."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sml_config import RunFolder
from sml_config.run_folder import SUPERSEDED_PREFIX, free_name, temp_path_for, write_atomic

_CHUNK = 1 << 20
_LONGEST_ROW = 16 << 20

# First and last step of missing rows.
Gap = tuple[int, int]


@dataclass(frozen=True)
class ResumePoint:
    """Columns and number of rows of the table to resume."""

    columns: tuple[str, ...] = ()
    step: int = 0
    gaps: tuple[Gap, ...] = ()
    # TensorBoard prefixes by column.
    prefixes: dict[str, str] = field(default_factory=dict)
    # Messages for the user, one line each.
    notes: tuple[str, ...] = ()


def resume_table(folder: RunFolder, gaps: tuple[Gap, ...], at: int | None) -> ResumePoint:
    """Cut the table after `at` rows, or after its last complete row; returns what it then contains.

    A torn last line and lines with NULs from a crash of the host are removed; rows after those stay. Rows
    from `at` on are removed too. Everything removed is first saved in `progress.superseded-<time>.csv`.
    `gaps` are the rows that are missing in the table. Raises OSError.
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
        remaining_gaps = tuple((first, min(last, at - 1)) for first, last in gaps if first < at)
        beyond = free_name(path, SUPERSEDED_PREFIX)
        moved = _supersede(path, at - _length(remaining_gaps), beyond)
        notes.append(f"{path.name}: resumed at row {at}; {moved} later rows moved to {beyond.name}")
        gaps, step = remaining_gaps, at
    return _ended(path, columns, step, gaps, at, notes)


def end_filled_row(folder: RunFolder) -> None:
    """End the row that an earlier process was filling when it was killed; each of its cells has a comma.

    What follows the last comma was not written by a call that returned. Raises OSError.
    """
    path = folder.table
    if not path.is_file():
        return
    with path.open("r+b") as table:
        header = table.readline()
        size = table.seek(0, os.SEEK_END)
        begin = max(len(header), size - _LONGEST_ROW)
        table.seek(begin)
        tail = table.read()
        line = tail[tail.rfind(b"\n") + 1 :]
        columns = _columns(header) or ()
        while (comma := line.rfind(b",")) >= 0:
            cells = _columns(line[:comma])
            if line.count(b'"', 0, comma) % 2 == 0 and cells is not None and len(cells) <= len(columns):
                line = line[:comma]
                table.seek(size - len(tail) + tail.rfind(b"\n") + 1)
                table.write(line + b"," * (len(columns) - len(cells)) + b"\n")
                table.truncate()
                return
            line = line[:comma]


def set_table_aside(folder: RunFolder) -> tuple[str, ...]:
    """Rename the table so that a new one is started; returns a note about it. Raises OSError."""
    path = folder.table
    if not path.exists():
        return ()
    aside = path.rename(free_name(path, SUPERSEDED_PREFIX))
    return (f"{path.name}: the earlier table was renamed to {aside.name}",)


def gaps_of(record: dict[str, Any], name: str) -> tuple[Gap, ...]:
    """The missing rows of a table according to a status file; malformed entries are ignored."""
    missing = record.get("missing")
    pairs = missing.get(name) if isinstance(missing, dict) else None
    gaps: list[Gap] = []
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, list) and len(pair) == 2 and all(type(step) is int for step in pair):
            first, last = pair
            if (gaps[-1][1] if gaps else -1) < first <= last:
                gaps.append((first, last))
    return tuple(gaps)


def prefixes_of(record: dict[str, Any], columns: Iterable[str]) -> dict[str, str]:
    """The TensorBoard prefixes of columns according to a status file."""
    known = record.get("tb_prefixes")
    pairs = known.items() if isinstance(known, dict) else ()
    return {column: prefix for column, prefix in pairs if column in columns and isinstance(prefix, str)}


def _ended(
    path: Path, columns: tuple[str, ...], step: int, gaps: tuple[Gap, ...], at: int | None, notes: list[str]
) -> ResumePoint:
    if at is not None and at > step:
        notes.append(f"{path.name}: ends at row {step}, resumed at {at}; rows {step} to {at - 1} are missing")
        gaps, step = (*gaps, (step, at - 1)), at
    return ResumePoint(columns, step, gaps, notes=tuple(notes))


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
    """Move torn and damaged lines to a separate file; returns the steps of the rows lost by that."""
    lines = _Lines.of(path)
    if lines is None:
        return ()
    aside = free_name(path, SUPERSEDED_PREFIX)
    write_atomic(aside, b"".join(lines.damaged))
    if not lines.header_is_sound:
        notes.append(f"{path.name}: the header is damaged; its {lines.rows} rows moved to {aside.name}")
        os.truncate(path, 0)
        return _gaps_at(range(lines.rows), gaps)
    size = sum(map(len, lines.damaged))
    description = (
        f"{len(lines.at)} damaged lines of {size} bytes" if lines.at else f"a torn last line of {size} bytes"
    )
    notes.append(f"{path.name}: moved {description} to {aside.name}")
    if not lines.at:
        os.truncate(path, path.stat().st_size - size)
        return ()
    draft = temp_path_for(path)
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
    """The columns of a header; None if it is malformed, e.g. with a line end in a name."""
    try:
        return tuple(next(csv.reader([header.decode("utf-8-sig", "replace")]), []))
    except csv.Error:
        return None


@dataclass
class _Lines:
    """Damaged lines of a table."""

    damaged: list[bytes]
    # Indices of damaged rows, except those after the last complete row.
    at: list[int]
    rows: int
    header_is_sound: bool

    @classmethod
    def of(cls, path: Path) -> _Lines | None:
        """Read a table; None if it is intact."""
        lines = cls([], [], 0, True)
        pending: list[int] = []
        row = -1  # the header
        with path.open("rb") as table:
            for block in _lines(table.read, _CHUNK):
                if b"\0" not in block and block.endswith(b"\n"):
                    if row + block.count(b"\n") > 0:
                        lines.at += pending
                        pending = []
                    row += block.count(b"\n")
                    continue
                lines.damaged.append(block)
                if row < 0 and b"\0" in block:
                    lines.header_is_sound = False
                elif row >= 0:
                    pending.append(row)
                row += 1
        lines.rows = row
        with path.open("rb") as table:
            if _columns(table.readline()) is None:
                lines.header_is_sound = False
        if not lines.header_is_sound:
            lines.damaged = [path.read_bytes()]
        return lines if lines.damaged else None


def _gaps_at(rows: Iterable[int], gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """Convert row indices, which do not count missing rows, to steps."""
    return tuple((step, step) for step in (_step(row, gaps) for row in rows))


def _step(row: int, gaps: tuple[Gap, ...]) -> int:
    for first, last in gaps:
        if first <= row:
            row += last - first + 1
    return row


def _lines(read: Any, chunk_size: int) -> Iterator[bytes]:
    """Yield blocks that end with a line break, except the last; a block with a NUL line by line."""
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
    """Move the rows after the first `rows` to another table; returns their number."""
    with path.open("rb") as table:
        header = table.readline()
        for _ in range(rows):
            table.readline()
        end = table.tell()
        rest = table.read()
    write_atomic(beyond, header + rest)
    os.truncate(path, end)
    return rest.count(b"\n")
