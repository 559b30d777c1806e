"""What a machine over there is known to have of a folder here; kept in `.sml-sync/` of that folder.

It moves with the folder when the logger backs it up, so what is left to send stays known. Losing it costs
time, never correctness: then what is over there is compared.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sml_config.run_folder import read_json, write_whole

from .scan import LocalFile

CONTROL = ".sml-sync"
_FORMAT = 1
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
    # On their way when this was written: size and time that the file gets over there.
    sending: dict[str, tuple[int, int]] = field(default_factory=dict)
    text: str = ""

    @classmethod
    def load(cls, folder: Path, far_id: str) -> Manifest:
        """The manifest of a folder for a place; an empty one if there is none that can be read."""
        path = folder / CONTROL / f"{far_id}.json"
        said = read_json(path)
        if not isinstance(said, dict) or said.get("format") != _FORMAT:
            return cls(path)
        try:
            files = {
                name: Known(LocalFile(*item[:4]), item[4], item[5], item[6], bool(item[7]))
                for name, item in said["files"].items()
            }
            sending = {name: (item[0], item[1]) for name, item in said["sending"].items()}
            return cls(path, said["far"], said["run_id"], said["synced"], files, sending)
        except (KeyError, TypeError, IndexError):
            return cls(path)

    def save(self) -> None:
        """Write it whole; where that is not possible the next sync compares."""
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(exist_ok=True)
            text = json.dumps(
                {
                    "format": _FORMAT,
                    "far": self.far,
                    "run_id": self.run_id,
                    "synced": self.synced,
                    "sending": self.sending,
                    "files": {
                        name: (*known.local, known.digest, known.far_size, known.far_mtime, known.fresh)
                        for name, known in self.files.items()
                    },
                }
            )
            # In a run of hundreds most manifests stay as they are.
            if text != self.text:
                write_whole(self.path, text)
                self.text = text


def manifests_of(folder: Path) -> list[Manifest]:
    """The manifests in a folder, one for each place that it was sent to."""
    return [Manifest.load(folder, path.stem) for path in sorted((folder / CONTROL).glob("[0-9a-f]*.json"))]


def is_fresh(local: LocalFile) -> bool:
    """Whether a file is so young that its times may not tell a later change."""
    return abs(time.time() - local.mtime_ns / 1e9) < 2.0 or local.mtime_ns / 1e9 > time.time()


def sender_of(folder: Path) -> str:
    """The name under which this folder stages files over there; the same one after a crash."""
    path = folder / CONTROL / "sender"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if path.is_file() and (name := path.read_text(encoding="ascii")).isalnum():
            return name
    name = os.urandom(6).hex()
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        write_whole(path, name)
    return name


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold a folder against other senders on this file system; False if another one does not let go."""
    try:
        (folder / CONTROL).mkdir(exist_ok=True)
        descriptor = os.open(folder / CONTROL / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
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
