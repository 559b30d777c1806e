"""The files of a project, as the settings' BACKUP_IGNORE_HEAD, _KEY and _TAIL filter them."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sml_config import Settings

# A larger file is data rather than code.
LARGEST_FILE_BYTES = 10 * 1024 * 1024
# A tree beyond these is no project but somebody's home.
LARGEST_TREE_BYTES = 200 * 1024 * 1024
MOST_ENTRIES = 20_000

IGNORED = "ignored by BACKUP_IGNORE_*"
# Comes and goes as the code runs; naming it would make the same code two archives.
_BYTE_CODE = "__pycache__"


@dataclass(frozen=True)
class Entry:
    """One file, folder or symbolic link."""

    # Relative to the project, with slashes.
    name: str
    path: Path
    info: os.stat_result
    # Where a link points to; empty for files and folders.
    target: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, itself and not through a link."""
        return stat.S_ISDIR(self.info.st_mode)

    @property
    def mark(self) -> tuple[object, ...]:
        """Differs whenever the content may differ."""
        info = self.info
        return (
            self.name,
            self.target,
            info.st_mode,
            info.st_size,
            info.st_mtime_ns,
            info.st_ctime_ns,
            info.st_ino,
        )


@dataclass
class Tree:
    """What belongs to a project, and what the rules left out with the reason."""

    entries: list[Entry] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    # Seconds since the epoch, before the first file was looked at.
    seen_at: float = field(default_factory=time.time)


def project_tree(settings: Settings) -> Tree:
    """Everything under the base path that is not left out, folders before their contents, sorted."""
    tree = Tree()
    total = 0
    for entry in _walk(settings.base_path, "", settings, tree.left_out):
        if len(tree.entries) >= MOST_ENTRIES:
            tree.left_out.append((entry.name, f"and all that follows: more than {MOST_ENTRIES} files"))
            break
        if not entry.is_folder and not entry.target:
            total += entry.info.st_size
            if total > LARGEST_TREE_BYTES:
                limit = LARGEST_TREE_BYTES // 1024 // 1024
                tree.left_out.append((entry.name, f"and all that follows: more than {limit} MB"))
                break
        tree.entries.append(entry)
    return tree


def _walk(folder: Path, prefix: str, settings: Settings, left_out: list[tuple[str, str]]) -> Iterator[Entry]:
    try:
        with os.scandir(folder) as found:
            items = sorted(found, key=lambda item: item.name)
    except OSError as error:
        left_out.append((prefix, error.strerror or str(error)))
        return
    logs = {str(settings.log_root), str(settings.backup_root)}
    rules = _Rules.of(settings)
    for item in items:
        name = prefix + item.name
        if item.path in logs:
            continue
        if rules.ignore(item.name):
            if item.name != _BYTE_CODE:
                left_out.append((name, IGNORED))
            continue
        try:
            info = item.stat(follow_symlinks=False)
            target = str(Path(item.path).readlink()) if stat.S_ISLNK(info.st_mode) else ""
        except OSError as error:
            left_out.append((name, error.strerror or str(error)))
            continue
        entry = Entry(name, Path(item.path), info, target)
        if stat.S_ISREG(info.st_mode) and info.st_size > LARGEST_FILE_BYTES:
            left_out.append((name, f"{info.st_size} bytes; more than {LARGEST_FILE_BYTES} are not code"))
        elif entry.is_folder:
            yield entry
            yield from _walk(entry.path, f"{name}/", settings, left_out)
        elif target or stat.S_ISREG(info.st_mode):
            yield entry
        else:
            left_out.append((name, "neither file, folder nor link"))


@dataclass(frozen=True)
class _Rules:
    heads: tuple[str, ...]
    keys: tuple[str, ...]
    tails: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> _Rules:
        common = settings.common
        return cls(
            tuple(common.BACKUP_IGNORE_HEAD),
            tuple(common.BACKUP_IGNORE_KEY),
            tuple(common.BACKUP_IGNORE_TAIL),
        )

    def ignore(self, name: str) -> bool:
        return (
            name.startswith(self.heads) or name.endswith(self.tails) or any(key in name for key in self.keys)
        )
