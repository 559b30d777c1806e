"""The commands `list` and `diff`: list runs, compare two runs."""

from __future__ import annotations

import argparse
import math
import shutil
import sys
from typing import Any

from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.model.text import text_of
from sml_viewer.printing import shown, shown_json
from sml_viewer.run_views.compare import compare, find_run
from sml_viewer.run_views.snapshot import annotation_lookup, take_snapshot
from sml_viewer.run_views.text_table import list_notes, make_listing
from sml_viewer.select.duplicates import without_duplicates
from sml_viewer.select.selection import hidden_note, seen_runs

from .common import open_library


def list_runs(options: argparse.Namespace) -> int:
    """Print the runs as a table, into a pipe one line per run, with `--json` as an array of objects."""
    with open_library(options) as library:
        everything = library.runs()
        runs, hidden = seen_runs(everything, options.where, annotation_lookup(library))
        snapshot = take_snapshot(library)
        counted = [run for run in runs if not run.superseded]
        _, duplicates = without_duplicates(counted, library)
        if options.json:
            doubled = {run.key: group.note for group in duplicates for run in group.others}
            annotation_of = annotation_lookup(library)
            objects = [
                _as_object(run, doubled.get(run.key), hidden=annotation_of(run).hidden) for run in runs
            ]
            print(shown_json(objects))
            _print_searches(library)
            for line in hidden_note(hidden):
                print(f"sml-viewer: {line}", file=sys.stderr)
            return 0
        # A terminal has a width; into a pipe go whole lines, one per run.
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        listing = make_listing(snapshot, runs, duplicates)
    lines = listing.lines() if width is None else listing.table(width)
    if options.notes:
        notes = [f"{run.name}: {note}" for run in runs for note in run.notes]
        notes += [group.note for group in duplicates]
    else:
        notes = list_notes(runs, duplicates, width)
    for line in (*lines, *([""] if notes else []), *notes):
        print(shown(line))
    for line in hidden_note(hidden):
        print(f"{line}.")
    count = f"{len(runs)} of {len(everything)} runs" if options.where else _plural(len(runs), "run")
    copies = sum(len(group.others) for group in duplicates)
    is_or_are = "1 is a duplicate" if copies == 1 else f"{copies} are duplicates"
    print(count + (f"; {is_or_are}" if copies else ""))
    _print_searches(library)
    return 0


def _print_searches(library: Library) -> None:
    """Say on stderr how much was searched; of a large search the notes of `open_library` have said it."""
    for search in library.searches:
        if search.is_notable and not search.is_large:
            print(f"sml-viewer: {search}", file=sys.stderr)


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def diff_runs(options: argparse.Namespace) -> int:
    """Print the differences between two runs, one per line; nothing if there are none."""
    with open_library(options) as library:
        runs = library.runs()
    first, second = (find_run(runs, name) for name in options.runs)
    for difference in compare(first, second):
        values = f"{text_of(difference.first)} -> {text_of(difference.second)}"
        print(shown(f"{difference.kind:10}  {difference.name}: {values}"))
    return 0


def _as_object(run: Run, duplicate: str | None, *, hidden: bool) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "path": str(run.path),
        "state": run.state,
        "rows": run.rows,
        "reader": run.reader or "csv",
        "tables": list(run.tables),
        "sources": [
            {"name": source.name, "tables": list(source.tables), "rows": source.rows}
            for source in run.sources
        ],
        "parameters": _plain(run.parameters),
        "last": {name: _plain(value) for name, value in run.last.items()},
        "modified": run.modified,
        "superseded": run.superseded,
        "duplicate": duplicate,
        "hidden": hidden,
        "notes": list(run.notes),
    }


def _plain(value: Any) -> Any:
    """The value with NaN and infinities as text.

    JSON has no such numbers, and parsers of other languages reject them.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
