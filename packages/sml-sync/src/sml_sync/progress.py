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


def is_wanted(progress: bool | Callable[[str], None], *, interactive: bool) -> bool:
    """Whether to show it: if asked for, and unasked only to a user at a terminal."""
    return bool(progress) or (interactive and sys.stderr.isatty())


@contextlib.contextmanager
def shown(
    traffic: Callable[[], tuple[int, int]], progress: bool | Callable[[str], None], *, interactive: bool
) -> Iterator[None]:
    """Show the bytes sent and received, as `traffic` counts them, while this lasts, if `is_wanted`.

    On stderr, or as lines given to `progress`, from another thread.
    """
    if not is_wanted(progress, interactive=interactive):
        yield
        return
    over = threading.Event()
    write = progress if callable(progress) else None
    thread = threading.Thread(target=_show, args=(traffic, write, over), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _show(
    traffic: Callable[[], tuple[int, int]], write: Callable[[str], None] | None, over: threading.Event
) -> None:
    started = time.monotonic()
    on_terminal = write is None and sys.stderr.isatty()
    put = write or (_overwrite if on_terminal else print_line)
    pause = _FIRST_SECONDS if write is None else _LINE_SECONDS
    with contextlib.suppress(OSError):  # the terminal is gone
        while not over.wait(pause):
            put(_text(*traffic(), time.monotonic() - started))
            pause = _STEP_SECONDS if on_terminal else _LINE_SECONDS
        if pause == _STEP_SECONDS:
            _overwrite("")


def _text(sent: int, received: int, seconds: float) -> str:
    rate = size(int((sent + received) / seconds))
    return f"{size(sent)} sent, {size(received)} received, {rate}/s, {seconds:.0f} s"


def _overwrite(text: str) -> None:
    print_line(f"\r{text:<{_WIDTH}}", end="\r")


def print_line(text: str, end: str = "\n") -> None:
    """Print on stderr."""
    sys.stderr.write(text + end)
    sys.stderr.flush()
