"""Download run folders: incremental, complete, and without overwriting other runs."""

from __future__ import annotations

import os
import posixpath
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from sml_config.hashing import short_hash
from sml_config.ssh.sftp.packets import Attributes
from sml_config.ssh.sftp.pipeline import Job
from sml_sync.report import FileReport, SyncReport
from sml_sync.ssh.connect import Connection

from .download import RESUMED_SIZE, download, download_tail, remove_leftovers
from .list_remote import RemoteTree, list_trees
from .local_files import IDENTITY, STATE_FOLDER, LocalFile, Selection, files_in
from .manifest import FileRecord, Manifest
from .preview import preview_download
from .remote_folder import label_of, run_id_of
from .sources import Sources
from .upload_file import is_prefix

T = TypeVar("T")
_COMPARED = 64 << 10
_FEW_BYTES = 4 << 20
# Remote times are whole seconds: of a younger file a later change may have left the same time.
_FRESH_SECONDS = 2
# The same if the remote clock is not known.
_FRESH_BY_ANOTHER_CLOCK_SECONDS = 600


@dataclass(frozen=True)
class PullRequest:
    """What to fetch, and where to; `verify` compares all existing local data too."""

    remote_path: str
    local: Path
    selection: Selection
    verify: bool = False
    dry_run: bool = False


class LocalState(NamedTuple):
    """What is recorded of a local folder, and the files in it as they are."""

    manifest: Manifest
    files: dict[str, LocalFile]


def read_local(local: Path, remote_path: str) -> LocalState:
    """The state of the folder that `remote_path` is fetched into; takes half a second for 100,000 files."""
    manifest = Manifest.load(local, _manifest_id(remote_path))
    return LocalState(manifest, _recorded_files(local, manifest))


class Pull:
    """Downloads what a request names."""

    def __init__(
        self,
        connection: Connection,
        request: PullRequest,
        read_local: Callable[[], LocalState],
        position: tuple[Sources, int],
    ) -> None:
        """`read_local` gives what the function of this name returns, which may run beforehand.

        `position` are the sources of the local folder, and the number of this one.
        """
        self._connection = connection
        self._request = request
        self._local = request.local
        self._sources, self._number = position
        # No later than the remote clock; 0 if that is not known.
        self._clock = 0
        self._read_local = read_local
        # Of folders that were read beforehand.
        self._prepared: dict[Path, LocalState] = {}
        self._notes: list[str] = []

    def run(self) -> SyncReport:
        """Download everything, or report what would be done. Raises RemoteError, ConnectionLostError."""
        request = self._request
        trees, self._clock = list_trees(self._connection, request.remote_path, request.selection)
        files = self._preview(trees) if request.dry_run else self._fetch(trees)
        ok = not any(file.action == "failed" for file in files)
        return SyncReport(ok, request.remote_path, tuple(files), notes=tuple(self._notes))

    def _fetch(self, trees: list[RemoteTree]) -> list[FileReport]:
        self._prepared[self._local] = self._read_local()
        trees, later = self._sources.split(self._number, trees)
        files = self._fetch_trees(trees)
        if later:
            self._sources.wait_for_earlier(self._number)
            files += self._fetch_trees(later)
        return files

    def _fetch_trees(self, trees: list[RemoteTree]) -> list[FileReport]:
        files: list[FileReport] = []
        for tree in trees:
            folder = self._local / tree.name if tree.name else self._local
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
            folder = self._local / tree.name if tree.name else self._local
            local_id = run_id_of(folder)
            prefix = f"{tree.name}/" if tree.name else ""
            is_other_run = tree.run_id is not None and local_id not in (None, tree.run_id)
            if is_other_run:
                self._notes.append(
                    f"{folder} is another run ({local_id}); one of them would be moved to {self._local}_bk"
                )
            manifest = Manifest.load(folder, _manifest_id(tree.path))
            files += [FileReport(prefix + name, "left out", note=why) for name, why in tree.left_out.items()]
            for name, remote in sorted(tree.files.items()):
                path = self._local / ".sml-sync" / "none" if is_other_run else folder / name
                action, number, note = preview_download(remote, path, manifest.files.get(name))
                files.append(FileReport(prefix + name, action, number, note=note))
        return files

    def _fetch_tree(self, tree: RemoteTree, folder: Path) -> list[FileReport]:
        folder = self._own_folder(tree, folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name in {*tree.folders, *(name.rpartition("/")[0] for name in tree.files)}:
            (folder / name).mkdir(parents=True, exist_ok=True)
        prefix = f"{tree.name}/" if tree.name else ""
        files = [FileReport(prefix + name, "left out", note=why) for name, why in tree.left_out.items()]
        prepared = self._prepared.pop(folder, None)
        own, local = prepared or (Manifest.load(folder, _manifest_id(tree.path)), {})
        with self._sources.open_folder(folder, own) as (manifest, is_first):
            if manifest is None:
                note = "another process is writing this folder; nothing was done"
                return [*files, FileReport(prefix or ".", "failed", note=note)]
            if (manifest.remote_path, manifest.run_id) != (tree.path, tree.run_id):
                manifest.remote_path, manifest.run_id, manifest.changed = tree.path, tree.run_id, True
            if is_first:
                self._remove_leftovers(tree, folder)
            # The identity comes first.
            names = sorted(tree.files)
            if IDENTITY in tree.files:
                names.remove(IDENTITY)
                names.insert(0, IDENTITY)
            if not self._request.verify:
                same = _unchanged(tree, manifest, local or _recorded_files(folder, manifest))
                files += [FileReport(prefix + name, "unchanged", 0, True) for name in names if name in same]
                names = [name for name in names if name not in same]
            jobs = (self._file(tree, name, folder, manifest, prefix) for name in names)
            total = sum(tree.files[name].size for name in names)
            files += self._connection.run(self._request.remote_path, jobs, many=total > _FEW_BYTES)
        self._notes += [file.note for file in files if file.action == "sent" and file.note]
        return files

    def _file(
        self, tree: RemoteTree, name: str, folder: Path, manifest: Manifest, prefix: str
    ) -> Job[FileReport]:
        remote_path, path, remote = os.fsencode(f"{tree.path}/{name}"), folder / name, tree.files[name]
        record = manifest.files.get(name)
        try:
            action, number, note = yield from _update(
                remote_path, path, remote, record, verify=self._request.verify
            )
            local = LocalFile.of(path.stat())
        except FileNotFoundError:
            return FileReport(
                prefix + name, "left out", note="deleted on the remote host during the download"
            )
        except OSError as error:
            return FileReport(prefix + name, "failed", note=error.strerror or str(error))
        # Compared once more, long after it was fetched, is as good as a clock.
        was_compared = action == "unchanged" and record is not None and time.time() - manifest.synced > 2
        fresh = not was_compared and self._is_fresh(remote.mtime)
        manifest.set_record(name, FileRecord(local, "", local.size, local.mtime, fresh))
        return FileReport(prefix + name, action, number, True, note)  # type: ignore[arg-type]  # one of the literals

    def _is_fresh(self, mtime: int) -> bool:
        """Whether a file was changed so shortly before that a later change may have left the same time."""
        if self._clock:
            return mtime > self._clock - _FRESH_SECONDS
        return abs(time.time() - mtime) < _FRESH_BY_ANOTHER_CLOCK_SECONDS

    def _remove_leftovers(self, tree: RemoteTree, folder: Path) -> None:
        """Remove files that earlier downloads staged and that will not be resumed."""
        resumable: dict[str, list[tuple[bytes, Attributes]]] = {name: [] for name in ("", *tree.folders)}
        for source in self._sources.trees_named(tree.name):
            for name, remote in source.files.items():
                if remote.size >= RESUMED_SIZE:
                    beside = resumable.setdefault(posixpath.dirname(name), [])
                    beside.append((os.fsencode(f"{source.path}/{name}"), remote))
        for name, files in resumable.items():
            remove_leftovers(folder / name if name else folder, files)

    def _own_folder(self, tree: RemoteTree, folder: Path) -> Path:
        """A local folder that is this run's own."""
        local_id = run_id_of(folder)
        if tree.run_id is None or local_id in (None, tree.run_id):
            return folder
        backup = self._local.with_name(f"{self._local.name}_bk")
        if tree.name == "":
            backup = folder.with_name(f"{folder.parent.name}_bk")
        label = label_of(tree.run_id)
        for other in sorted(backup.glob(f"*{label}*")):
            if run_id_of(other) == tree.run_id:
                self._notes.append(f"{folder} is another run; this run is in {other}")
                return other
        backup.mkdir(parents=True, exist_ok=True)
        moment = time.strftime("%Y-%m-%d-%H-%M-%S")
        target = backup / f"{folder.name}_{moment}-{label_of(local_id or '')}"
        folder.rename(target)
        self._prepared.pop(folder, None)
        self._notes.append(f"{folder} was another run ({local_id}); it was moved to {target}")
        return folder


def _recorded_files(folder: Path, manifest: Manifest) -> dict[str, LocalFile]:
    """The files in those folders that the manifest has files of."""
    files: dict[str, LocalFile] = {}
    for inside in {name.rpartition("/")[0] for name in manifest.files}:
        files.update(files_in(folder / inside, f"{inside}/" if inside else ""))
    return files


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


def _update(
    remote_path: bytes, path: Path, remote: Attributes, record: FileRecord | None, *, verify: bool
) -> Job[tuple[str, int, str]]:
    """The action, the bytes transferred, and a note for the user."""
    try:
        local = LocalFile.of(path.stat())
    except FileNotFoundError:
        return "sent", (yield from download(remote_path, remote, path)), ""
    is_ours = record is not None and record.local == local
    same = local.size == remote.size and local.mtime == remote.mtime
    trusted = is_ours and not verify
    if trusted and same and record is not None and not record.fresh:
        return "unchanged", 0, ""
    if same:
        # Of our own copy a young remote file may differ at its end; a copy that is not ours, anywhere.
        start = max(local.size - _COMPARED, 0) if trusted and local.size > _COMPARED else 0
        if (yield from is_prefix(path, remote_path, local.size, start)):
            return "unchanged", 0, ""
    elif local.size <= remote.size and (trusted or (yield from is_prefix(path, remote_path, local.size))):
        number = yield from download_tail(remote_path, local.size, path)
        if number is not None:
            return "appended", number, ""
    note = "" if is_ours else _keep_copy(path)
    return "sent", (yield from download(remote_path, remote, path)), note


def _keep_copy(path: Path) -> str:
    copies = path.parent / STATE_FOLDER
    copies.mkdir(exist_ok=True)
    target = copies / f"{time.strftime('%Y-%m-%d-%H-%M-%S')}-{uuid.uuid4().hex[:6]}-{path.name[:100]}"
    path.rename(target)
    return f"{path} was changed locally; that version is kept in {target}"


def _manifest_id(remote_path: str) -> str:
    return short_hash(remote_path, 32)
