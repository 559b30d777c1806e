"""Dry run: determine what a push or a pull would do, reading only."""

from __future__ import annotations

from pathlib import Path

from sml_config.ssh.sftp.packets import Attributes
from sml_sync.report import FileReport, SyncReport
from sml_sync.ssh.connect import Connection

from .local_files import LocalFile, Tree
from .manifest import FileRecord, Manifest
from .mirror import surplus
from .push import SyncRequest, attach_manifest, remote_folder
from .remote_folder import RemoteFolder, stat_remote
from .remote_state import RemoteState


def preview_push(connection: Connection, request: SyncRequest, trees: list[Tree]) -> SyncReport:
    """What `push` would do; contents are not compared. Raises RemoteError, ConnectionLostError."""
    state = RemoteState(request.home, "")
    (state.id,) = connection.run(request.remote_path, [state.existing_id()])
    remotes = [remote_folder(tree, request) for tree in trees]
    for remote in remotes if state.id else ():
        attach_manifest(remote, request, Manifest.load(remote.tree.path, state.id))
    stats = [stat_remote(remote, request.home) for remote in remotes]
    left = connection.run(request.remote_path, stats)
    connection.run(request.remote_path, [job for jobs in left for job in jobs])
    notes = [f"{remote.tree.path}: {remote.refused}" for remote in remotes if remote.refused]
    ok = not notes
    files: list[FileReport] = []
    for remote in remotes:
        if remote.refused:
            continue
        if remote.rival is not None:
            notes.append(
                f"{remote.path} is another run ({remote.rival}); it would be moved to {request.home}_bk"
            )
            remote.attributes = {}
        files += [_push_report(remote, name, local) for name, local in remote.tree.files.items()]
        files += remote.tree.left_out_reports()
        if request.replace and remote.rival is None:
            ((names, _),) = connection.run(request.remote_path, [surplus(remote, request.selection)])
            files += [FileReport(remote.tree.prefix + name, "would be removed") for name in names]
    return SyncReport(ok, request.remote_path, tuple(files), notes=tuple(notes))


def _push_report(remote: RemoteFolder, name: str, local: LocalFile) -> FileReport:
    attributes, record = remote.attributes.get(name), remote.manifest.files.get(name)
    path = remote.tree.prefix + name
    if attributes is not None and (attributes.size, attributes.mtime) == (local.size, local.mtime):
        return FileReport(path, "unchanged")
    is_as_sent = attributes and record and record.matches(attributes)
    if is_as_sent and record and record.local.inode == local.inode and record.local.size <= local.size:
        return FileReport(path, "would be appended", local.size - record.local.size)
    return FileReport(path, "would be sent", local.size)


def preview_download(shown: str, remote: Attributes, path: Path, record: FileRecord | None) -> FileReport:
    """What `pull` would do with a file. Raises OSError."""
    local = LocalFile.at(path)
    if local is None:
        return FileReport(shown, "would be sent", remote.size)
    is_ours = record is not None and record.local == local
    if (local.size, local.mtime) == (remote.size, remote.mtime):
        return FileReport(shown, "unchanged")
    if is_ours and local.size <= remote.size:
        return FileReport(shown, "would be appended", remote.size - local.size)
    note = "" if is_ours else f"{path} was changed locally; that version would be kept"
    return FileReport(shown, "would be sent", remote.size, note=note)
