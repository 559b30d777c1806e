"""Show the number of bytes transferred on stderr: one changing line on a terminal, else some lines."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

from .report import size

_FIRST_SECONDS, _STEP_SECONDS, _LINE_SECONDS = 1.0, 0.5, 5.0
_WIDTH = 70


@contextlib.contextmanager
def shown(traffic: Callable[[], tuple[int, int]]) -> Iterator[None]:
    """Show what `traffic` counts, bytes that were sent and received, on stderr while this lasts."""
    over = threading.Event()
    telling = threading.Thread(target=_tell, args=(traffic, over), name="progress", daemon=True)
    telling.start()
    try:
        yield
    finally:
        over.set()
        telling.join()


def _tell(traffic: Callable[[], tuple[int, int]], over: threading.Event) -> None:
    started = time.monotonic()
    if over.wait(_FIRST_SECONDS):
        return
    with contextlib.suppress(OSError):  # the terminal is gone
        while True:
            sent, received = traffic()
            seconds = time.monotonic() - started
            rate = size(int((sent + received) / seconds))
            text = f"{size(sent)} sent, {size(received)} received, {rate}/s, {seconds:.0f} s"
            on_terminal = sys.stderr.isatty()
            sys.stderr.write(f"\r{text:<{_WIDTH}}" if on_terminal else f"{text}\n")
            sys.stderr.flush()
            if over.wait(_STEP_SECONDS if on_terminal else _LINE_SECONDS):
                break
        sys.stderr.write(f"\r{'':<{_WIDTH}}\r" if on_terminal else "")
        sys.stderr.flush()
