"""Indexers that are killed while they write, and several on one store: what is shown stays right."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from sml_viewer.index.location import store_path
from sml_viewer.library import Library

pytestmark = pytest.mark.slow

RUNS, KILLS = 12, 6


def make_runs(logs: Path) -> None:
    for number in range(RUNS):
        run = logs / f"r{number}"
        (run / "config").mkdir(parents=True)
        (run / "progress.csv").write_text("step,reward\n")
        (run / "config" / "parameter.json").write_text(json.dumps({"seed": number}))
    grow(logs, 200)


def grow(logs: Path, rows: int) -> None:
    for run in logs.iterdir():
        with (run / "progress.csv").open("r+") as table:
            start = sum(1 for _ in table) - 1
            table.write("".join(f"{step},{step * 0.5}\n" for step in range(start, start + rows)))


def is_right(library: Library) -> bool:
    """Whether the library holds every row of every run."""
    runs = library.runs()
    for run, columns in zip(runs, library.columns(runs, ["step", "reward"]), strict=True):
        wanted = np.loadtxt(run.path / "progress.csv", delimiter=",", skiprows=1).T
        if not all(
            np.array_equal(columns[name], values)
            for name, values in zip(["step", "reward"], wanted, strict=True)
        ):
            return False
    return len(runs) == RUNS


@contextmanager
def indexer(store: Path, logs: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "sml_viewer.indexer_process", str(store), str(logs)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def test_an_indexer_that_is_killed_at_any_moment_leaves_a_store_that_is_right(
    logs: Path, workspace: Path
) -> None:
    make_runs(logs)
    store = store_path(workspace, logs)
    chance = random.Random(1)
    for _ in range(KILLS):
        with indexer(store, logs) as process:
            assert process.stdout is not None
            process.stdout.readline()
            grow(logs, chance.choice((1, 30, 600)))
            time.sleep(chance.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
    with Library([logs], workspace) as library:
        library.refresh()
        assert is_right(library)


def test_three_indexers_on_one_store_do_not_disturb_each_other(logs: Path, workspace: Path) -> None:
    make_runs(logs)
    store = store_path(workspace, logs)
    with (
        indexer(store, logs) as one,
        indexer(store, logs) as two,
        indexer(store, logs) as three,
        Library([logs], workspace) as library,
    ):
        for process in (one, two, three):
            assert process.stdout is not None
            process.stdout.readline()
        for _ in range(5):
            grow(logs, 3)
            for process in (one, two, three):
                assert process.stdin is not None
                process.stdin.write(b"\n")
                process.stdin.flush()
            time.sleep(0.1)
        assert all(process.poll() is None for process in (one, two, three))
        library.refresh()
        assert is_right(library)
