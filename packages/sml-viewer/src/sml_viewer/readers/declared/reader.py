"""A reader as a user declared it: any table by a glob, or the lines of a text log by patterns."""

from __future__ import annotations

import functools
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.model.issues import ColumnIssue, IssueCounter
from sml_viewer.model.sources import Group
from sml_viewer.model.table_layouts import TABLE
from sml_viewer.readers.base import Description, Listing, Rows, TableData, TableState, read_at
from sml_viewer.readers.growth import only_grew, tail_checksum
from sml_viewer.readers.text_tables.cells import number
from sml_viewer.readers.text_tables.reader import CsvReader
from sml_viewer.safe_open import Held

from .formats import Format
from .matcher import MATCHER

# So much text is matched at a time: the time for it is limited.
_BLOCK = 4 << 20


@dataclass(frozen=True)
class DeclaredReader:
    """`files` is a glob of paths; `patterns` are regular expressions with named groups, for text alone.

    `x` is the column to draw over, `parameters` are files beside the tables, `leave_out` are columns. Each
    file is a run, or with `one_run` all files of a folder together are one.
    """

    name: str
    files: str
    format: Format
    patterns: tuple[str, ...] = ()
    x: str | None = None
    parameters: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    one_run: bool = False
    described_bytes: int = 0
    _csv: CsvReader = field(default_factory=CsvReader, compare=False, repr=False)

    @property
    def title(self) -> str:
        """What it reads, in words."""
        return f"files like {self.files}"

    @functools.cached_property
    def revision(self) -> str:
        """Changes with the declaration, so that its files are read again."""
        return f"{zlib.crc32(repr(self).encode('utf-8', 'backslashreplace')):x}"

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The files whose paths match the glob."""
        glob = _glob(self.files)
        return tuple(
            name
            for name in sorted(listing.files)
            if name.isprintable() and not name.startswith(".") and glob.fullmatch(f"{listing.path}/{name}")
        )

    def groups(
        self,
        tables: tuple[str, ...],
        *,
        own: bool,  # noqa: ARG002  the protocol's
    ) -> tuple[Group, ...]:
        """Each file is a source; all but the first have their names before their columns."""
        layout = f"{self.name}@{self.revision}"
        return tuple(
            Group(_stem(table) if index else "", f"{_stem(table)}/" if index else "", layout, (table,))
            for index, table in enumerate(tables)
        )

    def read(
        self,
        file: int,
        status: os.stat_result,
        name: str,
        layout: str,  # noqa: ARG002  the protocol's
        state: TableState,
    ) -> TableData:
        """What is new in a file."""
        if self.format == "text":
            return self._read_text(file, status, state)
        as_table = f"table.{self.format}" if name.rpartition(".")[2] not in ("csv", "tsv", "jsonl") else name
        data = self._csv.read(file, status, as_table, TABLE, state)
        pieces = tuple(replace(piece, columns=self._without(piece.columns)) for piece in data.pieces)
        return replace(data, pieces=pieces)

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:  # noqa: ARG002
        """The x column."""
        return Description(axes={"*": self.x} if self.x else {})

    def _without(self, columns: Mapping[str, Floats]) -> Mapping[str, Floats]:
        return {name: values for name, values in columns.items() if name not in self.leave_out}

    def _read_text(self, file: int, status: os.stat_result, state: TableState) -> TableData:
        grew = only_grew(file, status, state)
        position = state.offset if grew else 0
        pieces = []
        for block in _blocks(file, position, status.st_size):
            lines = block.decode("utf-8", "replace").splitlines()
            rows = self._rows(lines)
            if rows.count or rows.notes:
                pieces.append(rows)
            position += len(block)
        after = TableState(status.st_ino, position, tail_checksum(file, position))
        return TableData(after, grew, tuple(pieces))

    def _rows(self, lines: list[str]) -> Rows:
        """A row for each line and pattern that match, in the order of the lines."""
        notes: IssueCounter = Counter()
        rows: list[tuple[int, int, dict[str, float]]] = []
        for order, (names, matched) in enumerate(MATCHER.matches(self.patterns, lines)):
            for line, cells in matched:
                row = {}
                for name, cell in zip(names, cells, strict=True):
                    if cell is None or name in self.leave_out:
                        continue
                    value = number(cell)
                    if value is None:
                        notes[ColumnIssue("text", name)] += 1
                    else:
                        row[name] = value
                if row:
                    rows.append((line, order, row))
        rows.sort(key=lambda item: item[:2])
        titles = dict.fromkeys(name for *_, row in rows for name in row)
        columns = {name: np.array([row.get(name, np.nan) for *_, row in rows]) for name in titles}
        known = {name: values for name, values in columns.items() if not np.isnan(values).all()}
        return Rows(len(rows), known, notes)


@functools.lru_cache(64)
def _glob(glob: str) -> re.Pattern[str]:
    """Of whole paths: `*` stays in one folder, `**` does not; a glob may begin in any folder."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob.strip().lstrip("/"))
    words = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("(?:.*/)?" + "".join(words.get(part, re.escape(part)) for part in parts), re.DOTALL)


def _blocks(file: int, position: int, size: int) -> Iterator[bytes]:
    """Whole lines from a position on, some at a time; a line longer than a block is passed over."""
    while position < size:
        block = read_at(file, min(_BLOCK, size - position), position)
        end = block.rfind(b"\n") + 1
        if not end:
            if position + len(block) >= size:
                return
            end = len(block)
        yield block[:end]
        position += end


def _stem(table: str) -> str:
    return table.rpartition(".")[0] or table
