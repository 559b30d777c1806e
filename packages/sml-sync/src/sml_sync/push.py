"""Send a run folder to the first target that answers; each file beside its name, then renamed."""

from __future__ import annotations

import posixpath
import uuid
from dataclasses import dataclass
from pathlib import Path

import paramiko

from sml_config import Settings
from sml_config.run_folder import TEMPORARY_PREFIX, is_temporary

from .connect import sftp_to
from .errors import HostKeyError, TargetError
from .targets import Target, targets_of


@dataclass(frozen=True)
class PushReport:
    """What came of a push: how many files and bytes arrived, and per target what happened."""

    ok: bool
    files: int
    size: int
    outcomes: tuple[str, ...]

    @property
    def text(self) -> str:
        """One line per target that was tried."""
        return "\n".join(self.outcomes)


def push_run(run_folder: Path, settings: Settings) -> PushReport:
    """Send a run folder to the main machine of the settings, under MAIN_MACHINE_LOG_PATH.

    Raises TargetError if the settings name no machine or no path.
    """
    if not settings.common.MAIN_MACHINE_LOG_PATH:
        raise TargetError(
            "MAIN_MACHINE_LOG_PATH is not set; name the folder over there in common_config.yaml"
        )
    folder = run_folder.absolute()
    inside = folder.is_relative_to(settings.log_root)
    name = folder.relative_to(settings.log_root).as_posix() if inside else folder.name
    return push(folder, targets_of(settings), posixpath.join(settings.common.MAIN_MACHINE_LOG_PATH, name))


def push(folder: Path, targets: list[Target], remote_path: str) -> PushReport:
    """Send a folder to `remote_path` at the first of the targets that answers.

    A host key that does not match ends the push; any other failure goes on to the next target.
    """
    outcomes: list[str] = []
    for target in targets:
        try:
            with sftp_to(target) as sftp:
                files, size = _send(sftp, folder, remote_path)
        except HostKeyError as error:
            outcomes.append(f"{target}: {error}")
            break
        except (OSError, EOFError, paramiko.SSHException) as error:
            outcomes.append(f"{target}: {error or type(error).__name__}")
        else:
            outcomes.append(f"{target}: {files} files, {size} bytes in {remote_path}")
            return PushReport(True, files, size, tuple(outcomes))
    return PushReport(False, 0, 0, tuple(outcomes))


def _send(sftp: paramiko.SFTPClient, folder: Path, remote_path: str) -> tuple[int, int]:
    """Send every file below a folder; returns how many, and how many bytes."""
    made: set[str] = set()
    files = size = 0
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if not path.is_file() or any(part.startswith(".") or is_temporary(part) for part in parts):
            continue
        there = posixpath.join(remote_path, *parts)
        _make_folders(sftp, posixpath.dirname(there), made)
        size += _put(sftp, path, there)
        files += 1
    return files, size


def _put(sftp: paramiko.SFTPClient, path: Path, there: str) -> int:
    """Write a file beside its name and rename it, so that no reader over there sees a part of it."""
    temporary = posixpath.join(posixpath.dirname(there), f"{TEMPORARY_PREFIX}{uuid.uuid4().hex[:12]}")
    try:
        with path.open("rb") as source:
            # A growing file is sent as long as it was at the start: what is sent is a prefix of it.
            length = path.stat().st_size
            with sftp.open(temporary, "wb") as sink:
                sink.set_pipelined(True)
                left = length
                while left and (block := source.read(min(left, 1 << 18))):
                    sink.write(block)
                    left -= len(block)
        arrived = sftp.stat(temporary).st_size
        if arrived != length:
            raise OSError(f"{there}: {arrived} of {length} bytes arrived; is the disk over there full?")
        sftp.posix_rename(temporary, there)
    except OSError:
        _remove_quietly(sftp, temporary)
        raise
    return length


def _make_folders(sftp: paramiko.SFTPClient, folder: str, made: set[str]) -> None:
    if folder in made or folder in ("", "/"):
        return
    try:
        sftp.stat(folder)
    except FileNotFoundError:
        _make_folders(sftp, posixpath.dirname(folder), made)
        sftp.mkdir(folder)
    made.add(folder)


def _remove_quietly(sftp: paramiko.SFTPClient, path: str) -> None:
    """Remove what a failed transfer left; the failure itself is what the caller reports."""
    try:
        sftp.remove(path)
    except (OSError, EOFError, paramiko.SSHException):
        return
