"""Waits, without a call to the logger, until its status has been renewed. Argument: base path."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from sml_logger import Logger
from sml_logger.lifecycle import lifetime


def main() -> None:
    lifetime.HEARTBEAT_SECONDS = 0.01
    logger = Logger(log_name="a", base_path=sys.argv[1], backup_code=False)
    status = Path(logger.output_dir, "config", "status.json")
    os.utime(status, (0, 0))
    deadline = time.monotonic() + 30
    while status.stat().st_mtime == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    print("beaten" if status.stat().st_mtime > 0 else "silent")


if __name__ == "__main__":
    main()
