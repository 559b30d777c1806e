"""List the visible files of a run folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sml_config.run_folder import is_temporary
from sml_viewer.fileio import reason_of
from sml_viewer.i18n import Message
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
    "json": (".json", ".jsonl", ".ndjson"),
    "image": tuple(IMAGE_TYPES),
    "archive": (".tar", ".tar.gz", ".tgz", ".zip"),
    "text": (
        ".txt", ".log", ".md", ".py", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".patch", ".diff", ".sh",
        ".svg", ".html", ".xml", ".tex", ".rst", ".out", ".err", ".c", ".cpp", ".h", ".js", ".css", ".ipynb",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class File:
    """A file. `name` is relative to the run folder; `modified` is in seconds since the epoch."""

    name: str
    size: int
    modified: float

    @property
    def kind(self) -> FileKind:
        """The kind by name: text, table, json, image, archive, binary."""
        return kind_of(self.name)


@dataclass(frozen=True)
class Tree:
    """Files by name; `left_out` names files that are not shown, with reasons; `cut`: there are more."""

    files: tuple[File, ...]
    left_out: tuple[str, ...]
    cut: bool

    @property
    def size(self) -> int:
        """Total size in bytes."""
        return sum(file.size for file in self.files)


def kind_of(name: str) -> FileKind:
    """The kind of a file by its name."""
    last = name.rpartition("/")[2].lower()
    for kind, endings in _KINDS.items():
        if last.endswith(endings):
            return kind
    return "text" if "." not in last else "binary"


def list_files(folder: Path, most: int = _MOST) -> Tree:
    """The files below a run folder.

    Without temporary and hidden files, and without links that lead out of the folder.
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
            children = [_kind(entry) for entry in sorted(entries, key=lambda entry: os.fsencode(entry.name))]
    except OSError as error:
        left_out.append(Message("{name} ({reason})", name=folder or ".", reason=reason_of(error)))
        return
    for last, kind, status in children:
        if last.startswith(".") or is_temporary(last):
            continue
        name = f"{folder}/{last}" if folder else last
        if "\\" in last:
            left_out.append(
                Message(
                    "{name} ({reason})",
                    name=name,
                    reason=Message("a backslash in its name: it is not served"),
                )
            )
        elif kind == "folder":
            if depth < _DEEPEST:
                yield from _walk(root, name, left_out, depth + 1)
        elif kind == "link":
            if (target := _target(root, name)) is None:
                left_out.append(
                    Message(
                        "{name} ({reason})",
                        name=name,
                        reason=Message("a link to a folder, out of the run folder, or broken"),
                    )
                )
            else:
                yield File(name, target.st_size, target.st_mtime)
        elif status is not None:
            yield File(name, status.st_size, status.st_mtime)
        else:
            left_out.append(Message("{name} ({reason})", name=name, reason=Message("not a regular file")))


def _kind(entry: os.DirEntry[str]) -> tuple[str, str, os.stat_result | None]:
    """An entry's name, whether it is a folder, a link or something else, and the status of a regular file."""
    if entry.is_symlink():
        return entry.name, "link", None
    if entry.is_dir(follow_symlinks=False):
        return entry.name, "folder", None
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:  # deleted meanwhile
        return entry.name, "", None
    return entry.name, "", status if stat.S_ISREG(status.st_mode) else None


def _target(root: Path, name: str) -> os.stat_result | None:
    """The status of a link's target, if that is a regular file inside the run folder; else None."""
    try:
        with open_inside(root, name) as file:
            return os.fstat(file.fileno())
    except NoSuchFileError:
        return None
