"""Files of `media/` and their index: written whole or not at all, and never overwritten."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from sml_config import safe_name
from sml_config.files import temp_path_for, write_atomic
from sml_logger.outputs.base import GrowingFile
from sml_logger.outputs.own_file import OwnFile

INDEX = "index.jsonl"
# Files given by path are copied up to this size, encoded ones are stored up to this size.
MOST_COPIED, MOST_ENCODED = 2_000_000_000, 200_000_000
_CHUNK = 8 << 20


@dataclass(frozen=True)
class MediaFile:
    """What is stored: the content or the file to copy, its kind, and further facts for the index."""

    kind: str
    ending: str
    content: bytes | None = None
    source: Path | None = None
    caption: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class MediaStore:
    """The folder `media/` of one run. Several threads may store at once."""

    def __init__(self, run: Path) -> None:
        self.name = "media"
        self._run = run
        self._folder = run / "media"
        self._index: GrowingFile | None = None
        # For the index; a signal handler may interrupt the thread that holds it.
        self._lock = threading.RLock()
        # Written since the last flush to the disk.
        self._unflushed: set[Path] = set()

    def store(self, key: str, step: int, file: MediaFile) -> Path:
        """Write `media/<key>/<step>.<ending>`, then its line in the index. Raises OSError."""
        folder = self._folder.joinpath(*_parts(key))
        folder.mkdir(parents=True, exist_ok=True)
        draft = temp_path_for(folder / "draft")
        try:
            if file.source is not None:
                _copy(file.source, draft)
            else:
                write_atomic(draft, file.content or b"", is_durable=False)
            path = _named(draft, folder, f"{step}", file.ending)
        finally:
            with contextlib.suppress(OSError):
                draft.unlink()
        entry = {
            "key": key,
            "step": step,
            "path": path.relative_to(self._run).as_posix(),
            "type": file.kind,
            "caption": file.caption,
            "time": time.time(),
            **file.facts,
        }
        with self._lock:
            self._unflushed.update((path, folder))
            if self._index is None or not self._index.own.is_in_place():
                self._index = _open_index(self._folder / INDEX)
            self._index.append(orjson.dumps(entry) + b"\n", 0)
        return path

    def flush_to_disk(self) -> None:
        """Flush what was stored to the disk; callable from any thread. Raises OSError."""
        unflushed, self._unflushed = self._unflushed, set()
        for path in unflushed:
            with contextlib.suppress(FileNotFoundError):
                _flush(path)
        index = self._index
        if unflushed and index is not None:
            index.flush_to_disk()

    def close(self) -> None:
        """Close the index; it is opened again when something is stored later."""
        index, self._index = self._index, None
        if index is not None:
            index.close()


def _parts(key: str) -> list[str]:
    """The folders of a key; slashes in it make folders."""
    parts = [safe_name(part) for part in key.split("/") if part] or [safe_name(key)]
    if parts[0] == INDEX:
        parts[0] += "-"
    return parts


def _named(draft: Path, folder: Path, stem: str, ending: str) -> Path:
    """Give a finished file its name, with -2, -3 and so on if there is one of that name."""
    number = 1
    suffix = f".{ending}" if ending else ""
    while True:
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        try:
            os.link(draft, path)
        except FileExistsError:
            number += 1
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
                raise
            if not os.path.lexists(path):  # a file system without hard links
                draft.rename(path)
                return path
            number += 1
        else:
            return path


def _copy(source: Path, target: Path) -> None:
    """Copy a file; the copy shares its blocks where the file system can do that."""
    with source.open("rb") as old, target.open("xb") as new:
        left = os.fstat(old.fileno()).st_size
        copy: Callable[..., int] | None = getattr(os, "copy_file_range", None)
        while copy is not None and left > 0:
            try:
                copied = copy(old.fileno(), new.fileno(), left)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
                    raise
                break
            if not copied:
                break
            left -= copied
        while chunk := old.read(_CHUNK):
            new.write(chunk)


def _open_index(path: Path) -> GrowingFile:
    """Open the index; a last line that is torn is cut off, as its call did not return."""
    own = OwnFile(path)
    size = own.size()
    if size:
        begin = max(0, size - _CHUNK)
        tail = own.read(begin, size - begin)
        if not tail.endswith(b"\n"):
            own.truncate(begin + tail.rfind(b"\n") + 1)
    return GrowingFile(own, 0)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
