"""The list of runs, whole or what changed since, and the search through it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request

from sml_viewer.annotations import tag_counts
from sml_viewer.catalogue import Catalogue
from sml_viewer.library import Library
from sml_viewer.page import data
from sml_viewer.page.answers import answer, not_modified
from sml_viewer.run_list import (
    ListColumn,
    Moment,
    RunList,
    default_columns,
    make_list,
    now_of,
    number,
)
from sml_viewer.status import started

run_list = Blueprint("run_list", __name__)

_BYTES_PER_CELL = 40
# Lists that may be asked what changed since: of several tabs, and a few changes back.
_KEPT = "list"
# Behind the revision of a list that is not read to its end yet.
_READING = "~"


@run_list.get("/api/runs")
def runs() -> Response:
    """All runs in columns; with `after`, those that changed since that revision."""
    library = data.library()
    moment = now_of(library)
    progress = data.progress()
    version = f"{moment.revision} {progress}"
    unchanged = not_modified(version)
    if unchanged is not None:
        return unchanged
    keys = request.args.getlist("column") or default_columns(moment.catalogue)
    shown = _list(library, moment, keys)
    revision = shown.revision if progress["ready"] else shown.revision + _READING
    after = request.args.get("after", "")
    if after == revision and progress["ready"]:
        return Response(status=304)
    old = library.memory.get((_KEPT, after.rstrip(_READING))) if after else None
    changes = shown.since(old[0]) if old and isinstance(old[0], RunList) else None
    places, removed = changes or (None, [])
    return answer(
        {
            "revision": revision,
            "base": None if changes is None else after,
            "columns": [_column(column, places) for column in shown.columns],
            "removed": removed,
            **_about(library, moment),
            "now": round(time.time()),
            "new": _new(moment.catalogue),
            "reading": None if progress["ready"] else progress,
        },
        version=version,
    )


def _list(library: Library, moment: Moment, keys: Sequence[str]) -> RunList:
    """The list, kept: who has it will ask what changed since."""
    size = _BYTES_PER_CELL * len(moment.catalogue.runs) * (len(keys) + 20)
    made = library.remembered((_KEPT, moment.revision, *keys), size, lambda: make_list(moment, keys))
    library.memory.put((_KEPT, made.revision), made, 0)
    return made


def _about(library: Library, moment: Moment) -> dict[str, Any]:
    """What is said of all runs together."""
    found = moment.catalogue

    def make() -> dict[str, Any]:
        said = [moment.annotation(run) for run in found.present]
        return {
            "count": len(found.runs),
            "folders": [str(root) for root in library.roots],
            "default_columns": default_columns(found),
            "parameters": [
                {"name": name, "differs": name in found.varying, "unique": found.varying.get(name, False)}
                for name in found.values.names
            ],
            "metrics": found.metrics,
            "x": found.pair[0],
            "y": found.pair[1],
            "counts": moment.counts,
            "hidden": sum(one.hidden for one in said),
            "tags": tag_counts(said),
        }

    return library.remembered(("about", moment.revision), 10_000, make)


def _new(found: Catalogue) -> list[int]:
    """The runs that began, or where that is not known changed, after the visitor was last here."""
    since = request.args.get("since", type=float)
    if since is None:
        return []
    return [number(run) for run in found.present if (started(run) or run.modified) > since]


def _column(column: ListColumn, places: Sequence[int] | None) -> dict[str, Any]:
    """A column as it is sent: all cells, or each distinct value once where that is shorter."""
    cells = column.cells if places is None else [column.cells[place] for place in places]
    head = {"key": column.key, "kind": column.kind, "name": column.name}
    known: dict[Any, int] = {}
    # 1, 1.0 and true are equal, and three values.
    codes = [known.setdefault((type(cell), cell), len(known)) for cell in cells]
    if 2 * len(known) > len(cells):
        return {**head, "cells": cells}
    return {**head, "values": [value for _, value in known], "codes": codes}
