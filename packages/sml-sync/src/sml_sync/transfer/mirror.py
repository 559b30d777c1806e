"""Delete remote files that no longer exist locally, after all new data has arrived."""

from __future__ import annotations

import os

from sml_config.run_folder import is_temporary
from sml_config.ssh.sftp import packets
from sml_config.ssh.sftp.pipeline import Job
from sml_sync.report import FileReport

from .local_files import Selection, parents_of
from .remote_folder import RemoteFolder
from .remote_state import list_folder, refuse_links


def mirror(remote: RemoteFolder, selection: Selection) -> Job[list[FileReport]]:
    """Remove what the local folder does not have; what the selection excludes stays.

    Around run folders only what was sent from here before is removed: the runs of other nodes are there too.
    Raises RemoteError, OSError.
    """
    removed, folders = yield from surplus(remote, selection)
    above = {f"{remote.path}/{folder}" for name in removed for folder in parents_of(name)}
    yield from refuse_links(sorted(above))
    replies = yield [packets.remove(os.fsencode(f"{remote.path}/{name}")) for name in removed]
    # The deepest first; one that still holds something excluded stays.
    yield [packets.rmdir(os.fsencode(f"{remote.path}/{name}")) for name in sorted(folders, reverse=True)]
    return [
        _report(remote, name, reply)
        for name, reply in zip(removed, replies, strict=True)
        if remote.tree.is_run or not reply.is_missing
    ]


def surplus(remote: RemoteFolder, selection: Selection) -> Job[tuple[list[str], list[str]]]:
    """Files and folders that `mirror` would remove, as paths in the unit. Raises OSError."""
    tree = remote.tree
    known, known_folders = tree.files.keys() | tree.left_out.keys(), set(tree.folders)
    if not tree.is_run:
        return sorted(remote.manifest.files.keys() - known), []
    files: list[str] = []
    folders: list[str] = []
    open_folders = [""]
    while open_folders:
        folder = open_folders.pop()
        where = f"{remote.path}/{folder}" if folder else remote.path
        for entry, attributes in (yield from list_folder(os.fsencode(where))):
            name = os.fsdecode(entry)
            path = f"{folder}/{name}" if folder else name
            if is_temporary(name) or (attributes.is_folder and name.startswith(".")):
                continue
            if attributes.is_folder:
                open_folders.append(path)
                if path not in known_folders and not selection.excludes(path):
                    folders.append(path)
            elif path not in known and selection.wants(path, attributes.size):
                files.append(path)
    return files, folders


def _report(remote: RemoteFolder, name: str, reply: packets.Reply) -> FileReport:
    path = remote.tree.prefix + name
    if reply.error is not None:
        reason = reply.error.strerror or reply.error
        return FileReport(path, "failed", note=f"cannot be removed on the remote host: {reason}")
    if remote.manifest.files.pop(name, None) is not None:
        remote.manifest.changed = True
    return FileReport(path, "removed", verified=True)
