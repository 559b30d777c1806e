"""Trainings in processes of their own are followed while they write, and when they are killed or fail."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from framework_logs import X, numbers
from own_readers import datastore, events, table
from test_logs import UNSEEN, Values, assert_prefixes, needed, values
from write_framework_files import WRITERS

from sml_viewer.library import Library
from sml_viewer.model.run_state import state_now

CHILD = Path(__file__).with_name("live_child.py")
# Written by a process of their own that a test cannot stop, or with servers that would outlive it.
_NOT_KILLED = UNSEEN | {"ray_tune"}
NAMES = [writer.__name__ for writer in WRITERS if writer.__name__ not in _NOT_KILLED]
# They write some seconds later, and pause once.
LATE = {"wandb_offline", "trackio_sqlite"}
# What the tool itself says of a training that raised an error, or was interrupted from the keyboard.
ENDS = [
    ("mlflow_files", "fail", "failed"),
    ("mlflow_sqlite", "fail", "failed"),
    ("sacred_files", "fail", "failed"),
    ("sacred_files", "interrupt", "killed"),
    ("wandb_offline", "fail", "failed"),
    ("wandb_offline", "interrupt", "killed"),
]
_MOST_SECONDS = 180

Metrics = dict[str, list[list[float]]]
# The framework's own reader, for what lies below a folder when its training was killed.
OWN_READERS: dict[str, Callable[[Path], Metrics]] = {
    "hydra_job": lambda folder: table(next(folder.rglob("train.csv")), "step"),
    "keras_csv": lambda folder: table(folder / "training.log", "epoch"),
    "keras_tensorboard": lambda folder: {
        f"{part}/{tag}": pairs
        for part in ("train", "validation")
        for tag, pairs in events(folder / "logs" / "fit" / part).items()
    },
    "lightning_csv": lambda folder: table(next(folder.rglob("metrics.csv")), "step"),
    "lightning_tensorboard": lambda folder: events(folder / "lightning_logs" / "version_0"),
    "sb3": lambda folder: table(folder / "progress.csv", "time/total_timesteps"),
    "tensorboardx_events": lambda folder: events(folder / "exp" / "seed3"),
    "torch_tensorboard": lambda folder: events(next(folder.glob("Cart*"))),
    "wandb_offline": lambda folder: datastore(next(folder.rglob("*.wandb"))),
}


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a child; none outlives the test."""
    children: list[subprocess.Popen[bytes]] = []

    def start(name: str, end: str) -> subprocess.Popen[bytes]:
        (tmp_path / "logs").mkdir()
        words = [name, str(tmp_path / "logs"), "1" if name in LATE else "2", end]
        with (tmp_path / "output.txt").open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, str(CHILD), *words],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, str(CHILD.parent)])},
                start_new_session=True,
            )
        children.append(child)
        return child

    yield start
    for child in children:
        if child.poll() is None:
            child.kill()
            child.wait()


def values_now(library: Library, name: str) -> Values:
    """All values that the library has after it was brought up to date."""
    # A file that was empty when its folder was searched becomes a run at the next whole search: the page's
    # indexer makes one every half minute.
    if library.runs():
        library.refresh_known()
    else:
        library.refresh()
    return values(library, X.get(name, "step"))


def wait_for(child: subprocess.Popen[bytes], is_true: Callable[[], bool], output: Path) -> None:
    """Wait until something is true, while the child lives."""
    end = time.monotonic() + _MOST_SECONDS
    while not is_true():
        assert child.poll() is None, output.read_text(errors="replace")[-3000:]
        assert time.monotonic() < end, "too long"
        time.sleep(0.05)


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_training_is_followed_to_its_last_row(
    name: str, tmp_path: Path, started: Callable[..., subprocess.Popen[bytes]]
) -> None:
    needed(name)
    child = started(name, "stop")
    output = tmp_path / "output.txt"
    with Library([tmp_path / "logs"], tmp_path / "workspace") as library:
        looks: list[Values] = []
        states = set()

        def stands() -> bool:
            looks.append(values_now(library, name))
            states.update(state_now(run) for run in library.runs())
            return (tmp_path / "stands").exists() and any(looks[-1].values())

        wait_for(child, stands, output)
        # The tool's evidence of an end is none before there is one.
        assert states <= {"unknown"}
        child.kill()
        child.wait()
        library.refresh()
        looks.append(values_now(library, name))
        assert_prefixes(looks)
        assert {state_now(run) for run in library.runs()} == {"unknown"}
        if name in OWN_READERS:
            (run,) = library.runs()
            reference = OWN_READERS[name](tmp_path / "logs")
            assert {metric: looks[-1].get((run.name, metric), []) for metric in reference} == {
                metric: numbers(pairs) for metric, pairs in reference.items()
            }


@pytest.mark.parametrize(("name", "way", "state"), ENDS)
def test_a_training_that_broke_off_has_the_state_that_its_tool_recorded(
    name: str, way: str, state: str, tmp_path: Path, started: Callable[..., subprocess.Popen[bytes]]
) -> None:
    child = started(name, way)
    with Library([tmp_path / "logs"], tmp_path / "workspace") as library:
        looks: list[Values] = []
        end = time.monotonic() + _MOST_SECONDS
        while child.poll() is None and time.monotonic() < end:
            looks.append(values_now(library, name))
            time.sleep(0.05)
        assert child.poll(), (tmp_path / "output.txt").read_text(errors="replace")[-3000:]
        looks.append(values_now(library, name))
        assert_prefixes(looks)
        assert any(looks[-1].values())
        assert {state_now(run) for run in library.runs()} == {state}
