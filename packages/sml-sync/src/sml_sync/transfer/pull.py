"""Download run folders: incremental, complete, and without overwriting other runs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from sml_config.run_folder import is_temporary
from sml_sync.errors import FarError
from sml_sync.report import FileReport
from sml_sync.sftp import packets, pipeline
from sml_sync.sftp.packets import Attributes
from sml_sync.sftp.pipeline import Job
from sml_sync.ssh.connect import Connection

from .download import RESUMED_SIZE, fetch, fetch_tail, remove_leftovers
from .local_files import CONTROL, IDENTITY, LocalFile, Selection, files_in
from .manifest import Known, Manifest, locked
from .preview import preview_file
from .remote_folder import far_run_id, label_of, run_id_of
from .remote_state import list_folder
from .transfer import is_prefix

T = TypeVar("T")
_COMPARED = 64 << 10
_FEW_BYTES = 4 << 20
# Listed at a time, and how many are worth a second process over there.
_FOLDERS_AT_A_TIME, _FEW_FOLDERS = 32, 16
# Times over there are whole seconds: of a younger file a later change may have left the same time.
_FRESH_SECONDS = 2
# The same if the clock over there is not known.
_FRESH_BY_ANOTHER_CLOCK_SECONDS = 600
# On Linux its time is when it was first looked at, so the clock over there is not before it.
_CLOCK = b"/proc/self/stat"
# A server, or a file system that holds itself, could go on for ever.
_DEEPEST = 100
_MOST_FOLDERS = 200_000


@dataclass
class _FarTree:
    """One run over there, or what lies around several."""

    far: str
    name: str
    files: dict[str, Attributes] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    run_id: str | None = None


class LocalState(NamedTuple):
    """What is recorded of a local folder, and the files in it as they are."""

    manifest: Manifest
    files: dict[str, LocalFile]


def read_local(local: Path, far: str) -> LocalState:
    """The state of the folder that `far` is fetched into; takes half a second for 100,000 files."""
    manifest = Manifest.load(local, _mark_of(far))
    return LocalState(manifest, files_of(local, manifest))


class Pull:
    """Brings what is at `far` over a connection into the folder `local`."""

    def __init__(
        self,
        connection: Connection,
        far: str,
        local: Path,
        selection: Selection,
        read_local: Callable[[], LocalState],
        *,
        verify: bool,
    ) -> None:
        """`read_local` gives what the function of this name returns, which may run beforehand."""
        self._connection = connection
        self._far = far
        self._local = local
        self._selection = selection
        self._everything = selection.is_everything
        self._verify = verify
        # No later than the clock over there; 0 if that is not known.
        self._clock = 0
        self._read_local = read_local
        # Of folders that were read beforehand.
        self._known: dict[Path, LocalState] = {}
        self.notes: list[str] = []

    def run(self) -> list[FileReport]:
        """Bring everything. Raises FarError, and what a lost line raises."""
        files: list[FileReport] = []
        trees = self._trees()
        self._known[self._local] = self._read_local()
        for tree in trees:
            folder = self._local / tree.name if tree.name else self._local
            try:
                files += self._bring(tree, folder)
            except OSError as error:
                reason = f"{error.filename or folder}: {error.strerror or error}"
                files.append(FileReport(tree.name or ".", "failed", note=reason))
        return files

    def preview(self) -> list[FileReport]:
        """What `run` would do; contents are not compared. Raises FarError, and what a lost line raises."""
        files: list[FileReport] = []
        for tree in self._trees():
            folder = self._local / tree.name if tree.name else self._local
            mine = run_id_of(folder)
            prefix = f"{tree.name}/" if tree.name else ""
            rival = tree.run_id is not None and mine not in (None, tree.run_id)
            if rival:
                self.notes.append(
                    f"{folder} is another run ({mine}); one of them would be in {self._local}_bk"
                )
            manifest = Manifest.load(folder, _mark_of(tree.far))
            files += [FileReport(prefix + name, "left out", note=why) for name, why in tree.left_out.items()]
            for name, stands in sorted(tree.files.items()):
                path = self._local / ".sml-sync" / "none" if rival else folder / name
                action, number, note = preview_file(stands, path, manifest.files.get(name))
                files.append(FileReport(prefix + name, action, number, note=note))  # type: ignore[arg-type]
        return files

    def _trees(self) -> list[_FarTree]:
        stands, clock = self._all([_stat(os.fsencode(self._far) + b"/."), _stat(_CLOCK)])
        self._clock = clock.mtime if clock is not None else 0
        if stands is None or not stands.is_folder:
            raise FarError(f"{self._far}: no such folder over there")
        listed: dict[str, list[tuple[str, Attributes]]] = {}
        level = [""]
        depth = 0
        while level:
            if depth > _DEEPEST or len(listed) + len(level) > _MOST_FOLDERS:
                problem = (
                    f"more than {_MOST_FOLDERS} folders" if depth <= _DEEPEST else f"{_DEEPEST} folders deep"
                )
                where = posixpath.join(self._far, level[-1])
                raise FarError(f"{where}: {problem}; is it endless? name a folder below it")
            depth += 1
            jobs = [list_folder(os.fsencode(posixpath.join(self._far, name))) for name in level]
            below: list[str] = []
            for folder, entries_below in zip(level, self._all(jobs, many=len(jobs) > _FEW_FOLDERS, width=_FOLDERS_AT_A_TIME), strict=True):
                listed[folder] = [
                    (os.fsdecode(name), attributes) for name, attributes in entries_below if _is_fit(name)
                ]
                below += [
                    posixpath.join(folder, name)
                    for name, attributes in listed[folder]
                    if attributes.is_folder and not name.startswith(".")
                ]
            level = below
        runs = {posixpath.dirname(name) for name in listed if _is_run(name, listed)}
        trees: dict[str, _FarTree] = {"": _FarTree(self._far, "")}
        for folder, entries in listed.items():
            owner = _owner(folder, runs)
            tree = trees.setdefault(owner, _FarTree(posixpath.join(self._far, owner), owner))
            inside = folder[len(owner) :].strip("/")
            if inside and not self._selection.excludes(inside):
                tree.folders.append(inside)
            prefix = f"{inside}/" if inside else ""
            for name, attributes in entries:
                if not (attributes.is_folder or is_temporary(name)):
                    self._add(tree, prefix + name, attributes)
        owners = [tree for tree in trees.values() if IDENTITY in tree.files]
        ids = self._all([far_run_id(tree.far) for tree in owners])
        for tree, run_id in zip(owners, ids, strict=True):
            tree.run_id = run_id
        return list(trees.values())

    def _add(self, tree: _FarTree, path: str, attributes: Attributes) -> None:
        if not attributes.is_file:
            tree.left_out[path] = "not a regular file"
        elif self._everything or self._selection.wants(path, attributes.size):
            tree.files[path] = attributes
        else:
            tree.left_out[path] = "not selected"

    def _bring(self, tree: _FarTree, folder: Path) -> list[FileReport]:
        folder = self._settle(tree, folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name in {*tree.folders, *(name.rpartition("/")[0] for name in tree.files)}:
            (folder / name).mkdir(parents=True, exist_ok=True)
        prefix = f"{tree.name}/" if tree.name else ""
        files = [FileReport(prefix + name, "left out", note=why) for name, why in tree.left_out.items()]
        with contextlib.ExitStack() as held:
            if not held.enter_context(locked(folder)):
                note = "another process is writing this folder; nothing was done"
                return [*files, FileReport(prefix or ".", "failed", note=note)]
            manifest, local = self._known.pop(folder, None) or (Manifest.load(folder, _mark_of(tree.far)), {})
            if (manifest.far, manifest.run_id) != (tree.far, tree.run_id):
                manifest.far, manifest.run_id, manifest.changed = tree.far, tree.run_id, True
            self._tidy(tree, folder)
            # What tells whose folder it is comes first.
            names = sorted(tree.files)
            if IDENTITY in tree.files:
                names.remove(IDENTITY)
                names.insert(0, IDENTITY)
            if not self._verify:
                same = _unchanged(tree, manifest, local or files_of(folder, manifest))
                files += [FileReport(prefix + name, "unchanged", 0, True) for name in names if name in same]
                names = [name for name in names if name not in same]
            jobs = (self._file(tree, name, folder, manifest, prefix) for name in names)
            total = sum(tree.files[name].size for name in names)
            try:
                files += self._all(jobs, many=total > _FEW_BYTES)
            finally:
                manifest.save()
        self.notes += [file.note for file in files if file.action == "sent" and file.note]
        return files

    def _file(
        self, tree: _FarTree, name: str, folder: Path, manifest: Manifest, prefix: str
    ) -> Job[FileReport]:
        far, path, stands = os.fsencode(f"{tree.far}/{name}"), folder / name, tree.files[name]
        known = manifest.files.get(name)
        try:
            action, number, note = yield from _decide(far, path, stands, known, verify=self._verify)
            local = LocalFile.of(path.stat())
        except FileNotFoundError:
            return FileReport(prefix + name, "left out", note="it vanished over there while it was fetched")
        except OSError as error:
            return FileReport(prefix + name, "failed", note=error.strerror or str(error))
        # Compared once more, long after it was fetched, is as good as a clock.
        was_compared = action == "unchanged" and known is not None and time.time() - manifest.synced > 2
        fresh = not was_compared and self._is_fresh(stands.mtime)
        manifest.note(name, Known(local, "", local.size, local.mtime, fresh))
        return FileReport(prefix + name, action, number, True, note)  # type: ignore[arg-type]  # one of the literals

    def _is_fresh(self, mtime: int) -> bool:
        """Whether a file was changed so shortly before that a later change may have left the same time."""
        if self._clock:
            return mtime > self._clock - _FRESH_SECONDS
        return abs(time.time() - mtime) < _FRESH_BY_ANOTHER_CLOCK_SECONDS

    def _tidy(self, tree: _FarTree, folder: Path) -> None:
        """Remove what earlier pulls staged here and will not go on with."""
        resumable: dict[str, list[tuple[bytes, Attributes]]] = {name: [] for name in ("", *tree.folders)}
        for name, stands in tree.files.items():
            if stands.size >= RESUMED_SIZE:
                beside = resumable.setdefault(posixpath.dirname(name), [])
                beside.append((os.fsencode(f"{tree.far}/{name}"), stands))
        for name, files in resumable.items():
            remove_leftovers(folder / name if name else folder, files)

    def _settle(self, tree: _FarTree, folder: Path) -> Path:
        """A local folder that is this run's own."""
        mine = run_id_of(folder)
        if tree.run_id is None or mine in (None, tree.run_id):
            return folder
        backup = self._local.with_name(f"{self._local.name}_bk")
        if tree.name == "":
            backup = folder.with_name(f"{folder.parent.name}_bk")
        label = label_of(tree.run_id)
        for other in sorted(backup.glob(f"*{label}*")):
            if run_id_of(other) == tree.run_id:
                self.notes.append(f"{folder} is another run here; this one goes on in {other}")
                return other
        backup.mkdir(parents=True, exist_ok=True)
        moment = time.strftime("%Y-%m-%d-%H-%M-%S")
        target = backup / f"{folder.name}_{moment}-{label_of(mine or '')}"
        folder.rename(target)
        self._known.pop(folder, None)
        self.notes.append(f"{folder} was another run ({mine}); it is in {target} now")
        return folder

    def _all(self, jobs: Iterable[Job[T]], *, many: bool = False, width: int = pipeline.WIDTH) -> list[T]:
        results: list[T] = []
        for result in pipeline.run(self._connection.channels(many=many), jobs, width):
            if isinstance(result, OSError):
                raise FarError(f"{result.filename or self._far}: {result.strerror or result}")
            results.append(result)
        return results


def files_of(folder: Path, manifest: Manifest) -> dict[str, LocalFile]:
    """The files in those folders that the manifest has files of."""
    files: dict[str, LocalFile] = {}
    for inside in {name.rpartition("/")[0] for name in manifest.files}:
        files.update(files_in(folder / inside, f"{inside}/" if inside else ""))
    return files


def _unchanged(tree: _FarTree, manifest: Manifest, local: dict[str, LocalFile]) -> set[str]:
    """Files that are here as they were fetched and over there as they were then; nothing is to be asked."""
    records = manifest.files
    return {
        name
        for name, stands in tree.files.items()
        if (known := records.get(name)) is not None
        and not known.fresh
        and known.far_size == stands.size
        and known.far_mtime == stands.mtime
        and known.local == local.get(name)
    }


def _decide(
    far: bytes, path: Path, stands: Attributes, known: Known | None, *, verify: bool
) -> Job[tuple[str, int, str]]:
    """What was done, the bytes that travelled, and what a person should know."""
    try:
        local = LocalFile.of(path.stat())
    except FileNotFoundError:
        return "sent", (yield from fetch(far, stands, path)), ""
    ours = known is not None and known.local == local
    same = local.size == stands.size and local.mtime == stands.mtime
    trusted = ours and not verify
    if trusted and same and known is not None and not known.fresh:
        return "unchanged", 0, ""
    if same:
        # Of our own copy a young far file may differ at its end; a copy that is not ours, anywhere.
        start = max(local.size - _COMPARED, 0) if trusted and local.size > _COMPARED else 0
        if (yield from is_prefix(path, far, local.size, start)):
            return "unchanged", 0, ""
    elif local.size <= stands.size and (trusted or (yield from is_prefix(path, far, local.size))):
        number = yield from fetch_tail(far, local.size, path)
        if number is not None:
            return "appended", number, ""
    note = "" if ours else _set_aside(path)
    return "sent", (yield from fetch(far, stands, path)), note


def _set_aside(path: Path) -> str:
    aside = path.parent / CONTROL
    aside.mkdir(exist_ok=True)
    target = aside / f"{time.strftime('%Y-%m-%d-%H-%M-%S')}-{uuid.uuid4().hex[:6]}-{path.name[:100]}"
    path.rename(target)
    return f"{path} is not what was fetched; that version is kept in {target}"


def _mark_of(far: str) -> str:
    return hashlib.sha256(far.encode("utf-8", "replace")).hexdigest()[:32]


def _stat(path: bytes) -> Job[Attributes | None]:
    (reply,) = yield [packets.lstat(path)]
    return None if reply.is_missing or reply.is_refused else reply.attributes()


def _is_fit(name: bytes) -> bool:
    """Whether a name stays in its folder; a server could send any."""
    return b"/" not in name and b"\0" not in name and name not in (b"", b".", b"..")


def _is_run(name: str, listed: dict[str, list[tuple[str, Attributes]]]) -> bool:
    folder, file = posixpath.split(IDENTITY)
    return posixpath.basename(name) == folder and any(entry == file for entry, _ in listed[name])


def _owner(folder: str, runs: set[str]) -> str:
    """The highest run folder that a folder is in; the whole if there is none."""
    parts = folder.split("/") if folder else []
    for length in range(len(parts) + 1):
        above = "/".join(parts[:length])
        if above in runs:
            return above
    return ""
