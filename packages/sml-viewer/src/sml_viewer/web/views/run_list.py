"""The list of runs, whole or what changed since, and the search through it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request

from sml_viewer.annotations import tag_counts
from sml_viewer.columns.metric_direction import is_loss
from sml_viewer.library import Library
from sml_viewer.model.run_state import started
from sml_viewer.run_views.coverage import missing
from sml_viewer.run_views.query_completion import complete
from sml_viewer.run_views.snapshot import Snapshot
from sml_viewer.run_views.table import (
    SUMMARIES,
    RunList,
    TableSnapshot,
    default_columns,
    make_list,
    number,
    search,
    take_table_snapshot,
)
from sml_viewer.web import library_pool as data
from sml_viewer.web.http.request import checked_query
from sml_viewer.web.http.responses import answer, not_modified
from sml_viewer.web.schemas.runs import AboutRuns, Column, Completion, SearchAnswer
from sml_viewer.web.schemas.runs import RunList as RunListAnswer

run_list = Blueprint("run_list", __name__)

# Lists that may be asked what changed since: of several tabs, and a few changes back.
_KEPT = "list"
# Behind the revision of a list that is not read to its end yet.
_READING = "~"


@run_list.get("/api/v1/runs")
def runs() -> Response:
    """All runs in columns; with `after`, those that changed since that revision."""
    library = data.library()
    moment = take_table_snapshot(library)
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
    old = library.recent.get((_KEPT, after.rstrip(_READING))) if after else None
    base = old[0] if old and isinstance(old[0], RunList) and old[0].keys == shown.keys else None
    columns, removed = _columns_sent(library, shown, base)
    content: RunListAnswer = {
        "revision": revision,
        "base": after if base else None,
        "columns": columns,
        "removed": removed,
        **_about(library, moment),
        "now": round(time.time()),
        "new": _new(moment.catalogue),
        "reading": None if progress["ready"] else progress,
    }
    return answer(content, version=version)


@run_list.get("/api/v1/search")
def search_runs() -> Response:
    """The runs that a query takes, by number."""
    moment = take_table_snapshot(data.library())
    query = checked_query(request.args.get("q", ""))
    unchanged = not_modified(moment.revision)
    if unchanged is not None:
        return unchanged
    keys, hidden = search(moment, query)
    content: SearchAnswer = {
        "q": query,
        "revision": moment.revision,
        "count": len(keys),
        "keys": keys,
        "asks_hidden": hidden,
    }
    return answer(content, version=moment.revision)


@run_list.get("/api/v1/complete")
def complete_query() -> Response:
    """Names and values that may stand where a query is being typed."""
    query = checked_query(request.args.get("q", ""))
    moment = take_table_snapshot(data.library())
    made = complete(moment, query, request.args.get("at", len(query), type=int))
    content: Completion = {"from": made.start, "at": made.end, "options": made.options}
    return answer(content)


def prepare_list(library: Library) -> None:
    """Make what the list, and a first query, will be answered with."""
    moment = take_table_snapshot(library)
    _columns_sent(library, _list(library, moment, default_columns(moment.catalogue)), None)
    _about(library, moment)
    search(moment, "-")


_Sent = tuple[list[Column], list[str]]


def _columns_sent(library: Library, shown: RunList, base: RunList | None) -> _Sent:
    """The columns of what changed since `base`, and the ids that went."""

    def make() -> _Sent:
        places, removed = shown.since(base) if base else (range(len(shown.rows)), [])
        return _columns(shown, places), removed

    # Of many who look, most hold the same list.
    return library.get_or_compute(("sent", base.revision if base else None, shown.revision), make)


def _list(library: Library, moment: TableSnapshot, keys: Sequence[str]) -> RunList:
    """The list, kept: who has it will ask what changed since."""
    latest = (_KEPT, *keys)

    def make() -> RunList:
        old = library.recent.get(latest)
        made = make_list(moment, keys, old[0] if old and isinstance(old[0], RunList) else None)
        library.keep(latest, made)
        library.keep((_KEPT, made.revision), made)
        return made

    return library.get_or_compute((_KEPT, moment.revision, *keys), make)


def _about(library: Library, moment: TableSnapshot) -> AboutRuns:
    """What is said of all runs together."""
    found = moment.catalogue

    def make() -> AboutRuns:
        said = [
            one
            for number, kept in enumerate(moment.annotations)
            for name, one in kept.items()
            if (run := found.by_id.get(name)) and run.key[0] == number and not run.superseded
        ]
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
            "missing": missing(moment, library),
        }

    return library.get_or_compute(("about", moment.revision), make)


def _new(found: Snapshot) -> list[int]:
    """The runs that began, or where that is not known changed, after the visitor was last here."""
    since = request.args.get("since", type=float)
    if since is None:
        return []
    return [number(run) for run in found.present if (started(run) or run.modified) > since]


def _columns(shown: RunList, places: Sequence[int]) -> list[Column]:
    """The columns as they are sent: all cells, or each distinct value once where that is shorter."""
    columns = list(zip(*(shown.rows[place] for place in places), strict=True)) or [()] * len(shown.keys)
    sent: list[Column] = []
    for key, cells in zip(shown.keys, columns, strict=True):
        kind, colon, name = key.partition(":")
        head: Column = {"key": key, "kind": kind if colon else "fact", "name": name or key}
        if kind in SUMMARIES and is_loss(name):
            head["best"] = "smallest"
        known: dict[Any, int] = {}
        # 1, 1.0 and true are equal, and three values.
        codes = [known.setdefault((type(cell), cell), len(known)) for cell in cells]
        if 2 * len(known) > len(cells):
            sent.append({**head, "cells": list(cells)})
        else:
            sent.append({**head, "values": [value for _, value in known], "codes": codes})
    return sent
