"""Dry run: determine what a push or a pull would do, reading only."""

from __future__ import annotations

import posixpath
from pathlib import Path

from sml_config.ssh.sftp.packets import Attributes
from sml_config.ssh.sftp.pipeline import Job
from sml_sync.report import FileReport, SyncReport

from .local_files import LocalFile, Tree
from .manifest import FileRecord, Manifest
from .mirror import surplus
from .push import SyncRequest
from .remote_folder import RemoteFolder, run_id_of, stat_remote
from .remote_state import RemoteState


def preview_push(request: SyncRequest, trees: list[Tree]) -> Job[SyncReport]:
    """What `push` would do. Sizes and times are compared, contents are not. Raises RemoteError, OSError."""
    state = RemoteState(request.home, "")
    remote_id = yield from state.existing_id()
    files: list[FileReport] = []
    notes: list[str] = []
    for tree in trees:
        path = posixpath.join(request.remote_path, tree.name) if tree.name else request.remote_path
        remote = RemoteFolder(tree, path, run_id_of(tree.path) if tree.is_run else None)
        manifest = Manifest.load(tree.path, remote_id) if remote_id else Manifest(Path())
        if manifest.run_id == remote.run_id:
            remote.manifest = manifest
            if manifest.remote_path.startswith(f"{request.home}_bk/"):
                remote.path = manifest.remote_path
        for job in (yield from stat_remote(remote, request.home)):
            yield from job
        if remote.refused:
            notes.append(f"{tree.path}: {remote.refused}")
            continue
        if remote.rival is not None:
            notes.append(
                f"{remote.path} is another run ({remote.rival}); it would be moved to {request.home}_bk"
            )
            remote.attributes = {}
        prefix = f"{tree.name}/" if tree.name else ""
        for name, local in tree.files.items():
            action, number = _push_action(local, remote.attributes.get(name), remote.manifest.files.get(name))
            files.append(FileReport(prefix + name, action, number))  # type: ignore[arg-type]  # one of the literals
        files += [FileReport(prefix + name, "left out", note=why) for name, why in tree.left_out.items()]
        if request.replace and remote.rival is None:
            surplus_names, _ = yield from surplus(remote, request.selection)
            files += [FileReport(prefix + name, "would be removed") for name in surplus_names]
    ok = all("would be moved" in note for note in notes)
    return SyncReport(ok, request.remote_path, tuple(files), notes=tuple(notes))


def preview_download(remote_file: Attributes, path: Path, record: FileRecord | None) -> tuple[str, int, str]:
    """What `pull` would do with a file: the action, the bytes to transfer, a note. Raises OSError."""
    try:
        local = LocalFile.of(path.stat())
    except FileNotFoundError:
        return "would be sent", remote_file.size, ""
    is_ours = record is not None and record.local == local
    if (local.size, local.mtime) == (remote_file.size, remote_file.mtime):
        return "unchanged", 0, ""
    if is_ours and local.size <= remote_file.size:
        return "would be appended", remote_file.size - local.size, ""
    note = "" if is_ours else f"{path} was changed locally; that version would be kept"
    return "would be sent", remote_file.size, note


def _push_action(
    local: LocalFile, remote_file: Attributes | None, record: FileRecord | None
) -> tuple[str, int]:
    if remote_file is None:
        return "would be sent", local.size
    if (remote_file.size, remote_file.mtime) == (local.size, local.mtime):
        return "unchanged", 0
    grown = record is not None and record.local.inode == local.inode and record.local.size <= local.size
    if (
        grown
        and record is not None
        and (remote_file.size, remote_file.mtime) == (record.remote_size, record.remote_mtime)
    ):
        return "would be appended", local.size - record.local.size
    return "would be sent", local.size
