"""List the runs in a remote folder, and what lies around them."""

from __future__ import annotations

import os
import posixpath
import stat
from dataclasses import dataclass, field

from sml_config.run_folder import CONFIG, RUN_CONFIG, is_temporary
from sml_config.ssh.sftp import packets
from sml_config.ssh.sftp.packets import Attributes
from sml_config.ssh.sftp.pipeline import Job
from sml_sync.errors import RemoteError
from sml_sync.ssh.connect import Connection

from .local_files import IDENTITY, Listing, Selection, parents_of
from .remote_folder import remote_run_id
from .remote_state import list_folder

# Listed at a time, and how many are worth a second process on the remote host.
_FOLDERS_AT_A_TIME, _FEW_FOLDERS = 32, 16
# On Linux its time is when it was first looked at, so the remote clock is not before it.
_CLOCK = b"/proc/self/stat"
# A server, or a file system that holds itself, could go on for ever.
_DEEPEST = 100
_MOST_FOLDERS = 200_000

# A server could send any; a name stays in its folder.
_NO_NAMES = (b"", b".", b"..")

_Entries = dict[str, list[tuple[str, Attributes]]]


@dataclass
class RemoteTree(Listing):
    """One run on the remote host, or what lies around several."""

    path: str
    name: str
    files: dict[str, Attributes] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    run_id: str | None = None


def list_trees(
    connection: Connection, remote_path: str, selection: Selection
) -> tuple[list[RemoteTree], int]:
    """The trees in a remote folder, and a time that is not after the remote clock, 0 if that is not known.

    Raises RemoteError, ConnectionLostError.
    """
    remote, clock = connection.run(remote_path, [_stat(os.fsencode(remote_path) + b"/."), _stat(_CLOCK)])
    if remote is None or not remote.is_folder:
        raise RemoteError(f"{remote_path}: no such remote folder")
    listed = _list_all(connection, remote_path)
    runs = {
        posixpath.dirname(name)
        for name, entries in listed.items()
        if posixpath.basename(name) == CONFIG and any(file == RUN_CONFIG for file, _ in entries)
    }
    trees: dict[str, RemoteTree] = {"": RemoteTree(remote_path, "")}
    for folder, entries in listed.items():
        owner = next((above for above in ("", *parents_of(f"{folder}/")) if above in runs), "")
        tree = trees.setdefault(owner, RemoteTree(posixpath.join(remote_path, owner), owner))
        inside = folder[len(owner) :].strip("/")
        if inside and not selection.excludes(inside):
            tree.folders.append(inside)
        _add(tree, f"{inside}/" if inside else "", entries, selection)
    owners = [tree for tree in trees.values() if IDENTITY in tree.files]
    ids = connection.run(remote_path, [remote_run_id(tree.path) for tree in owners])
    for tree, run_id in zip(owners, ids, strict=True):
        tree.run_id = run_id
    return list(trees.values()), clock.mtime if clock is not None else 0


def _list_all(connection: Connection, remote_path: str) -> _Entries:
    """The entries of all folders, by their paths from the remote folder."""
    listed: _Entries = {}
    level = [""]
    depth = 0
    while level:
        if depth > _DEEPEST or len(listed) + len(level) > _MOST_FOLDERS:
            problem = f"{_DEEPEST} folders deep" if depth > _DEEPEST else f"more than {_MOST_FOLDERS} folders"
            where = posixpath.join(remote_path, level[-1])
            raise RemoteError(f"{where}: {problem}; is it endless? give a folder below it")
        depth += 1
        jobs = [list_folder(os.fsencode(posixpath.join(remote_path, name))) for name in level]
        results = connection.run(remote_path, jobs, many=len(jobs) > _FEW_FOLDERS, width=_FOLDERS_AT_A_TIME)
        below: list[str] = []
        for folder, entries in zip(level, results, strict=True):
            listed[folder] = named = [
                (os.fsdecode(name), attributes)
                for name, attributes in entries
                if b"/" not in name and b"\0" not in name and name not in _NO_NAMES
            ]
            below += [
                posixpath.join(folder, name)
                for name, attributes in named
                if stat.S_ISDIR(attributes.mode) and name[0] != "."
            ]
        level = below
    return listed


def _add(tree: RemoteTree, prefix: str, entries: list[tuple[str, Attributes]], selection: Selection) -> None:
    everything = selection.is_everything
    for name, attributes in entries:
        if stat.S_ISDIR(attributes.mode) or (name[0] == "." and is_temporary(name)):
            continue
        path = prefix + name
        if not stat.S_ISREG(attributes.mode):
            tree.left_out[path] = "not a regular file"
        elif everything or selection.wants(path, attributes.size):
            tree.files[path] = attributes
        else:
            tree.left_out[path] = "not selected"


def _stat(path: bytes) -> Job[Attributes | None]:
    (reply,) = yield [packets.lstat(path)]
    return None if reply.is_missing or reply.is_refused else reply.attributes()
