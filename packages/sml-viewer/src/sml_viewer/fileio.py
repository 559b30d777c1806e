"""Where the viewer writes: never over a file that is there, and one after the other."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sml_config.run_folder import TEMPORARY_PREFIX, write_whole

from .errors import SmlViewerError

_LOCK_SECONDS = 10.0
_ELSEWHERE = "nothing was changed. Choose another workspace with -wks"


def write_new(path: Path, content: str | bytes) -> Path:
    """Write to `path`, or to `path-2`, `path-3`, … if it is taken; returns where.

    A `~` that no shell took is the user's folder.
    """
    path = at_home(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    free = path
    number = 1
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    write_whole(free, content)
    return free


def at_home(path: Path) -> Path:
    """A path whose `~` no shell took, with the user's folder for it."""
    try:
        return path.expanduser()
    except RuntimeError:  # a name that begins so, and is no user's
        return path


@contextlib.contextmanager
def locked(path: Path, error: type[SmlViewerError]) -> Iterator[None]:
    """Hold a file, there or not, against others who lock it; its folder is made.

    Raises `error` if that cannot be, or takes too long. The system lets go of it when the process dies, on
    every system: SQLite sees to that.
    """
    beside = path.with_name(f"{TEMPORARY_PREFIX}{path.stem}.lock")
    with contextlib.ExitStack() as held:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(beside, timeout=_LOCK_SECONDS, isolation_level=None)
            held.enter_context(contextlib.closing(connection)).execute("BEGIN EXCLUSIVE")
        except OSError as fault:
            raise error(f"{fault.filename}: {fault.strerror}; {_ELSEWHERE}") from fault
        except sqlite3.Error as fault:
            if not os.access(path.parent, os.W_OK):  # which SQLite has no word for
                raise error(f"{path.parent} cannot be written to; {_ELSEWHERE}") from fault
            raise error(f"{beside}: {fault}; nothing was changed. Try again") from fault
        yield
