"""One rank of a job. Arguments: base path, optionally 'all'."""

from __future__ import annotations

import os
import sys

from sml_logger import Logger


def main() -> None:
    everyone = "all" in sys.argv
    logger = Logger(
        log_name="a", base_path=sys.argv[1], backup_code=False, ranks="all" if everyone else "first"
    )
    folder = logger.output_dir
    for _ in range(3):
        logger.add_tabular_data(rank=int(os.environ.get("RANK", "0")))
        logger.dump_tabular()
    logger("said by a rank")
    print(f"folder {folder} step {logger.step}")
    if os.environ.get("RANK") == "0":
        sys.stdin.read()  # as the ranks of a real job wait for each other


if __name__ == "__main__":
    main()
