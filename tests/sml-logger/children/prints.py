"""Prints to a pipe that is full while a signal handler logs a long text. Argument: base path."""

from __future__ import annotations

import io
import signal
import sys
from types import FrameType

from sml_logger import Logger


def main() -> None:
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w")))
    logger = Logger(log_name="a", base_path=sys.argv[1], backup_code=False)

    handled = 0

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal handled
        logger("from the handler", "y" * 20_000)
        handled += 1

    signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    while handled < 5:
        print("x" * 2000)
    signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main()
