"""Is interrupted at random moments and goes on; prints steps and values of the dumps that returned."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from pathlib import Path
from types import FrameType

from sml_logger import Logger


def interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    output, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115
    logger = Logger(log_name="a", base_path=sys.argv[1], backup_code=False)
    signal.signal(signal.SIGALRM, interrupt)
    acknowledged = []
    for number in range(1500):
        try:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 2e-4))
            logger.add_tabular_data(x=number)
            step = logger.step
            logger.dump_tabular()
            signal.setitimer(signal.ITIMER_REAL, 0)
            acknowledged.append((step, number))
        except KeyboardInterrupt:
            logger._table.take()  # a row that was begun
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    logger.close()
    json.dump(acknowledged, output)


if __name__ == "__main__":
    main()
