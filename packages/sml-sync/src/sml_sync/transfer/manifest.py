"""Record of the files that a remote has of a local folder, in `.sml-sync/` of that folder.

It moves with the folder when the logger backs it up, so that unsent data remains known. Losing it costs time,
never correctness: remote files are compared then.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sml_config.files import locked, write_atomic
from sml_config.hashing import short_hash
from sml_config.ssh.sftp.packets import Attributes

from .local_files import STATE_FOLDER, LocalFile

_FORMAT = 1
_LINES = 500
# Types of the first line, and of a row: name, size, two times, inode; digest, size, time, freshness.
_HEAD: dict[str, tuple[type, ...]] = {"far": (str,), "run_id": (str, type(None)), "synced": (int, float)}
_ROW = (str, int, int, int, int, str, int, int, bool)
_LOCK_SECONDS = 10.0


class FileRecord(NamedTuple):
    """A file as it was sent, and its remote attributes afterwards."""

    local: LocalFile
    # SHA-256 of its `local.size` bytes.
    digest: str
    remote_size: int
    remote_mtime: int
    # Changed so shortly before that a later change may have left the same times.
    fresh: bool = False

    def matches(self, remote: Attributes) -> bool:
        """Whether the remote file is still as it was sent."""
        return remote.is_file and (remote.size, remote.mtime) == (self.remote_size, self.remote_mtime)


@dataclass
class Manifest:
    """What is known about one folder at one remote place."""

    path: Path
    remote_path: str = ""
    run_id: str | None = None
    synced: float = 0.0
    files: dict[str, FileRecord] = field(default_factory=dict)
    # Whether it holds what the file does not.
    changed: bool = False

    @staticmethod
    def path_of(folder: Path, remote_id: str) -> Path:
        """Where the manifest of a folder for a place is kept."""
        return folder / STATE_FOLDER / f"{remote_id}.jsonl"

    @classmethod
    def load(cls, folder: Path, remote_id: str) -> Manifest:
        """The manifest of a folder for a place; an empty one if there is none that can be read."""
        path = cls.path_of(folder, remote_id)
        manifest = cls(path)
        try:
            # In parts: as one value, the files of a large folder would be held twice.
            with path.open(encoding="ascii") as lines:
                head = json.loads(next(lines, "null"))
                if not isinstance(head, dict) or head.get("format") != _FORMAT:
                    return manifest
                while part := ",".join(itertools.islice(lines, _LINES)):
                    manifest.files.update(_records_in(json.loads(f"[{part}]")))
            if not all(isinstance(head[name], kinds) for name, kinds in _HEAD.items()):
                raise TypeError(head)  # the file may be damaged, or a later version's
            manifest.remote_path, manifest.run_id, manifest.synced = (head[name] for name in _HEAD)
        except FileNotFoundError:
            return manifest
        except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
            return cls(path)
        return manifest

    def set_remote(self, remote_path: str, run_id: str | None) -> None:
        """Set what the records are about."""
        if (self.remote_path, self.run_id) != (remote_path, run_id):
            self.remote_path, self.run_id, self.changed = remote_path, run_id, True

    def set_record(self, name: str, file_record: FileRecord) -> None:
        """Set the record of a file."""
        if self.files.get(name) != file_record:
            self.files[name] = file_record
            self.changed = True

    def save(self) -> None:
        """Write it whole if it changed; where that is not possible the next sync compares."""
        if not self.changed:
            return
        self.synced = time.time()
        head = {"format": _FORMAT, "far": self.remote_path, "run_id": self.run_id, "synced": self.synced}
        lines = (
            json.dumps([name, *file_record.local, *file_record[1:]]) + "\n"
            # A copy: another source may add files meanwhile.
            for name, file_record in list(self.files.items())
        )
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(exist_ok=True)
            write_atomic(self.path, itertools.chain([json.dumps(head) + "\n"], lines), is_durable=False)
            self.changed = False


class InFlightJournal:
    """The files that are being sent, with the size and time that each will have on the remote host.

    Written before anything is sent: after a kill it distinguishes our version of a file from somebody else's.
    """

    def __init__(self, folder: Path, remote_id: str) -> None:
        self._path = folder / STATE_FOLDER / f"{remote_id}.sending"
        # Each of several killed syncs may have left its version.
        self._versions: set[tuple[Any, ...]] = set()
        with contextlib.suppress(OSError, ValueError), self._path.open(encoding="ascii") as lines:
            for line in lines:
                with contextlib.suppress(ValueError, TypeError, RecursionError):  # a kill cut it short
                    self._versions.add(tuple(json.loads(line)))

    def was_sending(self, remote_path: str, size: int, mtime: int) -> bool:
        """Whether an earlier sync that was killed was sending this version."""
        return (remote_path, size, mtime) in self._versions

    def write(self, versions: Iterable[tuple[str, int, int]]) -> None:
        """Record what is sent now, as remote path, size and time."""
        # Behind a line that may have been cut short.
        lines = [f"\n{json.dumps(version)}" for version in versions if version not in self._versions]
        if lines:
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(exist_ok=True)
                with self._path.open("a", encoding="ascii") as file:
                    file.writelines(lines)

    def clear(self) -> None:
        """Remove the journal: everything is in the manifest."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _records_in(rows: list[list[Any]]) -> Iterable[tuple[str, FileRecord]]:
    """Names and records of the rows of a manifest. Raises TypeError for other values.

    Column by column, without a call of Python's for each of 100,000 files.
    """
    if set(map(len, rows)) != {len(_ROW)}:
        raise TypeError(rows)
    names, *columns = zip(*rows, strict=True)
    if [set(map(type, column)) for column in (names, *columns)] != [{kind} for kind in _ROW]:
        raise TypeError(rows)
    local_files = map(functools.partial(tuple.__new__, LocalFile), zip(*columns[:4], strict=True))
    records = map(functools.partial(tuple.__new__, FileRecord), zip(local_files, *columns[4:], strict=True))
    return zip(names, records, strict=True)


def manifest_paths(folder: Path) -> list[Path]:
    """The files of the manifests in a folder, one for each place that it was sent to."""
    return sorted((folder / STATE_FOLDER).glob("*.jsonl"))


def manifests_of(folder: Path) -> list[Manifest]:
    """The manifests in a folder."""
    return [Manifest.load(folder, path.stem) for path in manifest_paths(folder)]


def is_fresh(local: LocalFile) -> bool:
    """Whether a file changed so recently that a later change may leave its times as they are."""
    return abs(time.time() - local.mtime_ns / 1e9) < 2.0 or local.mtime_ns / 1e9 > time.time()


def sender_of(folder: Path) -> str:
    """The name under which a folder stages remote files: the same after a crash, another one for a copy."""
    path = folder / STATE_FOLDER / "sender"
    with contextlib.suppress(OSError):
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            write_atomic(path, os.urandom(6).hex())
        status = path.stat()
        # A copy of the folder, even with all its times, has another inode and time of change.
        identity = f"{path.read_bytes()!r} {status.st_ino} {status.st_ctime_ns}"
        return short_hash(identity, 12)
    return os.urandom(6).hex()


def lock(folder: Path, held: contextlib.ExitStack) -> bool:
    """Lock a folder against other senders on this file system while `held` is open; False if one has it."""
    try:
        (folder / STATE_FOLDER).mkdir(exist_ok=True)
        return held.enter_context(locked(folder / STATE_FOLDER / "lock", _LOCK_SECONDS))
    except OSError:
        return True  # a folder that cannot be written has no other sender's manifest either


def save_result(folder: Path, values: dict[str, Any]) -> None:
    """Save the result of the last sync of a folder for `sml-sync status`."""
    with contextlib.suppress(OSError):
        (folder / STATE_FOLDER).mkdir(exist_ok=True)
        write_atomic(folder / STATE_FOLDER / "last", json.dumps(values))
