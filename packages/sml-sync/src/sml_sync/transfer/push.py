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

from sml_sync.errors import FarError, SourceError
from sml_sync.report import FileReport
from sml_sync.sftp import pipeline
from sml_sync.sftp.pipeline import Job
from sml_sync.ssh.connect import Connection

from .local_files import IDENTITY, LocalFile, Selection, Tree, scan
from .manifest import Announced, Manifest, locked, manifests_of, sender_of
from .mirror import mirror
from .remote_folder import Unit, find_backup, look, move_away, run_id_of
from .remote_state import Control, make_folders, parents_of
from .upload import Bringer

T = TypeVar("T")

# Below this, opening more channels costs more than it brings.
_FEW_BYTES = 4 << 20
_FEW_LISTINGS = 4
# Listings at a time; the rest waits for a second channel.
_LISTINGS = 8


@dataclass(frozen=True)
class Wish:
    """What is to be sent where; `home` is the folder over there that keeps `.sml-sync`."""

    local: Path
    remote_path: str
    home: str
    selection: Selection
    replace: bool = False
    # Where earlier runs of the same names are kept here.
    backups: Path | None = None
    # Whether nothing is to be changed, only told.
    dry_run: bool = False


@dataclass(frozen=True)
class Pushed:
    """What came of it."""

    files: list[FileReport]
    notes: list[str]
    ok: bool


def trees_of(wish: Wish) -> list[Tree]:
    """What there is to send. Raises SourceError."""
    try:
        trees = scan(wish.local, wish.selection)
    except OSError as error:
        raise SourceError(f"{wish.local}: {error.strerror or error}") from None
    if wish.replace and not any(tree.files for tree in trees):
        raise SourceError(f"{wish.local} holds no files; replace=True would remove everything over there")
    return trees


def push(connection: Connection, wish: Wish, trees: list[Tree], controls: dict[str, Control]) -> Pushed:
    """Send what of the trees is not there yet. Raises FarError, and what a lost line raises."""
    control = controls.get(wish.home) or Control(wish.home, sender_of(wish.local))
    with contextlib.ExitStack() as held:
        units = [_unit(tree, wish, held) for tree in trees]
        pushing = _Push(connection, wish, control, units)
        try:
            pushing.begin()
            controls[wish.home] = control
            pushed = pushing.run(held)
        finally:
            for unit in pushing.units:
                if not unit.refused:
                    unit.manifest.save()
        pushing.announced.forget()
        return pushed


class _Push:
    def __init__(self, connection: Connection, wish: Wish, control: Control, units: list[Unit]) -> None:
        self._connection = connection
        self._wish = wish
        self._control = control
        self.units = units
        self._notes: list[str] = []

    def begin(self) -> None:
        """Learn which place it is and what stands there, in one breath."""
        live = [unit for unit in self.units if not unit.refused]
        known: dict[Path, Manifest] = {}

        def load() -> None:
            # While answers are waited for: of many files it takes as long as those.
            known.update(
                (manifest.path, manifest) for unit in live for manifest in manifests_of(unit.tree.path)
            )

        first = [] if self._control.id else [self._control.identify(), self._control.clean()]
        with ThreadPoolExecutor(1) as ahead:
            loading = ahead.submit(load)
            self._look(live, first)
            loading.result()
        self.announced = Announced(self._wish.local, self._control.id)
        accepted = [unit for unit in live if not unit.refused]
        moved = [unit for unit in accepted if _remember(unit, self._wish, self._control, known)]
        self._look(moved)

    def run(self, held: contextlib.ExitStack) -> Pushed:
        """Send what is not there; `held` takes the locks of earlier runs that go along."""
        units = [unit for unit in self.units if not unit.refused]
        self._settle(units)
        # An earlier run can only be found once its name was taken from it over there.
        earlier = [old for unit in self.units for old in _earlier(unit, self._wish, self._control, held)]
        self.units = self.units + earlier
        earlier = [unit for unit in earlier if not unit.refused]
        self._look(earlier)
        self._settle(earlier)
        sendable = [unit for unit in (*units, *earlier) if not unit.refused]
        files = self._send(sendable)
        failed = any(file.action == "failed" for file in files) or any(unit.refused for unit in self.units)
        if self._wish.replace and not failed:
            for removed in self._all([mirror(unit, self._wish.selection) for unit in sendable]):
                files += removed
        failed = failed or any(file.action == "failed" for file in files)
        notes = [f"{unit.tree.path}: {unit.refused}" for unit in self.units if unit.refused]
        notes += self._notes + [note for unit in self.units for note in unit.notes]
        notes += [file.note for file in files if file.action == "sent" and file.note]
        return Pushed(files, notes, not failed)

    def _settle(self, units: list[Unit]) -> None:
        """Give every unit, as it was looked at, a folder over there that is its own."""
        for unit in units:
            if unit.refused:
                continue
            if unit.rival is None and (unit.stands or not unit.backup_of):
                continue
            home, name = self._wish.home, unit.backup_of or posixpath.basename(unit.far)
            (backup,) = self._all([find_backup(home, name, unit.run_id or "")])
            if backup is None and unit.backup_of:
                backup = posixpath.join(f"{home}_bk", unit.tree.path.name)
            if backup is not None:
                unit.far = backup
                if not unit.backup_of:
                    unit.notes.append(f"another run has this name over there; this one goes on in {backup}")
                self._look([unit])
            else:
                self._all([move_away(unit, home)])
                unit.stands = {}

    def _look(self, units: list[Unit], first: Iterable[Job[None]] = ()) -> None:
        """Find out what stands over there, after the jobs of `first`."""
        looks = [look(unit, self._wish.home) for unit in units]
        jobs = [job for left in self._all([*(_then_nothing(job) for job in first), *looks]) for job in left]
        if jobs:
            # By two processes over there, if it is worth it.
            self._all(jobs, many=len(jobs) > _FEW_LISTINGS, width=_LISTINGS)

    def _send(self, units: list[Unit]) -> list[FileReport]:
        files: list[FileReport] = []
        work: list[tuple[Bringer, Unit, str]] = []
        for unit in units:
            bringer = Bringer(unit.tree.path, unit.far, unit.manifest, self._control, self.announced)
            prefix = _prefix(unit)
            changed = dict.fromkeys(bringer.changed(unit.tree.files, unit.stands))
            bringer.waiting = len(changed)
            work += [(bringer, unit, name) for name in changed]
            unchanged = (name for name in unit.tree.files if name not in changed)
            files += [FileReport(prefix + name, "unchanged", 0, True) for name in unchanged]
            files += [
                FileReport(prefix + name, "left out", note=why) for name, why in unit.tree.left_out.items()
            ]
        self._make_folders(units)
        self._announce(work)
        # What tells whose folder it is comes first, so that a cut leaves no folder without an owner.
        owners = [item for item in work if item[2] == IDENTITY]
        for part in (owners, [item for item in work if item[2] != IDENTITY]):
            total = sum(unit.tree.files[name].size for _, unit, name in part)
            jobs = (
                _named(_prefix(unit), bringer.bring(name, unit.tree.files[name], unit.stands.get(name)))
                for bringer, unit, name in part
            )
            files += self._all(jobs, many=total > _FEW_BYTES)
        return files

    def _announce(self, work: list[tuple[Bringer, Unit, str]]) -> None:
        sizes: dict[str, tuple[int, int]] = {}
        for _, unit, name in work:
            destination = (unit.far, unit.run_id)
            if destination != (unit.manifest.far, unit.manifest.run_id):
                unit.manifest.far, unit.manifest.run_id = destination
                unit.manifest.changed = True
            local = unit.tree.files[name]
            sizes[f"{unit.far}/{name}"] = (local.size, local.mtime)
        self.announced.write(sizes)

    def _make_folders(self, units: list[Unit]) -> None:
        folders: list[str] = []
        for unit in units:
            missing = [name for name in unit.tree.files if name not in unit.stands]
            missing += [f"{name}/." for name in unit.tree.empty_folders if name not in unit.stands]
            if missing or not unit.tree.files:
                folders += _way(self._wish.home, unit.far)
            for folder in {name.rpartition("/")[0] for name in missing}:
                folders += [f"{unit.far}/{parent}" for parent in parents_of(f"{folder}/.") if folder]
        if not folders:
            return
        (denied,) = self._all([_make(list(dict.fromkeys(folders)))])
        self._notes += [f"{path} cannot be made over there: permission denied" for path in denied]

    def _all(self, jobs: Iterable[Job[T]], *, many: bool = False, width: int = pipeline.WIDTH) -> list[T]:
        """Results of jobs whose failure would be that of everything. Raises FarError."""
        results: list[T] = []
        for result in pipeline.run(self._connection.channels(many=many), jobs, width):
            if isinstance(result, OSError):
                about = result.filename or self._wish.remote_path
                raise FarError(f"{about}: {result.strerror or result}")
            results.append(result)
        return results


def _then_nothing(job: Job[None]) -> Job[list[Job[None]]]:
    yield from job
    return []


def _unit(tree: Tree, wish: Wish, held: contextlib.ExitStack) -> Unit:
    far = posixpath.join(wish.remote_path, tree.name) if tree.name else wish.remote_path
    free = held.enter_context(locked(tree.path))
    unit = Unit(tree, far, run_id_of(tree.path) if tree.is_run else None)
    if not free:
        unit.refused = "another process is sending this folder; nothing was done"
    return unit


def _remember(unit: Unit, wish: Wish, control: Control, known: dict[Path, Manifest]) -> bool:
    """Take up what is known of a unit; whether it goes elsewhere than where was looked."""
    path = Manifest.path_of(unit.tree.path, control.id)
    manifest = known.get(path) or Manifest(path)
    # The folder may have been taken over by another run together with `.sml-sync`.
    unit.manifest = manifest if manifest.run_id == unit.run_id else Manifest(manifest.path)
    if unit.run_id is None or not unit.manifest.far.startswith(f"{wish.home}_bk/"):
        return False
    # It lost its name to another run over there before, and goes on where it was moved to.
    unit.far = unit.manifest.far
    return True


def _earlier(unit: Unit, wish: Wish, control: Control, held: contextlib.ExitStack) -> Iterator[Unit]:
    """Earlier runs of a unit's name that were sent before and are not all there."""
    if wish.backups is None or not unit.tree.is_run or unit.refused:
        return
    for folder in sorted(wish.backups.glob(f"{glob.escape(unit.tree.path.name)}_*")):
        manifest = Manifest.load(folder, control.id)
        if manifest.far and folder.is_dir():
            (tree, *_) = scan(folder, wish.selection)
            if any(_left_to_send(manifest, name, local) for name, local in tree.files.items()):
                old = _unit(tree, wish, held)
                old.far = manifest.far
                old.backup_of = unit.tree.path.name
                _remember(old, wish, control, {manifest.path: manifest})
                yield old


def _left_to_send(manifest: Manifest, name: str, local: LocalFile) -> bool:
    known = manifest.files.get(name)
    # Moving a folder leaves its files' times alone, but for ctime on some file systems.
    return known is None or (known.local.size, known.local.mtime_ns) != (local.size, local.mtime_ns)


def _named(prefix: str, job: Job[FileReport]) -> Job[FileReport]:
    report = yield from job
    return report._replace(path=prefix + report.path)


def _prefix(unit: Unit) -> str:
    name = unit.tree.path.name if unit.backup_of else unit.tree.name
    return f"{name}/" if name else ""


def _way(home: str, far: str) -> list[str]:
    """Folders from home to a unit's, that one included; those of the backup beside home too."""
    for start in (home, f"{home}_bk"):
        if far == start or far.startswith(f"{start.rstrip('/')}/"):
            below = far[len(start.rstrip("/")) + 1 :]
            return (
                [start, *(posixpath.join(start, name) for name in parents_of(f"{below}/."))] if below else []
            )
    return [far]


def _make(folders: list[str]) -> Job[list[str]]:
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
