"""The SQLite file: opened, checked, and rebuilt when it is damaged or of another version."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path

_BUSY_SECONDS = 30.0
# Raise this when the same files are read differently, so that stores of older releases are rebuilt.
_READER = 16

# `version` of a run and of `counter` grow with every change: a reader asks for what is newer than it has.
# Of a run `said_crc` is the checksum of what its small files say, `read_crc` that of what its tables hold.
# A column of a run is a chain of blobs, one per chunk of rows; a chunk without a blob is blank there.
_SCHEMA = """
CREATE TABLE counter (version INTEGER NOT NULL, removals INTEGER NOT NULL);
INSERT INTO counter VALUES (0, 0);
CREATE TABLE run (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, found TEXT NOT NULL, stamp TEXT NOT NULL,
    parameters TEXT NOT NULL, metadata TEXT NOT NULL, identity TEXT, state TEXT, rows INTEGER,
    columns TEXT NOT NULL, summary BLOB NOT NULL, issues TEXT NOT NULL,
    modified REAL NOT NULL, version INTEGER NOT NULL, facts TEXT NOT NULL, sources TEXT NOT NULL,
    said_crc INTEGER NOT NULL, read_crc INTEGER NOT NULL);
CREATE INDEX run_version ON run (version);
CREATE TABLE file (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, name TEXT NOT NULL, source TEXT NOT NULL,
    prefix TEXT NOT NULL, layout TEXT NOT NULL,
    inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL, offset INTEGER NOT NULL,
    crc INTEGER NOT NULL, head_crc INTEGER NOT NULL, rows INTEGER NOT NULL, dialect TEXT, notes TEXT NOT NULL,
    columns TEXT NOT NULL, summary BLOB NOT NULL, read_crc INTEGER NOT NULL, UNIQUE (run, name));
CREATE TABLE col (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE chunk (run INTEGER NOT NULL, seq INTEGER NOT NULL, file INTEGER NOT NULL, rows INTEGER NOT NULL,
    PRIMARY KEY (run, seq)) WITHOUT ROWID;
CREATE TABLE blob (col INTEGER NOT NULL, run INTEGER NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL,
    crc INTEGER NOT NULL);
CREATE UNIQUE INDEX blob_place ON blob (col, run, seq);
"""
# A store of another schema is another version, without anybody having to count.
VERSION = zlib.crc32(f"{_SCHEMA}{_READER}".encode()) & 0x7FFFFFFF


# Not the store's fault: it is in use, or the disk is full or closed to us.
_OTHER_FAULTS = ("locked", "busy", "full", "readonly", "unable to open", "interrupted")
# What our own code says of texts and numbers that are not what it wrote.
_UNFIT = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, MemoryError)
FAULTS = (sqlite3.DatabaseError, *_UNFIT)

_OTHER_VERSION = "store of version"


class Database:
    """One connection to the store; not shared between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = _connect(path)
        self._inode = _inode(path)

    @property
    def is_current(self) -> bool:
        """Whether the file at the path is still the one that is open: another process may have rebuilt it."""
        return _inode(self.path) == self._inode

    def close(self) -> None:
        """Give up the file."""
        self.connection.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that has the right to write from its beginning; all of it is stored, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """All that is asked for inside is of one moment, whoever writes meanwhile."""
        self.connection.execute("BEGIN")
        try:
            yield self.connection
        finally:
            self.connection.rollback()

    @property
    def counter(self) -> tuple[int, int]:
        """The newest version of any run, and how often runs were removed."""
        version, removals = self.connection.execute("SELECT version, removals FROM counter").fetchone()
        return int(version), int(removals)


def open_database(path: Path) -> Database:
    """The store at `path`, made if it is not there; one that is damaged or of another version is replaced.

    Nothing is lost by that: all of it comes from the run folders.
    """
    try:
        database = Database(path)
    except FAULTS as error:
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            raise
        if _OTHER_VERSION not in str(error):
            _tell(path, error)
        discard(path)
        database = Database(path)
    return database


def is_damage(error: BaseException) -> bool:
    """Whether one of FAULTS, met at the store, says that what it holds is not what was written."""
    if isinstance(error, sqlite3.ProgrammingError):
        return False
    if isinstance(error, sqlite3.OperationalError):
        return not any(word in str(error) for word in _OTHER_FAULTS)
    return isinstance(error, FAULTS)


def replaced(database: Database, error: BaseException) -> Database:
    """An empty store in place of a damaged one; logs a warning."""
    _tell(database.path, error)
    with contextlib.suppress(sqlite3.Error):
        database.close()
    discard(database.path)
    return open_database(database.path)


def _tell(path: Path, error: BaseException) -> None:
    import logging  # late, as it is rarely needed

    logging.getLogger("sml_viewer.index").warning(
        "the store %s was damaged (%s: %s) and is rebuilt; your runs are not affected",
        path,
        type(error).__name__,
        " ".join(str(error).split())[:200],
    )


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def discard(path: Path) -> None:
    """Put a store out of the way; another process that has it open keeps its own copy."""
    for suffix in ("", "-wal", "-shm"):
        old = path.with_name(path.name + suffix)
        with contextlib.suppress(FileNotFoundError):
            trash = old.with_name(f".old-{uuid.uuid4().hex[:8]}-{old.name}")
            old.rename(trash)
            trash.unlink()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        # Two columns of a thousand rows to a page; has no effect on a file that is there.
        connection.execute("PRAGMA page_size = 16384")
        connection.execute("PRAGMA journal_mode = WAL")
        # The store can be made again: a power cut may cost the last changes, never the file's soundness.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -16000")
        # Seldom: what is written often, as indexes are, then goes into the file once.
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone() == (0,):
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    elif version != VERSION:
        raise sqlite3.DatabaseError(f"{_OTHER_VERSION} {version}")
    connection.execute("SELECT version FROM counter").fetchone()
