"""Record of the files that a remote has of a local folder, in `.sml-sync/` of that folder.

It moves with the folder when the logger backs it up, so that unsent data remains known. Losing it costs time,
never correctness: remote files are compared then.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sml_config.run_folder import TEMPORARY_PREFIX, read_json, write_whole

from .local_files import CONTROL, LocalFile

_FORMAT = 1
_LINES = 500
_VERSIONS = 100
# Types of a row: name, size, two times, inode; digest, size, time, freshness.
_ROW = (str, int, int, int, int, str, int, int, bool)
_LOCK_SECONDS = 10.0
_LOCK_STEP = 0.05


class Known(NamedTuple):
    """A file as it was sent, and as it stood over there then."""

    local: LocalFile
    # SHA-256 of its `local.size` bytes.
    digest: str
    far_size: int
    far_mtime: int
    # Changed so shortly before that a later change may have left the same times.
    fresh: bool = False


@dataclass
class Manifest:
    """Everything known about one folder at one place over there."""

    path: Path
    far: str = ""
    run_id: str | None = None
    synced: float = 0.0
    files: dict[str, Known] = field(default_factory=dict)
    # Whether it holds what the file does not.
    changed: bool = False

    @staticmethod
    def path_of(folder: Path, far_id: str) -> Path:
        """Where the manifest of a folder for a place is kept."""
        return folder / CONTROL / f"{far_id}.jsonl"

    @classmethod
    def load(cls, folder: Path, far_id: str) -> Manifest:
        """The manifest of a folder for a place; an empty one if there is none that can be read."""
        path = cls.path_of(folder, far_id)
        manifest = cls(path)
        try:
            # In parts: as one value, the files of a large folder would be held twice.
            with path.open(encoding="ascii") as lines:
                head = json.loads(next(lines, "null"))
                if not isinstance(head, dict) or head.get("format") != _FORMAT:
                    return manifest
                while part := ",".join(itertools.islice(lines, _LINES)):
                    for item in json.loads(f"[{part}]"):
                        if tuple(map(type, item)) != _ROW:
                            raise TypeError(item)
                        name, size, mtime, ctime, inode, *sent = item
                        manifest.files[name] = Known(LocalFile(size, mtime, ctime, inode), *sent)
            manifest.far = _checked(head["far"], str)
            manifest.run_id = _checked(head["run_id"], str, type(None))
            manifest.synced = _checked(head["synced"], int, float)
        except FileNotFoundError:
            return manifest
        except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
            return cls(path)
        return manifest

    def note(self, name: str, known: Known) -> None:
        """Remember a file."""
        if self.files.get(name) != known:
            self.files[name] = known
            self.changed = True

    def save(self) -> None:
        """Write it whole if it changed; where that is not possible the next sync compares."""
        if not self.changed:
            return
        self.synced = time.time()
        head = {"format": _FORMAT, "far": self.far, "run_id": self.run_id, "synced": self.synced}
        lines = (json.dumps([name, *known.local, *known[1:]]) + "\n" for name, known in self.files.items())
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(exist_ok=True)
            _write_beside(self.path, itertools.chain([json.dumps(head) + "\n"], lines))
            self.changed = False


class Announced:
    """What is on its way from a folder to a place: size and time that each file gets over there.

    Written before anything is sent: after a kill it tells our own file from one that a stranger changed.
    """

    def __init__(self, folder: Path, far_id: str) -> None:
        self._path = folder / CONTROL / f"{far_id}.sending"
        stored = read_json(self._path)
        # Of several syncs that ended without a word each may have left its version.
        items = stored.items() if isinstance(stored, dict) else ()
        self._before: dict[str, list[list[int]]] = {far: old for far, old in items if isinstance(old, list)}

    def was_ours(self, far: str, size: int, mtime: int) -> bool:
        """Whether an earlier sync that ended without a word was sending this."""
        return [size, mtime] in self._before.get(far, [])

    def write(self, files: dict[str, tuple[int, int]]) -> None:
        """Announce what is sent now."""
        if not files:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(exist_ok=True)
            _write_beside(self._path, self._parts(files))

    def _parts(self, files: dict[str, tuple[int, int]]) -> Iterator[str]:
        """JSON in parts: as one value, the files of a large folder would be held several times."""
        between = "{"
        for far in dict.fromkeys(itertools.chain(self._before, files)):
            versions = self._before.get(far, [])
            if far in files:
                new = list(files[far])
                versions = [*[old for old in versions if old != new], new][-_VERSIONS:]
            yield f"{between}{json.dumps(far)}:{json.dumps(versions)}"
            between = ","
        yield "}"

    def forget(self) -> None:
        """Everything that was announced has been recorded."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _checked(value: Any, *kinds: type) -> Any:
    """A value of these types. Raises TypeError for another: the file may be damaged, or a later version's."""
    if type(value) not in kinds:
        raise TypeError(value)
    return value


def _write_beside(path: Path, parts: Iterable[str]) -> None:
    """Write a file beside and rename it. Raises OSError."""
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{os.urandom(6).hex()}")
    try:
        with temporary.open("w", encoding="ascii") as file:
            file.writelines(parts)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def manifests_of(folder: Path) -> list[Manifest]:
    """The manifests in a folder, one for each place that it was sent to."""
    return [Manifest.load(folder, path.stem) for path in sorted((folder / CONTROL).glob("*.jsonl"))]


def is_fresh(local: LocalFile) -> bool:
    """Whether a file is so young that its times may not tell a later change."""
    return abs(time.time() - local.mtime_ns / 1e9) < 2.0 or local.mtime_ns / 1e9 > time.time()


def sender_of(folder: Path) -> str:
    """The name under which a folder stages files over there; the same after a crash, a copy has another."""
    path = folder / CONTROL / "sender"
    with contextlib.suppress(OSError):
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            write_whole(path, os.urandom(6).hex())
        status = path.stat()
        # A copy of the folder, even with all its times, has another inode and time of change.
        identity = f"{path.read_bytes()!r} {status.st_ino} {status.st_ctime_ns}"
        return hashlib.sha256(identity.encode()).hexdigest()[:12]
    return os.urandom(6).hex()


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold a folder against other senders on this file system; False if another one does not let go."""
    try:
        control = folder / CONTROL
        if not control.is_dir():
            control.mkdir(exist_ok=True)
        descriptor = os.open(control / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        yield True  # a folder that cannot be written has no other sender's manifest either
        return
    try:
        yield _acquire(descriptor)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int) -> bool:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOCK_STEP)
        except OSError:
            return True  # a file system without locks
        else:
            return True


def record(folder: Path, values: dict[str, Any]) -> None:
    """Note how the last sync of a folder went, for `sml-sync status`."""
    with contextlib.suppress(OSError):
        (folder / CONTROL).mkdir(exist_ok=True)
        write_whole(folder / CONTROL / "last", json.dumps(values))
