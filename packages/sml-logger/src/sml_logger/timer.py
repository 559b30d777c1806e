"""Mean durations of the parts of a loop, ready to be logged."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

_END = None


class Timer:
    """Measures from one registered point to the next, per level; `summary` tells and starts anew."""

    def __init__(self) -> None:
        self._levels: dict[int, list[tuple[str | None, float]]] = {}
        self._nested: dict[str, list[float]] = {}

    def register_point(self, tag: str | None = None, level: int = 0) -> None:
        """A part begins here, and the part before it on this level ends; its default name is its line."""
        if tag is None:
            caller = sys._getframe(1)
            tag = f"line_{caller.f_lineno}_func_{caller.f_code.co_name}"
        self._levels.setdefault(level, []).append((tag, time.perf_counter()))

    def register_end(self, level: int = 0) -> None:
        """The part on this level ends, and no other begins."""
        self._levels.setdefault(level, []).append((_END, time.perf_counter()))

    @contextlib.contextmanager
    def measure(self, tag: str) -> Iterator[None]:
        """Measure a block; blocks may lie within each other."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._nested.setdefault(tag, []).append(time.perf_counter() - begin)

    def summary(self) -> dict[str, float]:
        """Mean seconds of every part as `period_<tag>`; forgets them."""
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
        """Forget everything measured."""
        self._levels = {}
        self._nested = {}
