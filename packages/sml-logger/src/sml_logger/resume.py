"""Goes on with the table of an earlier process."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sml_config import RunFolder
from sml_config.run_folder import SUPERSEDED_PREFIX, write_whole

_CHUNK = 1 << 20

# First and last step of rows that are not in a table.
Gap = tuple[int, int]


@dataclass(frozen=True)
class Continuation:
    """Where the earlier process stopped."""

    columns: tuple[str, ...] = ()
    step: int = 0
    gaps: tuple[Gap, ...] = ()
    # What the person should know, one line each.
    notes: tuple[str, ...] = ()


def continue_table(folder: RunFolder, gaps: tuple[Gap, ...], at: int | None) -> Continuation:
    """Make the table end at row `at`, or at its last whole row, and tell what it holds then.

    A torn last line is cut. Rows beyond `at` go to `progress.superseded-<time>.csv` before they leave the
    table. `gaps` are the rows that the table never got. Raises OSError.
    """
    path = folder.table
    notes: list[str] = []
    if not path.exists():
        return _ended(path, (), 0, (), at, notes)
    torn = _cut_torn_line(path)
    if torn:
        notes.append(f"{path.name}: cut a torn last line of {torn} bytes")
    with path.open("rb") as table:
        header = table.readline()
        rows = sum(chunk.count(b"\n") for chunk in iter(lambda: table.read(_CHUNK), b""))
    columns = tuple(next(csv.reader([header.decode("utf-8-sig", "replace")]), []))
    step = rows + _length(gaps)
    if at is not None and at < step:
        kept_gaps = tuple((first, min(last, at - 1)) for first, last in gaps if first < at)
        beyond = folder.path / f"{SUPERSEDED_PREFIX}{time.strftime('%Y-%m-%d-%H-%M-%S')}.csv"
        moved = _supersede(path, at - _length(kept_gaps), beyond)
        notes.append(f"{path.name}: goes on at row {at}; {moved} later rows are in {beyond.name}")
        gaps, step = kept_gaps, at
    return _ended(path, columns, step, gaps, at, notes)


def gaps_of(record: dict[str, Any], name: str) -> tuple[Gap, ...]:
    """The rows that a status file says are missing in a table."""
    missing = record.get("missing")
    pairs = missing.get(name, []) if isinstance(missing, dict) else []
    return tuple((int(first), int(last)) for first, last in pairs)


def _ended(
    path: Path, columns: tuple[str, ...], step: int, gaps: tuple[Gap, ...], at: int | None, notes: list[str]
) -> Continuation:
    if at is not None and at > step:
        notes.append(f"{path.name}: ends at row {step}, resumed at {at}; rows {step} to {at - 1} are missing")
        gaps, step = (*gaps, (step, at - 1)), at
    return Continuation(columns, step, gaps, tuple(notes))


def _length(gaps: tuple[Gap, ...]) -> int:
    return sum(last - first + 1 for first, last in gaps)


def _cut_torn_line(path: Path) -> int:
    """Cut what follows the last whole line, or the first NUL that a crashed host left; bytes cut."""
    end = offset = 0
    with path.open("rb") as table:
        for line in _lines(table.read, _CHUNK):
            offset += len(line)
            if b"\0" in line or not line.endswith(b"\n"):
                break
            end = offset
    size = path.stat().st_size
    if end < size:
        os.truncate(path, end)
    return size - end


def _lines(read: Any, chunk_size: int) -> Iterator[bytes]:
    """Blocks that end with a line break, except the last; a block that holds a NUL line by line."""
    rest = b""
    while chunk := read(chunk_size):
        block, newline, rest = (rest + chunk).rpartition(b"\n")
        block += newline
        if b"\0" in block:
            yield from block.splitlines(keepends=True)
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
    while beyond.exists():
        beyond = beyond.with_name(f"{beyond.stem}+.csv")
    write_whole(beyond, header + rest)
    os.truncate(path, end)
    return rest.count(b"\n")
