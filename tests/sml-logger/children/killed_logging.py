"""Forks runs one after the other and kills each at a random moment; prints how many rows each had logged.

Arguments: base path, number of runs, and how they log: log, log_in_two (calls), or writer. A run tells of
every row whose calls have returned.
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
from sml_logger.tensorboard import SummaryWriter


def metrics_of(step: int) -> dict[str, float]:
    late = {"late": step * 1.0} if step >= 20 and step % 40 == 0 else {}
    return {**{f"m{i}": step + i / 8 for i in range(6)}, **late}


def run(base: Path, name: str, way: str, pipe: int) -> None:
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  it lives as long as the process
    if way == "writer":
        writer = SummaryWriter(base / "logfile" / name)
    else:
        logger = Logger(log_name=name, backup_code=False)
    step = 0
    while True:
        metrics = list(metrics_of(step).items())
        if way == "writer":
            for tag, value in metrics:
                writer.add_scalar(tag, value, step)
        elif way == "log":
            logger.log(dict(metrics), step=step)
        else:
            logger.log(dict(metrics[:3]), step=step)
            logger.log(dict(metrics[3:]), step=step)
        os.write(pipe, b".")
        step += 1


def main() -> None:
    base, number, way = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    (base / "logfile").mkdir(exist_ok=True)
    sml_config.set_settings(Settings(CommonConfig(), ExperimentConfig(), base))
    chance = random.SystemRandom()
    for index in range(number):
        name = f"run_{index}"
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            run(base, name, way, writer)
        os.close(writer)
        acknowledged = 0
        if index % 4 == 0:  # some die while they begin
            time.sleep(chance.uniform(0, 0.03))
        else:
            least = chance.randint(1, 120)
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
