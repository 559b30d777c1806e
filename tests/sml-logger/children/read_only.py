"""Drops privileges and logs while the run folder is read-only, then while it is writable again."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from sml_logger import Logger


def main() -> None:
    project = Path(sys.argv[1])
    home = project
    while home != home.parent and home.stat().st_uid == os.geteuid() and len(home.parts) > 2:
        home.chmod(0o777)  # so that the user below may pass
        home = home.parent
    with tempfile.TemporaryDirectory() as elsewhere:
        # Loads every module while this user may still read them.
        Logger(log_name="first", base_path=elsewhere, backup_code=False).close()
    os.setgid(65534)
    os.setuid(65534)
    logger = Logger(log_name="a", base_path=project, backup_code=False)
    run = Path(logger.output_dir)
    for step in range(9):
        if step == 3:
            run.chmod(0o555)
        if step == 6:
            run.chmod(0o755)
            time.sleep(1.1)  # until late columns are tried again
        logger.add_tabular_data(x=step, **({"late": 1.0} if step >= 3 else {}))
        logger.dump_tabular()
    logger.close()


if __name__ == "__main__":
    main()
