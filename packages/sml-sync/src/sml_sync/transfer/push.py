"""Upload one folder to one remote folder over an open connection."""

from __future__ import annotations

import contextlib
import glob
import posixpath
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sml_config.ssh.sftp.pipeline import Job
from sml_sync.errors import SourceError
from sml_sync.report import FileReport, SyncReport
from sml_sync.ssh.connect import Connection

from .choose_upload import FileUploader
from .local_files import IDENTITY, LocalFile, Selection, Tree, scan
from .manifest import InFlightJournal, Manifest, lock, sender_of
from .mirror import mirror
from .read_ahead import Hashes, Manifests
from .remote_folder import RemoteFolder, find_backup, move_away, run_id_of, stat_remote
from .remote_state import RemoteState, make_folders, parents_of, path_below

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
        remotes = [_remote_folder(tree, request, held) for tree in local.trees]
        upload = _Push(connection, request, state, remotes, local)
        try:
            upload.begin()
            states[request.home] = state
            result = upload.run(held)
        finally:
            for remote in upload.remotes:
                if not remote.refused:
                    remote.manifest.save()
        upload.journal.clear()
        return result


class _Push:
    def __init__(
        self,
        connection: Connection,
        request: SyncRequest,
        state: RemoteState,
        remotes: list[RemoteFolder],
        local: LocalSide,
    ) -> None:
        self._connection = connection
        self._local = local
        self._request = request
        self._state = state
        self.remotes = remotes
        self._notes: list[str] = []

    def begin(self) -> None:
        """Get the id of the remote and the attributes of its files, in one round trip."""
        live = [remote for remote in self.remotes if not remote.refused]
        manifests: dict[Path, Manifest] = {}

        def load() -> None:
            # While answers are waited for: of many files it takes as long as those.
            manifests.update(
                (manifest.path, manifest)
                for remote in live
                for manifest in self._local.manifests.of(remote.tree.path)
            )

        first = [] if self._state.id else [self._state.load_id(), self._state.remove_leftovers()]
        with ThreadPoolExecutor(1) as ahead:
            loading = ahead.submit(load)
            self._stat_remote(live, first)
            loading.result()
        self.journal = InFlightJournal(self._request.local, self._state.id)
        accepted = [remote for remote in live if not remote.refused]
        moved = [
            remote for remote in accepted if _attach_manifest(remote, self._request, self._state, manifests)
        ]
        self._stat_remote(moved)

    def run(self, held: contextlib.ExitStack) -> SyncReport:
        """Send what is not there; `held` takes the locks of earlier runs that go along."""
        remotes = [remote for remote in self.remotes if not remote.refused]
        self._resolve_conflicts(remotes)
        # An earlier run can only be found once its name was taken from it on the remote host.
        earlier = [
            old for remote in self.remotes for old in _earlier_runs(remote, self._request, self._state, held)
        ]
        self.remotes = self.remotes + earlier
        earlier = [remote for remote in earlier if not remote.refused]
        self._stat_remote(earlier)
        self._resolve_conflicts(earlier)
        sendable = [remote for remote in (*remotes, *earlier) if not remote.refused]
        files = self._send(sendable)
        failed = any(file.action == "failed" for file in files) or any(
            remote.refused for remote in self.remotes
        )
        if self._request.replace and not failed:
            for removed in self._connection.run(
                self._request.remote_path, [mirror(remote, self._request.selection) for remote in sendable]
            ):
                files += removed
        failed = failed or any(file.action == "failed" for file in files)
        notes = [f"{remote.tree.path}: {remote.refused}" for remote in self.remotes if remote.refused]
        notes += self._notes + [note for remote in self.remotes for note in remote.notes]
        notes += [file.note for file in files if file.action == "sent" and file.note]
        return SyncReport(not failed, self._request.remote_path, tuple(files), notes=tuple(notes))

    def _resolve_conflicts(self, remotes: list[RemoteFolder]) -> None:
        """Give every run a remote folder of its own."""
        for remote in remotes:
            if remote.refused:
                continue
            if remote.rival is None and (remote.attributes or not remote.backup_of):
                continue
            home, name = self._request.home, remote.backup_of or posixpath.basename(remote.path)
            (backup,) = self._connection.run(
                self._request.remote_path, [find_backup(home, name, remote.run_id or "")]
            )
            if backup is None and remote.backup_of:
                backup = posixpath.join(f"{home}_bk", remote.tree.path.name)
            if backup is not None:
                remote.path = backup
                if not remote.backup_of:
                    remote.notes.append(
                        f"another run has this name on the remote host; this run is in {backup}"
                    )
                self._stat_remote([remote])
            else:
                self._connection.run(self._request.remote_path, [move_away(remote, home)])
                remote.attributes = {}

    def _stat_remote(self, remotes: list[RemoteFolder], first: Iterable[Job[None]] = ()) -> None:
        """Get the attributes of the remote files, after the jobs of `first`."""
        stats = [stat_remote(remote, self._request.home) for remote in remotes]
        jobs = [
            job
            for left in self._connection.run(
                self._request.remote_path, [*(_then_nothing(job) for job in first), *stats]
            )
            for job in left
        ]
        if jobs:
            # By two processes on the remote host, if it is worth it.
            self._connection.run(
                self._request.remote_path, jobs, many=len(jobs) > _FEW_LISTINGS, width=_LISTINGS
            )

    def _send(self, remotes: list[RemoteFolder]) -> list[FileReport]:
        files: list[FileReport] = []
        work: list[tuple[FileUploader, RemoteFolder, str]] = []
        for remote in remotes:
            uploader = FileUploader(
                remote.tree.path, remote.path, remote.manifest, self._state, self.journal, self._local.hashes
            )
            prefix = _prefix(remote)
            changed = dict.fromkeys(uploader.changed(remote.tree.files, remote.attributes))
            uploader.waiting = len(changed)
            work += [(uploader, remote, name) for name in changed]
            unchanged = (name for name in remote.tree.files if name not in changed)
            files += [FileReport(prefix + name, "unchanged", 0, True) for name in unchanged]
            files += [
                FileReport(prefix + name, "left out", note=why) for name, why in remote.tree.left_out.items()
            ]
        self._make_folders(remotes)
        self._write_journal(work)
        # The identity comes first, so that a cut leaves no folder without an owner.
        owners = [item for item in work if item[2] == IDENTITY]
        for part in (owners, [item for item in work if item[2] != IDENTITY]):
            total = sum(remote.tree.files[name].size for _, remote, name in part)
            jobs = (
                _with_prefix(
                    _prefix(remote),
                    uploader.upload(name, remote.tree.files[name], remote.attributes.get(name)),
                )
                for uploader, remote, name in part
            )
            files += self._connection.run(self._request.remote_path, jobs, many=total > _FEW_BYTES)
        return files

    def _write_journal(self, work: list[tuple[FileUploader, RemoteFolder, str]]) -> None:
        sizes: dict[str, tuple[int, int]] = {}
        for _, remote, name in work:
            destination = (remote.path, remote.run_id)
            if destination != (remote.manifest.remote_path, remote.manifest.run_id):
                remote.manifest.remote_path, remote.manifest.run_id = destination
                remote.manifest.changed = True
            local = remote.tree.files[name]
            sizes[f"{remote.path}/{name}"] = (local.size, local.mtime)
        self.journal.write(sizes)

    def _make_folders(self, remotes: list[RemoteFolder]) -> None:
        folders: list[str] = []
        for remote in remotes:
            missing = [name for name in remote.tree.files if name not in remote.attributes]
            missing += [f"{name}/." for name in remote.tree.empty_folders if name not in remote.attributes]
            if missing or not remote.tree.files:
                folders += _folders_to(self._request.home, remote.path)
            for folder in {name.rpartition("/")[0] for name in missing}:
                folders += [f"{remote.path}/{parent}" for parent in parents_of(f"{folder}/.") if folder]
        if not folders:
            return
        (denied,) = self._connection.run(
            self._request.remote_path, [_make_each(list(dict.fromkeys(folders)))]
        )
        self._notes += [f"{path} cannot be created on the remote host: permission denied" for path in denied]


def _then_nothing(job: Job[None]) -> Job[list[Job[None]]]:
    yield from job
    return []


def _remote_folder(tree: Tree, request: SyncRequest, held: contextlib.ExitStack) -> RemoteFolder:
    path = posixpath.join(request.remote_path, tree.name) if tree.name else request.remote_path
    is_free = lock(tree.path, held)
    remote = RemoteFolder(tree, path, run_id_of(tree.path) if tree.is_run else None)
    if not is_free:
        remote.refused = "another process is sending this folder; nothing was done"
    return remote


def _attach_manifest(
    remote: RemoteFolder, request: SyncRequest, state: RemoteState, manifests: dict[Path, Manifest]
) -> bool:
    """Attach the manifest; True if the run continues in another remote folder than the one examined."""
    path = Manifest.path_of(remote.tree.path, state.id)
    manifest = manifests.get(path) or Manifest(path)
    # The folder may have been taken over by another run together with `.sml-sync`.
    remote.manifest = manifest if manifest.run_id == remote.run_id else Manifest(manifest.path)
    if remote.run_id is None or not remote.manifest.remote_path.startswith(f"{request.home}_bk/"):
        return False
    # Another run has taken its name on the remote host; it continues in the folder it was moved to.
    remote.path = remote.manifest.remote_path
    return True


def _earlier_runs(
    remote: RemoteFolder, request: SyncRequest, state: RemoteState, held: contextlib.ExitStack
) -> Iterator[RemoteFolder]:
    """Earlier runs of the same name that were sent before and have unsent changes."""
    if request.backups is None or not remote.tree.is_run or remote.refused:
        return
    for folder in sorted(request.backups.glob(f"{glob.escape(remote.tree.path.name)}_*")):
        manifest = Manifest.load(folder, state.id)
        if manifest.remote_path and folder.is_dir():
            (tree, *_) = scan(folder, request.selection)
            if any(_needs_sending(manifest, name, local) for name, local in tree.files.items()):
                old = _remote_folder(tree, request, held)
                old.path = manifest.remote_path
                old.backup_of = remote.tree.path.name
                _attach_manifest(old, request, state, {manifest.path: manifest})
                yield old


def _needs_sending(manifest: Manifest, name: str, local: LocalFile) -> bool:
    record = manifest.files.get(name)
    # Moving a folder leaves its files' times alone, but for ctime on some file systems.
    return record is None or (record.local.size, record.local.mtime_ns) != (local.size, local.mtime_ns)


def _with_prefix(prefix: str, job: Job[FileReport]) -> Job[FileReport]:
    report = yield from job
    return report._replace(path=prefix + report.path)


def _prefix(remote: RemoteFolder) -> str:
    name = remote.tree.path.name if remote.backup_of else remote.tree.name
    return f"{name}/" if name else ""


def _folders_to(home: str, path: str) -> list[str]:
    """Folders from home to a remote folder, including it; those of the backup beside home too."""
    for start in (home, f"{home}_bk"):
        below = path_below(start, path)
        if below is not None:
            within = [posixpath.join(start, name) for name in parents_of(f"{below}/.")]
            return [start, *within] if below else []
    return [path]


def _make_each(folders: list[str]) -> Job[list[str]]:
    """Make folders; returns those that may not be made."""
    denied = []
    for folder, reply in (yield from make_folders(folders)):
        try:
            reply.check()
        except PermissionError:
            denied.append(folder)
        except OSError:
            continue
    return denied
