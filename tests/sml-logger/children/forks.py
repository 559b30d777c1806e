"""Forks in the middle of a run; the children log text and rows, and one makes a run of its own."""

from __future__ import annotations

import os
import sys

from sml_logger import Logger


def in_child(logger: Logger, base: str, number: int) -> None:
    logger("from the child", number)
    for _ in range(3):
        logger.add_tabular_data(x=1000 + number)
        logger.dump_tabular()
    if number == 2:
        own = Logger(log_name="child", base_path=base, backup_code=False)
        own.add_tabular_data(y=1)
        own.dump_tabular()
        own.close()
    logger.close()


def main() -> None:
    base = sys.argv[1]
    logger = Logger(log_name="a", base_path=base, backup_code=False)
    for step in range(20):
        logger.add_tabular_data(x=step)
        if step in (5, 6, 7):
            sys.stdout.flush()
            pid = os.fork()
            if pid == 0:
                in_child(logger, base, step - 5)
                sys.exit(0)  # runs what is registered for the exit
            os.waitpid(pid, 0)
        logger.dump_tabular()


if __name__ == "__main__":
    main()
