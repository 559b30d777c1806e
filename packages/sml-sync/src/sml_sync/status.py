"""Report from local records what a remote has, without connecting."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sml_config.run_folder import read_json

from .transfer.local_files import STATE_FOLDER, Selection, Tree, scan
from .transfer.manifest import Manifest, manifests_of


@dataclass(frozen=True)
class RunStatus:
    """One folder: when it was last sent, unsent changes, and the last failure."""

    path: Path
    synced: float | None
    remote_path: str
    pending_files: int
    pending_bytes: int
    problem: str

    def line(self, now: float) -> str:
        """A line for the user."""
        text = (
            "never sent" if self.synced is None else f"sent {_ago(now - self.synced)} to {self.remote_path}"
        )
        if self.pending_files:
            text += f"; {self.pending_files} files, {self.pending_bytes} bytes not sent yet"
        return f"{self.path}: {text}{f'; last attempt: {self.problem}' if self.problem else ''}"


def status_of(folder: Path) -> list[RunStatus]:
    """The run folders below a folder, itself included. Raises OSError."""
    trees = scan(folder, Selection())
    return [_status(tree) for tree in trees if tree.is_run or tree.files]


def _status(tree: Tree) -> RunStatus:
    newest = max(manifests_of(tree.path), key=lambda item: item.synced, default=Manifest(tree.path))
    last = read_json(tree.path / STATE_FOLDER / "last")
    failed = isinstance(last, dict) and last.get("ok") is False
    problem = str(last.get("text", "")).replace("\n", "; ") if failed else ""
    pending, size = 0, 0
    for name, local in tree.files.items():
        record = newest.files.get(name)
        if record is None or record.local != local:
            pending += 1
            sent = record.local.size if record is not None else 0
            size += local.size - sent if local.size > sent else local.size
    return RunStatus(tree.path, newest.synced or None, newest.remote_path, pending, size, problem)


def as_json(statuses: list[RunStatus]) -> str:
    """The statuses as JSON."""
    records: list[dict[str, Any]] = [{**vars(status), "path": str(status.path)} for status in statuses]
    for record in records:
        record["far"] = record.pop("remote_path")  # the key of earlier versions
    return json.dumps(records, indent=2)


def _ago(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"
