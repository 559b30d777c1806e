"""Forks runs one after the other and kills each at a random moment; prints how many rows each had logged.

Arguments: base path, number of runs, and how they log, a name of WAYS in `ways_of_logging.py`. A run tells of
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

from ways_of_logging import WAYS, Metrics, import_integration

import sml_config
import sml_logger.run_files  # noqa: F401  here, or each of the processes would load it anew
from sml_config import CommonConfig, ExperimentConfig, Settings


def metrics_of(step: int) -> Metrics:
    late = {"late": step * 1.0} if step >= 20 and step % 40 == 0 else {}
    return {**{f"m{i}": step + i / 8 for i in range(6)}, **late}


def run(name: str, way: str, pipe: int) -> None:
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  it lives as long as the process
    log = WAYS[way](name)
    step = 0
    while True:
        log(step, metrics_of(step))
        os.write(pipe, b".")
        step += 1


def main() -> None:
    base, number, way = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    (base / "logfile").mkdir(exist_ok=True)
    os.chdir(base)
    sml_config.set_settings(Settings(CommonConfig(), ExperimentConfig(), base))
    import_integration(way)
    chance = random.SystemRandom()
    for index in range(number):
        name = f"run_{index:03}"
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            run(name, way, writer)
        os.close(writer)
        acknowledged = 0
        if index % 4 == 0:  # some die while they begin
            time.sleep(chance.uniform(0, 0.03))
        else:
            least = chance.randint(1, 120)
            while acknowledged < least:
                chunk = os.read(reader, least - acknowledged)
                if not chunk:
                    raise SystemExit(f"{name} ended by itself after {acknowledged} rows")
                acknowledged += len(chunk)
            time.sleep(chance.uniform(0, 0.002))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while chunk := os.read(reader, 65536):
            acknowledged += len(chunk)
        os.close(reader)
        print(json.dumps({"name": name, "acknowledged": acknowledged}))


if __name__ == "__main__":
    main()
