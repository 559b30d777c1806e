"""Delete recorded checkpoints that no rule keeps, only inside of their run folder."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sml_config import RunFolder
from sml_config.run_folder import (
    ARCHIVE,
    CHECKPOINTS,
    CONFIG,
    EVENTS,
    LOG,
    OLDER_ARCHIVE,
    PREVIOUS_LOG,
    SIGNATURE,
    SUPERSEDED_PREFIX,
    SYSTEM,
    TABLE,
)
from sml_config.run_states import RUNNING
from sml_logger.lifecycle.status import StatusSnapshot

from .keep import KeepRule
from .records import Checkpoint, read_checkpoints, real_place, record_deletion, size_of

# The run's own files, which no record can make a checkpoint.
_OWN = {
    ARCHIVE,
    CHECKPOINTS,
    CONFIG,
    EVENTS,
    LOG,
    OLDER_ARCHIVE,
    PREVIOUS_LOG,
    SIGNATURE,
    SYSTEM,
    TABLE,
    "media",
}
# A live run may still be writing a file that changed in this time.
_RECENT_SECONDS = 600.0


@dataclass(frozen=True)
class Decision:
    """What happens to a checkpoint, and why; `bytes` is its size now."""

    folder: RunFolder
    checkpoint: Checkpoint
    is_deleted: bool
    reason: str
    bytes: int


def run_folders(roots: Sequence[Path]) -> Iterator[RunFolder]:
    """The folders with recorded checkpoints at and below these folders; links are not followed."""
    for root in roots:
        for path, folders, files in os.walk(root):
            folders.sort()
            if CHECKPOINTS in files:
                yield RunFolder(Path(path))


def decide(folder: RunFolder, rules: Sequence[KeepRule]) -> list[Decision]:
    """What the rules mean for the checkpoints of a run; deletes nothing. Raises OSError."""
    recorded = read_checkpoints(folder)
    present = [item for item in recorded if os.path.lexists(item.within(folder))]
    retained: dict[str, str] = {}
    for rule in rules:
        chosen = rule.selected(present)
        if present and not chosen:
            # Nobody can tell which are good: a wrong name would delete all of them.
            retained |= {item.path: f"no checkpoint has {rule.metric}" for item in present}
        for item in chosen:
            retained.setdefault(item.path, rule.text)
    is_live = _may_be_live(folder)
    newest = recorded[-1].path if recorded else None
    decisions = []
    for item in present:
        reason = retained.get(item.path)
        if reason is None and is_live and item.path == newest:
            reason = "the newest of a run that may be running"
        if reason is None:
            others = [other.within(folder) for other in present if other.path in retained]
            reason = _obstacle(folder, item, others, is_live=is_live)
        decisions.append(
            Decision(folder, item, reason is None, reason or "no rule keeps it", _size(folder, item))
        )
    return decisions


def delete(decision: Decision) -> None:
    """Delete a checkpoint and record that. Raises OSError."""
    folder, checkpoint = decision.folder, decision.checkpoint
    obstacle = _obstacle(folder, checkpoint, (), is_live=_may_be_live(folder))  # again: time has passed
    if obstacle is not None:
        raise OSError(f"{checkpoint.path}: {obstacle}")
    path = checkpoint.within(folder)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    record_deletion(folder, checkpoint)


def _obstacle(
    folder: RunFolder, checkpoint: Checkpoint, retained: Sequence[Path], *, is_live: bool
) -> str | None:
    """Why a checkpoint must not be deleted; None if it may be."""
    path = checkpoint.within(folder)
    home = Path(os.path.realpath(folder.path))
    inside = real_place(path)
    if not inside.is_relative_to(home) or inside == home:
        return "outside of the run folder"
    top = inside.relative_to(home).parts[0]
    if top in _OWN or top.startswith((SUPERSEDED_PREFIX, ".")):
        return "a file of the run itself"
    status = path.lstat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return "a link or a special file"
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        return "owned by another user"
    if any(inside in (other, *other.parents) for other in map(real_place, retained)):
        return "holds a checkpoint that is kept"
    if is_live and time.time() - _last_change(path) < _RECENT_SECONDS:
        return "changed in the last 10 minutes by a run that may be running"
    return None


def _may_be_live(folder: RunFolder) -> bool:
    """Whether the run may still be written: unless it has ended, or its process on this host has."""
    status = StatusSnapshot.of(folder)
    if status.record.get("state") not in (RUNNING, None):
        return False
    return status.process is None or status.process.lives_here() is not False


def _last_change(path: Path) -> float:
    """When a file, or anything in a folder, was last changed."""
    moments = [path.lstat().st_mtime]
    for folder, _, files in os.walk(path):
        moments += [Path(folder).lstat().st_mtime, *(Path(folder, name).lstat().st_mtime for name in files)]
    return max(moments)


def _size(folder: RunFolder, checkpoint: Checkpoint) -> int:
    try:
        return size_of(checkpoint.within(folder))
    except OSError:
        return 0
