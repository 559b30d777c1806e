"""Generated run folders for the viewer's benchmarks.

As `sml-logger` leaves them, with numbers of full precision.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

COLUMNS = 12
ROWS = 1000
ENVIRONMENTS = ("Ant-v4", "HalfCheetah-v4", "Hopper-v4", "Walker2d-v4", "Humanoid-v4")
METHODS = 8


def write_runs(root: Path, count: int, rows: int = ROWS) -> int:
    """Write `count` runs below `root`: 5 environments × 8 methods, the rest seeds.

    Returns the bytes of their tables.
    """
    columns = ["timestep", "episode_return", *(f"metric_{number}" for number in range(COLUMNS - 2))]
    # A few tables of different numbers, shared in turn: writing full-precision text is what takes the time.
    bodies = [_body(np.random.default_rng(seed), rows) for seed in range(41)]
    header = ",".join(columns) + "\n"
    total = 0
    for number in range(count):
        environment = ENVIRONMENTS[number % len(ENVIRONMENTS)]
        method = number // len(ENVIRONMENTS) % METHODS
        seed = number // (len(ENVIRONMENTS) * METHODS)
        folder = root / f"{environment}_policy_lr_{method}_seed_{seed}-BENCH"
        (folder / "config").mkdir(parents=True)
        table = header + bodies[number % len(bodies)]
        (folder / "progress.csv").write_text(table, encoding="utf-8")
        total += len(table)
        _write_config(folder / "config", environment, method, seed)
    os.sync()  # what the disk still had to do would be measured with the rest
    return total


def _body(random: np.random.Generator, rows: int) -> str:
    values = random.normal(size=(rows, COLUMNS - 1)).cumsum(axis=0)
    return "".join(
        f"{step * 1000}," + ",".join(map(repr, row)) + "\n" for step, row in enumerate(values.tolist())
    )


def _write_config(config: Path, environment: str, method: int, seed: int) -> None:
    parameters = {"env_name": environment, "policy_lr": 10.0**-method, "seed": seed, "hidden": [256, 256]}
    parameters |= {f"option_{number}": number / 7 for number in range(20)}
    (config / "parameter.json").write_text(json.dumps(parameters, indent=2), encoding="utf-8")
    run_config = {
        "run_id": f"{environment}{method}{seed}",
        "commit_id": "9fceb02d0ae598e95dc970b74767f19372d61af8",
        "dirty": False,
        "host": "lab",
    }
    (config / "run_config.json").write_text(json.dumps(run_config, indent=2), encoding="utf-8")
    status = {"state": "finished", "step": ROWS, "heartbeat": 0.0}
    (config / "status.json").write_text(json.dumps(status), encoding="utf-8")


def write_events(logs: Path, events: Path) -> None:
    """The same runs as TensorBoard's event files, a folder each, as `sml-logger` writes them."""
    from sml_logger.outputs.tensorboard import TensorBoardOutput
    from sml_logger.row import Row, Shape

    for folder in sorted(logs.iterdir()):
        target = events / folder.name
        target.mkdir(parents=True)
        output = TensorBoardOutput(target)
        names, *lines = (folder / "progress.csv").read_text(encoding="utf-8").splitlines()
        columns = tuple(names.split(","))
        shape = Shape(columns, columns, (float,) * len(columns))
        for step, line in enumerate(lines):
            output.write_row(Row(shape, list(map(float, line.split(","))), step, step, 1.7e9 + step, ""))
        output.close()
