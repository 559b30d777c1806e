"""Write files without overwriting existing ones; lock files between processes; explain read errors."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from json import JSONDecodeError
from pathlib import Path

from sml_config.run_folder import TEMPORARY_PREFIX, write_atomic

from .errors import SmlViewerError
from .i18n import Message, phrase

_LOCK_SECONDS = 10.0
_REMEDY = Message("nothing was changed. Choose another workspace with -wks")
_LONGEST_REASON = 200


def write_new(path: Path, content: str | bytes) -> Path:
    """Write to `path`, or to `path-2`, `path-3`, … if it exists; returns the path. Expands `~`."""
    path = expand_user(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    free = path
    number = 1
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    write_atomic(free, content)
    return free


def expand_user(path: Path) -> Path:
    """The path with `~` expanded; unchanged if there is no such user."""
    try:
        return path.expanduser()
    except RuntimeError:  # a name with ~ that is not a user's
        return path


@contextlib.contextmanager
def locked(path: Path, error: type[SmlViewerError]) -> Iterator[None]:
    """Lock a file, existing or not, between processes; creates its folder.

    Raises `error` if that fails or takes too long. The lock is SQLite's, which every system releases when the
    process dies.
    """
    beside = path.with_name(f"{TEMPORARY_PREFIX}{path.stem}.lock")
    with contextlib.ExitStack() as held:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(beside, timeout=_LOCK_SECONDS, isolation_level=None)
            held.enter_context(contextlib.closing(connection)).execute("BEGIN EXCLUSIVE")
        except OSError as fault:
            raise error(
                Message(
                    "{path}: {reason}; {remedy}",
                    path=fault.filename,
                    reason=reason_of(fault),
                    remedy=_REMEDY,
                )
            ) from fault
        except sqlite3.Error as fault:
            if not os.access(path.parent, os.W_OK):  # SQLite has no error code for it
                raise error(
                    Message("{path} cannot be written to; {remedy}", path=path.parent, remedy=_REMEDY)
                ) from fault
            raise error(
                Message(
                    "{path}: {reason}; nothing was changed. Try again",
                    path=beside,
                    reason=reason_of(fault),
                )
            ) from fault
        yield


def reason_of(error: BaseException) -> str:
    """Why a file cannot be read, on one line; a Message unless a parser worded it."""
    if error.args and isinstance(error.args[0], Message):
        return error.args[0]
    if isinstance(error, OSError):
        return phrase(error.strerror or str(error))
    if isinstance(error, sqlite3.Error):
        return phrase(str(error))
    if isinstance(error, RecursionError):
        return Message("nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return Message("not UTF-8 at byte {place}", place=error.start)
    if isinstance(error, JSONDecodeError):
        return Message("invalid JSON in line {line}, column {column}", line=error.lineno, column=error.colno)
    reason = str(error).partition("\n")[0][:_LONGEST_REASON] or type(error).__name__
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in reason)
