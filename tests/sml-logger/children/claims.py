"""Makes a run when told to and holds it until told to end. Arguments: base path, host or '-', number."""

from __future__ import annotations

import os
import signal
import sys

import sml_config.process
from sml_logger import Logger


def pretend_host(name: str) -> None:
    """What a process on another machine that shares the folder would see of itself."""
    sml_config.process.boot_id = lambda: f"boot of {name}"
    sml_config.process.machine_id = lambda: f"machine {name}"
    sml_config.process.host_name = lambda: name


def main() -> None:
    base, host, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if host != "-":
        pretend_host(host)
    print("ready", flush=True)
    sys.stdin.readline()
    out, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: PTH123, SIM115
    logger = Logger(log_name="a", base_path=base, backup_code=False)
    for _ in range(20):
        logger.add_tabular_data(number=number)
        logger.dump_tabular()
    print(logger.output_dir, file=out, flush=True)
    if sys.stdin.readline() == "die\n":
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
