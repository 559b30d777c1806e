"""Forks runs one after the other and kills each at a random moment; prints what each had told.

Arguments: base path, number of runs. A run tells of every row whose dump has returned.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import sml_config
import sml_logger.run_files  # noqa: F401  here, or each of the processes would load it anew
from sml_config import CommonConfig, ExperimentConfig, Settings
from sml_logger import Logger

LATE_COLUMNS = {7: "late_a", 30: "late_b"}


def run(name: str, pipe: int) -> None:
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  it lives as long as the process
    logger = Logger(log_name=name, backup_code=False)
    columns = ["m0", "m1", "m2", "m3"]
    step = 0
    while True:
        if step in LATE_COLUMNS:
            columns.append(LATE_COLUMNS[step])
        logger.add_tabular_data(step=step, **{key: value_of(step, key) for key in columns})
        logger.log_tabular("note", f'row {step}, "quoted"', no_tb=True)
        logger.dump_tabular()
        os.write(pipe, b".")
        step += 1


def value_of(step: int, key: str) -> float:
    return random.Random(f"{step} {key}").gauss(0, 1)


def main() -> None:
    base, number = Path(sys.argv[1]), int(sys.argv[2])
    sml_config.set_settings(Settings(CommonConfig(), ExperimentConfig(), base))
    chance = random.SystemRandom()
    for index in range(number):
        name = f"run_{index}"
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            run(name, writer)
        os.close(writer)
        acknowledged = 0
        if index % 4 == 0:  # some die while they begin
            time.sleep(chance.uniform(0, 0.03))
        else:
            least = chance.randint(1, 90)
            while acknowledged < least:
                acknowledged += len(os.read(reader, least - acknowledged))
            time.sleep(chance.uniform(0, 0.002))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while chunk := os.read(reader, 65536):
            acknowledged += len(chunk)
        os.close(reader)
        print(json.dumps({"name": name, "acknowledged": acknowledged}))


if __name__ == "__main__":
    main()
