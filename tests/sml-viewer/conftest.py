"""Run folders as they are on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MakeRun = Callable[..., Path]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logfile"
    folder.mkdir()
    return folder


@pytest.fixture
def make_run(logs: Path) -> MakeRun:
    """Writes a run folder: `make_run(name, table, **parameters)`."""

    def write(name: str, table: str, **parameters: Any) -> Path:
        folder = logs / name
        (folder / "config").mkdir(parents=True)
        (folder / "progress.csv").write_text(table)
        if parameters:
            (folder / "config" / "parameter.json").write_text(json.dumps(parameters))
        return folder

    return write


@pytest.fixture
def grid(make_run: MakeRun) -> None:
    """Two environments × two learning rates × three seeds, the returns 1, 2, 3 higher by seed."""
    for env in ("CartPole-v1", "Acrobot-v1"):
        for lr in (0.1, 0.01):
            for seed in (1, 2, 3):
                rows = "".join(f"{step},{step * lr + seed}\n" for step in (0, 10, 20))
                make_run(
                    f"{env}_{lr}_{seed}",
                    f"timestep,episode_return\n{rows}",
                    env_name=env,
                    policy_lr=lr,
                    seed=seed,
                )
