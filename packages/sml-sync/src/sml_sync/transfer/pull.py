"""Download run folders: incremental, complete, and without overwriting other runs."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from sml_config.hashing import short_hash
from sml_config.ssh.sftp.packets import Attributes
from sml_config.ssh.sftp.pipeline import Job
from sml_sync.report import Action, FileReport, SyncReport
from sml_sync.ssh.connect import Connection

from .download import download, download_tail, is_prefix, remove_leftovers, stage_name
from .list_remote import RemoteTree, list_trees
from .local_files import IDENTITY, RESUMED_SIZE, STATE_FOLDER, LocalFile, Selection, files_in
from .manifest import FileRecord, Manifest
from .preview import preview_download
from .remote_folder import label_of, run_id_of
from .sources import Sources

_COMPARED = 64 << 10
_FEW_BYTES = 4 << 20
# Remote times are whole seconds: of a younger file a later change may have left the same time.
_FRESH_SECONDS = 2
# The same if the remote clock is not known.
_FRESH_BY_ANOTHER_CLOCK_SECONDS = 600

# What is recorded of a local folder, and the files in it as they are.
LocalState: TypeAlias = "tuple[Manifest, dict[str, LocalFile]]"


@dataclass(frozen=True)
class PullRequest:
    """What to fetch, and where to; `verify` compares all existing local data too."""

    remote_path: str
    local: Path
    selection: Selection
    verify: bool = False
    dry_run: bool = False


def read_local(local: Path, remote_path: str) -> LocalState:
    """The state of the folder that `remote_path` is fetched into; takes half a second for 100,000 files."""
    manifest = Manifest.load(local, _manifest_id(remote_path))
    files: dict[str, LocalFile] = {}
    for inside in {name.rpartition("/")[0] for name in manifest.files}:
        files.update(files_in(local / inside, f"{inside}/" if inside else ""))
    return manifest, files


@dataclass
class Pull:
    """Downloads what a request names."""

    connection: Connection
    request: PullRequest
    # Gives the state of the local folder, which may have been read beforehand.
    read_ahead: Callable[[], LocalState]
    # The sources of the local folder, and the number of this one.
    position: tuple[Sources, int]
    # No later than the remote clock; 0 if that is not known.
    clock: int = 0
    # Of folders that were read beforehand.
    prepared: dict[Path, LocalState] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def run(self) -> SyncReport:
        """Download everything, or report what would be done. Raises RemoteError, ConnectionLostError."""
        request = self.request
        trees, self.clock = list_trees(self.connection, request.remote_path, request.selection)
        files = self._preview(trees) if request.dry_run else self._fetch(trees)
        ok = not any(file.action == "failed" for file in files)
        return SyncReport(ok, request.remote_path, tuple(files), notes=tuple(self.notes))

    def _fetch(self, trees: list[RemoteTree]) -> list[FileReport]:
        self.prepared[self.request.local] = self.read_ahead()
        sources, number = self.position
        trees, later = sources.split(number, trees)
        files = self._fetch_trees(trees)
        if later:
            sources.wait_for_earlier(number)
            files += self._fetch_trees(later)
        return files

    def _fetch_trees(self, trees: list[RemoteTree]) -> list[FileReport]:
        files: list[FileReport] = []
        for tree in trees:
            folder = self.request.local / tree.name
            try:
                files += self._fetch_tree(tree, folder)
            except OSError as error:
                reason = f"{error.filename or folder}: {error.strerror or error}"
                files.append(FileReport(tree.name or ".", "failed", note=reason))
        return files

    def _preview(self, trees: list[RemoteTree]) -> list[FileReport]:
        """What `_fetch` would do; contents are not compared."""
        files: list[FileReport] = []
        for tree in trees:
            folder = self.request.local / tree.name
            other_id = _other_run(tree, folder)
            if other_id is not None:
                backup = f"{self.request.local}_bk"
                self.notes.append(
                    f"{folder} is another run ({other_id}); one of them would be moved to {backup}"
                )
                folder = folder / STATE_FOLDER / "none"
            manifest = Manifest.load(folder, _manifest_id(tree.path))
            files += tree.left_out_reports()
            for name, remote in sorted(tree.files.items()):
                files.append(
                    preview_download(tree.prefix + name, remote, folder / name, manifest.files.get(name))
                )
        return files

    def _fetch_tree(self, tree: RemoteTree, folder: Path) -> list[FileReport]:
        folder = self._own_folder(tree, folder)
        for name in {"", *tree.folders, *(name.rpartition("/")[0] for name in tree.files)}:
            (folder / name).mkdir(parents=True, exist_ok=True)
        files = tree.left_out_reports()
        prepared = self.prepared.pop(folder, None)
        own, local = prepared or read_local(folder, tree.path)
        with self.position[0].open_folder(folder, own) as (manifest, is_first):
            if manifest is None:
                note = "another process is writing this folder; nothing was done"
                return [*files, FileReport(tree.prefix or ".", "failed", note=note)]
            manifest.set_remote(tree.path, tree.run_id)
            if is_first:
                self._remove_leftovers(tree, folder)
            same = set() if self.request.verify else _unchanged(tree, manifest, local)
            files += [FileReport(tree.prefix + name, "unchanged", 0, True) for name in sorted(same)]
            # The identity comes first.
            names = sorted(tree.files.keys() - same, key=lambda name: (name != IDENTITY, name))
            jobs = (self._file(tree, name, f"{folder}/{name}", manifest) for name in names)
            many = sum(tree.files[name].size for name in names) > _FEW_BYTES
            files += self.connection.run(self.request.remote_path, jobs, many=many)
        self.notes += [file.note for file in files if file.action == "sent" and file.note]
        return files

    def _file(self, tree: RemoteTree, name: str, path: str, manifest: Manifest) -> Job[FileReport]:
        remote, record, shown = tree.files[name], manifest.files.get(name), tree.prefix + name
        try:
            remote_path = os.fsencode(f"{tree.path}/{name}")
            action, number, local, note = yield from self._update(remote_path, path, remote, record)
        except FileNotFoundError:
            return FileReport(shown, "left out", note="deleted on the remote host during the download")
        except OSError as error:
            return FileReport(shown, "failed", note=error.strerror or str(error))
        # Compared once more, long after it was fetched, is as good as a clock.
        was_compared = action == "unchanged" and record is not None and time.time() - manifest.synced > 2
        fresh = not was_compared and self._is_fresh(remote.mtime)
        manifest.set_record(name, FileRecord(local, "", local.size, local.mtime, fresh))
        return FileReport(shown, action, number, True, note)

    def _update(
        self, remote_path: bytes, path: str, remote: Attributes, record: FileRecord | None
    ) -> Job[tuple[Action, int, LocalFile, str]]:
        """The action, the bytes transferred, the local file, and a note for the user."""
        local = LocalFile.at(path)
        if local is None:
            return "sent", *(yield from download(remote_path, remote, path)), ""
        is_ours = record is not None and record.local == local
        same = local.size == remote.size and local.mtime == remote.mtime
        trusted = is_ours and not self.request.verify
        if trusted and same and record is not None and not record.fresh:
            return "unchanged", 0, local, ""
        if same:
            # Of our own copy a young remote file may differ at its end; a copy that is not ours, anywhere.
            start = max(local.size - _COMPARED, 0) if trusted else 0
            if (yield from is_prefix(path, remote_path, local.size, start)):
                return "unchanged", 0, local, ""
        elif local.size <= remote.size and (trusted or (yield from is_prefix(path, remote_path, local.size))):
            appended = yield from download_tail(remote_path, local.size, path)
            if appended is not None:
                return "appended", *appended, ""
        note = "" if is_ours else _keep_copy(Path(path))
        return "sent", *(yield from download(remote_path, remote, path)), note

    def _is_fresh(self, mtime: int) -> bool:
        """Whether a file was changed so shortly before that a later change may have left the same time."""
        if self.clock:
            return mtime > self.clock - _FRESH_SECONDS
        return abs(time.time() - mtime) < _FRESH_BY_ANOTHER_CLOCK_SECONDS

    def _remove_leftovers(self, tree: RemoteTree, folder: Path) -> None:
        """Remove files that earlier downloads staged and that will not be resumed."""
        resumable = {
            stage_name(os.fsencode(f"{source.path}/{name}"), remote)
            for source in self.position[0].trees_named(tree.name)
            for name, remote in source.files.items()
            if remote.size >= RESUMED_SIZE
        }
        for name in ("", *tree.folders):
            remove_leftovers(folder / name, resumable)

    def _own_folder(self, tree: RemoteTree, folder: Path) -> Path:
        """A local folder that is this run's own."""
        local_id = _other_run(tree, folder)
        if local_id is None or tree.run_id is None:
            return folder
        backup = self.request.local.with_name(f"{self.request.local.name}_bk")
        if tree.name == "":
            backup = folder.with_name(f"{folder.parent.name}_bk")
        for other in sorted(backup.glob(f"*{label_of(tree.run_id)}*")):
            if run_id_of(other) == tree.run_id:
                self.notes.append(f"{folder} is another run; this run is in {other}")
                return other
        backup.mkdir(parents=True, exist_ok=True)
        moment = time.strftime("%Y-%m-%d-%H-%M-%S")
        target = backup / f"{folder.name}_{moment}-{label_of(local_id)}"
        folder.rename(target)
        self.prepared.pop(folder, None)
        self.notes.append(f"{folder} was another run ({local_id}); it was moved to {target}")
        return folder


def _other_run(tree: RemoteTree, folder: Path) -> str | None:
    """The id of the run in a local folder, if it is another one than the remote run."""
    local_id = run_id_of(folder) if tree.run_id is not None else None
    return None if local_id == tree.run_id else local_id


def _unchanged(tree: RemoteTree, manifest: Manifest, local: dict[str, LocalFile]) -> set[str]:
    """Files that are unchanged on both sides since the last pull; they need no request."""
    records = manifest.files
    return {
        name
        for name, remote in tree.files.items()
        if (record := records.get(name)) is not None
        and not record.fresh
        and record.remote_size == remote.size
        and record.remote_mtime == remote.mtime
        and record.local == local.get(name)
    }


def _keep_copy(path: Path) -> str:
    copies = path.parent / STATE_FOLDER
    copies.mkdir(exist_ok=True)
    target = copies / f"{time.strftime('%Y-%m-%d-%H-%M-%S')}-{uuid.uuid4().hex[:6]}-{path.name[:100]}"
    path.rename(target)
    return f"{path} was changed locally; that version is kept in {target}"


def _manifest_id(remote_path: str) -> str:
    return short_hash(remote_path, 32)
