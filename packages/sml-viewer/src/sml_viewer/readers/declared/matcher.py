"""Regular expressions of users, matched in bounded time: a pattern that takes too long is given up."""

from __future__ import annotations

import pickle
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from .match_main import Matches

if TYPE_CHECKING:
    import subprocess

_MAIN = Path(__file__).with_name("match_main.py")
_SECONDS = 3.0


class SlowPatternError(ValueError):
    """A pattern took too long."""

    def __init__(self) -> None:
        super().__init__(
            f"its pattern took longer than {_SECONDS:.0f} s and is not used: "
            "avoid repeats inside repeats, such as (a+)+, and several of .* in a row"
        )


class Matcher:
    """A process that matches; started when first needed, and again after one was killed.

    Not `signal.alarm`, which works in the main thread alone, and nowhere on Windows.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._slow: set[tuple[str, ...]] = set()

    def matches(self, patterns: tuple[str, ...], lines: list[str]) -> list[Matches]:
        """The named groups of each pattern's first match in each line.

        Raises SlowPatternError; also at once for patterns that were too slow before.
        """
        with self._lock:
            if patterns in self._slow:
                raise SlowPatternError
            process = self._process = self._process or self._started()
            timer = threading.Timer(_SECONDS, process.kill)
            timer.start()
            try:
                if process.stdin is None or process.stdout is None:
                    raise SlowPatternError
                pickle.dump((patterns, lines), process.stdin, protocol=5)
                process.stdin.flush()
                answer: list[Matches] = pickle.load(process.stdout)  # noqa: S301  from our own process
            except (OSError, EOFError, pickle.UnpicklingError):
                self._slow.add(patterns)
                self._process = None
                process.kill()
                process.communicate()
                raise SlowPatternError from None
            finally:
                timer.cancel()
            return answer

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._process is not None:
                self._process.communicate()
            self._process = None

    @staticmethod
    def _started() -> subprocess.Popen[bytes]:
        import subprocess  # late, as most users declare no reader

        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_MAIN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )


MATCHER = Matcher()
