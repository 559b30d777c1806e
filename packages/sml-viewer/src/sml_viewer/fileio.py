"""Write files without overwriting existing ones; lock files between processes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sml_config.run_folder import TEMPORARY_PREFIX, write_atomic

from .errors import SmlViewerError

_LOCK_SECONDS = 10.0
_REMEDY = "nothing was changed. Choose another workspace with -wks"


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
            raise error(f"{fault.filename}: {fault.strerror}; {_REMEDY}") from fault
        except sqlite3.Error as fault:
            if not os.access(path.parent, os.W_OK):  # SQLite has no error code for it
                raise error(f"{path.parent} cannot be written to; {_REMEDY}") from fault
            raise error(f"{beside}: {fault}; nothing was changed. Try again") from fault
        yield
