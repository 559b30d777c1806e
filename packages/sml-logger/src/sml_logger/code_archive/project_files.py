"""Choose the project files to archive: code first, then data up to a limit; no keys, nothing git ignores."""

from __future__ import annotations

import os
import stat
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sml_config import RunFolder, Settings
from sml_config.run_folder import CODE_CACHE

from .file_kinds import holds_keys, rank
from .git_files import GitFiles, git_files

# Larger files are data rather than code.
LARGEST_FILE_BYTES = 10 * 1024 * 1024
# Larger trees are data, or somebody's home.
LARGEST_TREE_BYTES = 200 * 1024 * 1024
MOST_ENTRIES = 20_000
# So many sources in one folder were generated: the code that people wrote comes first. So many settings and
# texts below one folder of the project are data.
_CROWDED = 1_000
# Limit of names to scan, folders near the top first.
_MOST_NAMES = 200_000

IGNORED = "ignored by BACKUP_IGNORE_*"
GIT_IGNORED = "ignored by git; set BACKUP_GIT_IGNORED to include it"
KEY_FILE = "files of this name usually hold keys or passwords; set BACKUP_KEY_FILES to include it"
# Comes and goes as the code runs; listing it would give the same code two archives.
_BYTE_CODE = "__pycache__"


@dataclass(frozen=True)
class Entry:
    """A file, folder or symbolic link."""

    # Relative to the project, with slashes.
    name: str
    path: str
    info: os.stat_result
    # Target of a link; empty for files and folders.
    target: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, not a link to one."""
        return stat.S_ISDIR(self.info.st_mode)

    @property
    def size(self) -> int:
        """Bytes of content in the archive."""
        return 0 if self.is_folder or self.target else self.info.st_size

    @property
    def mark(self) -> tuple[object, ...]:
        """Metadata that differs whenever the content may differ."""
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
    """Files of a project, and those left out as (name, reason)."""

    entries: list[Entry] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    # Seconds since the epoch, before the first file was examined.
    seen_at: float = field(default_factory=time.time)


def project_tree(settings: Settings) -> Tree:
    """All files below the base path that no rule leaves out, sorted, folders before their contents.

    If not everything fits, sources tracked by git come first, then other sources, settings, and data last,
    the smallest first.
    """
    tree = Tree()
    git = GitFiles() if settings.common.BACKUP_GIT_IGNORED else git_files(settings.base_path)
    entries = _walk(settings, git, tree.left_out)
    if len(entries) <= MOST_ENTRIES and sum(entry.size for entry in entries) <= LARGEST_TREE_BYTES:
        tree.entries = _sorted(entries)
    else:
        _choose(tree, entries, git)
    return tree


def _choose(tree: Tree, entries: list[Entry], git: GitFiles) -> None:
    folders = {entry.name: entry for entry in entries if entry.is_folder}
    files = [entry for entry in entries if not entry.is_folder]
    sources = Counter(_folder_of(entry) for entry in files if rank(entry.name) == 0)
    settings = Counter(_top_of(entry) for entry in files if rank(entry.name) == 1 and _top_of(entry))
    crowded = frozenset(
        folder for counts in (sources, settings) for folder, count in counts.items() if count > _CROWDED
    )
    files.sort(key=lambda entry: _urgency(entry, git, crowded))
    chosen: dict[str, Entry] = {}
    total = 0
    beyond: dict[str, list[int]] = {}
    for entry in files:
        above = [name for name in _folders_of(entry.name) if name not in chosen]
        if len(chosen) + len(above) >= MOST_ENTRIES or total + entry.size > LARGEST_TREE_BYTES:
            beyond.setdefault(entry.name.partition("/")[0], []).append(entry.size)
            continue
        total += entry.size
        chosen.update({name: folders[name] for name in above})
        chosen[entry.name] = entry
    for name, entry in folders.items():  # empty ones too, up to the limit
        if len(chosen) < MOST_ENTRIES and name.partition("/")[0] not in beyond:
            chosen[name] = entry
    tree.entries = _sorted(chosen.values())
    tree.left_out += [(name, _beyond(sizes)) for name, sizes in sorted(beyond.items())]


def _sorted(entries: Iterable[Entry]) -> list[Entry]:
    """Folders before their contents."""
    return sorted(entries, key=lambda entry: entry.name.split("/"))


def _urgency(entry: Entry, git: GitFiles, crowded: frozenset[str]) -> tuple[object, ...]:
    kind = rank(entry.name)
    is_tracked = entry.name in git.tracked
    # Sources and settings by depth, as they are small; others by size.
    order = (entry.name.count("/") if kind < 2 else 0, entry.size if kind else 0)
    folder = _top_of(entry) if kind == 1 else _folder_of(entry)
    return (kind, not is_tracked, folder in crowded, order, entry.name)


def _folder_of(entry: Entry) -> str:
    return entry.name.rpartition("/")[0]


def _top_of(entry: Entry) -> str:
    """The folder of the project that an entry is below; empty for one in the project's own folder."""
    return entry.name.partition("/")[0] if "/" in entry.name else ""


def _folders_of(name: str) -> list[str]:
    parts = name.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _beyond(sizes: list[int]) -> str:
    limit = f"more than {MOST_ENTRIES} files or {LARGEST_TREE_BYTES // 1024 // 1024} MB"
    return f"{len(sizes)} of its files, {sum(sizes) / 1e6:.1f} MB: {limit}; code comes first"


def _walk(settings: Settings, git: GitFiles, left_out: list[tuple[str, str]]) -> list[Entry]:
    """All entries that no rule leaves out, folders near the top first."""
    logs = {str(settings.log_root), str(settings.backup_root)}
    rules = _Rules.of(settings)
    entries: list[Entry] = []
    waiting = deque([("", str(settings.base_path))])
    names = 0
    while waiting:
        prefix, folder = waiting.popleft()
        try:
            with os.scandir(folder) as scanned:
                items = sorted(scanned, key=lambda item: item.name)
        except OSError as error:
            left_out.append((prefix, error.strerror or str(error)))
            continue
        names += len(items)
        if names > _MOST_NAMES:
            left_out.append((prefix, f"and folders below and beside it: more than {_MOST_NAMES} names"))
            break
        for item in items:
            name = prefix + item.name
            if item.path in logs or item.name == CODE_CACHE or _is_run(item):
                continue
            reason = rules.reason(item) or (GIT_IGNORED if name in git.ignored else "")
            if reason:
                if item.name != _BYTE_CODE:
                    left_out.append((name, reason))
                continue
            entry = _entry(name, item, left_out)
            if entry is not None:
                entries.append(entry)
                if entry.is_folder:
                    waiting.append((f"{name}/", entry.path))
    return entries


def _is_run(item: os.DirEntry[str]) -> bool:
    """Whether this is the folder of a run, which may lie anywhere: a SummaryWriter takes any folder."""
    if not item.is_dir(follow_symlinks=False):
        return False
    try:
        return RunFolder(Path(item.path)).status.is_file()
    except PermissionError:  # another user's; whatever it is cannot be archived
        return False


def _entry(name: str, item: os.DirEntry[str], left_out: list[tuple[str, str]]) -> Entry | None:
    try:
        info = item.stat(follow_symlinks=False)
        target = os.readlink(item.path) if stat.S_ISLNK(info.st_mode) else ""  # noqa: PTH115  text wanted
    except OSError as error:
        left_out.append((name, error.strerror or str(error)))
        return None
    if stat.S_ISREG(info.st_mode) and info.st_size > LARGEST_FILE_BYTES:
        left_out.append((name, f"{info.st_size} bytes; files above {LARGEST_FILE_BYTES} are left out"))
        return None
    if not (target or stat.S_ISDIR(info.st_mode) or stat.S_ISREG(info.st_mode)):
        left_out.append((name, "neither file, folder nor link"))
        return None
    return Entry(name, item.path, info, target)


@dataclass(frozen=True)
class _Rules:
    heads: tuple[str, ...]
    keys: tuple[str, ...]
    tails: tuple[str, ...]
    takes_key_files: bool

    @classmethod
    def of(cls, settings: Settings) -> _Rules:
        common = settings.common
        return cls(
            tuple(common.BACKUP_IGNORE_HEAD),
            tuple(common.BACKUP_IGNORE_KEY),
            tuple(common.BACKUP_IGNORE_TAIL),
            common.BACKUP_KEY_FILES,
        )

    def reason(self, item: os.DirEntry[str]) -> str:
        """Why the name is left out; empty if it is not."""
        name = item.name
        if name.startswith(self.heads) or name.endswith(self.tails) or any(key in name for key in self.keys):
            return IGNORED
        holds = not self.takes_key_files and holds_keys(name) and not item.is_dir(follow_symlinks=False)
        return KEY_FILE if holds else ""
