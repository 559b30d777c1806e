"""Compare what sml-viewer reads in the log of a framework with what the framework's own reader returned."""

from __future__ import annotations

import gzip
import json
import math
import shutil
import sys
from pathlib import Path
from typing import Any

from sml_config.hashing import short_hash
from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.series.load import load_series

FOLDER = Path(__file__).parent / "sml-viewer" / "framework_files"
STATES = {"FINISHED": "finished", "COMPLETED": "finished", "FAILED": "failed"}
# What the steps of the framework's own reader are called in the run, where it is not `step`.
X = {
    "keras_csv": "epoch",
    "keras_history": "epoch",
    "ray_tune": "training_iteration",
    "sb3": "time/total_timesteps",
    "transformers_results": "epoch",
    "ultralytics_detect": "epoch",
    "wandb_offline": "_step",
}


def expected(name: str) -> dict[str, dict[str, Any]]:
    """What the framework's own reader returned for each run of a log when it was recorded."""
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


def assert_equal(library: Library, reference: dict[str, dict[str, Any]], x: str = "step") -> None:
    """Compare runs, metrics, values, parameters and states with those of the framework's reader."""
    runs = {_key(run, library, reference): run for run in library.runs()}
    assert sorted(runs) == sorted(reference)
    for name, run in runs.items():
        metrics = {metric: points(library, run, x, metric) for metric in reference[name]["metrics"]}
        assert metrics == {metric: numbers(pairs) for metric, pairs in reference[name]["metrics"].items()}
        parameters = {key: plain(run.parameters.get(key)) for key in reference[name]["parameters"]}
        assert parameters == {key: plain(value) for key, value in reference[name]["parameters"].items()}
        if "state" in reference[name]:
            assert run.state == STATES[reference[name]["state"]]


def _key(run: Run, library: Library, reference: dict[str, dict[str, Any]]) -> str:
    """The name under which the framework's reader knows a run."""
    (root,) = library.roots
    if run.reader == "mlflow_sqlite":  # by the id in the database, which the run's own id is made of
        return next((key for key in reference if run.id == short_hash(f"{run.path}/{key}", 16)), run.name)
    if run.reader == "trackio":
        return run.name.partition("/")[0]
    return run.path.relative_to(root).as_posix()


def points(library: Library, run: Run, x: str, y: str) -> list[list[float]]:
    """The rows of a run in which `y` has a value: [x, y] each."""
    series = load_series(library, [run], x, y)
    return [list(pair) for each in series for pair in zip(each.x.tolist(), each.y.tolist(), strict=True)]


def plain(value: Any) -> Any:
    """A parameter as text, for trackers that store only text."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return str(value)


def numbers(pairs: list[list[float]]) -> list[list[float]]:
    """The numbers, in order, without repeated values of one step."""
    known = {(step, _finite_or_not(value)) for step, value in pairs if not math.isnan(value)}
    return [list(pair) for pair in sorted(known)]


def _finite_or_not(value: float) -> float:
    """MLflow stores infinity as the largest number, and its client returns that number."""
    return math.copysign(math.inf, value) if abs(value) == sys.float_info.max else value
