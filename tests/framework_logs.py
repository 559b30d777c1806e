"""Compare what sml-viewer reads in a framework's log with what the framework's own reader says of it."""

from __future__ import annotations

import gzip
import json
import math
import shutil
from pathlib import Path
from typing import Any

from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.series.load import load_series

FOLDER = Path(__file__).parent / "sml-viewer" / "framework_files"
STATES = {"FINISHED": "finished", "COMPLETED": "finished", "FAILED": "failed"}
# Logs of formats that no reader opens yet.
UNREAD = {"mlflow_sqlite", "torchrl_csv", "trackio_sqlite"}
# What the steps of the framework's own reader are called in the run, where it is not `step`.
X = {
    "keras_csv": "epoch",
    "sb3": "time/total_timesteps",
    "ultralytics_detect": "epoch",
    "wandb_offline": "_step",
}


def expected(name: str) -> dict[str, dict[str, Any]]:
    """What the framework's own reader said of each run of a log when it was written."""
    runs: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text())[name]["runs"]
    return runs


def unpacked(name: str, above: Path) -> Path:
    """A copy of a log with its databases unpacked."""
    folder = above / name
    shutil.copytree(FOLDER / name, folder)
    for path in folder.rglob("*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    return folder


def assert_equal(library: Library, told: dict[str, dict[str, Any]], x: str = "step") -> None:
    """Every run, metric, value, parameter and state that the framework's reader knows, and no more runs."""
    roots = set(library.roots)
    runs = {"." if run.path in roots else run.name: run for run in library.runs()}
    assert sorted(runs) == sorted(told)
    for name, run in runs.items():
        metrics = {metric: points(library, run, x, metric) for metric in told[name]["metrics"]}
        assert metrics == {metric: _numbers(pairs) for metric, pairs in told[name]["metrics"].items()}
        parameters = {key: plain(run.parameters.get(key)) for key in told[name]["parameters"]}
        assert parameters == {key: plain(value) for key, value in told[name]["parameters"].items()}
        if "state" in told[name]:
            assert run.state == STATES[told[name]["state"]]


def points(library: Library, run: Run, x: str, y: str) -> list[list[float]]:
    """The rows of a run in which `y` has a value: [x, y] each."""
    series = load_series(library, [run], x, y)
    return [list(pair) for each in series for pair in zip(each.x.tolist(), each.y.tolist(), strict=True)]


def plain(value: Any) -> Any:
    """A parameter as text, for trackers that know nothing but text."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return str(value)


def _numbers(pairs: list[list[float]]) -> list[list[float]]:
    """Without what was not a number, and once where rows of one step repeat a value."""
    return [list(pair) for pair in sorted({(step, value) for step, value in pairs if not math.isnan(value)})]
