"""The command `import`: turn runs of other tools into run folders."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from sml_config.run_folder import CONFIG, RUN_CONFIG
from sml_viewer.annotations import Annotations
from sml_viewer.errors import SmlViewerError
from sml_viewer.fileio import expand_user, locked
from sml_viewer.importing.importer import (
    GROWN,
    NEW,
    REFUSED,
    UNCHANGED,
    Outcome,
    copy_annotations,
    import_runs,
)
from sml_viewer.library import Library
from sml_viewer.printing import shown
from sml_viewer.readers.declared.formats import FILE

from .common import open_library, workspace


def import_command(options: argparse.Namespace) -> int:
    """Import the runs and print a line for each; returns 1 if one was refused. Raises SmlViewerError."""
    to = expand_user(options.to).absolute()
    own = workspace(options)
    if (to / CONFIG / RUN_CONFIG).exists():
        raise SmlViewerError(
            f"{to} is a run folder; name the folder that is to hold the run folders with --to"
        )
    with tempfile.TemporaryDirectory(prefix="sml-viewer-import-") as name:
        temporary = Path(name)
        if (own / FILE).is_file():
            shutil.copyfile(own / FILE, temporary / FILE)
        opened = argparse.Namespace(data_path=options.sources, workspace_path=temporary)
        with open_library(opened) as library:
            if options.dry_run:
                return _print_all(library, to, is_dry=True)[0]
            to.mkdir(parents=True, exist_ok=True)
            if not os.access(to, os.W_OK):
                raise SmlViewerError(f"{to} cannot be written to; choose another --to")
            with locked(to / "import", SmlViewerError):
                status, outcomes = _print_all(library, to, is_dry=False)
            sources = [Annotations(own, root) for root in library.roots]
            if copied := copy_annotations(sources, Annotations(own, to), outcomes):
                print(f"tags and notes of {copied} runs copied within the workspace")
            return status


def _print_all(library: Library, to: Path, *, is_dry: bool) -> tuple[int, list[Outcome]]:
    outcomes = []
    for outcome in import_runs(library, to, is_dry=is_dry):
        outcomes.append(outcome)
        print(shown(_line(outcome, to)), flush=True)
        if outcome.previous_copy is not None:
            print(shown(f"    rows changed in the source; the import before is in {outcome.previous_copy}"))
        for note in outcome.notes:
            if not note.startswith("opened as "):
                print(shown(f"    note: {note}"))
    counts = Counter(outcome.result for outcome in outcomes)
    words = [f"{counts[result]} {result}" for result in (NEW, GROWN, UNCHANGED, REFUSED) if counts[result]]
    summary = ", ".join(words) or "no runs outside of the target"
    print(f"{summary}; dry run, nothing was written" if is_dry else summary)
    return int(counts[REFUSED] > 0), outcomes


def _line(outcome: Outcome, to: Path) -> str:
    if outcome.result == REFUSED:
        return f"{REFUSED:9}  {outcome.run.name}: {outcome.reason}"
    rows = (
        f"{outcome.rows_before} -> {outcome.rows} rows" if outcome.result == GROWN else f"{outcome.rows} rows"
    )
    return f"{outcome.result:9}  {outcome.run.name} -> {outcome.folder.relative_to(to)}  ({rows})"
