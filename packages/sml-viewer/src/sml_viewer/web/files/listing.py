"""The files of a run folder, as far as they may be shown."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sml_config.run_folder import is_temporary
from sml_viewer.safe_open import scanned
from sml_viewer.web.errors import NoSuchFileError
from sml_viewer.web.schemas.runs import FileKind

from .safe_paths import open_inside

_MOST = 5_000
_DEEPEST = 40
# Images by ending, with their media types; SVG is shown as text, for it may contain scripts.
IMAGE_TYPES = {
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
_KINDS: dict[FileKind, tuple[str, ...]] = {
    "table": (".csv", ".tsv"),
    "json": (".json", ".jsonl"),
    "image": tuple(IMAGE_TYPES),
    "archive": (".tar", ".tar.gz", ".tgz", ".zip"),
    "text": (
        ".txt", ".log", ".md", ".py", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".patch", ".diff", ".sh",
        ".svg", ".html", ".xml", ".tex", ".rst", ".out", ".err", ".c", ".cpp", ".h", ".js", ".css", ".ipynb",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class File:
    """`name` is relative to the run's folder, with forward slashes; `modified` seconds since the epoch."""

    name: str
    size: int
    modified: float

    @property
    def kind(self) -> FileKind:
        """What it is by its name: text, table, json, image, archive, binary."""
        return kind_of(self.name)


@dataclass(frozen=True)
class Tree:
    """Files by name; `left_out` says what is not shown and why; `cut` that there are more."""

    files: tuple[File, ...]
    left_out: tuple[str, ...]
    cut: bool

    @property
    def size(self) -> int:
        """The bytes of all."""
        return sum(file.size for file in self.files)


def kind_of(name: str) -> FileKind:
    """What a file is by its name."""
    last = name.rpartition("/")[2].lower()
    for kind, endings in _KINDS.items():
        if last.endswith(endings):
            return kind
    return "text" if "." not in last else "binary"


def list_files(folder: Path, most: int = _MOST) -> Tree:
    """The files below a run's folder.

    Without temporary and hidden ones, and without links that lead out.
    """
    left_out: list[str] = []
    files: list[File] = []
    for file in _walk(folder, "", left_out, 0):
        if len(files) >= most:
            return Tree(tuple(files), tuple(left_out), True)
        files.append(file)
    return Tree(tuple(files), tuple(left_out), False)


def _walk(root: Path, folder: str, left_out: list[str], depth: int) -> Iterator[File]:
    try:
        with scanned(root, folder) as entries:
            found = [_kind(entry) for entry in sorted(entries, key=lambda entry: os.fsencode(entry.name))]
    except OSError as error:
        left_out.append(f"{folder or '.'} ({error.strerror})")
        return
    for last, kind, status in found:
        if last.startswith(".") or is_temporary(last):
            continue
        name = f"{folder}/{last}" if folder else last
        if "\\" in last:
            left_out.append(f"{name} (a backslash in its name: it is not served)")
        elif kind == "folder":
            if depth < _DEEPEST:
                yield from _walk(root, name, left_out, depth + 1)
        elif kind == "link":
            if (target := _target(root, name)) is None:
                left_out.append(f"{name} (a link to a folder, out of the run's folder, or to nothing)")
            else:
                yield File(name, target.st_size, target.st_mtime)
        elif status is not None:
            yield File(name, status.st_size, status.st_mtime)
        else:
            left_out.append(f"{name} (no plain file)")


def _kind(entry: os.DirEntry[str]) -> tuple[str, str, os.stat_result | None]:
    """An entry's name, whether it is a folder, a link or anything else, and the status of a plain file."""
    if entry.is_symlink():
        return entry.name, "link", None
    if entry.is_dir(follow_symlinks=False):
        return entry.name, "folder", None
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:  # it went meanwhile
        return entry.name, "", None
    return entry.name, "", status if stat.S_ISREG(status.st_mode) else None


def _target(root: Path, name: str) -> os.stat_result | None:
    """The status of the plain file that a link leads to, inside the run's folder; None if it does not."""
    try:
        with open_inside(root, name) as file:
            return os.fstat(file.fileno())
    except NoSuchFileError:
        return None
