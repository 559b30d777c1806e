"""What a reader is: it claims folders by the names in them, and reads on in the tables that it claimed.

A reader never imports the framework whose files it reads. What it is given was opened below the run's own
folder, without following links out of it; it opens nothing else by itself.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.model.sources import Group


class Listing(NamedTuple):
    """The names in one folder: all that a reader sees before it claims it."""

    path: str
    files: frozenset[str]
    folders: frozenset[str]


@dataclass(frozen=True)
class TableState:
    """How far a table has been read; `offset` is 0 for one that has not.

    `inode` is of the file that was read, `crc` of the bytes before `offset`. `cursor` is the reader's own
    text: the index keeps it and hands it back. If it is a JSON object, what is under "facts" is shown with
    the run.
    """

    inode: int = 0
    offset: int = 0
    crc: int = 0
    head_crc: int = 0
    cursor: str | None = None


@dataclass(frozen=True)
class Rows:
    """Consecutive rows of one table: each column of shape (count,), NaN where blank.

    Columns without a number are absent.
    """

    count: int
    columns: Mapping[str, Floats]
    notes: Counter[str]

    def __reduce__(self) -> tuple[Callable[..., Rows], tuple[object, ...]]:
        # One array goes to another process much quicker than one for each column.
        names, values = tuple(self.columns), np.array(list(self.columns.values()))
        return _unpacked, (self.count, names, values, self.notes)


@dataclass(frozen=True)
class TableData:
    """What is new in a table: `pieces` are consecutive rows, the first before the others.

    `appended` is False if all of it was read anew and rows that were read before no longer hold. `notes`
    counts what was skipped, repaired or guessed besides what the pieces count.
    """

    state: TableState
    appended: bool = False
    pieces: tuple[Rows, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)


class Reader(Protocol):
    """Tables of one format. Registered under the entry point group `sml_viewer.readers`."""

    @property
    def name(self) -> str:
        """What the reader is called in lists and messages."""

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The files of a folder that are tables of this format, the main one first; none if it is no run."""

    def groups(self, tables: tuple[str, ...], *, own: bool) -> tuple[Group, ...]:
        """The sources that a folder's tables make, the main one first; `own` if sml_logger wrote the folder.

        The layout of a group is given back to `read`; that of another reader than CSV's is its name.
        """

    def read(self, file: int, status: os.stat_result, name: str, layout: str, state: TableState) -> TableData:
        """What is new in an open table since `state`. Raises OSError or ValueError with a reason.

        A row that is not whole yet is left for the next time. Memory is bounded by the reader, not by the
        table's size.
        """


def read_at(file: int, length: int, position: int) -> bytes:
    """`length` bytes of an open file from a position on, or as many as there are."""
    os.lseek(file, position, os.SEEK_SET)
    parts = []
    while length > 0 and (part := os.read(file, length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _unpacked(count: int, names: tuple[str, ...], values: Any, notes: Counter[str]) -> Rows:
    return Rows(count, dict(zip(names, values, strict=True)), notes)
