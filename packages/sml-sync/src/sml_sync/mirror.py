"""Removing over there what is gone here, once everything new has arrived."""

from __future__ import annotations

import os
import posixpath

from sml_config.run_folder import is_temporary

from . import packets
from .control import list_folder, parents_of, refuse_links
from .pipeline import Job
from .place import Unit
from .report import FileReport
from .scan import Selection


def mirror(unit: Unit, selection: Selection) -> Job[list[FileReport]]:
    """Remove what the local folder does not have; what the selection excludes stays. Raises OSError.

    Around run folders only what was sent from here before is removed: the runs of other nodes are there too.
    """
    if not unit.tree.is_run:
        return (yield from _remove_known(unit))
    far = os.fsencode(unit.far)
    kept_files = {os.fsencode(name) for name in (*unit.tree.files, *unit.tree.left_out)}
    kept_folders = {os.fsencode(name) for name in unit.tree.folders}
    surplus: list[tuple[bytes, bool]] = []
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
                    surplus.append((path, True))
            elif path not in kept_files and selection.wants(os.fsdecode(path), attributes.size):
                surplus.append((path, False))
    removed = [path for path, is_folder in surplus if not is_folder]
    replies = yield [packets.remove(far + b"/" + path) for path in removed]
    # The deepest first; one that still holds something excluded stays.
    folders = sorted((path for path, is_folder in surplus if is_folder), reverse=True)
    yield [packets.rmdir(far + b"/" + path) for path in folders]
    return [_report(unit, os.fsdecode(path), reply) for path, reply in zip(removed, replies, strict=True)]


def _remove_known(unit: Unit) -> Job[list[FileReport]]:
    gone = [
        name for name in unit.manifest.files if name not in unit.tree.files and name not in unit.tree.left_out
    ]
    folders = {posixpath.join(unit.far, above) for name in gone for above in parents_of(name)}
    yield from refuse_links(sorted(folders))
    replies = yield [packets.remove(os.fsencode(f"{unit.far}/{name}")) for name in gone]
    return [
        _report(unit, name, reply) for name, reply in zip(gone, replies, strict=True) if not reply.is_missing
    ]


def _report(unit: Unit, name: str, reply: packets.Reply) -> FileReport:
    path = f"{unit.tree.name}/{name}" if unit.tree.name else name
    try:
        reply.check()
    except OSError as error:
        return FileReport(path, "failed", note=f"cannot be removed over there: {error.strerror or error}")
    if unit.manifest.files.pop(name, None) is not None:
        unit.manifest.changed = True
    return FileReport(path, "removed", verified=True)
