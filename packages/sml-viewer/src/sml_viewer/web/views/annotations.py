"""Tags, notes, hidden runs: the only things of runs that the page changes, and they lie in the workspace."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from sml_viewer.annotations import Change, tag_counts
from sml_viewer.errors import AnnotationError, NoRunsError
from sml_viewer.i18n import Message
from sml_viewer.library import Library
from sml_viewer.run_views.table import TableSnapshot, take_table_snapshot
from sml_viewer.web import library_pool as data
from sml_viewer.web.errors import ExpiredDownloadError
from sml_viewer.web.files.safe_paths import folder_of
from sml_viewer.web.files.zip_stream import Tickets
from sml_viewer.web.http.responses import answer, not_modified
from sml_viewer.web.schemas.session import AnnotationChange, AnnotationsChanged, AnnotationsInUse, ZipReady

from .run_page import send_zip

said = Blueprint("said", __name__)

_MOST_CHANGES = 10_000
_tickets = Tickets()


@said.get("/api/v1/annotations")
def show() -> Response:
    """What is in use."""
    library = data.library()
    version = _revision(library)
    unchanged = not_modified(version)
    if unchanged is not None:
        return unchanged
    everything = [one for kept in library.annotations for one in kept.all().values()]
    content: AnnotationsInUse = {
        "revision": version,
        "tags": tag_counts(everything),
        "hidden": sum(one.hidden for one in everything),
        "notes": sum(bool(one.note) for one in everything),
    }
    return answer(content, version=version)


@said.post("/api/v1/annotations")
def change() -> Response:
    """Make changes, all or none; the answer says how to undo them."""
    library = data.library()
    moment = take_table_snapshot(library)
    undo: list[Change] = []
    for number, changes in _by_folder(moment, _changes()).items():
        undo += library.annotations[number].change(changes)
    changed = {name for one in undo for name in one.ids}
    content: AnnotationsChanged = {
        "revision": _revision(library),
        "changed": len(changed),
        "undo": {"changes": [_to_json(one) for one in undo]},
    }
    return answer(content)


@said.post("/api/v1/zip")
def prepare_zip() -> Response:
    """An address from which some runs can be downloaded."""
    moment = take_table_snapshot(data.library())
    body = request.get_json(silent=True)
    ids = body.get("ids") if isinstance(body, dict) else None
    if not isinstance(ids, list) or not ids or not all(isinstance(name, str) for name in ids):
        raise AnnotationError('wanted {"ids": [...]}, the ids of one or more runs')
    runs = [(moment.catalogue.by_id[name]) for name in dict.fromkeys(_known(moment, ids))]
    ticket = _tickets.issue([(run.name, folder_of(run)) for run in runs])
    content: ZipReady = {"href": f"/api/v1/zip/{ticket}", "runs": len(runs)}
    return answer(content)


@said.get("/api/v1/zip/<ticket>")
def send_selection(ticket: str) -> Response:
    """The runs that a ticket stands for."""
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
        raise AnnotationError('wanted {"changes": [{"ids": [...], "add": [...], …}]}')
    if len(listed) > _MOST_CHANGES:
        raise AnnotationError(f"{len(listed)} changes at once; at most {_MOST_CHANGES}")
    return [_change(item) for item in listed]


def _change(item: dict[str, Any]) -> Change:
    unknown = sorted(set(item) - {"ids", "add", "remove", "note", "hidden"})
    lists = {name: item.get(name, []) for name in ("ids", "add", "remove")}
    faults = [f"{name} is not known" for name in unknown]
    for name, value in lists.items():
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            faults.append(f"{name} is a list of texts")
    if not isinstance(item.get("note", ""), str):
        faults.append("note is a text")
    if not isinstance(item.get("hidden", False), bool):
        faults.append("hidden is true or false")
    if faults:
        raise AnnotationError("; ".join(faults))
    return Change(
        tuple(lists["ids"]), tuple(lists["add"]), tuple(lists["remove"]), item.get("note"), item.get("hidden")
    )


def _by_folder(moment: TableSnapshot, changes: list[Change]) -> dict[int, list[Change]]:
    """The changes for the runs below each data folder."""
    found: dict[int, list[Change]] = {}
    for one in changes:
        by_number: dict[int, list[str]] = {}
        for name in _known(moment, one.ids):
            by_number.setdefault(moment.catalogue.by_id[name].key[0], []).append(name)
        for number, names in by_number.items():
            part = Change(tuple(names), one.add, one.remove, one.note, one.hidden)
            found.setdefault(number, []).append(part)
    return found


def _known(moment: TableSnapshot, ids: tuple[str, ...] | list[str]) -> list[str]:
    missing = [name for name in ids if name not in moment.catalogue.by_id]
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


def _to_json(one: Change) -> AnnotationChange:
    content: AnnotationChange = {"ids": list(one.ids), "add": list(one.add), "remove": list(one.remove)}
    if one.note is not None:
        content["note"] = one.note
    if one.hidden is not None:
        content["hidden"] = one.hidden
    return content


def _revision(library: Library) -> str:
    return " ".join(".".join(map(str, kept.stamp)) for kept in library.annotations)
