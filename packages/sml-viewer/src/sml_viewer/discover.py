"""Find run folders below a folder: every folder that holds a table of measurements."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sml_config.run_folder import (
    CONFIG,
    EVENTS,
    PARAMETERS,
    RUN_CONFIG,
    STATUS,
    SUPERSEDED_PREFIX,
    TABLE,
    is_temporary,
)

from .errors import NoRunsError
from .files import at_home
from .inside import scanned

# Tables in the order in which one of them is the main one of its folder.
_MAIN = (TABLE, "policy_training_progress.csv", "progress.txt", "results.csv")
_TABLE = re.compile(r"(progress.*|.+_progress)\.(csv|txt|tsv)|(.+\.)?monitor\.csv", re.DOTALL)
_JSON_LINES = ("progress.json", "result.json")
# Parameters in the order in which they are believed.
_PARAMETERS = (
    f"{CONFIG}/{PARAMETERS}",
    PARAMETERS,
    "params.json",
    "variant.json",
    "hyper_param.json",
    "config.json",
    f"{CONFIG}/params.json",
    f"{CONFIG}/config.json",
    "args.yml",
    "args.yaml",
    "config.yml",
    "config.yaml",
)
_BACKUP = "_bk"
# Whoever nests folders deeper than this is not searched to the end: each level costs the searcher stack.
_DEEPEST = 100
_LONGEST_SHOWN = 200


@dataclass(frozen=True)
class Found:
    """A run folder as it lies on disk.

    `tables` are file names, the main one first; `parameters` are relative paths, the most trusted first;
    `superseded` says that a newer run took the name and this one was put into the backup folder.
    """

    path: str
    name: str
    tables: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    run_config: str | None = None
    status: str | None = None
    inside: str | None = None
    superseded: bool = False


@dataclass(frozen=True)
class Discovery:
    """The runs below a folder, sorted by path; `folders` are all that were looked into.

    With when something was last added to each, in nanoseconds, as of before the look; `notes` say what could
    not be looked into.
    """

    runs: tuple[Found, ...]
    folders: Mapping[str, int]
    notes: tuple[str, ...]


def discover(root: Path, *, nested: bool = True) -> Discovery:
    """Every run below `root`; dot-folders are left out, and links are not followed.

    What a link leads to inside `root` is found where it lies; a link that leads out of it is noted. Runs
    inside a run folder are found unless `nested` is False. Where a folder `<root>_bk` lies beside `root`, the
    runs that were moved there are found as superseded. Raises NoRunsError if `root` is not a folder.
    """
    walk = _Walk(os.path.realpath(existing_folder(root)), nested)
    walk.descend(walk.root, "", None)
    backup = walk.root + _BACKUP
    if os.path.isdir(backup) and not os.path.islink(backup):
        walk.descend(backup, os.path.basename(backup), None)
    runs = tuple(sorted(walk.runs, key=lambda run: run.path))
    return Discovery(runs, walk.folders, tuple(walk.notes))


def last_added(folder: str) -> int:
    """When something was last added to a folder or taken away, in nanoseconds; 0 if it is not there."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


def existing_folder(root: Path) -> Path:
    """`root`, with `~` as the user's folder. Raises NoRunsError if it is not a folder."""
    root = at_home(root)
    if not root.is_dir():
        raise NoRunsError(f"{root}: no such folder; name the folder that holds your runs with -d")
    return root


def tables_among(names: Iterable[str]) -> tuple[str, ...]:
    """Those of a folder's file names that are tables, the main one first."""
    # What a resumed run had beyond its checkpoint was measured, and does not count.
    names = [
        name
        for name in names
        if name.isprintable() and not is_temporary(name) and not name.startswith(SUPERSEDED_PREFIX)
    ]
    found = [name for name in names if _TABLE.fullmatch(name)]
    if {"results.csv", "learning.csv"} <= set(names):
        found += ["results.csv", "learning.csv"]
    if not found:
        found = [name for name in names if name in _JSON_LINES]
    if not found and "params.json" in names:
        # d3rlpy writes one headerless file per metric.
        found = [name for name in names if name.endswith(".csv")]
    return tuple(sorted(found, key=lambda name: (_MAIN.index(name) if name in _MAIN else len(_MAIN), name)))


def _printable(path: str) -> str:
    """A path on one line of a terminal, whatever somebody put into a name."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in path)


# Parameters, run_config and status of a run folder.
_SmallFiles = tuple[tuple[str, ...], str | None, str | None]


def _small_files(files: frozenset[str], config: frozenset[str]) -> _SmallFiles:
    """The small files that a run folder's names, and those in its folder of configuration, stand for."""
    there = files | {f"{CONFIG}/{name}" for name in config}
    run_configs = (f"{CONFIG}/{RUN_CONFIG}", f"{CONFIG}/running_config.json")
    return (
        tuple(candidate for candidate in _PARAMETERS if candidate in there),
        next((item for item in run_configs if item in there), None),
        f"{CONFIG}/{STATUS}" if f"{CONFIG}/{STATUS}" in there else None,
    )


@dataclass
class _Walk:
    root: str
    nested: bool
    runs: list[Found] = field(default_factory=list)
    folders: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    backups: frozenset[str] = field(init=False)
    # Most run folders hold the same names: what they stand for is worked out once.
    tables: dict[frozenset[str], tuple[str, ...]] = field(default_factory=dict)
    small: dict[tuple[frozenset[str], frozenset[str]], _SmallFiles] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.backups = frozenset({f"logfile{_BACKUP}", os.path.basename(self.root) + _BACKUP})

    def descend(self, path: str, name: str, inside: int | None, depth: int = 0) -> None:
        """Look at one folder and below it; `inside` is the place in `runs` of the run around it."""
        if depth > _DEEPEST:
            shown = _printable(path[:_LONGEST_SHOWN])
            self.notes.append(f"{shown}…: nested deeper than {_DEEPEST} folders; what is below is not shown")
            return
        added = last_added(path)
        listing = self._list(path)
        if listing is None:
            return
        files, folders, links = listing
        self.folders[path] = added
        names = frozenset(files)
        tables = self.tables.get(names)
        if tables is None:
            tables = self.tables[names] = tables_among(files)
        if tables:
            self.runs.append(self._found(path, name, tables, names, folders, inside))
            if not self.nested:
                return
            inside = len(self.runs) - 1
            folders = [child for child in folders if child not in (CONFIG, EVENTS)]
        elif inside is not None:
            self._lend_parameters(path, files, inside)
        for child in folders:
            self.descend(f"{path}/{child}", f"{name}/{child}" if name else child, inside, depth + 1)
        for child in links:
            self._note_link(f"{path}/{child}")

    def _list(self, path: str) -> tuple[list[str], list[str], list[str]] | None:
        files: list[str] = []
        folders: list[str] = []
        links: list[str] = []
        try:
            with scanned(path) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if not entry.name.startswith("."):
                            folders.append(entry.name)
                    elif entry.is_symlink() and os.path.isdir(f"{path}/{entry.name}"):
                        # Asked by path: a link to itself is no folder, and no reason to stop.
                        links.append(entry.name)
                    else:
                        files.append(entry.name)
        except OSError as error:
            self._note(path, error)
            return None
        return files, folders, links

    def _names(self, path: str) -> frozenset[str]:
        try:
            return frozenset(os.listdir(path))
        except OSError as error:
            self._note(path, error)
            return frozenset()

    def _note(self, path: str, error: OSError) -> None:
        # Gone since its parent was listed is no news; closed to us is.
        if not isinstance(error, FileNotFoundError):
            self.notes.append(f"{_printable(path)}: {error.strerror}; what is below it is not shown")

    def _note_link(self, path: str) -> None:
        """Say that a link to a folder outside of the root is not followed: anybody may have made it."""
        try:
            target = os.path.realpath(path)
        except OSError:  # it went meanwhile
            return
        if not (target + "/").startswith(self.root + "/"):
            self.notes.append(
                f"{_printable(path)}: a link that leads out of the data folder is not followed; "
                f"to see what lies there add -d {_printable(target)}"
            )

    def _found(
        self,
        path: str,
        name: str,
        tables: tuple[str, ...],
        files: frozenset[str],
        folders: list[str],
        inside: int | None,
    ) -> Found:
        names = files, self._names(f"{path}/{CONFIG}") if CONFIG in folders else frozenset[str]()
        small = self.small.get(names)
        if small is None:
            small = self.small[names] = _small_files(*names)
        return Found(
            path,
            name or os.path.basename(path),
            tables,
            *small,
            inside=None if inside is None else self.runs[inside].name,
            superseded=_BACKUP in name and not self.backups.isdisjoint(name.split("/")[:-1]),
        )

    def _lend_parameters(self, path: str, files: list[str], inside: int) -> None:
        """A folder in a run that has parameters but no table belongs to the run around it."""
        run = self.runs[inside]
        folder = os.path.relpath(path, run.path).replace(os.sep, "/")
        more = tuple(f"{folder}/{candidate}" for candidate in _PARAMETERS if candidate in files)
        self.runs[inside] = replace(run, parameters=run.parameters + more)
