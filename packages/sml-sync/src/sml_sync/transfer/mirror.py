"""Delete remote files that no longer exist locally, after all new data has arrived."""

from __future__ import annotations

import os
import posixpath

from sml_config.run_folder import is_temporary
from sml_sync.report import FileReport
from sml_sync.sftp import packets
from sml_sync.sftp.pipeline import Job

from .local_files import Selection
from .remote_folder import Unit
from .remote_state import list_folder, parents_of, refuse_links


def mirror(unit: Unit, selection: Selection) -> Job[list[FileReport]]:
    """Remove what the local folder does not have; what the selection excludes stays.

    Around run folders only what was sent from here before is removed: the runs of other nodes are there too.
    Raises FarError, OSError.
    """
    removed, folders = yield from surplus(unit, selection)
    above = {posixpath.join(unit.far, folder) for name in removed for folder in parents_of(name)}
    yield from refuse_links(sorted(above))
    replies = yield [packets.remove(os.fsencode(f"{unit.far}/{name}")) for name in removed]
    # The deepest first; one that still holds something excluded stays.
    yield [packets.rmdir(os.fsencode(f"{unit.far}/{name}")) for name in sorted(folders, reverse=True)]
    known_only = not unit.tree.is_run
    return [
        _report(unit, name, reply)
        for name, reply in zip(removed, replies, strict=True)
        if not (known_only and reply.is_missing)
    ]


def surplus(unit: Unit, selection: Selection) -> Job[tuple[list[str], list[str]]]:
    """Files and folders that `mirror` would remove, as paths in the unit. Raises OSError."""
    if not unit.tree.is_run:
        known = unit.manifest.files
        return [name for name in known if name not in unit.tree.files and name not in unit.tree.left_out], []
    far = os.fsencode(unit.far)
    kept_files = {os.fsencode(name) for name in (*unit.tree.files, *unit.tree.left_out)}
    kept_folders = {os.fsencode(name) for name in unit.tree.folders}
    files: list[str] = []
    folders: list[str] = []
    open_folders = [b""]
    while open_folders:
        folder = open_folders.pop()
        for name, attributes in (yield from list_folder(far + b"/" + folder if folder else far)):
            path = folder + b"/" + name if folder else name
            if is_temporary(os.fsdecode(name)) or (attributes.is_folder and name.startswith(b".")):
                continue
            if attributes.is_folder:
                open_folders.append(path)
                if path not in kept_folders and not selection.excludes(os.fsdecode(path)):
                    folders.append(os.fsdecode(path))
            elif path not in kept_files and selection.wants(os.fsdecode(path), attributes.size):
                files.append(os.fsdecode(path))
    return files, folders


def _report(unit: Unit, name: str, reply: packets.Reply) -> FileReport:
    path = f"{unit.tree.name}/{name}" if unit.tree.name else name
    try:
        reply.check()
    except OSError as error:
        return FileReport(path, "failed", note=f"cannot be removed over there: {error.strerror or error}")
    if unit.manifest.files.pop(name, None) is not None:
        unit.manifest.changed = True
    return FileReport(path, "removed", verified=True)
