"""Import all runs of a library into a folder: what is new or has grown, each run whole or not at all."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import metadata
from pathlib import Path

from sml_config.hashing import short_hash
from sml_config.run_folder import CONFIG, RUN_CONFIG, free_name
from sml_viewer.annotations import Annotation, Annotations, Change, annotation_of_tool
from sml_viewer.errors import SmlViewerError
from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.model.shown_names import shown_name
from sml_viewer.readers.registry import multi_run_reader

from .content import Content, content_of
from .folder import (
    Targets,
    check_unchanged,
    existing_import,
    recover,
    source_of,
    targets_of,
    write_folder,
)

_BACKUP = "_bk"
NEW, GROWN, UNCHANGED, REFUSED = "imported", "replaced", "unchanged", "refused"


@dataclass(frozen=True)
class Outcome:
    """What became of one run: its folder, one of NEW, GROWN, UNCHANGED, REFUSED, and why it was refused.

    `rows` are those of its main table, `rows_before` those of the import that it replaced; `notes` tell
    what was left out or guessed in reading it. `kept` is where the replaced import stays,
    if its rows are not among those of the new one.
    """

    run: Run
    folder: Path
    result: str
    rows: int = 0
    rows_before: int = 0
    reason: str = ""
    notes: tuple[str, ...] = ()
    previous_copy: Path | None = None


def import_runs(library: Library, to: Path, *, is_dry: bool = False) -> Iterator[Outcome]:
    """Import every run that is not below `to`, in the order of their paths.

    Runs that newer ones superseded are left out. With `is_dry` nothing is written.
    """
    to = to.absolute()
    inside = Path(os.path.realpath(to))
    runs = [run for run in library.runs() if not run.superseded]
    runs = [run for run in runs if inside not in (run.path, *run.path.parents)]
    in_folder = Counter(run.path for run in runs)
    names = {run.name for run in runs}
    targets = {run.key: targets_of(to, run.name, names) for run in runs}
    valid = {each.readable for each in targets.values() if each.readable == each.distinct}
    taken: dict[Path, Run] = {}
    for run in runs:
        source = _source(run, in_folder[run.path])
        folder = _chosen(targets[run.key], source, valid | taken.keys())
        try:
            if (other := taken.setdefault(folder, run)) is not run:
                raise SmlViewerError(
                    f"{folder} is taken by {_location(other)}; import each into a --to of its own"
                )
            yield _import(library, run, folder, inside, source, is_dry=is_dry)
        except SmlViewerError as error:
            yield Outcome(run, folder, REFUSED, reason=str(error))
        except OSError as error:
            yield Outcome(
                run, folder, REFUSED, reason=f"{error.filename or folder}: {error.strerror or error}"
            )


def _chosen(targets: Targets, source: str, taken: Collection[Path]) -> Path:
    """The readable folder, unless it is another run's, or an earlier import of this run has a hash."""
    readable, distinct = targets
    if readable == distinct or source_of(distinct) == source:
        return distinct
    return distinct if readable in taken or source_of(readable) not in (None, source) else readable


def copy_annotations(sources: Sequence[Annotations], to: Annotations, outcomes: Sequence[Outcome]) -> int:
    """Copy tags, notes and hidden flags of imported runs that have none yet; returns their number.

    Raises AnnotationError.
    """
    known: dict[str, Annotation] = {}
    for source in sources:
        known.update(source.all())
    existing = to.all()
    imported = [item.run for item in outcomes if item.result in (NEW, GROWN) and item.run.id in known]
    defaults = {run.id: annotation_of_tool(run) for run in imported}
    changes = [
        Change(
            (run.id,),
            known[run.id].tags,
            tuple(sorted({*run.labels} - {*known[run.id].tags})),
            note=known[run.id].note,
            hidden=known[run.id].hidden,
        )
        for run in imported
        if run.id not in existing
    ]
    if changes:
        to.change(changes, defaults)
    return len(changes)


def _import(library: Library, run: Run, folder: Path, inside: Path, source: str, *, is_dry: bool) -> Outcome:
    _check_place(folder, inside)
    if not is_dry:
        recover(folder)
    existing = existing_import(folder)
    if existing is not None and existing.source != source:
        raise SmlViewerError(f"{folder} is the import of {existing.source}; choose another --to")
    content = content_of(library, run)
    outcome = Outcome(run, folder, NEW, content.rows, notes=content.notes)
    if existing is not None:
        if existing.digest == content.digest:
            return replace(outcome, result=UNCHANGED, notes=())
        check_unchanged(folder, existing)
        if content.rows < existing.rows:
            raise SmlViewerError(
                f"{_location(run)} has {content.rows} rows now, its import {existing.rows}; "
                f"move {folder} away to import it again"
            )
        keep = None if content.extends(existing.tables) else _backup(folder, inside)
        outcome = replace(outcome, result=GROWN, rows_before=existing.rows, previous_copy=keep)
    if not is_dry:
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_folder(folder, _with_provenance(content, run), source, run.modified, outcome.previous_copy)
    return outcome


def _backup(folder: Path, inside: Path) -> Path:
    """Where an import goes whose rows the source no longer has: beside `to`, like the logger's older runs."""
    below = Path(os.path.realpath(folder.parent)).relative_to(inside)
    above = inside.with_name(inside.name + _BACKUP) / below
    return free_name(above / "run", f"{folder.name}_")


def _check_place(folder: Path, inside: Path) -> None:
    """Raise SmlViewerError if a folder lies behind a link that leads out, or in the folder of a run."""
    for above in folder.parents:
        real = Path(os.path.realpath(above))
        if real == inside:
            return
        if inside not in real.parents:
            break
        if (above / CONFIG / RUN_CONFIG).exists():
            raise SmlViewerError(f"{folder} lies in the run folder {above}; choose another --to")
    raise SmlViewerError(f"{folder} leads out of {inside} through a link; choose another --to")


def _with_provenance(content: Content, run: Run) -> Content:
    recorded = {
        "path": shown_name(_location(run)),
        "reader": run.reader or "csv",
        "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        "version": metadata.version("sml-viewer"),
        **content.facts["imported_from"],
    }
    return replace(content, facts={**content.facts, "imported_from": recorded})


def _location(run: Run) -> str:
    """Where a run lies: its folder, or the file that holds it."""
    return str(run.path / run.tables[0]) if multi_run_reader(run.reader) is not None else str(run.path)


def _source(run: Run, runs_in_folder: int) -> str:
    """A text that identifies a run among all that were ever imported; secrets in it are masked."""
    if multi_run_reader(run.reader) is not None:
        source = f"{_location(run)}#{run.id}"
    else:
        source = str(run.path / run.tables[0]) if runs_in_folder > 1 else str(run.path)
    shown = shown_name(source)
    return source if shown == source else f"{shown}#{short_hash(source, 12)}"
