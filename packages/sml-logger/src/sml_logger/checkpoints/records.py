"""`checkpoints.jsonl`: one JSON object for each checkpoint, and one for each that was deleted."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sml_config import RunFolder


@dataclass(frozen=True)
class Checkpoint:
    """A recorded checkpoint; `path` is relative to the run folder if it is inside, `bytes` its size then.

    `time` is in seconds since the epoch. The record of a path that was written again replaces the earlier.
    """

    path: str
    step: int | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    bytes: int = 0
    time: float = 0.0

    def within(self, folder: RunFolder) -> Path:
        """The path of the file or folder."""
        return folder.path / self.path


def record_checkpoint(
    folder: RunFolder, path: Path, step: int | None, metrics: Mapping[str, float]
) -> Checkpoint:
    """Append a record of an existing file or folder. Raises OSError, also if there is none."""
    absolute, home = real_place(path), Path(os.path.realpath(folder.path))
    size = size_of(absolute)
    name = str(absolute.relative_to(home)) if absolute.is_relative_to(home) else str(absolute)
    moment = datetime.now(timezone.utc).astimezone()
    record = {
        "path": name,
        "step": step,
        # JSON has no NaN; a metric that was not a number is null.
        "metrics": {key: value if math.isfinite(value) else None for key, value in metrics.items()},
        "bytes": size,
        "time": moment.isoformat(timespec="seconds"),
    }
    _append(folder.checkpoints, record)
    return Checkpoint(name, step, dict(metrics), size, moment.timestamp())


def record_deletion(folder: RunFolder, checkpoint: Checkpoint) -> None:
    """Append a record that a checkpoint was deleted. Raises OSError."""
    moment = datetime.now(timezone.utc).astimezone().isoformat(timespec="seconds")
    _append(folder.checkpoints, {"path": checkpoint.path, "deleted": moment})


def read_checkpoints(folder: RunFolder) -> list[Checkpoint]:
    """The checkpoints that were recorded and not deleted since, the last recorded one last.

    Lines that are not such records are skipped. Raises OSError.
    """
    checkpoints: dict[str, Checkpoint] = {}
    for line in folder.checkpoints.read_bytes().splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if not isinstance(record, dict) or not isinstance(record.get("path"), str):
            continue
        checkpoints.pop(record["path"], None)
        if "deleted" not in record:
            checkpoint = _checkpoint(record)
            checkpoints[checkpoint.path] = checkpoint
    return list(checkpoints.values())


def real_place(path: Path) -> Path:
    """Where a path's own name is, whichever links lead to its folder."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow the name itself
    return Path(os.path.realpath(absolute.parent)) / absolute.name


def size_of(path: Path) -> int:
    """Bytes of a file, or of the files in a folder; links are not followed. Raises OSError."""
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        return path.stat().st_size
    total = 0
    for folder, _, files in os.walk(path):
        total += sum(Path(folder, name).lstat().st_size for name in files)
    return total


def _checkpoint(record: dict[str, Any]) -> Checkpoint:
    step, size, metrics = record.get("step"), record.get("bytes"), record.get("metrics")
    try:
        moment = datetime.fromisoformat(str(record.get("time"))).timestamp()
    except (ValueError, OverflowError, OSError):
        moment = 0.0
    numbers = metrics.items() if isinstance(metrics, dict) else ()
    return Checkpoint(
        record["path"],
        step if type(step) is int else None,
        {str(name): float(value) for name, value in numbers if type(value) in (int, float)},
        size if type(size) is int else 0,
        moment,
    )


def _append(path: Path, record: dict[str, Any]) -> None:
    """Append a line with one write, so that lines of several processes do not mix."""
    line = json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":  # torn by a crash of the machine
            line = b"\n" + line
        if os.write(descriptor, line) < len(line):
            raise OSError(28, os.strerror(28), str(path))
    finally:
        os.close(descriptor)
