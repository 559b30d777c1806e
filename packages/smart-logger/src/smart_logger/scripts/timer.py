"""`from smart_logger.scripts.timer import Timer, TimerCaller, SimpleTimer`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from smart_logger._missing import needs

with needs("sml-logger"):
    from sml_logger import Timer

__all__ = ["SimpleTimer", "Timer", "TimerCaller"]


@contextlib.contextmanager
def SimpleTimer(name: str | None = None) -> Iterator[None]:  # noqa: N802  the name that scripts use
    """Print how long a block took."""
    begin = time.perf_counter()
    try:
        yield
    finally:
        print(f"{name} executed in {time.perf_counter() - begin:.5f} seconds")  # noqa: T201  it is what it is for


@contextlib.contextmanager
def TimerCaller(name: str, timer: Timer, level: int = 0) -> Iterator[None]:  # noqa: N802  as above
    """Measure a block as a part of a timer's level."""
    timer.register_point(name, level=level)
    try:
        yield
    finally:
        timer.register_end(level=level)
