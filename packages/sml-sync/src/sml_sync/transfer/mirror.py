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
    is_partial = not remote.tree.is_run
    return [
        _report(remote, name, reply)
        for name, reply in zip(removed, replies, strict=True)
        if not (is_partial and reply.is_missing)
    ]


def surplus(remote: RemoteFolder, selection: Selection) -> Job[tuple[list[str], list[str]]]:
    """Files and folders that `mirror` would remove, as paths in the unit. Raises OSError."""
    if not remote.tree.is_run:
        records = remote.manifest.files
        return [
            name for name in records if name not in remote.tree.files and name not in remote.tree.left_out
        ], []
    remote_path = os.fsencode(remote.path)
    local_files = {os.fsencode(name) for name in (*remote.tree.files, *remote.tree.left_out)}
    local_folders = {os.fsencode(name) for name in remote.tree.folders}
    files: list[str] = []
    folders: list[str] = []
    open_folders = [b""]
    while open_folders:
        folder = open_folders.pop()
        for name, attributes in (
            yield from list_folder(remote_path + b"/" + folder if folder else remote_path)
        ):
            path = folder + b"/" + name if folder else name
            if is_temporary(os.fsdecode(name)) or (attributes.is_folder and name.startswith(b".")):
                continue
            if attributes.is_folder:
                open_folders.append(path)
                if path not in local_folders and not selection.excludes(os.fsdecode(path)):
                    folders.append(os.fsdecode(path))
            elif path not in local_files and selection.wants(os.fsdecode(path), attributes.size):
                files.append(os.fsdecode(path))
    return files, folders


def _report(remote: RemoteFolder, name: str, reply: packets.Reply) -> FileReport:
    path = remote.tree.prefix + name
    if reply.error is not None:
        reason = reply.error.strerror or reply.error
        return FileReport(path, "failed", note=f"cannot be removed on the remote host: {reason}")
    if remote.manifest.files.pop(name, None) is not None:
        remote.manifest.changed = True
    return FileReport(path, "removed", verified=True)
