"""Shows a task's output in the terminal that its worker has: a tmux pane."""

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
def echoed(log: Path) -> Iterator[None]:
    """Within the block, what is written to a new file at this path is shown, if there is a terminal."""
    if not sys.stdout.isatty():
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_copy, args=(log, _identity(log), over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _copy(log: Path, earlier: int | None, over: threading.Event) -> None:
    """A file that was there before is an earlier attempt's."""
    shown, position = earlier, 0
    last = False
    while not last:
        last = over.wait(_POLL_SECONDS)
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
