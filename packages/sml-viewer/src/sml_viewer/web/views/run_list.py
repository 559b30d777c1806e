"""The run list, complete or as changes since a revision, and search."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from flask import Blueprint, Response, request

from sml_viewer.annotations import tag_counts
from sml_viewer.cache import gc_paused
from sml_viewer.columns.metric_direction import is_loss
from sml_viewer.columns.metric_names import is_share
from sml_viewer.discovery import Search
from sml_viewer.i18n import Message, joined, translated
from sml_viewer.library import Library
from sml_viewer.model.distinct_values import distinct_values
from sml_viewer.naming.labels import is_seed
from sml_viewer.naming.parameter_roles import SEED
from sml_viewer.run_views.coverage import count_missing
from sml_viewer.run_views.list_columns import COLUMNS
from sml_viewer.run_views.no_runs import A_RUN, describe_files
from sml_viewer.run_views.query_completion import complete
from sml_viewer.run_views.snapshot import Snapshot, run_number
from sml_viewer.run_views.sparklines import small_curves
from sml_viewer.run_views.table import (
    SUMMARIES,
    RunList,
    TableSnapshot,
    default_columns,
    make_list,
    search,
    take_table_snapshot,
)
from sml_viewer.stats.bands import width_factor
from sml_viewer.web import library_pool
from sml_viewer.web.http.request import Body, checked_query, json_endpoint
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.i18n import language
from sml_viewer.web.schemas.runs import (
    AboutRuns,
    Column,
    ColumnDisplay,
    Completion,
    ErrorFactors,
    SearchAnswer,
    SearchedAnswer,
    SmallCurvesAnswer,
)
from sml_viewer.web.schemas.runs import RunList as RunListAnswer

run_list = Blueprint("run_list", __name__)

# Key of recent lists, against which changes are computed.
_LIST = "list"
_DISPLAY: dict[str, ColumnDisplay] = {
    column.key: {
        "format": column.format,
        "label": column.label,
        "label_zh": column.label_zh,
        "offered": column.offered,
    }
    for column in COLUMNS
    if column.label
}
# Runs of which the points are sent at once.
_MOST_CURVES = 200
# Kinds of TABLE_ERROR that are a multiple of the standard deviation.
_KINDS = ("se", "sd", "t")
# Suffix of the revision of a list that is not completely read.
_READING = "~"
# Paths that are named where folders cannot be read.
_MOST_CLOSED = 3


@run_list.get("/api/v1/runs")
def runs() -> Response:
    """All runs by column; with `after` those that changed since that revision."""
    library = library_pool.library()
    table = take_table_snapshot(library)
    progress = library_pool.progress()
    version = f"{table.revision} {progress}"
    unchanged = not_modified(version)
    if unchanged is not None:
        return unchanged
    keys = request.args.getlist("column") or default_columns(table.snapshot)
    shown = _list(library, table, keys)
    revision = shown.revision if progress["ready"] else shown.revision + _READING
    after = request.args.get("after", "")
    if after == revision and progress["ready"]:
        return Response(status=304)
    old = library.recent.get((_LIST, after.rstrip(_READING))) if after else None
    base = old[0] if old and isinstance(old[0], RunList) and old[0].keys == shown.keys else None
    columns, removed = _columns_sent(library, shown, base)
    content: RunListAnswer = {
        "revision": revision,
        "base": after if base else None,
        "columns": columns,
        "removed": removed,
        **_about(library, table),
        "now": round(time.time()),
        "new": _new(table.snapshot),
        "reading": None if progress["ready"] else progress,
    }
    return json_response(content, version=version)


@run_list.get("/api/v1/searched")
def searched() -> Response:
    """How much was searched for runs; without runs also what the folders hold, and what a run is."""
    library = library_pool.library()
    chosen = language()
    searches = library_pool.searches()
    roots = () if library.current()[1] else library.roots
    content: SearchedAnswer = {
        "searched": translated(joined([search.message for search in searches], "; "), chosen),
        "much": any(search.is_notable for search in searches),
        "contents": [
            {"folder": str(root), "holds": translated(describe_files(root), chosen)} for root in roots
        ],
        "run": translated(A_RUN, chosen),
        "closed": _closed(searches, chosen),
    }
    return json_response(content)


def _closed(searches: Sequence[Search], chosen: str) -> str:
    """Which folders could not be read, "" without any."""
    paths = [path for search in searches for path in search.closed]
    if not paths:
        return ""
    names = ", ".join([*paths[:_MOST_CLOSED], *("…" for _ in paths[_MOST_CLOSED : _MOST_CLOSED + 1])])
    text = Message(
        "{n} folder(s) cannot be read, and runs below are not shown: {names}", n=len(paths), names=names
    )
    return translated(text, chosen)


@run_list.get("/api/v1/search")
def search_runs() -> Response:
    """The numbers of the runs that match a query.

    With `typing` a query that is not valid (yet) is an ordinary answer, as browsers log every 400.
    """
    return json_endpoint(_matching_runs)() if "typing" in request.args else _matching_runs()


def _matching_runs() -> Response:
    table = take_table_snapshot(library_pool.library())
    query = checked_query(request.args.get("q", ""))
    unchanged = not_modified(table.revision)
    if unchanged is not None:
        return unchanged
    keys, hidden = search(table, query)
    content: SearchAnswer = {
        "q": query,
        "revision": table.revision,
        "count": len(keys),
        "keys": keys,
        "asks_hidden": hidden,
    }
    return json_response(content, version=table.revision)


@run_list.get("/api/v1/complete")
def complete_query() -> Response:
    """Completions of a query that is being typed."""
    query = checked_query(request.args.get("q", ""))
    table = take_table_snapshot(library_pool.library())
    completion = complete(table, query, request.args.get("at", len(query), type=int))
    content: Completion = {"from": completion.start, "at": completion.end, "options": completion.options}
    return json_response(content)


@run_list.post("/api/v1/sparklines")
def sparklines() -> Response:
    """A few points of one metric of the runs in sight."""
    library = library_pool.library()
    body = Body()
    body.configuration()
    table = take_table_snapshot(library)
    ids = body.texts("ids", [])[:_MOST_CURVES]
    x, main = table.snapshot.pair
    metric = body.text("metric", "") or main
    runs = [run for each in ids if (run := table.snapshot.by_id.get(each)) is not None]
    curves = small_curves(library, runs, x, metric) if metric else []
    content: SmallCurvesAnswer = {"metric": metric, "curves": curves}
    return json_response(content)


@run_list.get("/api/v1/error-factors")
def error_factors() -> Response:
    """The factors of TABLE_ERROR by which the page computes the ± of a group."""
    kind = request.args.get("kind", "se")
    numbers = sorted({n for n in request.args.getlist("n", type=int) if 0 < n < 10**9})
    factors = [width_factor(n, kind) if kind in _KINDS else math.nan for n in numbers]
    content: ErrorFactors = {
        "kind": kind,
        "n": numbers,
        "factors": [None if math.isnan(factor) else factor for factor in factors],
    }
    return json_response(content, version=kind)


def prepare_list(library: Library) -> None:
    """Compute the list in advance."""
    with gc_paused():
        table = take_table_snapshot(library)
        _columns_sent(library, _list(library, table, default_columns(table.snapshot)), None)
        _about(library, table)
        # The runs last: the collector need not look through millions of objects, now or later.
        gc.freeze()


def prepare_search(library: Library) -> None:
    """Compute in advance what a first query needs."""
    search(take_table_snapshot(library), "-")


_Sent = tuple[list[Column], list[str]]


def _columns_sent(library: Library, shown: RunList, base: RunList | None) -> _Sent:
    """The columns of what changed since `base`, and the ids of removed runs."""

    def make() -> _Sent:
        indices, removed = shown.since(base) if base else (range(len(shown.table.snapshot.runs)), [])
        return _columns(shown, indices), removed

    # Most clients have the same list.
    return library.get_or_compute(("sent", base.revision if base else None, shown.revision), make)


def _list(library: Library, table: TableSnapshot, keys: Sequence[str]) -> RunList:
    """The list, cached so that later requests can ask for changes."""
    latest = (_LIST, *keys)

    def make() -> RunList:
        old = library.recent.get(latest)
        listing = make_list(table, keys, old[0] if old and isinstance(old[0], RunList) else None)
        library.keep(latest, listing)
        library.keep((_LIST, listing.revision), listing)
        return listing

    return library.get_or_compute((_LIST, table.revision, *keys), make)


def _about(library: Library, table: TableSnapshot) -> AboutRuns:
    """Facts about all runs together."""
    snapshot = table.snapshot

    def make() -> AboutRuns:
        annotations = [
            annotation
            for number, by_id in enumerate(table.annotations)
            for name, annotation in by_id.items()
            if (run := snapshot.by_id.get(name)) and run.key[0] == number and not run.superseded
        ]
        return {
            "count": len(snapshot.runs),
            "folders": [str(root) for root in library.roots],
            "default_columns": default_columns(snapshot),
            "parameters": [
                {
                    "name": name,
                    "differs": name in snapshot.varying,
                    "unique": snapshot.varying.get(name, False),
                    "seed": snapshot.roles.of.get(name) == SEED or is_seed(name),
                }
                for name in snapshot.values.names
            ],
            "metrics": snapshot.metrics,
            "peaks": snapshot.system_peaks,
            "x": snapshot.pair[0],
            "y": snapshot.pair[1],
            "counts": table.counts,
            "hidden": sum(annotation.hidden for annotation in annotations),
            "tags": tag_counts(annotations),
            "missing": count_missing(table, library),
        }

    return library.get_or_compute(("about", table.revision), make)


def _new(snapshot: Snapshot) -> list[int]:
    """Numbers of the runs that started (or changed, if that is unknown) after the last visit."""
    since = request.args.get("since", type=float)
    if since is None:
        return []
    begun = snapshot.columns.instants("started")
    # A run that started at 0 did not tell when.
    at = np.where(np.isnan(begun) | (begun == 0), snapshot.columns.instants("modified"), begun)
    runs = [snapshot.runs[index] for index in np.flatnonzero(at > since).tolist()]
    return [run_number(run) for run in runs if not run.superseded]


def _columns(shown: RunList, indices: Sequence[int]) -> list[Column]:
    """The columns as sent: all cells, or each distinct value once if that is shorter."""
    sent: list[Column] = []
    for key, column in zip(shown.keys, shown.columns, strict=True):
        kind, colon, name = key.partition(":")
        head: Column = {"key": key, "kind": kind if colon else "fact", "name": name or key}
        head = {**head, **_DISPLAY.get(key, {})}
        if kind in SUMMARIES and is_loss(name):
            head["best"] = "smallest"
        if kind in SUMMARIES and is_share(name):
            head["share"] = True
        cells = column if len(indices) == len(column) else [column[index] for index in indices]
        # 1, 1.0 and true are equal in Python, but three values in JSON.
        distinct = None if _mostly_differ(cells) else distinct_values(cells)
        if distinct is None or 2 * len(distinct.values) > len(cells):
            sent.append({**head, "cells": list(cells)})
        else:
            sent.append({**head, "values": distinct.values, "codes": distinct.codes.tolist()})
    return sent


def _mostly_differ(cells: Sequence[Any]) -> bool:
    """Whether more than half of some texts or numbers of one type differ, such as names."""
    kinds = set(map(type, cells))
    return len(kinds) == 1 and kinds <= {str, int, float} and 2 * len(set(cells)) > len(cells)
