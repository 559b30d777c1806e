"""Dry run: determine what a push or a pull would do, reading only."""

from __future__ import annotations

import posixpath
from pathlib import Path

from sml_sync.report import FileReport
from sml_sync.sftp.packets import Attributes
from sml_sync.sftp.pipeline import Job

from .local_files import LocalFile, Tree
from .manifest import Known, Manifest
from .mirror import surplus
from .push import Pushed, Wish
from .remote_folder import Unit, look, run_id_of
from .remote_state import Control


def preview_push(wish: Wish, trees: list[Tree]) -> Job[Pushed]:
    """What `push` would do. Sizes and times are compared, contents are not. Raises FarError, OSError."""
    control = Control(wish.home, "")
    remote_id = yield from control.known_id()
    files: list[FileReport] = []
    notes: list[str] = []
    for tree in trees:
        far = posixpath.join(wish.remote_path, tree.name) if tree.name else wish.remote_path
        unit = Unit(tree, far, run_id_of(tree.path) if tree.is_run else None)
        manifest = Manifest.load(tree.path, remote_id) if remote_id else Manifest(Path())
        if manifest.run_id == unit.run_id:
            unit.manifest = manifest
            if manifest.far.startswith(f"{wish.home}_bk/"):
                unit.far = manifest.far
        for job in (yield from look(unit, wish.home)):
            yield from job
        if unit.refused:
            notes.append(f"{tree.path}: {unit.refused}")
            continue
        if unit.rival is not None:
            notes.append(f"{unit.far} is another run ({unit.rival}); it would be moved to {wish.home}_bk")
            unit.stands = {}
        prefix = f"{tree.name}/" if tree.name else ""
        for name, local in tree.files.items():
            action, number = _pushed(local, unit.stands.get(name), unit.manifest.files.get(name))
            files.append(FileReport(prefix + name, action, number))  # type: ignore[arg-type]  # one of the literals
        files += [FileReport(prefix + name, "left out", note=why) for name, why in tree.left_out.items()]
        if wish.replace and unit.rival is None:
            gone, _ = yield from surplus(unit, wish.selection)
            files += [FileReport(prefix + name, "would be removed") for name in gone]
    return Pushed(files, notes, not notes or all("would be moved" in note for note in notes))


def preview_file(stands: Attributes, path: Path, known: Known | None) -> tuple[str, int, str]:
    """What `pull` would do with a file: the action, the bytes that would travel, a note. Raises OSError."""
    try:
        local = LocalFile.of(path.stat())
    except FileNotFoundError:
        return "would be sent", stands.size, ""
    ours = known is not None and known.local == local
    if (local.size, local.mtime) == (stands.size, stands.mtime):
        return "unchanged", 0, ""
    if ours and local.size <= stands.size:
        return "would be appended", stands.size - local.size, ""
    note = "" if ours else f"{path} is not what was fetched; what differs would be kept aside"
    return "would be sent", stands.size, note


def _pushed(local: LocalFile, stands: Attributes | None, known: Known | None) -> tuple[str, int]:
    if stands is None:
        return "would be sent", local.size
    if (stands.size, stands.mtime) == (local.size, local.mtime):
        return "unchanged", 0
    grown = known is not None and known.local.inode == local.inode and known.local.size <= local.size
    if grown and known is not None and (stands.size, stands.mtime) == (known.far_size, known.far_mtime):
        return "would be appended", local.size - known.local.size
    return "would be sent", local.size
