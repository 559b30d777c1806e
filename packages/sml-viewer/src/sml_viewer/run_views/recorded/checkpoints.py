"""The checkpoints that a run recorded in `checkpoints.jsonl`."""

from __future__ import annotations

import math
import os
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from sml_config.run_folder import CHECKPOINTS as CHECKPOINTS
from sml_viewer.columns.metric_direction import is_loss
from sml_viewer.model.run_state import moment

from .json_lines import json_lines
from .schemas import CheckpointsAnswer, CheckpointShown

_MOST = 5_000


def checkpoints(file: BinaryIO, folder: Path) -> CheckpointsAnswer:
    """The recorded checkpoints of a run folder, the latest first, at most 5,000."""
    by_path: dict[str, CheckpointShown] = {}
    for _, line in json_lines(file):
        path = line.get("path")
        if not isinstance(path, str) or not path:
            continue
        if "deleted" not in line:
            by_path.pop(path, None)
            by_path[path] = _checkpoint(path, line)
        elif path in by_path:
            by_path[path]["deleted"] = moment(line["deleted"])
    shown = list(reversed(by_path.values()))[:_MOST]
    for checkpoint in shown:
        checkpoint["exists"] = checkpoint["deleted"] is None and _exists(folder, checkpoint["path"])
    metrics = list(dict.fromkeys(name for checkpoint in shown for name in checkpoint["metrics"]))
    for name in metrics:
        _mark_best(name, [each for each in shown if each["exists"] is not False])
    return {"checkpoints": shown, "metrics": metrics, "smallest": [name for name in metrics if is_loss(name)]}


def _checkpoint(path: str, line: dict[str, Any]) -> CheckpointShown:
    step, size, metrics = line.get("step"), line.get("bytes"), line.get("metrics")
    numbers = metrics.items() if isinstance(metrics, dict) else ()
    return {
        "path": path,
        "step": step if type(step) is int and abs(step) < 2**53 else None,
        "bytes": size if type(size) is int and 0 <= size < 2**53 else None,
        "time": moment(line.get("time")),
        "metrics": {str(name): _number(value) for name, value in numbers},
        "exists": None,
        "deleted": None,
        "best": [],
    }


def _mark_best(name: str, candidates: list[CheckpointShown]) -> None:
    values = [value for each in candidates if (value := each["metrics"].get(name)) is not None]
    if len(values) < 2:
        return
    best = min(values) if is_loss(name) else max(values)
    for each in candidates:
        if each["metrics"].get(name) == best:
            each["best"].append(name)


def _exists(folder: Path, path: str) -> bool | None:
    """Whether a file or folder of the run exists; None for one outside, which may be on another machine."""
    name = PurePosixPath(path)
    if name.is_absolute() or ".." in name.parts or "\0" in path:
        return None
    try:
        return os.path.lexists(folder / path)
    except OSError:
        return None


def _number(value: Any) -> float | None:
    return value if type(value) in (int, float) and math.isfinite(value) else None
