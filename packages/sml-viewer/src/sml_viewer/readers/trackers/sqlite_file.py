"""SQLite databases of other programs, opened to be read only: nothing is written into their folders.

A database with a write-ahead log is read together with that log, also while its program writes.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from sml_viewer.i18n import Message
from sml_viewer.readers.base import Listing
from sml_viewer.readers.file_io import State, state_at

SUFFIXES = (".db", ".sqlite", ".sqlite3")
LOG = "-wal"
_SHARED_MEMORY = "-shm"
_MAGIC = b"SQLite format 3\0"
_COUNTER = slice(24, 28)
# Rows of databases up to so many bytes are counted in some 20 ms.
_SMALL = 64 << 20
# A larger one that was not changed for so long is taken to be whole: its rows are counted once.
_REST_SECONDS = 10.0
# Byte 19 of a database: 2 if it has a write-ahead log.
_READ_VERSION, _WITH_LOG = 19, 2
# A log without its shared memory, as in a copied folder, is read from a copy of up to so many bytes.
_MOST_COPIED = 2_000_000_000
_BUSY_SECONDS = 2.0

_open = threading.local()


def databases(listing: Listing) -> tuple[str, ...]:
    """The SQLite databases in a folder, by their names and first bytes; links are left out."""
    names = sorted(name for name in listing.files if name.endswith(SUFFIXES) and name.isprintable())
    return tuple(
        name
        for name in names
        if listing.head(name, len(_MAGIC)) == _MAGIC and not Path(listing.path, name).is_symlink()
    )


def database_state(path: str) -> State:
    """What changes with a database or with its write-ahead log."""
    inode, size, changed = state_at(path)
    _, log_size, log_changed = state_at(path + LOG)
    return inode, size + log_size, max(changed, log_changed)


def unsettled_state(path: str) -> State:
    """The same; of a large database that was changed just now one that it never has: it is read again."""
    inode, size, changed = database_state(path)
    return inode, size, changed if size <= _SMALL or _is_at_rest(changed) else changed - 1


class Version(NamedTuple):
    """What tells a transaction from a change of a database by another program, such as one that copies it.

    `counter` is SQLite's number of transactions without a write-ahead log; `is_at_rest` tells that neither
    the main file nor its log changed lately; the others are of the main file.
    """

    counter: int
    size: int
    changed: int
    has_log: bool
    is_at_rest: bool = False


def database_version(path: str) -> Version:
    """The version of a database; take it before reading. Raises OSError."""
    with open(path, "rb") as file:
        head = file.read(100)
        status = os.fstat(file.fileno())
    counter = int.from_bytes(head[_COUNTER], "big")
    _, log_size, log_changed = state_at(path + LOG)
    changed = status.st_mtime_ns
    return Version(counter, status.st_size, changed, log_size > 0, _is_at_rest(max(changed, log_changed)))


def may_lack_rows(before: Version, now: Version) -> bool:
    """Whether rows may have come between those that were read, as while a database is copied page by page.

    Of a small database always. In a large one transactions of its program are taken to add rows at the end,
    until it is at rest.
    """
    if now.size <= _SMALL or (now.is_at_rest and not before.is_at_rest):
        return True
    if (before.size, before.changed, before.has_log) == (now.size, now.changed, now.has_log):
        return False  # at most the log grew
    return before.has_log or now.has_log or now.counter <= before.counter


def _is_at_rest(changed: int) -> bool:
    """Whether a file was last changed some time ago; a time in the future is that of another clock."""
    return abs(time.time() - changed / 1e9) >= _REST_SECONDS


@contextlib.contextmanager
def reading(path: str) -> Iterator[sqlite3.Connection]:
    """A read-only connection; all queries inside see the database at one moment.

    Raises ValueError with the reason if it is not a whole database.
    """
    try:
        with _connection(path) as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()
    except sqlite3.Error as error:
        raise ValueError(Message("not readable as an SQLite database: {error}", error=error)) from error


def columns_of(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    """The names of a table's columns; empty if the database has no such table."""
    return frozenset(
        name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    )


@contextlib.contextmanager
def _connection(path: str) -> Iterator[sqlite3.Connection]:
    with open(path, "rb") as file:
        head = file.read(100)
    if head[_READ_VERSION : _READ_VERSION + 1] != bytes([_WITH_LOG]):
        # Its writers are kept out for the moment of a query, by locks that change no file.
        yield _reused(path, "mode=ro")
    elif not state_at(path + LOG)[1]:
        # Nobody writes: a connection that takes part would create files beside the database.
        yield _reused(path, "mode=ro&immutable=1")
    elif state_at(path + _SHARED_MEMORY)[1]:
        # Closed at once: the last writer removes the log only if nobody else has it open.
        with contextlib.closing(_connected(path, "mode=ro&readonly_shm=1")) as connection:
            yield connection
    else:
        yield _reused(path, None)


def _reused(path: str, options: str | None) -> sqlite3.Connection:
    """A connection that is kept open until the database changes or another one is read in this thread."""
    key = path, database_state(path), options
    if getattr(_open, "key", None) != key:
        close()
        if options is None:
            import tempfile  # late, as is shutil: copies are rare

            _open.copy = tempfile.TemporaryDirectory(prefix="sml-viewer-")
            _open.connection = _connected(_copied(path, Path(_open.copy.name)), "mode=rw")
        else:
            _open.connection = _connected(path, options)
        _open.key = key
    connection: sqlite3.Connection = _open.connection
    return connection


def close() -> None:
    """Close the database that this thread has open, if any."""
    if (connection := getattr(_open, "connection", None)) is not None:
        connection.close()
    if (copy := getattr(_open, "copy", None)) is not None:
        copy.cleanup()
    _open.key = _open.connection = _open.copy = None


def _connected(path: str, options: str) -> sqlite3.Connection:
    uri = f"file:{quote(path)}?{options}"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)


def _copied(path: str, folder: Path) -> str:
    if database_state(path)[1] > _MOST_COPIED:
        raise ValueError(
            Message(
                "it has a write-ahead log without {file} "
                "and is too large to be copied; open it once with its own program",
                file=f"{Path(path).name}{_SHARED_MEMORY}",
            )
        )
    import shutil

    for suffix in ("", LOG):
        shutil.copyfile(path + suffix, folder / f"copy{suffix}")
    return str(folder / "copy")
