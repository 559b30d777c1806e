"""Identity of the run in a remote folder: a run is only compared with its own copy."""

from __future__ import annotations

import itertools
import json
import os
import posixpath
import re
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sml_config.run_folder import read_json
from sml_config.ssh.sftp import packets
from sml_config.ssh.sftp.packets import Attributes, Reply, Request
from sml_config.ssh.sftp.pipeline import Job, Stream
from sml_sync.errors import RemoteError

from .local_files import IDENTITY, Tree
from .manifest import Manifest
from .remote_state import STATS_AHEAD, first_link, folders_to, list_folder, list_folders, refuse_links

# A folder of so many files is listed; some of these at a time, as each takes one of the server's handles.
_CROWD = 64
_FOLDERS_AT_A_TIME = 4


@dataclass
class RemoteFolder:
    """A remote folder, the local folder that is sent to it, and what it contains."""

    tree: Tree
    path: str
    run_id: str | None
    # What was sent there before; empty until the id of the remote is known.
    manifest: Manifest = field(default_factory=lambda: Manifest(Path()))
    attributes: dict[str, Attributes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    # Why it is not sent.
    refused: str = ""
    # The run that has the remote folder, if it is another one.
    rival: str | None = None
    # The run's name, if this is an earlier run that was moved to the local backup.
    backup_of: str = ""


def run_id_of(folder: Path) -> str | None:
    """The id of a run folder; None for any other folder."""
    return _run_id_in(read_json(folder / IDENTITY))


def _run_id_in(identity: Any) -> str | None:
    run_id = identity.get("run_id") if isinstance(identity, dict) else None
    return run_id if isinstance(run_id, str) and run_id else None


def label_of(run_id: str) -> str:
    """The part of a run's id that is used in folder names; an id comes from a file and may hold anything."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", run_id)[:8]


def stat_remote(remote: RemoteFolder, home: str) -> Job[list[Job[None]]]:
    """Get the attributes of the remote files, and the run they belong to; links above them are refused.

    Returns the jobs that are left: they list folders of many files, and may run on several channels.
    Raises OSError.
    """
    # Those that are written through, from below `home` on.
    folders = [folder for folder in folders_to(home, remote.path) if folder != home]
    within = remote.tree.folders_of_files.union(remote.tree.folders)
    folders += [f"{remote.path}/{name}" for name in sorted(within)]
    by_folder = remote.tree.by_folder
    crowded = [folder for folder, files in by_folder.items() if len(files) >= _CROWD]
    names = [name for files in by_folder.values() if len(files) < _CROWD for name in files]
    names += remote.tree.empty_folders
    remote.attributes, remote.rival = {}, None
    paths = (*folders, *(f"{remote.path}/{name}" for name in names))
    # In the same round trip; size and time alone do not tell the files of two runs apart.
    identity = [_open_identity(remote.path)] if remote.run_id is not None else []
    requests = itertools.chain((packets.lstat(os.fsencode(path)) for path in paths), identity)
    replies = yield Stream(requests, STATS_AHEAD)
    if remote.run_id is not None:
        remote_id = yield from _read_identity(replies.pop())
        remote.rival = remote_id if remote_id != remote.run_id else None
    link = first_link(folders, replies)
    if link:
        remote.refused = (
            f"{link} on the remote host is a link; remove it, or give the folder that it points to"
        )
        return []
    for name, reply in zip(names, replies[len(folders) :], strict=True):
        attributes = reply.attributes_if_there()
        if attributes is not None:
            remote.attributes[name] = attributes
    parts = range(0, len(crowded), _FOLDERS_AT_A_TIME)
    return [_list_crowded(remote, crowded[start : start + _FOLDERS_AT_A_TIME]) for start in parts]


def _list_crowded(remote: RemoteFolder, folders: list[str]) -> Job[None]:
    """List folders of many files, which takes a hundredth of the requests."""
    paths = [f"{remote.path}/{folder}" if folder else remote.path for folder in folders]
    listed = yield from list_folders([os.fsencode(path) for path in paths])
    for folder, entries in zip(folders, listed, strict=True):
        attributes_of, start = dict(entries).get, len(folder) + 1 if folder else 0
        for name in remote.tree.by_folder[folder]:
            attributes = attributes_of(os.fsencode(name[start:]))
            if attributes is not None:
                remote.attributes[name] = attributes


def remote_run_id(folder: str) -> Job[str | None]:
    """The id of a run folder on the remote host; None if it has none. Raises OSError."""
    (opened,) = yield [_open_identity(folder)]
    return (yield from _read_identity(opened))


def _open_identity(folder: str) -> Request:
    return packets.open_file(os.fsencode(posixpath.join(folder, IDENTITY)), packets.READ)


def _read_identity(opened: Reply) -> Job[str | None]:
    if opened.is_missing:
        return None
    handle = opened.handle()
    # Without what follows it is no JSON; a file of that size is none of ours.
    read, _ = yield [packets.read(handle, 0, packets.BLOCK), packets.close(handle)]
    try:
        return _run_id_in(json.loads(read.data()))
    except (ValueError, RecursionError):
        return None


def find_backup(home: str, name: str, run_id: str) -> Job[str | None]:
    """Where a run was moved to on the remote host when another took its name. Raises OSError."""
    backup = f"{home}_bk"
    for entry, attributes in (yield from list_folder(os.fsencode(backup))):
        text = os.fsdecode(entry)
        if attributes.is_folder and text.startswith(f"{name}_") and label_of(run_id) in text:
            path = posixpath.join(backup, text)
            if (yield from remote_run_id(path)) == run_id:
                return path
    return None


def move_away(remote: RemoteFolder, home: str) -> Job[None]:
    """Move another run's folder to the backup on the remote host. Raises RemoteError, OSError."""
    backup = f"{home}_bk"
    name = posixpath.basename(remote.path)
    moment = time.strftime("%Y-%m-%d-%H-%M-%S")
    target = posixpath.join(backup, f"{name}_{moment}-{label_of(remote.rival or uuid.uuid4().hex)}")
    yield [packets.mkdir(os.fsencode(backup))]
    yield from refuse_links([backup])
    (moved,) = yield [packets.rename(os.fsencode(remote.path), os.fsencode(target))]
    if moved.is_missing:
        return  # another sender moved it
    if moved.error is not None:
        message = f"{remote.path} belongs to another run and cannot be moved to {target}"
        raise RemoteError(f"{message}: {moved.error.strerror or moved.error}")
    remote.notes.append(f"{remote.path} was another run ({remote.rival}); it was moved to {target}")
