"""`list` and `diff`: what runs there are, and how two of them differ."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

from sml_viewer.catalogue import said_of
from sml_viewer.comparison import compare, find_run
from sml_viewer.duplicates import without_duplicates
from sml_viewer.naming import text_of
from sml_viewer.run import Run
from sml_viewer.select import parse_query

from .common import open_library, shown


def list_runs(options: argparse.Namespace) -> int:
    """Print the runs, or an array with an object per run."""
    with open_library(options) as library:
        everything = library.runs()
        runs = parse_query(options.where, everything, said=said_of(library)).select(everything)
        _, duplicates = without_duplicates([run for run in runs if not run.superseded], library)
    doubled = {run.key: group.note for group in duplicates for run in group.others}
    if options.json:
        print(
            json.dumps([_as_object(run, doubled.get(run.key)) for run in runs], indent=2, ensure_ascii=False)
        )
        return 0
    names = [shown(run.name) for run in runs]
    width = max(map(len, names), default=0)
    for name, run in zip(names, runs, strict=True):
        state = "superseded" if run.superseded else run.state or "-"
        rows = f"{run.rows:7}" if run.rows is not None else "      ?"
        notes = [*run.notes, *([doubled[run.key]] if run.key in doubled else [])]
        said = f"  ({shown('; '.join(notes))})" if notes else ""
        print(f"{name:{width}}  {shown(state):10}  {rows} rows{said}")
    count = f"{len(runs)} of {len(everything)} runs" if options.where else f"{len(runs)} runs"
    print(count + (f"; {len(doubled)} are duplicates" if doubled else ""))
    return 0


def diff_runs(options: argparse.Namespace) -> int:
    """Print what differs between two runs, one line each; nothing if nothing does."""
    with open_library(options) as library:
        runs = library.runs()
    first, second = (find_run(runs, name) for name in options.runs)
    for one in compare(first, second):
        print(shown(f"{one.kind:10}  {one.name}: {text_of(one.first)} -> {text_of(one.second)}"))
    return 0


def _as_object(run: Run, duplicate: str | None) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "path": str(run.path),
        "state": run.state,
        "rows": run.rows,
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
        "notes": list(run.notes),
    }


def _plain(value: Any) -> Any:
    """The value without NaN and infinities.

    JSON has none, and a reader in another language would stop there.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
