"""Tables of text, a row in each line: CSV, TSV and JSON lines, as loggers write them."""

from __future__ import annotations

import functools
import json
import os
import zlib
from collections import Counter
from dataclasses import replace

from sml_viewer.model.issues import IssueCounter
from sml_viewer.model.sources import Group, groups_of
from sml_viewer.model.table_names import tables_among
from sml_viewer.readers.base import Listing, Rows, TableData, TableState, read_at

from .header import Dialect, read_header
from .ray_results import CSV_TABLE, JSON_TABLE, json_has_more
from .read_csv import complete, read_rows

# Memory is bounded by this, not by the size of a table.
_BLOCK = 16 << 20
_HEADER = 1 << 20
_TAIL = 256


class CsvReader:
    """The tables that `table_names` knows by their names."""

    name = "csv"

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The tables among the files; of Ray's two the one with all metrics."""
        tables = _tables_among(listing.files)
        if tables == (CSV_TABLE,) and JSON_TABLE in listing.files and json_has_more(listing.path):
            return (JSON_TABLE,)
        return tables

    def groups(self, tables: tuple[str, ...], *, own: bool) -> tuple[Group, ...]:
        """The monitors of a folder are one source, any other table is one by itself."""
        return groups_of(tables, own)

    def read(self, file: int, status: os.stat_result, name: str, layout: str, state: TableState) -> TableData:
        """Read what is new; the tail alone if the table only grew."""
        appended = _only_grew(file, status, state)
        notes: IssueCounter = Counter()
        head = b""
        dialect = dialect_of(state.cursor)
        if not appended:
            head = read_at(file, min(_HEADER, status.st_size), 0)
            dialect, notes = read_header(head, name, layout)
            if dialect is None and len(head) < status.st_size and not complete(head):
                notes = Counter({"long_header": 1})
            state = TableState(inode=status.st_ino)
            if dialect is None:
                return TableData(state, notes=notes)
            state = replace(state, offset=dialect.start, head_crc=zlib.crc32(head[: dialect.start]))
        whole = head if len(head) == status.st_size else None
        pieces, end, dialect = _pieces(file, state.offset, dialect, status.st_size, whole)
        tail = read_at(file, min(_TAIL, end), end - min(_TAIL, end))
        state = replace(state, offset=end, crc=zlib.crc32(tail), cursor=dialect_text(dialect))
        return TableData(state, appended, tuple(pieces), notes)


def dialect_text(dialect: Dialect | None) -> str | None:
    """A dialect as the cursor of a table."""
    return None if dialect is None else json.dumps(vars(dialect))


@functools.lru_cache(256)  # most tables are of a few dialects
def dialect_of(text: str | None) -> Dialect | None:
    """The dialect that a cursor encodes."""
    if text is None:
        return None
    fields = json.loads(text)
    return Dialect(**{**fields, "names": tuple(fields["names"])})


@functools.lru_cache(4096)  # most run folders hold the same names
def _tables_among(files: frozenset[str]) -> tuple[str, ...]:
    return tables_among(files)


def _only_grew(file: int, status: os.stat_result, state: TableState) -> bool:
    """Whether the bytes that were read are unchanged, judged by both ends."""
    dialect = dialect_of(state.cursor)
    if dialect is None or not dialect.sure or status.st_ino != state.inode or status.st_size < state.offset:
        return False
    if zlib.crc32(read_at(file, dialect.start, 0)) != state.head_crc:
        return False
    length = min(_TAIL, state.offset)
    return zlib.crc32(read_at(file, length, state.offset - length)) == state.crc


def _pieces(
    file: int, position: int, dialect: Dialect | None, end: int, whole: bytes | None
) -> tuple[list[Rows], int, Dialect | None]:
    """The rows from `position` to the last line end before `end`, how far they go, and how to read on.

    `whole` is the file, if all of it was read.
    """
    pieces: list[Rows] = []
    size = _BLOCK
    # The size that was measured: a read asked for more than there is costs the memory all the same.
    while dialect is not None and position < end:
        data = whole[position:] if whole else read_at(file, min(size, end - position), position)
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
    return pieces, position, dialect
