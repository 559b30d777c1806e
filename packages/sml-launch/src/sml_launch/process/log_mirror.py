"""Mirror the log of a task to the terminal of its worker, such as a tmux pane."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

_POLL_SECONDS = 0.25
_CHUNK_BYTES = 1 << 16


@contextlib.contextmanager
def mirror_output(log: Path) -> Iterator[None]:
    """Within the block, copy a new file at this path to standard output, if that is a terminal."""
    if not sys.stdout.isatty():
        yield
        return
    finished = threading.Event()
    thread = threading.Thread(target=_copy, args=(log, _identity(log), finished), daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()


def _copy(log: Path, earlier: int | None, finished: threading.Event) -> None:
    """Copy until `finished`; the file with the inode `earlier` is the log of an earlier attempt."""
    shown, position = earlier, 0
    last = False
    while not last:
        last = finished.wait(_POLL_SECONDS)
        with contextlib.suppress(OSError):
            now = _identity(log)
            if now == earlier or now is None:
                continue
            if now != shown:
                shown, position = now, 0
            with log.open("rb") as file:
                file.seek(position)
                while chunk := file.read(_CHUNK_BYTES):
                    position += len(chunk)
                    os.write(sys.stdout.fileno(), chunk)


def _identity(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None
