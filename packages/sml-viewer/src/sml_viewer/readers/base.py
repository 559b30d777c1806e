"""The reader protocols: a reader claims run folders by their contents and reads new rows of their tables.

A reader never imports the framework whose files it reads. It opens files only through the functions and
descriptors that it is given: these do not follow links that lead out of the run folder.

Optional parts: a reader that knows parameters or the state of a run is also a `Describer`; an attribute
`whole_folder = True` declares that everything below a claimed folder belongs to its run, `tells_state = True`
that it knows parameters, state, tags or notes of a run also where another reader opened that,
`written_at_end = True` that the only other log below a claimed folder is of its run.
`told_at_end(folder, table, state)` is what the end says of a table that is larger than what is described.
`early_table(file, status, likely)` may give the likely columns of an open table that is still to be read,
where that takes a small part of the time.
Formats of which one file holds many runs implement `MultiRunReader` instead of `Reader`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.model.issues import IssueCounter, IssueCounts
from sml_viewer.model.sources import Group
from sml_viewer.safe_open import Held, open_plain, scanned

# Whole files that are read at once, such as one JSON document, are read up to this.
MOST_WHOLE = 64_000_000
_MOST_BELOW = 10_000


class Listing(NamedTuple):
    """The names in one folder: all that most readers look at before they claim it.

    `around` is the folder that holds it, if that is open. `empty` takes the paths of files that had nothing
    in them, with when they last changed, in nanoseconds. `heads` takes what was read, by name, with the
    length that was wanted: several readers look at the beginning of the same file.
    """

    path: str
    files: frozenset[str]
    folders: frozenset[str]
    around: Held | None = None
    empty: dict[str, int] | None = None
    heads: dict[str, tuple[int, bytes]] | None = None

    def head(self, name: str, size: int) -> bytes:
        """The first bytes of a file, by its relative path; none if it cannot be opened or leads out."""
        read_size, data = (self.heads or {}).get(name, (0, b""))
        if read_size >= size or len(data) < read_size:
            return data[:size]
        data = self._read_head(name, size)
        if self.heads is not None:
            self.heads[name] = size, data
        return data

    def _read_head(self, name: str, size: int) -> bytes:
        with contextlib.suppress(OSError), Held(self.path, self.around) as held:
            file, status, _ = open_plain(held, name)
            try:
                if self.empty is not None and not status.st_size:
                    self.empty[f"{self.path}/{name}"] = status.st_mtime_ns
                return os.read(file, min(size, status.st_size))
            finally:
                os.close(file)
        return b""

    def files_in(self, folder: str, depth: int = 0) -> frozenset[str]:
        """The files in a folder of this one and `depth` folders below it, by their paths from there.

        None of a folder that cannot be listed or is a link.
        """
        names: set[str] = set()
        with contextlib.suppress(OSError), scanned(self.path, folder) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    names.add(entry.name)
                elif depth:
                    below = self.files_in(f"{folder}/{entry.name}", depth - 1)
                    names.update(f"{entry.name}/{name}" for name in below)
                if len(names) >= _MOST_BELOW:
                    break
        return frozenset(names)


@dataclass(frozen=True)
class TableState:
    """How far a table has been read; `offset` is 0 for one that has not.

    `inode` is of the file that was read, `crc` of the bytes before `offset`. `cursor` is the reader's own
    text: the index keeps it and hands it back. If it is a JSON object, what is under "facts" is shown with
    the run, and rows of earlier files of a source do not count from the step under "restart" on.
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
    notes: IssueCounter

    def __reduce__(self) -> tuple[Callable[..., Rows], tuple[object, ...]]:
        # One array goes to another process much quicker than one for each column.
        names, values = tuple(self.columns), np.array(list(self.columns.values()))
        return _unpacked, (self.count, names, values, self.notes)


@dataclass(frozen=True)
class TableData:
    """What is new in a table: `pieces` are consecutive rows, the first before the others.

    `appended` is False if the whole table was read again and replaces the rows read before. `notes`
    counts what was skipped, repaired or guessed besides what the pieces count.
    """

    state: TableState
    appended: bool = False
    pieces: tuple[Rows, ...] = ()
    notes: IssueCounts = field(default_factory=dict)


class Reader(Protocol):
    """Tables of one format. Registered under the entry point group `sml_viewer.readers`."""

    @property
    def name(self) -> str:
        """What the reader is called in lists and messages."""

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The tables of this format in a folder, the main one first; empty if the folder is not a run.

        Relative paths with forward slashes: a table may lie in a folder below, which is then the run's own
        and not searched for others. Asked of every folder: names should decide before any file is opened.
        """

    def groups(self, tables: tuple[str, ...], *, own: bool) -> tuple[Group, ...]:
        """The sources that a folder's tables make, the main one first; `own` if sml_logger wrote the folder.

        The layout of a group is given back to `read`; that of another reader than CSV's is its name.
        """

    def read(self, file: int, status: os.stat_result, name: str, layout: str, state: TableState) -> TableData:
        """What is new in an open table since `state`. Raises OSError or ValueError with a reason.

        A row that is not whole yet is left for the next time. Memory is bounded by the reader, not by the
        table's size.
        """


@dataclass(frozen=True)
class Description:
    """What the files of a format say of a run besides its rows.

    `state` is one of `finished`, `failed`, `running` and the like, by the tool's own evidence; None where
    there is none. `notes` say what is odd. `axes` are the columns that the tool draws over, by the columns or
    globs of columns that are drawn over them: `{"val/*": "epoch"}`. `called` is what the tool calls the run,
    after what it calls the folders around it: these take the place of the last parts of the run's name.
    `tags` are texts of the tool by which runs can be selected; they tell no curves apart. `labels` are its
    tags without a value, and `note` is what its user wrote about the run: the page shows them like its own.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    state: str | None = None
    notes: tuple[str, ...] = ()
    axes: Mapping[str, str] = field(default_factory=dict)
    called: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    note: str = ""


@runtime_checkable
class Describer(Protocol):
    """A reader that knows parameters or the state of a run."""

    @property
    def described_bytes(self) -> int:
        """The number of bytes at the beginning of each table that contain it; later bytes do not matter.

        Other files and folders that contain it are named by an attribute `described_files`, if there are any.
        """

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:
        """What the tables of a run say, opened by `open_plain` or `read_small` of the folder.

        Raises OSError or ValueError with a reason.
        """


class RunInFile(NamedTuple):
    """One of the runs in a file that holds many.

    `id` identifies it, also after the file grew; `name` is for people; `revision` changes whenever
    `describe_run` would say something else.
    """

    id: str
    name: str
    revision: str = ""


@runtime_checkable
class MultiRunReader(Protocol):
    """A format of which one file holds many runs, such as a tracker's database.

    Registered like a `Reader`. A run of such a file has the path `<file>/<id>`, which exists in the index
    alone. `companions` are suffixes of files that belong to the file, such as a write-ahead log. An attribute
    `endings` names the endings of such files, so that no other file is asked about. A method
    `early_rows(path, runs, likely)` may give a part of the columns of runs that are still to be read, by
    their ids, where this takes a small part of the time.
    """

    @property
    def name(self) -> str:
        """What the reader is called in lists and messages."""

    @property
    def companions(self) -> tuple[str, ...]:
        """Suffixes of the files that change with the file, instead of it."""

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The files of this format in a folder: names should decide before any file is opened."""

    def state(self, path: str) -> tuple[int, int, int]:
        """Inode, size and time of change in nanoseconds, companions included."""

    def runs(self, path: str) -> Sequence[RunInFile]:
        """The runs in a file. Raises OSError or ValueError with a reason."""

    def read_run(self, path: str, run: str, state: TableState) -> TableData:
        """What is new in a run since `state`; `offset` of the new state is the size of `state(path)`.

        Nothing new is `appended` without pieces. Raises OSError or ValueError with a reason.
        """

    def describe_run(self, path: str, run: str) -> Description:
        """What the file says of a run besides its rows. Raises OSError or ValueError with a reason."""


class OpenedRuns(Protocol):
    """Runs of one file of which only the columns that are needed are read; the rest is as `read_run` says.

    A reader of many runs may give them: `open_runs(path, runs)`, or None where they are better read whole.
    """

    @property
    def tables(self) -> Mapping[str, tuple[tuple[str, ...], int]]:
        """The names of the columns and the number of rows of each run; of some only, perhaps."""

    def columns(self, runs: Sequence[str], names: Sequence[str]) -> Sequence[dict[str, Floats] | None]:
        """Those of the named columns that each run has; None for a run that has to be read whole.

        Raises OSError or ValueError if the file cannot be read.
        """


def read_at(file: int, length: int, position: int) -> bytes:
    """`length` bytes of an open file from a position on, or as many as there are."""
    os.lseek(file, position, os.SEEK_SET)
    parts = []
    while length > 0 and (part := os.read(file, length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _unpacked(count: int, names: tuple[str, ...], values: Any, notes: IssueCounter) -> Rows:
    return Rows(count, dict(zip(names, values, strict=True)), notes)
