"""Upload one folder to one remote folder over an open connection."""

from __future__ import annotations

import contextlib
import glob
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sml_config.ssh.sftp.pipeline import WIDTH, Job
from sml_sync.errors import SourceError
from sml_sync.report import FileReport, SyncReport
from sml_sync.ssh.connect import Connection

from .choose_upload import FileUploader
from .local_files import IDENTITY, LocalFile, Selection, Tree, parents_of, scan
from .manifest import InFlightJournal, Manifest, lock, sender_of
from .mirror import mirror
from .read_ahead import Hashes, Manifests
from .remote_folder import RemoteFolder, find_backup, move_away, run_id_of, stat_remote
from .remote_state import RemoteState, folders_to, make_folders

T = TypeVar("T")

# Below this, opening more channels costs more than it brings.
_FEW_BYTES = 4 << 20
_FEW_LISTINGS = 4
# Listings at a time; the rest waits for a second channel.
_LISTINGS = 8


@dataclass(frozen=True)
class SyncRequest:
    """What to send where; `home` is the remote folder that holds `.sml-sync`."""

    local: Path
    remote_path: str
    home: str
    selection: Selection
    replace: bool = False
    # Where earlier runs of the same names are kept here.
    backups: Path | None = None
    # Report only, change nothing.
    dry_run: bool = False


@dataclass
class LocalSide:
    """The local run folders to send, and what was read of them ahead."""

    trees: list[Tree]
    manifests: Manifests
    hashes: Hashes


def local_trees(request: SyncRequest) -> list[Tree]:
    """The local run folders to send. Raises SourceError."""
    try:
        trees = scan(request.local, request.selection)
    except OSError as error:
        raise SourceError(f"{request.local}: {error.strerror or error}") from None
    if request.replace and not any(tree.files for tree in trees):
        raise SourceError(f"{request.local} contains no files; replace=True would delete all remote files")
    return trees


def push(
    connection: Connection, request: SyncRequest, local: LocalSide, states: dict[str, RemoteState]
) -> SyncReport:
    """Send what of the trees is not there yet. Raises RemoteError, ConnectionLostError."""
    state = states.get(request.home) or RemoteState(request.home, sender_of(request.local))
    with contextlib.ExitStack() as held:
        upload = _Push(connection, request, local, state, held)
        try:
            upload.begin()
            states[request.home] = state
            result = upload.run()
        finally:
            for remote in upload.remotes:
                remote.manifest.save()
        upload.journal.clear()
        return result


def remote_folder(tree: Tree, request: SyncRequest) -> RemoteFolder:
    """Where a tree is sent to."""
    path = posixpath.join(request.remote_path, tree.name) if tree.name else request.remote_path
    return RemoteFolder(tree, path, run_id_of(tree.path) if tree.is_run else None)


def attach_manifest(remote: RemoteFolder, request: SyncRequest, manifest: Manifest) -> bool:
    """Attach the manifest; True if the run continues in another remote folder than the one examined."""
    # The folder may have been taken over by another run together with `.sml-sync`.
    remote.manifest = manifest if manifest.run_id == remote.run_id else Manifest(manifest.path)
    if remote.run_id is None or not remote.manifest.remote_path.startswith(f"{request.home}_bk/"):
        return False
    # Another run has taken its name on the remote host; it continues in the folder it was moved to.
    remote.path = remote.manifest.remote_path
    return True


@dataclass
class _Push:
    connection: Connection
    request: SyncRequest
    local: LocalSide
    state: RemoteState
    # The locks of the local folders.
    held: contextlib.ExitStack
    remotes: list[RemoteFolder] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Get the id of the remote and the attributes of its files, in one round trip."""
        live = [remote for remote in map(self._locked, self.local.trees) if not remote.refused]
        # While answers are waited for: of many files it takes as long as those.
        with ThreadPoolExecutor(1) as ahead:
            loading = ahead.submit(
                lambda: {
                    item.path: item for remote in live for item in self.local.manifests.of(remote.tree.path)
                }
            )
            self._stat(live, () if self.state.id else (self.state.load_id(), self.state.remove_leftovers()))
            manifests = loading.result()
        self.journal = InFlightJournal(self.request.local, self.state.id)
        moved = []
        for remote in live:
            path = Manifest.path_of(remote.tree.path, self.state.id)
            manifest = manifests.get(path) or Manifest(path)
            if not remote.refused and attach_manifest(remote, self.request, manifest):
                moved.append(remote)
        self._stat(moved)

    def run(self) -> SyncReport:
        """Send what is not there."""
        self._resolve_conflicts(self.remotes)
        # An earlier run can only be found once its name was taken from it on the remote host.
        earlier = [old for remote in list(self.remotes) for old in self._earlier_runs(remote)]
        self._stat([remote for remote in earlier if not remote.refused])
        self._resolve_conflicts(earlier)
        sendable = [remote for remote in self.remotes if not remote.refused]
        files = self._send(sendable)
        refused = [f"{remote.tree.path}: {remote.refused}" for remote in self.remotes if remote.refused]
        if self.request.replace and not refused and not _failed(files):
            for removed in self._run([mirror(remote, self.request.selection) for remote in sendable]):
                files += removed
        notes = [*refused, *self.notes, *(note for remote in self.remotes for note in remote.notes)]
        notes += [file.note for file in files if file.action == "sent" and file.note]
        ok = not refused and not _failed(files)
        return SyncReport(ok, self.request.remote_path, tuple(files), notes=tuple(notes))

    def _locked(self, tree: Tree) -> RemoteFolder:
        """The remote folder of a tree, whose local folder is locked until the end."""
        remote = remote_folder(tree, self.request)
        if not lock(tree.path, self.held):
            remote.refused = "another process is sending this folder; nothing was done"
        self.remotes.append(remote)
        return remote

    def _resolve_conflicts(self, remotes: list[RemoteFolder]) -> None:
        """Give every run a remote folder of its own."""
        home = self.request.home
        for remote in remotes:
            is_taken = remote.rival is not None or (remote.backup_of and not remote.attributes)
            if remote.refused or not is_taken:
                continue
            name = remote.backup_of or posixpath.basename(remote.path)
            (backup,) = self._run([find_backup(home, name, remote.run_id or "")])
            if backup is None and remote.backup_of:
                backup = posixpath.join(f"{home}_bk", remote.tree.path.name)
            if backup is None:
                self._run([move_away(remote, home)])
                remote.attributes = {}
                continue
            remote.path = backup
            if not remote.backup_of:
                remote.notes.append(f"another run has this name on the remote host; this run is in {backup}")
            self._stat([remote])

    def _earlier_runs(self, remote: RemoteFolder) -> Iterator[RemoteFolder]:
        """Earlier runs of the same name that were sent before and have unsent changes."""
        backups, name = self.request.backups, remote.tree.path.name
        if backups is None or not remote.tree.is_run or remote.refused:
            return
        for folder in sorted(backups.glob(f"{glob.escape(name)}_*")):
            manifest = Manifest.load(folder, self.state.id)
            if manifest.remote_path and folder.is_dir():
                (tree, *_) = scan(folder, self.request.selection)
                if any(_needs_sending(manifest, file, local) for file, local in tree.files.items()):
                    tree.name = folder.name
                    old = self._locked(tree)
                    old.path, old.backup_of = manifest.remote_path, name
                    attach_manifest(old, self.request, manifest)
                    yield old

    def _run(self, jobs: Iterable[Job[T]], *, many: bool = False, width: int = WIDTH) -> list[T]:
        return self.connection.run(self.request.remote_path, jobs, many=many, width=width)

    def _stat(self, remotes: list[RemoteFolder], first: Sequence[Job[None]] = ()) -> None:
        """Get the attributes of the remote files, after the jobs of `first`."""
        stats = [stat_remote(remote, self.request.home) for remote in remotes]
        jobs: list[Job[list[Job[None]] | None]] = [*first, *stats]
        left = [job for result in self._run(jobs) for job in result or ()]
        # By two processes on the remote host, if it is worth it.
        self._run(left, many=len(left) > _FEW_LISTINGS, width=_LISTINGS)

    def _send(self, remotes: list[RemoteFolder]) -> list[FileReport]:
        files: list[FileReport] = []
        work: list[tuple[FileUploader, str, LocalFile]] = []
        for remote in remotes:
            uploader = FileUploader(remote, self.state, self.journal, self.local.hashes)
            changed, prefix = uploader.changed(), remote.tree.prefix
            if changed:
                remote.manifest.set_remote(remote.path, remote.run_id)
            work += [(uploader, name, local) for name, local in changed.items()]
            unchanged = (name for name in remote.tree.files if name not in changed)
            files += [FileReport(prefix + name, "unchanged", 0, True) for name in unchanged]
            files += remote.tree.left_out_reports()
        self._make_folders(remotes)
        self.journal.write(
            (f"{uploader.remote.path}/{name}", local.size, local.mtime) for uploader, name, local in work
        )
        # The identity comes first, so that a cut leaves no folder without an owner.
        for is_identity in (True, False):
            part = [item for item in work if (item[1] == IDENTITY) is is_identity]
            jobs = (uploader.upload(name, local) for uploader, name, local in part)
            many = sum(local.size for _, _, local in part) > _FEW_BYTES
            files += self._run(jobs, many=many)
        return files

    def _make_folders(self, remotes: list[RemoteFolder]) -> None:
        folders: list[str] = []
        for remote in remotes:
            missing = {name.rpartition("/")[0] for name in remote.tree.files if name not in remote.attributes}
            missing.update(name for name in remote.tree.empty_folders if name not in remote.attributes)
            if missing or not remote.tree.files:
                folders += folders_to(self.request.home, remote.path)
            folders += [f"{remote.path}/{above}" for folder in missing for above in parents_of(f"{folder}/")]
        if folders:
            (results,) = self._run([make_folders(list(dict.fromkeys(folders)))])
            self.notes += [
                f"{path} cannot be created on the remote host: permission denied"
                for path, reply in results
                if reply.is_refused
            ]


def _failed(files: list[FileReport]) -> bool:
    return any(file.action == "failed" for file in files)


def _needs_sending(manifest: Manifest, name: str, local: LocalFile) -> bool:
    record = manifest.files.get(name)
    # Moving a folder leaves its files' times alone, but for ctime on some file systems.
    return record is None or (record.local.size, record.local.mtime_ns) != (local.size, local.mtime_ns)
