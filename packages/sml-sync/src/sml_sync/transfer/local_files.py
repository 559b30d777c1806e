"""List the local files below a folder, and select those to transfer."""

from __future__ import annotations

import contextlib
import fnmatch
import operator
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sml_config.run_folder import CONFIG, LOG, RUN_CONFIG, SIGNATURE, is_temporary
from sml_sync import arguments
from sml_sync.report import FileReport

STATE_FOLDER = ".sml-sync"
IDENTITY = f"{CONFIG}/{RUN_CONFIG}"
# A staged file of this size is worth going on with after a cut.
RESUMED_SIZE = 8 << 20

# Tables, parameters, status and log; what a page of curves needs.
_LIGHT = ("*.csv", "progress.txt", "*.json", "*.yaml", "*.yml", LOG, SIGNATURE, "full_description.txt")


class LocalFile(NamedTuple):
    """Attributes of a local file."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> LocalFile:
        """From the result of stat."""
        # Without the call of the class, which takes as long again: this runs for each of 100,000 files.
        values = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        return tuple.__new__(cls, values)

    @classmethod
    def at(cls, path: str | Path) -> LocalFile | None:
        """Of a path; None if there is no such file. Raises OSError."""
        try:
            return cls.of(os.stat(path))  # noqa: PTH116  a Path for each of 100,000 files costs as much
        except FileNotFoundError:
            return None

    @property
    def mtime(self) -> int:
        """Whole seconds, as in SFTP."""
        return min(max(self.mtime_ns // 1_000_000_000, 0), 0xFFFFFFFF)


@dataclass(frozen=True)
class Selection:
    """Selection of files; patterns match a name, any folder above it, or the path from the run folder."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_size: int | None = None
    light: bool = False

    def __post_init__(self) -> None:
        """Take what callers give. Raises ArgumentError."""
        for name, take in (
            ("include", arguments.patterns),
            ("exclude", arguments.patterns),
            ("max_size", arguments.size),
            ("light", arguments.flag),
        ):
            object.__setattr__(self, name, take(name, getattr(self, name)))

    @property
    def is_everything(self) -> bool:
        """Whether every file is selected."""
        return not (self.include or self.exclude or self.light) and self.max_size is None

    def excludes(self, path: str) -> bool:
        """Whether a file, or all files below a folder, are excluded."""
        return any(_matches(path, pattern) for pattern in self.exclude)

    def wants(self, path: str, size: int) -> bool:
        """Whether a file is selected. The identity always is."""
        name = path.rpartition("/")[2]
        return path == IDENTITY or (
            (self.max_size is None or size <= self.max_size)
            and (not self.light or any(fnmatch.fnmatchcase(name, pattern) for pattern in _LIGHT))
            and (not self.include or any(_matches(path, pattern) for pattern in self.include))
            and not self.excludes(path)
        )


def parents_of(path: str) -> list[str]:
    """The folders above a path, the highest first: `a`, `a/b` for `a/b/c`, and for `a/b/`."""
    return [path[: slash.start()] for slash in re.finditer("/", path) if slash.start()]


class Listing:
    """What local and remote trees have in common: they are reported by `name`."""

    name: str
    # Not transferred, with the reason.
    left_out: dict[str, str]

    @property
    def prefix(self) -> str:
        """What reports have before the names of files."""
        return f"{self.name}/" if self.name else ""

    def left_out_reports(self) -> list[FileReport]:
        """The reports of what is left out."""
        return [FileReport(self.prefix + name, "left out", note=why) for name, why in self.left_out.items()]


@dataclass
class Tree(Listing):
    """One run folder, or what lies around several: paths relative to it."""

    path: Path
    # As seen from the folder that is synchronised; empty for that folder itself.
    name: str
    is_run: bool
    files: dict[str, LocalFile] = field(default_factory=dict)
    # The paths of these files by their folder; "" is the tree itself.
    by_folder: dict[str, list[str]] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def folders_of_files(self) -> set[str]:
        """Folders above files, at any depth."""
        return {above for folder in self.by_folder for above in parents_of(f"{folder}/")}

    @property
    def empty_folders(self) -> list[str]:
        """Folders without files."""
        with_files = self.folders_of_files
        return [folder for folder in self.folders if folder not in with_files]


def scan(root: Path, selection: Selection) -> list[Tree]:
    """The trees below a folder: itself, and every run folder in it on its own. Raises OSError."""
    return [tree for tree in _walk(root, "", selection) if tree.is_run or not tree.name]


def files_in(folder: Path, prefix: str) -> dict[str, LocalFile]:
    """The files in a folder, by their names behind `prefix`; none if it cannot be read."""
    files: dict[str, LocalFile] = {}
    of = LocalFile.of
    with contextlib.suppress(OSError), _entries(folder) as entries:
        for entry in entries:
            try:
                files[prefix + entry.name] = of(entry.stat())
            except OSError:  # it vanished
                continue
    return files


@contextlib.contextmanager
def _entries(folder: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
    """The entries of a folder, relative to it: no path is resolved again for each of 100,000 files."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(descriptor) as entries:
            yield entries
    finally:
        os.close(descriptor)


def _walk(root: Path, name: str, selection: Selection) -> list[Tree]:
    tree = Tree(root / name if name else root, name, (root / name / CONFIG / RUN_CONFIG).is_file())
    trees = [tree]
    # Folders that have not been listed yet, as paths from the tree.
    open_folders = [""]
    while open_folders:
        folder = open_folders.pop()
        for path in _add_files(tree, folder, selection):
            below = f"{name}/{path}" if name else path
            if not tree.is_run and os.path.isfile(f"{tree.path}/{path}/{IDENTITY}"):  # noqa: PTH113  a Path each costs as much as the stat
                trees += _walk(root, below, selection)
            else:
                if not selection.excludes(path):
                    tree.folders.append(path)
                open_folders.append(path)
    return trees


def _add_files(tree: Tree, folder: str, selection: Selection) -> list[str]:
    """Add the files in a folder to a tree; returns the folders in it. Raises OSError."""
    prefix = f"{folder}/" if folder else ""
    folders: list[str] = []
    selected: list[str] = []
    everything, files, of = selection.is_everything, tree.files, LocalFile.of
    try:
        with _entries(tree.path / folder) as entries:
            for entry in sorted(entries, key=operator.attrgetter("name")):
                file = entry.name
                if file[0] == "." and (
                    file == STATE_FOLDER or is_temporary(file) or entry.is_dir(follow_symlinks=False)
                ):
                    continue
                path = prefix + file
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                    continue
                try:
                    status = entry.stat()
                except OSError as error:
                    # A link that leads nowhere or in a circle, or a file that vanished since it was listed.
                    if entry.is_symlink():
                        tree.left_out[path] = f"a broken link ({error.strerror})"
                    continue
                if not stat.S_ISREG(status.st_mode):
                    is_folder = stat.S_ISDIR(status.st_mode)
                    tree.left_out[path] = "a link to a folder" if is_folder else "not a regular file"
                elif everything or selection.wants(path, status.st_size):
                    files[path] = of(status)
                    selected.append(path)
                else:
                    tree.left_out[path] = "not selected"
    except FileNotFoundError:
        return []  # it vanished since it was listed
    except PermissionError as error:
        tree.left_out[folder or "."] = f"cannot be read ({error.strerror})"
    if selected:
        tree.by_folder[folder] = selected
    return folders


def _matches(path: str, pattern: str) -> bool:
    pattern = pattern.strip("/")
    if "/" in pattern:
        return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, f"{pattern}/*")
    return any(fnmatch.fnmatchcase(part, pattern) for part in path.split("/"))
