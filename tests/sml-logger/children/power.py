"""Logs a row every few milliseconds; prints step and time of each dump that returned.

Arguments: base path, FSYNC_SECONDS.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import sml_config
from sml_config import CommonConfig, ExperimentConfig, Settings
from sml_logger import Logger


def main() -> None:
    base, seconds = Path(sys.argv[1]), float(sys.argv[2])
    common = CommonConfig(FSYNC_SECONDS=seconds)
    sml_config.set_settings(Settings(common, ExperimentConfig(), base))
    acknowledgements, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115
    logger = Logger(log_name="a")
    while True:
        logger.log_tabular("x", logger.step)
        if logger.step == 50:
            logger.log_tabular("late", 1.0)
        logger.dump_tabular()
        print(logger.step - 1, time.monotonic(), file=acknowledgements, flush=True)
        time.sleep(0.005)


if __name__ == "__main__":
    main()
