"""Measure the mean duration of the parts of a loop, for logging."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

_END = None


class Timer:
    """Measures the time between registered points, per level; `summary` returns the means and resets.

    timer.register_point("rollout")
    ...
    timer.register_point("update")
    ...
    timer.register_end()
    logger.add_tabular_data(**timer.summary())
    """

    def __init__(self) -> None:
        self._levels: dict[int, list[tuple[str | None, float]]] = {}
        self._nested: dict[str, list[float]] = {}

    def register_point(self, tag: str | None = None, level: int = 0) -> None:
        """Start a part and end the previous one on this level; the default tag is the caller's line."""
        if tag is None:
            caller = sys._getframe(1)
            tag = f"line_{caller.f_lineno}_func_{caller.f_code.co_name}"
        self._levels.setdefault(level, []).append((tag, time.perf_counter()))

    def register_end(self, level: int = 0) -> None:
        """End the current part on this level without starting another."""
        self._levels.setdefault(level, []).append((_END, time.perf_counter()))

    @contextlib.contextmanager
    def measure(self, tag: str) -> Iterator[None]:
        """Measure a `with` block; blocks may be nested."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._nested.setdefault(tag, []).append(time.perf_counter() - begin)

    def summary(self) -> dict[str, float]:
        """Return the mean seconds of each part as `period_<tag>`, and reset."""
        now = time.perf_counter()
        durations: dict[str, list[float]] = dict(self._nested)
        for points in self._levels.values():
            ends = [moment for _, moment in points[1:]] + [now]
            for (tag, begin), end in zip(points, ends, strict=True):
                if tag is not _END:
                    durations.setdefault(tag, []).append(end - begin)
        self.reset()
        return {f"period_{tag}": sum(values) / len(values) for tag, values in durations.items()}

    def reset(self) -> None:
        """Discard all measurements."""
        self._levels = {}
        self._nested = {}
