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
def shown(
    traffic: Callable[[], tuple[int, int]], write: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Show the bytes sent and received, as `traffic` counts them, while this lasts.

    On stderr, or as lines given to `write`, from another thread.
    """
    over = threading.Event()
    target, arguments = (_show, (traffic, over)) if write is None else (_report, (traffic, over, write))
    thread = threading.Thread(target=target, args=arguments, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _text(traffic: Callable[[], tuple[int, int]], seconds: float) -> str:
    sent, received = traffic()
    rate = size(int((sent + received) / seconds))
    return f"{size(sent)} sent, {size(received)} received, {rate}/s, {seconds:.0f} s"


def _report(
    traffic: Callable[[], tuple[int, int]], over: threading.Event, write: Callable[[str], None]
) -> None:
    started = time.monotonic()
    while not over.wait(_LINE_SECONDS):
        write(_text(traffic, time.monotonic() - started))


def _show(traffic: Callable[[], tuple[int, int]], over: threading.Event) -> None:
    started = time.monotonic()
    if over.wait(_FIRST_SECONDS):
        return
    with contextlib.suppress(OSError):  # the terminal is gone
        while True:
            text = _text(traffic, time.monotonic() - started)
            on_terminal = sys.stderr.isatty()
            sys.stderr.write(f"\r{text:<{_WIDTH}}" if on_terminal else f"{text}\n")
            sys.stderr.flush()
            if over.wait(_STEP_SECONDS if on_terminal else _LINE_SECONDS):
                break
        sys.stderr.write(f"\r{'':<{_WIDTH}}\r" if on_terminal else "")
        sys.stderr.flush()
