"""`Timer`, `TimerCaller` and `SimpleTimer`: measure parts of a loop."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from smart_logger._missing import needs

with needs("sml-logger"):
    import sml_logger

__all__ = ["SimpleTimer", "Timer", "TimerCaller"]


class Timer(sml_logger.Timer):
    """`sml_logger.Timer` with the arguments of older releases."""

    @staticmethod
    def file_func_line(stack: int = 1) -> tuple[str, str, int]:
        """File, function and line of a frame: 1 for the caller, 2 for its caller."""
        frame = sys._getframe(stack)
        return frame.f_code.co_filename, frame.f_code.co_name, frame.f_lineno

    @staticmethod
    def line(stack: int = 2, short: bool = False) -> str:
        """Line and function of a frame, with the file unless `short`: 2 for the caller."""
        file, function, line = Timer.file_func_line(stack)
        return f"line_{line}_func_{function}" if short else f"line: {line}, func: {function}, file: {file}"

    def register_point(  # type: ignore[override]  # the positions of older releases
        self,
        tag: str | None = None,
        stack: int = 3,
        short: bool = True,
        need_summary: bool = True,
        level: int = 0,
    ) -> None:
        """Start a part and end the previous one on this level.

        The default tag is the line of a frame; `stack` is the number of frames up, 3 for the caller.
        Without `need_summary` only the previous part ends.
        """
        if not need_summary:
            super().register_end(level)
            return
        super().register_point(self.line(stack, short) if tag is None else tag, level)

    def register_end(  # type: ignore[override]  # as above
        self,
        stack: int = 4,  # noqa: ARG002  scripts pass it
        level: int = 0,
    ) -> None:
        """End the current part on this level without starting another."""
        super().register_end(level)


class SimpleTimer:
    """Print the duration of a `with` block; reusable."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name

    def __enter__(self) -> None:
        self._begin = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        elapsed = time.perf_counter() - self._begin
        print(f"{self.name} executed in {elapsed:.5f} seconds")  # noqa: T201  its purpose


class TimerCaller:
    """Measure a `with` block as a part on a level of a timer; reusable."""

    def __init__(self, name: str, timer: sml_logger.Timer, level: int = 0) -> None:
        self.name = name
        self.timer = timer
        self.level = level

    def __enter__(self) -> None:
        self.timer.register_point(self.name, level=self.level)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.timer.register_end(level=self.level)
