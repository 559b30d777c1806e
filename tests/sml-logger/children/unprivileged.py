"""Drops privileges and tries to log into a folder of root's. Argument: base path."""

from __future__ import annotations

import os
import sys

from sml_logger import Logger, SmlLoggerError


def main() -> None:
    base = sys.argv[1]
    folder = os.path.dirname(base)  # noqa: PTH120
    while len(folder) > len("/tmp"):  # noqa: S108  so that the user below may pass
        if os.stat(folder).st_uid == os.geteuid():  # noqa: PTH116
            os.chmod(folder, 0o755)  # noqa: PTH101, S103
        folder = os.path.dirname(folder)  # noqa: PTH120
    # Loads every module while the interpreter's own files can be read.
    Logger(log_name="before", base_path=base).close()
    os.setgid(65534)
    os.setuid(65534)
    try:
        Logger(log_name="a", base_path=base)
    except SmlLoggerError as error:
        print(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
