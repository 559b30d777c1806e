"""Eight threads add to rows, dump them and log text at once. Argument: base path."""

from __future__ import annotations

import sys
import threading

from sml_logger import Logger


def work(logger: Logger, thread: int, begin: threading.Barrier) -> None:
    begin.wait()
    for number in range(100):
        logger.add_tabular_data(**{f"own_{thread}": thread * 1000 + number}, shared=number)
        logger(f"thread {thread} says {number}")
        logger.dump_tabular()


def main() -> None:
    sys.setswitchinterval(1e-6)
    begin = threading.Barrier(8)
    with Logger(log_name="a", base_path=sys.argv[1], backup_code=False) as logger:
        logger.register_keys(["shared", *(f"own_{thread}" for thread in range(8))])
        threads = [threading.Thread(target=work, args=(logger, number, begin)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
