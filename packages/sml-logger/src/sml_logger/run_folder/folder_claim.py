"""Makes a run folder ours; what stood there before is moved, never erased."""

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
from sml_config.run_folder import CLAIM_LOCK, TEMPORARY_PREFIX, read_json, temporary_beside
from sml_logger.errors import RunFolderError, RunIsLiveError
from sml_logger.lifecycle.status import LastWords, Owner, StatusFile, file_time

from .run_path import Place

# Another process holds the lock for milliseconds; beyond this the file system does not lock properly.
_LOCK_SECONDS = 10.0


@dataclass(frozen=True)
class Claim:
    """A run folder that is ours from now on."""

    folder: RunFolder
    # Where the run is that had the name before.
    earlier: RunFolder | None = None
    # The folder holds the run to be continued.
    resumed: bool = False
    # Why the name that was asked for could not be had.
    rival: str | None = None


def claim(place: Place, owner: Owner, *, resume: bool) -> Claim:
    """Make a run folder ours: new and with nothing but our status in it, or with `resume` as it is.

    The folder of a run that is still written is left alone: the new run takes the name with -2.
    Raises RunFolderError if no folder can be made, RunIsLiveError if a live run should be resumed.
    """
    try:
        place.path.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(place.path.parent, owner)
        staged = RunFolder(temporary_beside(place.path))
        staged.events.mkdir(parents=True)
        try:
            StatusFile(staged, owner).take()
            with locked(place.root / CLAIM_LOCK, _LOCK_SECONDS):
                return _claim(place, owner, staged, resume=resume)
        finally:
            shutil.rmtree(staged.path, ignore_errors=True)
    except OSError as error:
        remedy = "choose a base_path that is a writable folder"
        reason = error.strerror or str(error)
        raise RunFolderError(place.path, f"no run folder can be made ({reason}); {remedy}") from error


def clear_leftovers(folder: Path, owner: Owner) -> None:
    """Remove the drafts of runs whose process died while it made them; those of others stay."""
    with os.scandir(folder) as found:
        drafts = [
            Path(item.path) for item in found if item.name.startswith(TEMPORARY_PREFIX) and item.is_dir()
        ]
    for draft in drafts:
        words = LastWords.of(RunFolder(draft))
        if (
            words.process is not None
            and words.process.lives_here() is False
            and words.process.host == owner.process.host
        ):
            shutil.rmtree(draft, ignore_errors=True)


def _claim(place: Place, owner: Owner, staged: RunFolder, *, resume: bool) -> Claim:
    now = file_time(staged)
    rival: str | None = None
    for path in place.numbered():
        folder = RunFolder(path)
        while True:
            try:
                words = LastWords.of(folder)
            except PermissionError:
                if resume:
                    raise
                rival = rival or "belongs to another user"
                break
            if words.process is not None and words.is_live(owner, now):
                if resume:
                    raise RunIsLiveError(path, words.process.host, words.process.pid)
                rival = rival or f"is being written by process {words.process.pid} on {words.process.host}"
                break
            if resume and path.is_dir() and any(path.iterdir()):
                _clear_drafts(folder)
                StatusFile(folder, owner).take()
                return Claim(folder, resumed=True)
            try:
                earlier = _move_away(folder, words, owner, place.backup_root, now)
            except PermissionError as error:
                # In a shared folder another user's run, or their backup folder, is not ours to change.
                rival = rival or f"cannot be moved away ({error.strerror}: {error.filename})"
                break
            try:
                staged.path.rename(path)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                continue  # somebody was faster: look again
            return Claim(folder, earlier, rival=rival)
    raise AssertionError("numbers do not end")


def _move_away(
    folder: RunFolder, words: LastWords, owner: Owner, backup_root: Path, now: float
) -> RunFolder | None:
    """Rename what stands at the path into the backup folder, unless it is an empty folder."""
    if folder.path.is_file():
        raise NotADirectoryError(errno.ENOTDIR, "a file has the run folder's name", str(folder.path))
    if not folder.path.is_dir() or not any(folder.path.iterdir()):
        return None
    _clear_drafts(folder)
    backup_root.mkdir(parents=True, exist_ok=True)
    run_config = read_json(folder.run_config)
    run_id = str(run_config.get("run_id") or "") if isinstance(run_config, dict) else ""
    # A file of other hands may say anything.
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
    # Where locks do not work, a faster process may have renewed the folder between look and rename.
    found = LastWords.of(moved)
    if not found.same_owner(words) and found.is_live(owner, now):
        target.rename(folder.path)
        return None
    return moved


def _clear_drafts(folder: RunFolder) -> None:
    """Remove the half-written files of a run whose process died."""
    for path in (folder.path, folder.config):
        for draft in path.glob(f"{TEMPORARY_PREFIX}*"):
            with contextlib.suppress(OSError):
                draft.unlink()


def _move_across(source: Path, target: Path) -> None:
    """Move a folder to another file system; under its name it is whole or not there."""
    staged = temporary_beside(target)
    shutil.copytree(source, staged, symlinks=True)
    staged.rename(target)
    leaving = temporary_beside(source)
    source.rename(leaving)
    shutil.rmtree(leaving)
