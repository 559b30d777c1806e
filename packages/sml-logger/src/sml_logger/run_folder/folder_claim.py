"""Claim a run folder exclusively; an earlier run of the same name is moved, never deleted."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from sml_config import RunFolder
from sml_config.files import locked
from sml_config.run_folder import CLAIM_LOCK, TEMPORARY_PREFIX, read_json, temp_path_for
from sml_logger.errors import RunFolderError, RunIsLiveError
from sml_logger.lifecycle.status import Owner, StatusFile, StatusSnapshot, file_time

from .run_path import RunPath

# Other processes hold the lock for milliseconds; after this the file system does not lock properly.
_LOCK_SECONDS = 10.0


@dataclass(frozen=True)
class Claim:
    """A run folder claimed by this process."""

    folder: RunFolder
    # New folder of the earlier run that had the name.
    earlier: RunFolder | None = None
    # Whether the folder contains the run to resume.
    resumed: bool = False
    # Why the requested name could not be used.
    conflict: str | None = None


def claim(run_path: RunPath, owner: Owner, *, resume: bool) -> Claim:
    """Claim a run folder: new, with only our status file, or with `resume` as it is.

    The folder of a run that is still being written is not touched; the new run takes the name with -2.
    Raises RunFolderError if no folder can be created, RunIsLiveError if the run to resume is live.
    """
    try:
        run_path.path.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(run_path.path.parent, owner)
        staged = RunFolder(temp_path_for(run_path.path))
        staged.events.mkdir(parents=True)
        try:
            StatusFile(staged, owner).take()
            with locked(run_path.root / CLAIM_LOCK, _LOCK_SECONDS):
                return _claim(run_path, owner, staged, resume=resume)
        finally:
            shutil.rmtree(staged.path, ignore_errors=True)
    except OSError as error:
        remedy = "choose a base_path that is a writable folder"
        reason = error.strerror or str(error)
        raise RunFolderError(run_path.path, f"cannot create the run folder ({reason}); {remedy}") from error


def clear_leftovers(folder: Path, owner: Owner) -> None:
    """Remove drafts of run folders whose process died on this host while creating them."""
    with os.scandir(folder) as scanned:
        drafts = [
            Path(item.path) for item in scanned if item.name.startswith(TEMPORARY_PREFIX) and item.is_dir()
        ]
    for draft in drafts:
        status = StatusSnapshot.of(RunFolder(draft))
        if (
            status.process is not None
            and status.process.lives_here() is False
            and status.process.host == owner.process.host
        ):
            shutil.rmtree(draft, ignore_errors=True)


def _claim(run_path: RunPath, owner: Owner, staged: RunFolder, *, resume: bool) -> Claim:
    now = file_time(staged)
    conflict: str | None = None
    for path in run_path.numbered():
        folder = RunFolder(path)
        while True:
            try:
                status = StatusSnapshot.of(folder)
            except PermissionError:
                if resume:
                    raise
                conflict = conflict or "belongs to another user"
                break
            if status.process is not None and status.is_live(owner, now):
                if resume:
                    raise RunIsLiveError(path, status.process.host, status.process.pid)
                conflict = (
                    conflict or f"is being written by process {status.process.pid} on {status.process.host}"
                )
                break
            if resume and path.is_dir() and any(path.iterdir()):
                _clear_drafts(folder)
                StatusFile(folder, owner).take()
                return Claim(folder, resumed=True)
            try:
                earlier = _move_away(folder, status, owner, run_path.backup_root, now)
            except PermissionError as error:
                # In a shared folder, another user's run or backup folder may not be writable.
                conflict = conflict or f"cannot be moved away ({error.strerror}: {error.filename})"
                break
            try:
                staged.path.rename(path)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                continue  # another process was faster: check again
            return Claim(folder, earlier, conflict=conflict)
    raise AssertionError("unreachable: numbered() is infinite")


def _move_away(
    folder: RunFolder, status: StatusSnapshot, owner: Owner, backup_root: Path, now: float
) -> RunFolder | None:
    """Move what exists at the path into the backup folder, unless it is an empty folder."""
    if folder.path.is_file():
        raise NotADirectoryError(errno.ENOTDIR, "a file has the run folder's name", str(folder.path))
    if not folder.path.is_dir() or not any(folder.path.iterdir()):
        return None
    _clear_drafts(folder)
    backup_root.mkdir(parents=True, exist_ok=True)
    run_config = read_json(folder.run_config)
    run_id = str(run_config.get("run_id") or "") if isinstance(run_config, dict) else ""
    # The file may have been edited.
    short_id = re.sub(r"[^0-9A-Za-z]", "", run_id)[:8] or os.urandom(4).hex()
    moment = time.strftime("%Y-%m-%d-%H-%M-%S")
    target = backup_root / f"{folder.path.name}_{moment}-{short_id}"
    if target.exists():
        target = target.with_name(f"{target.name}-{os.urandom(2).hex()}")
    try:
        folder.path.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _move_across(folder.path, target)
    moved = RunFolder(target)
    # Without working locks, a faster process may have recreated the folder between check and rename.
    moved_status = StatusSnapshot.of(moved)
    if not moved_status.has_same_process(status) and moved_status.is_live(owner, now):
        target.rename(folder.path)
        return None
    return moved


def _clear_drafts(folder: RunFolder) -> None:
    """Remove partly written files of a run whose process died."""
    for path in (folder.path, folder.config):
        for draft in path.glob(f"{TEMPORARY_PREFIX}*"):
            with contextlib.suppress(OSError):
                draft.unlink()


def _move_across(source: Path, target: Path) -> None:
    """Move a folder to another file system; the target name appears only when the copy is complete."""
    staged = temp_path_for(target)
    shutil.copytree(source, staged, symlinks=True)
    staged.rename(target)
    leaving = temp_path_for(source)
    source.rename(leaving)
    shutil.rmtree(leaving)
