"""One table of a run, from the byte where the store knows it, to chunks of columns."""

from __future__ import annotations

import functools
import json
import os
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sml_viewer.model.table_layouts import TABLE
from sml_viewer.readers.csv_pandas import Rows
from sml_viewer.readers.csv_tolerant import complete, read_rows
from sml_viewer.readers.file_io import UNREADABLE, reason_of, state_at
from sml_viewer.readers.header import Dialect, read_header
from sml_viewer.safe_open import LeadsOutError, open_plain

from .column_stats import Column, merge, summarise

# Memory is bounded by this, not by the size of a table.
_BLOCK = 16 << 20
_HEADER = 1 << 20
_TAIL = 256


@dataclass(frozen=True)
class Known:
    """How far the store has read a table; `offset` 0 for one it has not."""

    inode: int = 0
    offset: int = 0
    crc: int = 0
    head_crc: int = 0
    dialect: Dialect | None = None


@dataclass(frozen=True)
class Job:
    """A table to read on: `id` is its number in the store, `prefix` goes before its columns' names.

    `layout` is what kind of table it is.
    """

    id: int
    run: int
    path: str
    name: str
    prefix: str
    known: Known
    layout: str = TABLE


@dataclass(frozen=True)
class Parsed:
    """What is new in a table.

    `appended` is False if all of it was read anew and the old rows no longer hold.
    """

    job: Job
    appended: bool
    known: Known
    size: int
    mtime: int
    pieces: tuple[Rows, ...] = ()
    summary: Mapping[str, Column] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None


def parse_job(job: Job) -> Parsed:
    """Read what is new in a table; its tail alone if it only grew.

    A file that cannot be read is an `error`.
    """
    try:
        file, status, _ = open_plain(job.path.removesuffix(f"/{job.name}"), job.name)
        try:
            return _parse(file, status, job)
        finally:
            os.close(file)
    except FileNotFoundError:
        return Parsed(job, False, Known(), 0, 0, error="is gone")
    except LeadsOutError:
        inode, size, mtime = state_at(job.path)
        return Parsed(job, False, Known(inode=inode), size, mtime, notes={"leads_out": 1})
    except UNREADABLE as error:
        # Closed to us, or not what it seems: looked at again when it changes.
        inode, size, mtime = state_at(job.path)
        return Parsed(job, False, Known(inode=inode), size, mtime, error=reason_of(error))


def dialect_text(dialect: Dialect | None) -> str | None:
    """A dialect as the store keeps it."""
    return None if dialect is None else json.dumps(vars(dialect))


@functools.lru_cache(256)  # most tables are of a few dialects
def dialect_of(text: str | None) -> Dialect | None:
    """The dialect that a text of `dialect_text` stands for."""
    if text is None:
        return None
    fields = json.loads(text)
    return Dialect(**{**fields, "names": tuple(fields["names"])})


def facts_of(text: str | None) -> Mapping[str, Any]:
    """The facts that a text of `dialect_text` holds."""
    dialect = dialect_of(text)
    return {} if dialect is None else dialect.facts


def _parse(file: int, status: os.stat_result, job: Job) -> Parsed:
    known = job.known
    appended = _only_grew(file, status, known)
    notes: Counter[str] = Counter()
    head = b""
    if not appended:
        head = _read_at(file, min(_HEADER, status.st_size), 0)
        dialect, notes = read_header(head, job.name, job.layout)
        if dialect is None and len(head) < status.st_size and not complete(head):
            notes = Counter({"long_header": 1})
        known = Known(inode=status.st_ino)
        if dialect is None:
            return Parsed(job, False, known, status.st_size, status.st_mtime_ns, notes=notes)
        head_crc = zlib.crc32(head[: dialect.start])
        known = replace(known, offset=dialect.start, head_crc=head_crc, dialect=dialect)
    whole = head if len(head) == status.st_size else None
    pieces, known = _pieces(file, known, status.st_size, whole)
    end = known.offset
    tail = _read_at(file, min(_TAIL, end), end - min(_TAIL, end))
    known = replace(known, crc=zlib.crc32(tail))
    summary: dict[str, Column] = {}
    for piece in pieces:
        notes += piece.notes
        merge(summary, summarise(piece.columns))
    return Parsed(job, appended, known, status.st_size, status.st_mtime_ns, tuple(pieces), summary, notes)


def _only_grew(file: int, status: os.stat_result, known: Known) -> bool:
    """Whether all that the store has read is still there, as far as a look at both its ends tells."""
    if (
        known.dialect is None
        or not known.dialect.sure
        or status.st_ino != known.inode
        or status.st_size < known.offset
    ):
        return False
    start = known.dialect.start
    if zlib.crc32(_read_at(file, start, 0)) != known.head_crc:
        return False
    length = min(_TAIL, known.offset)
    return zlib.crc32(_read_at(file, length, known.offset - length)) == known.crc


def _pieces(file: int, known: Known, end: int, whole: bytes | None) -> tuple[list[Rows], Known]:
    """The rows from `known.offset` to the last line end before `end`, and how far they go.

    `whole` is the file, if all of it was read.
    """
    pieces: list[Rows] = []
    position, size, dialect = known.offset, _BLOCK, known.dialect
    # The size that was measured: a read asked for more than there is costs the memory all the same.
    while dialect is not None and position < end:
        data = whole[position:] if whole else _read_at(file, min(size, end - position), position)
        if not data:
            break
        reading = read_rows(data[: complete(data)], dialect)
        pieces += [rows for rows in reading.pieces if rows.count or rows.notes]
        dialect = reading.dialect
        position += reading.length
        if reading.length:
            size = _BLOCK
        elif position + len(data) >= end:
            break
        else:
            size *= 2  # one line longer than a block
    return pieces, replace(known, offset=position, dialect=dialect)


def _read_at(file: int, length: int, position: int) -> bytes:
    """`length` bytes, or as many as there are."""
    os.lseek(file, position, os.SEEK_SET)
    parts = []
    while length > 0 and (part := os.read(file, length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
