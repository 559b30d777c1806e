"""Let a framework write its log slowly: `live_child.py WRITER FOLDER PAUSES stop|fail|interrupt`.

After so many pauses the training stands still until it is killed, raises an error, or is interrupted.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from pathlib import Path

from write_framework_files import OFFLINE, WRITERS

_PAUSE_SECONDS = 0.3
_FOREVER_SECONDS = 600


def main() -> None:
    """Write the log, with a pause wherever the framework has written something."""
    os.environ |= OFFLINE
    name, folder, last, end = sys.argv[1:]
    pauses = itertools.count(1)

    def between() -> None:
        time.sleep(_PAUSE_SECONDS)
        if next(pauses) < int(last):
            return
        if end == "fail":
            raise ZeroDivisionError
        if end == "interrupt":
            raise KeyboardInterrupt
        Path(folder).with_name("stands").touch()
        time.sleep(_FOREVER_SECONDS)

    os.chdir(folder)
    {writer.__name__: writer for writer in WRITERS}[name](Path(folder), between)


if __name__ == "__main__":
    main()
