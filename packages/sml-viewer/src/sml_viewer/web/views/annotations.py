"""Tags, notes, hidden runs, stored in the workspace; and downloads of selected runs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from sml_viewer.annotations import Change, tag_counts
from sml_viewer.errors import AnnotationError, NoRunsError
from sml_viewer.i18n import Message, joined
from sml_viewer.library import Library
from sml_viewer.run_views.snapshot import take_snapshot
from sml_viewer.run_views.table import TableSnapshot, take_table_snapshot
from sml_viewer.web import library_pool
from sml_viewer.web.errors import ExpiredDownloadError
from sml_viewer.web.files.safe_paths import folder_of
from sml_viewer.web.files.zip_stream import Tickets
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.schemas.session import AnnotationChange, AnnotationsChanged, AnnotationsInUse, ZipReady

from .run_page import send_zip

run_annotations = Blueprint("annotations", __name__)

_MOST_CHANGES = 10_000
_tickets = Tickets()


@run_annotations.get("/api/v1/annotations")
def show() -> Response:
    """The tags in use, and numbers of notes and hidden runs."""
    library = library_pool.library()
    version = _revision(library)
    unchanged = not_modified(version)
    if unchanged is not None:
        return unchanged
    table = take_table_snapshot(library)
    everything = [annotation for by_id in table.annotations for annotation in by_id.values()]
    content: AnnotationsInUse = {
        "revision": version,
        "tags": tag_counts(everything),
        "hidden": sum(annotation.hidden for annotation in everything),
        "notes": sum(bool(annotation.note) for annotation in everything),
    }
    return json_response(content, version=version)


@run_annotations.post("/api/v1/annotations")
def change() -> Response:
    """Apply changes, all or none; answers the changes that undo them."""
    library = library_pool.library()
    table = take_table_snapshot(library)
    undo: list[Change] = []
    for number, changes in _by_folder(table, _changes()).items():
        defaults = table.snapshot.annotations_of_tools.get(number, {})
        undo += library.annotations[number].change(changes, defaults)
    changed = {name for inverse in undo for name in inverse.ids}
    content: AnnotationsChanged = {
        "revision": _revision(library),
        "changed": len(changed),
        "undo": {"changes": [_to_json(inverse) for inverse in undo]},
    }
    return json_response(content)


@run_annotations.post("/api/v1/zip")
def prepare_zip() -> Response:
    """A download address for some runs."""
    table = take_table_snapshot(library_pool.library())
    body = request.get_json(silent=True)
    ids = body.get("ids") if isinstance(body, dict) else None
    if not isinstance(ids, list) or not ids or not all(isinstance(name, str) for name in ids):
        raise AnnotationError(
            Message("expected {example}, the ids of one or more runs", example='{"ids": […]}')
        )
    runs = [(table.snapshot.by_id[name]) for name in dict.fromkeys(_known(table, ids))]
    ticket = _tickets.issue([(run.name, folder_of(run)) for run in runs])
    content: ZipReady = {"href": f"/api/v1/zip/{ticket}", "runs": len(runs)}
    return json_response(content)


@run_annotations.get("/api/v1/zip/<ticket>")
def send_selection(ticket: str) -> Response:
    """The runs of a ticket as a zip."""
    folders = _tickets.folders(ticket)
    if folders is None:
        raise ExpiredDownloadError(
            Message("this download link has expired; request it again from the run list")
        )
    return send_zip(folders, "runs.zip")


def _changes() -> list[Change]:
    body = request.get_json(silent=True)
    listed = body.get("changes") if isinstance(body, dict) else None
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise AnnotationError(
            Message("expected {example}", example='{"changes": [{"ids": […], "add": […], …}]}')
        )
    if len(listed) > _MOST_CHANGES:
        raise AnnotationError(
            Message("{n} changes at once; at most {most}", n=len(listed), most=_MOST_CHANGES)
        )
    return [_change(item) for item in listed]


def _change(item: dict[str, Any]) -> Change:
    unknown = sorted(set(item) - {"ids", "add", "remove", "note", "hidden"})
    lists = {name: item.get(name, []) for name in ("ids", "add", "remove")}
    faults = [Message("unknown field {name}", name=name) for name in unknown]
    for name, value in lists.items():
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            faults.append(_must_be(name, Message("a list of strings")))
    if not isinstance(item.get("note", ""), str):
        faults.append(_must_be("note", Message("a string")))
    if not isinstance(item.get("hidden", False), bool):
        faults.append(_must_be("hidden", Message("true or false")))
    if faults:
        raise AnnotationError(joined(faults, "; "))
    return Change(
        tuple(lists["ids"]), tuple(lists["add"]), tuple(lists["remove"]), item.get("note"), item.get("hidden")
    )


def _must_be(name: str, expected: str) -> Message:
    return Message("{name} must be {expected}", name=name, expected=expected)


def _by_folder(table: TableSnapshot, changes: list[Change]) -> dict[int, list[Change]]:
    """The changes by the number of the data folder."""
    by_folder: dict[int, list[Change]] = {}
    for change in changes:
        by_number: dict[int, list[str]] = {}
        for name in _known(table, change.ids):
            by_number.setdefault(table.snapshot.by_id[name].key[0], []).append(name)
        for number, names in by_number.items():
            part = Change(tuple(names), change.add, change.remove, change.note, change.hidden)
            by_folder.setdefault(number, []).append(part)
    return by_folder


def _known(table: TableSnapshot, ids: tuple[str, ...] | list[str]) -> list[str]:
    missing = [name for name in ids if name not in table.snapshot.by_id]
    if missing:
        shown = ", ".join(name[:40] for name in missing[:3])
        raise NoRunsError(
            Message(
                "{n} of these runs no longer (exists|exist): {runs}; reload the run list",
                n=len(missing),
                runs=shown,
            )
        )
    return list(ids)


def _to_json(change: Change) -> AnnotationChange:
    content: AnnotationChange = {
        "ids": list(change.ids),
        "add": list(change.add),
        "remove": list(change.remove),
    }
    if change.note is not None:
        content["note"] = change.note
    if change.hidden is not None:
        content["hidden"] = change.hidden
    return content


def _revision(library: Library) -> str:
    stamps = (".".join(map(str, store.stamp)) for store in library.annotations)
    return " ".join([take_snapshot(library).revision, *stamps])
