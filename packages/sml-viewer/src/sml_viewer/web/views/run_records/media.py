"""The media of a run: what there is, and each file by its number in the index, never by a path."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from flask import Blueprint, Response, request

from sml_viewer.i18n import Message
from sml_viewer.run_views.recorded.json_lines import stamp_of
from sml_viewer.run_views.recorded.media import (
    INDEX,
    SHOWN_TYPES,
    MediaEntry,
    by_key,
    media_content,
    media_entries,
    media_entry,
)
from sml_viewer.run_views.recorded.schemas import MediaAnswer
from sml_viewer.security.find_secrets import mask_of
from sml_viewer.web.errors import NoSuchFileError
from sml_viewer.web.files.responses import send_download, send_in_place
from sml_viewer.web.files.safe_paths import folder_of, open_inside
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.views.run_page import requested_run

media = Blueprint("media", __name__, url_prefix="/api/v1/runs/<run_id>/media")

# A file of the index is never overwritten.
_SECONDS = 600


@media.get("")
def listed(run_id: str) -> Response:
    """All keys with their files by step."""
    run = requested_run(run_id)[2]
    folder = folder_of(run)
    try:
        index = open_inside(folder, INDEX)
    except NoSuchFileError:
        nothing: MediaAnswer = {"keys": [], "count": 0, "cut": False}
        return not_modified("") or json_response(nothing, version="")
    with index:
        version = stamp_of(index)
        unchanged = not_modified(version)
        if unchanged is not None:
            return unchanged
        entries = media_entries(index)
    keys, cut = by_key(entries, mask_of(folder))
    content: MediaAnswer = {"keys": keys, "count": len(entries), "cut": cut}
    return json_response(content, version=version)


@media.get("/<int:number>")
def file(run_id: str, number: int) -> Response:
    """One file: images, videos and sounds in place; anything else, or with `download=1`, as a download."""
    folder, entry = _entry(run_id, number)
    kind = SHOWN_TYPES.get(PurePosixPath(entry.path).suffix.lower())
    if kind is None or request.args.get("download") == "1":
        return send_download(folder, entry.path)
    response = send_in_place(folder, entry.path, kind)
    response.headers["Cache-Control"] = f"private, max-age={_SECONDS}"
    return response


@media.get("/<int:number>/content")
def content(run_id: str, number: int) -> Response:
    """The content of a text, a table or a histogram."""
    folder, entry = _entry(run_id, number)
    if entry.kind not in ("text", "table", "histogram"):
        raise NoSuchFileError(
            Message("{name} is not a text, a table or a histogram", name=repr(entry.key[:200]))
        )
    with open_inside(folder, entry.path) as opened:
        return json_response(media_content(entry, opened, mask_of(folder)))


def _entry(run_id: str, number: int) -> tuple[Path, MediaEntry]:
    folder = folder_of(requested_run(run_id)[2])
    with open_inside(folder, INDEX) as index:
        entry = media_entry(index, number)
    if entry is None:
        raise NoSuchFileError(Message("the media of this run have no number {number}", number=number))
    return folder, entry
