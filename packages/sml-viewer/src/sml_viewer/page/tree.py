"""The files of a run folder, as far as they may be shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sml_config.run_folder import is_temporary

from .errors import NoSuchFileError
from .paths import safe_path

_MOST = 5_000
_DEEPEST = 40
_KINDS = {
    "table": (".csv", ".tsv"),
    "json": (".json", ".jsonl"),
    "image": (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"),
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
    def kind(self) -> str:
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


def kind_of(name: str) -> str:
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
    root = Path(os.path.realpath(folder))
    for file in _walk(root, "", left_out, 0):
        if len(files) >= most:
            return Tree(tuple(files), tuple(left_out), True)
        files.append(file)
    return Tree(tuple(files), tuple(left_out), False)


def _walk(root: Path, folder: str, left_out: list[str], depth: int) -> Iterator[File]:
    try:
        with os.scandir(root / folder) as entries:
            found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        left_out.append(f"{folder or '.'} ({error.strerror})")
        return
    for entry in found:
        if entry.name.startswith(".") or is_temporary(entry.name):
            continue
        name = f"{folder}/{entry.name}" if folder else entry.name
        if "\\" in entry.name:
            left_out.append(f"{name} (a backslash in its name: it is not served)")
            continue
        try:
            if entry.is_symlink():
                safe_path(root, name)
                if entry.is_dir():
                    left_out.append(f"{name} (a link to a folder)")
                    continue
            if entry.is_dir(follow_symlinks=False):
                if depth < _DEEPEST:
                    yield from _walk(root, name, left_out, depth + 1)
            elif entry.is_file():
                status = entry.stat()
                yield File(name, status.st_size, status.st_mtime)
            else:
                left_out.append(f"{name} (no plain file)")
        except (NoSuchFileError, OSError):
            left_out.append(f"{name} (leads out of the run's folder, or to nothing)")
