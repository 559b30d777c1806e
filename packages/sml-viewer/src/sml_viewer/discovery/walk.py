"""Walk the folders below a root, ask the readers what they claim, and collect the runs."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sml_config.run_folder import CONFIG, EVENTS, TABLE
from sml_viewer.fileio import reason_of
from sml_viewer.model.discovered_run import DiscoveredRun, OtherLog
from sml_viewer.model.shown_names import shown_name
from sml_viewer.readers.base import Listing, MultiRunReader, Reader
from sml_viewer.readers.declared.reader import DeclaredReader
from sml_viewer.readers.file_io import UNREADABLE
from sml_viewer.readers.registry import CSV, may_hold_many_runs, reader_of, registry
from sml_viewer.readers.text_tables.by_content import TablesReader
from sml_viewer.readers.tfevents.reader import EventsReader
from sml_viewer.readers.trackers.wandb import WandbReader
from sml_viewer.safe_open import Held, scanned

from .claims import Claim, folders_of, left_of, parts_of, stem_of
from .one_job import counted_once
from .parts import is_part, with_log, with_only_run_below, with_parameters_above, with_part
from .roots import existing_folder
from .search import Search, printable
from .small_files import (
    HYDRA,
    HYDRA_OVERRIDES,
    IN_PARAMS,
    PARAMETER_FILES,
    SmallFiles,
    hydra_files,
    small_files,
)

_BACKUP = "_bk"
# Whoever nests folders deeper than this is not searched to the end: each level costs the searcher stack.
_DEEPEST = 100
_MOST_CLOSED = 20
_LONGEST_SHOWN = 200
_HEAD = 8_192
_SHORT_ID = 8
# Folders of installed software, of which there may be very many, and none of a training.
_LEFT_OUT = frozenset(["node_modules", "site-packages", "__pycache__"])


class Discovery(NamedTuple):
    """The runs below a folder, sorted by path; `folders` are all that were looked into, and empty files.

    With when something was last added to each, in nanoseconds, as of before the look; `notes` say what could
    not be looked into.
    """

    runs: tuple[DiscoveredRun, ...]
    folders: Mapping[str, int]
    notes: tuple[str, ...]
    search: Search


def discover(root: Path, *, nested: bool = True) -> Discovery:
    """Every run below `root`; dot-folders are left out, and links are not followed.

    What a link leads to inside `root` is found where it lies; a link that leads out of it is noted. Runs
    inside a run folder are found unless `nested` is False. Where a folder `<root>_bk` lies beside `root`, the
    runs that were moved there are found as superseded. Raises NoRunsError if `root` is not a folder.
    """
    started = time.monotonic()
    walk = _Walk(os.path.realpath(existing_folder(root)), nested)
    walk.descend(walk.root, "", (), ())
    backup = walk.root + _BACKUP
    if os.path.isdir(backup) and not os.path.islink(backup):
        walk.descend(backup, os.path.basename(backup), (), ())
    left_out = tuple(name for name, _ in walk.left_out.most_common())
    search = Search(
        walk.file_count, walk.folder_count, time.monotonic() - started, left_out, tuple(walk.closed)
    )
    if search.is_large:
        walk.notes.append(f"{search}; name a folder further down with -d for a quicker list")
    runs = tuple(sorted(walk.runs, key=lambda run: run.key))
    return Discovery(runs, walk.folders, tuple(walk.notes), search)


def last_added(folder: str) -> int:
    """When something was last added to a folder or taken away, in nanoseconds; 0 if it is not there."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


@dataclass
class _Walk:
    root: str
    nested: bool
    runs: list[DiscoveredRun] = field(default_factory=list)
    folders: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=lambda: list(registry().faults))
    failed: set[str] = field(default_factory=set)
    file_count: int = 0
    folder_count: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    closed: list[str] = field(default_factory=list)
    backups: frozenset[str] = field(init=False)
    # Most run folders hold the same names: their small files are determined once.
    small: dict[tuple[frozenset[str], frozenset[str]], SmallFiles] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.backups = frozenset({f"logfile{_BACKUP}", os.path.basename(self.root) + _BACKUP})

    def descend(
        self,
        path: str,
        name: str,
        inside: tuple[int, ...],
        hydra: tuple[str, ...],
        around: Held | None = None,
        depth: int = 0,
    ) -> None:
        """Look at one folder and below it.

        `inside` are the places in `runs` of the runs of the folder around it, `hydra` the files of the
        nearest `.hydra` above, `around` the folder that holds this one.
        """
        if depth > _DEEPEST:
            shown = printable(path[:_LONGEST_SHOWN])
            self.notes.append(f"{shown}…: nested deeper than {_DEEPEST} folders; what is below is not shown")
            return
        added = last_added(path)
        listing = self._list(path, around)
        if listing is None:
            return
        files, folders, links, has_hydra = listing
        self.folders[path] = added
        self.folder_count += 1
        self.file_count += len(files)
        if has_hydra:
            hydra = hydra_files(path, self._names(f"{path}/{HYDRA}"))
        names = frozenset(files)
        listed = Listing(path, names, frozenset(folders), around, self.folders, {})
        claims = self._claims(listed)
        if claims and inside and self._belongs(claims[0], path, inside):
            claims = ()
        if claims:
            first = len(self.runs)
            self.runs += self._runs_in_folder(path, name, claims, names, folders, inside, hydra)
            if not self.nested:
                return
            inside = tuple(range(first, len(self.runs)))
            own = (CONFIG, EVENTS) if claims[0].reader is CSV else (CONFIG, EVENTS, *folders_of(claims))
            folders = [child for child in folders if child not in own]
        elif inside:
            self._lend_parameters(path, files, inside)
        if may_hold_many_runs(names):
            for reader in registry().of_many_runs:
                for file in self._claim_of(reader, listed):
                    self._add_runs_in_file(reader, path, name, file, inside)
        first = len(self.runs)
        with Held(path, around) as held:
            for child in folders:
                below = f"{name}/{shown_name(child)}" if name else shown_name(child)
                self.descend(f"{path}/{child}", below, inside, hydra, held, depth + 1)
        if claims and len(inside) == 1:
            self.runs[inside[0] :] = with_only_run_below(*self.runs[inside[0] :])
        if not inside and (name or has_hydra):
            self.runs[first:] = self._runs_below(path, self.runs[first:], listed, is_job=has_hydra)
        for child in links:
            self._note_link(f"{path}/{child}")

    def _runs_below(
        self, path: str, runs: list[DiscoveredRun], listing: Listing, *, is_job: bool
    ) -> list[DiscoveredRun]:
        """The runs below a folder that is not a run itself, each once, with the parameters in the folder."""
        if len(runs) > 1:
            runs = counted_once(path, runs, listing.folders, is_job=is_job)
        return [with_parameters_above(runs[0], path, listing.files)] if len(runs) == 1 else runs

    def _claims(self, listing: Listing) -> tuple[Claim, ...]:
        """The tables of a folder by the readers that claim them, the one that opens it first."""
        tables = CSV.claim(listing)
        claims: tuple[Claim, ...] = (Claim(CSV, tables),) if tables else ()
        if TABLE in tables and CONFIG in listing.folders:
            return claims  # our own, whose table has all that there is
        for reader in registry().readers:
            if isinstance(reader, DeclaredReader):
                if tables := reader.claim(listing):  # before all others: the user says what they are
                    claims = (Claim(reader, tables), *left_of(claims, tables))
                continue
            if reader is CSV or reader.name in self.failed:
                continue
            if claims and claims[0].reader is CSV and isinstance(reader, TablesReader):
                continue  # tables by their names are enough, and no file is opened for more
            if not (tables := self._claim_of(reader, listing)):
                continue  # as in nearly every folder
            taken = {table for claim in claims for table in claim.tables}
            if tables := tuple(table for table in tables if table not in taken):
                claims += (Claim(reader, tables),)
        return claims

    def _add_runs_in_file(
        self, reader: MultiRunReader, path: str, name: str, file: str, inside: tuple[int, ...]
    ) -> None:
        """The runs in a file that holds many; the only one in the folder of another run is that run."""
        # A change of the file is noticed like that of a folder: it may have new runs.
        for companion in ("", *reader.companions):
            if changed := last_added(f"{path}/{file}{companion}"):
                self.folders[f"{path}/{file}{companion}"] = changed
        try:
            members = reader.runs(f"{path}/{file}")
        except UNREADABLE as error:
            self.notes.append(f"{printable(f'{path}/{file}')}: {reason_of(error)}")
            return
        if len(members) == 1 and inside:
            run = self.runs[inside[0]]
            below = os.path.relpath(path, run.path).replace(os.sep, "/")
            log = OtherLog(reader.name, below, (file,), members[0].id)
            self.runs[inside[0]] = with_log(run, log, is_alone=len(inside) == 1)
            return
        names = Counter(member.name for member in members)
        for member in members:
            label = member.name if names[member.name] == 1 else f"{member.name}-{member.id[:_SHORT_ID]}"
            self.runs.append(
                DiscoveredRun(
                    path,
                    printable(f"{name}/{shown_name(label)}" if name else shown_name(label)),
                    (file,),
                    parent_run=self.runs[inside[0]].name if inside else None,
                    part=f"{file}/{member.id}",
                    reader=reader.name,
                    run_in_file=member.id,
                    revision=member.revision,
                )
            )

    def _claim_of(self, reader: Reader | MultiRunReader, listing: Listing) -> tuple[str, ...]:
        try:
            return tuple(reader.claim(listing))
        except Exception as error:  # noqa: BLE001 - somebody else's code: named, and no reason to stop
            self.failed.add(reader.name)
            self.notes.append(
                f"the reader {reader.name} failed at {printable(listing.path)} and is not used: {error!r}"
            )
            return ()

    def _belongs(self, claim: Claim, path: str, inside: tuple[int, ...]) -> bool:
        """Whether what lies in a folder below a run is of that run: named there, or one of its sources."""
        index = inside[0]
        run = self.runs[index]
        below = os.path.relpath(path, run.path).replace(os.sep, "/")
        tables = tuple(f"{below}/{table}" for table in claim.tables)
        if len(inside) == 1 and is_part(claim.reader, below, claim.tables, run):
            self.runs[index] = with_part(run, claim.reader, tables)
            return True
        if claim.reader is CSV:
            return False
        around = reader_of(run.reader)
        if around is claim.reader and isinstance(around, EventsReader):
            head = Listing(path, frozenset(), frozenset()).head(claim.tables[0], _HEAD)
            if not around.belongs(run.tables, tables, head):
                return False
            self.runs[index] = run._replace(tables=run.tables + tables)
            return True
        if (
            around is not CSV
            and not getattr(around, "whole_folder", False)
            and not self._alone(path, run, claim)
        ):
            return False
        if not run.own:
            log = OtherLog(claim.reader.name, below, claim.tables)
            self.runs[index] = with_log(run, log, is_alone=len(inside) == 1)
        return True

    def _alone(self, path: str, run: DiscoveredRun, claim: Claim) -> bool:
        """Whether a folder is the one run in the folder that W&B makes in the folder of a run."""
        above, _, name = path.rpartition("/")
        if not isinstance(claim.reader, WandbReader) or above != f"{run.path}/{WandbReader.folder}":
            return False
        return not any(other != name and WandbReader.is_run(other) for other in self._names(above))

    def _list(self, path: str, around: Held | None) -> tuple[list[str], list[str], list[str], bool] | None:
        files: list[str] = []
        folders: list[str] = []
        links: list[str] = []
        has_hydra = False
        try:
            with scanned(path, around=around) as entries:
                for entry in entries:
                    name = entry.name
                    if not entry.is_dir(follow_symlinks=False):
                        # By path: a link to itself is not a folder, and not an error.
                        is_link = entry.is_symlink() and os.path.isdir(f"{path}/{name}")
                        (links if is_link else files).append(name)
                    elif name == HYDRA:
                        has_hydra = True
                    elif name in _LEFT_OUT or name.startswith("."):
                        self.left_out[name] += 1
                    else:
                        folders.append(name)
        except OSError as error:
            self._note(path, error)
            return None
        return files, folders, links, has_hydra

    def _names(self, path: str) -> frozenset[str]:
        try:
            return frozenset(os.listdir(path))
        except OSError as error:
            self._note(path, error)
            return frozenset()

    def _note(self, path: str, error: OSError) -> None:
        # A folder that was just removed needs no note; one that cannot be opened does.
        if not isinstance(error, FileNotFoundError):
            self.notes.append(f"{printable(path)}: {error.strerror}; what is below it is not shown")
            if len(self.closed) < _MOST_CLOSED:
                self.closed.append(printable(path))

    def _note_link(self, path: str) -> None:
        """Say that a link to a folder outside of the root is not followed: anybody may have made it."""
        try:
            target = os.path.realpath(path)
        except OSError:  # it went meanwhile
            return
        if not (target + "/").startswith(self.root + "/"):
            self.notes.append(
                f"{printable(path)}: a link that leads out of the data folder is not followed; "
                f"to see what lies there add -d {printable(target)}"
            )

    def _runs_in_folder(
        self,
        path: str,
        name: str,
        claims: tuple[Claim, ...],
        files: frozenset[str],
        folders: list[str],
        inside: tuple[int, ...],
        hydra: tuple[str, ...],
    ) -> list[DiscoveredRun]:
        """The runs of a folder that has tables: mostly one."""
        tables = claims[0].tables
        names = files, self._names(f"{path}/{CONFIG}") if CONFIG in folders else frozenset[str]()
        small = self.small.get(names)
        if small is None:
            small = self.small[names] = small_files(*names)
        parameters, run_config, status = small
        overrides = None
        for file in hydra:
            relative = os.path.relpath(file, path).replace(os.sep, "/")
            if file.endswith(HYDRA_OVERRIDES):
                overrides = relative
            else:
                parameters = (*parameters, relative)
        declared = claims[0].reader if isinstance(claims[0].reader, DeclaredReader) else None
        if declared is not None:
            beside = tuple(file for file in declared.parameters if os.path.isfile(f"{path}/{file}"))
            parameters = tuple(dict.fromkeys((*beside, *parameters)))
        run = DiscoveredRun(
            path,
            name or shown_name(os.path.basename(path)),
            tables,
            parameters,
            run_config,
            status,
            parent_run=self.runs[inside[0]].name if inside else None,
            superseded=_BACKUP in name and not self.backups.isdisjoint(name.split("/")[:-1]),
            overrides=overrides,
            reader=None if claims[0].reader is CSV else claims[0].reader.name,
            further=tuple((claim.reader.name, claim.tables) for claim in claims[1:]),
            revision=None if declared is None else declared.revision,
        )
        parts = parts_of(claims[0], path) if len(tables) > 1 else ()
        if not parts:
            return [run]
        # The table of the usual name stays the folder's own, with what lies beside it.
        parts = tuple(part for part in parts if TABLE not in part)
        rest = tuple(table for table in tables if not any(table in part for part in parts))
        stems = [shown_name(stem_of(part[0])) for part in parts]
        others = [
            run._replace(name=f"{run.name}/{stem}", tables=part, part=part[0], further=())
            for part, stem in zip(parts, stems, strict=True)
        ]
        return [run._replace(tables=rest), *others] if rest else others

    def _lend_parameters(self, path: str, files: list[str], inside: tuple[int, ...]) -> None:
        """A folder in a run that has parameters but no table belongs to the run around it."""
        for index in inside:
            run = self.runs[index]
            folder = os.path.relpath(path, run.path).replace(os.sep, "/")
            names = (
                (*IN_PARAMS, *PARAMETER_FILES) if folder.rpartition("/")[2] == "params" else PARAMETER_FILES
            )
            more = tuple(f"{folder}/{candidate}" for candidate in names if candidate in files)
            if more:
                self.runs[index] = run._replace(parameters=run.parameters + more)
