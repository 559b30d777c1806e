"""Writes rows while a signal handler writes rows of its own. Argument: base path."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path
from types import FrameType

from sml_logger import Logger

ROWS = 4000


def main() -> None:
    with (
        Path(os.devnull).open("w") as sys.stdout,
        Logger(log_name="a", base_path=sys.argv[1], backup_code=False) as logger,
    ):
        handled = 0

        def handle(_number: int, _frame: FrameType | None) -> None:
            nonlocal handled
            logger("a signal came")
            logger.log_tabular("handled", handled)
            logger.dump_tabular()
            handled += 1
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 5e-4))

        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 1e-4)
        for number in range(ROWS):
            logger.log_tabular("number", number)
            logger.dump_tabular()
        signal.setitimer(signal.ITIMER_REAL, 0)
    print(handled, file=sys.stderr)


if __name__ == "__main__":
    main()
