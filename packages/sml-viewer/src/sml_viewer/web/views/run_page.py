"""One run: details, metrics, log, files."""

from __future__ import annotations

import io
from pathlib import Path

from flask import Blueprint, Response, request

from sml_config.run_folder import LOG
from sml_viewer.errors import ColumnError, NoRunsError
from sml_viewer.i18n import Message, translated
from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.run_views.details import about_run
from sml_viewer.run_views.log_tail import mark_of, read_log, without_colours
from sml_viewer.run_views.sparklines import series_of, sparklines
from sml_viewer.run_views.table import TableSnapshot, take_table_snapshot
from sml_viewer.security.find_secrets import Mask, mask_of
from sml_viewer.web import library_pool
from sml_viewer.web.errors import NoSuchFileError
from sml_viewer.web.files.filename_codec import from_address, label, to_address
from sml_viewer.web.files.listing import IMAGE_TYPES, list_files
from sml_viewer.web.files.previews import preview
from sml_viewer.web.files.responses import as_download, sandboxed, send_download, send_image
from sml_viewer.web.files.safe_paths import folder_of, open_inside
from sml_viewer.web.files.zip_stream import zip_pieces
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.i18n import language
from sml_viewer.web.schemas.runs import LogPart, Preview, RunAnswer, RunFile, RunFiles

run_page = Blueprint("run_page", __name__, url_prefix="/api/v1/runs/<run_id>")

_MOST_POINTS = 20_000
_MOST_MASKED = 20_000_000


@run_page.get("")
def about(run_id: str) -> Response:
    """The details of a run, without rows and files."""
    _, table, run = requested_run(run_id)
    version = f"{table.revision} {run.version} {language()}"
    unchanged = not_modified(version)
    if unchanged is not None:
        return unchanged
    folder = folder_of(run)
    details = about_run(table, run, mask_of(folder), lambda name: open_inside(folder, name), language())
    content: RunAnswer = {**details, "revision": table.revision}
    return json_response(content, version=version)


@run_page.get("/metrics")
def metrics(run_id: str) -> Response:
    """A sparkline for each metric."""
    library, table, run = requested_run(run_id)
    version = f"{table.snapshot.pair[0]} {run.version} {run.key}"
    return not_modified(version) or json_response(
        sparklines(library, run, table.snapshot.pair[0]), version=version
    )


@run_page.get("/series")
def series(run_id: str) -> Response:
    """One metric for a chart."""
    library, _, run = requested_run(run_id)
    y, x = request.args.get("y", ""), request.args.get("x", "")
    if y not in run.summary:
        raise ColumnError(
            Message(
                "this run has no column {name}; it has: {names}", name=repr(y), names=", ".join(run.summary)
            )
        )
    points = min(max(request.args.get("points", 2000, type=int), 4), _MOST_POINTS)
    version = f"{run.version} {run.key}"
    return not_modified(version) or json_response(series_of(library, run, x, y, points), version=version)


@run_page.get("/log")
def log(run_id: str) -> Response:
    """The end of a log, what was appended since, or an earlier part."""
    folder = folder_of(requested_run(run_id)[2])
    name = from_address(request.args.get("name", LOG))
    mask = mask_of(folder)
    since, before, around = (request.args.get(word, type=int) for word in ("from", "before", "at"))
    colours = request.args.get("colours") == "1"
    with open_inside(folder, name) as file:
        if mask.touches(name) and name != LOG:
            shown, places = mask.file(name, file.read(_MOST_MASKED))
            part = read_log(io.BytesIO(shown), around=around, colours=colours)
        else:
            mark = request.args.get("mark", "")
            part = read_log(
                file, mark_of(file), since, mark, before, mask.apart, around=around, colours=colours
            )
            places = 0
    content: LogPart = {
        "name": to_address(name),
        "mark": part.mark,
        "from": part.start,
        "to": part.end,
        "size": part.size,
        "text": _masked(part.text, mask),
        "partial": _masked(part.partial, mask),
        "restarted": part.restarted,
        "cut": part.cut,
        "masked": places,
        "line": part.line,
    }
    return json_response(content)


def _masked(text: str, mask: Mask) -> str:
    """The text with its secrets masked; without colours if it has any, which may be coloured in parts."""
    plain = without_colours(text)
    masked = mask.text(plain)
    return text if masked == plain else masked


@run_page.get("/files")
def files(run_id: str) -> Response:
    """All visible files."""
    tree = list_files(folder_of(requested_run(run_id)[2]))
    listed: list[RunFile] = [
        {
            "name": to_address(file.name),
            "label": label(file.name),
            "size": file.size,
            "modified": file.modified,
            "kind": file.kind,
        }
        for file in tree.files
    ]
    content: RunFiles = {
        "files": listed,
        "count": len(listed),
        "bytes": tree.size,
        "cut": tree.cut,
        "left_out": [label(translated(text, language())) for text in tree.left_out],
    }
    return json_response(content)


@run_page.get("/preview")
def show(run_id: str) -> Response:
    """The preview of a file."""
    folder = folder_of(requested_run(run_id)[2])
    start = max(0, request.args.get("from", 0, type=int))
    shown: Preview = preview(folder, _name(), mask_of(folder), start, request.args.get("member"))
    if "fault" in shown:
        shown["fault"] = translated(shown["fault"], language())
    if shown["kind"] == "image":
        address = request.full_path.replace("/preview?", "/image?", 1)
        shown["href"] = address.rstrip("?")
    return json_response(shown)


@run_page.get("/image")
def image(run_id: str) -> Response:
    """An image."""
    name = _name()
    if not name.lower().endswith(tuple(IMAGE_TYPES)):
        raise NoSuchFileError(
            Message(
                "{name} is not an image; expected one of {endings}",
                name=repr(name[:200]),
                endings=", ".join(IMAGE_TYPES),
            )
        )
    return send_image(folder_of(requested_run(run_id)[2]), name)


@run_page.get("/download")
def download(run_id: str) -> Response:
    """A file as a download; secrets of an old run are masked."""
    return send_download(folder_of(requested_run(run_id)[2]), _name())


@run_page.get("/zip")
def zipped(run_id: str) -> Response:
    """The whole folder as a zip."""
    run = requested_run(run_id)[2]
    name = run.name.rpartition("/")[2]
    return send_zip([(name, folder_of(run))], f"{label(name)}.zip")


def send_zip(folders: list[tuple[str, Path]], name: str) -> Response:
    """Run folders, each under its name, as a streamed zip."""
    return as_download(sandboxed(Response(zip_pieces(folders))), name)


def requested_run(run_id: str) -> tuple[Library, TableSnapshot, Run]:
    """The library, its snapshot, and the run of an address. Raises NoRunsError."""
    library = library_pool.library()
    table = take_table_snapshot(library)
    run = table.snapshot.by_id.get(run_id)
    if run is None:
        raise NoRunsError(
            Message("no run has the id {id}; it may have been moved or deleted", id=repr(run_id[:100]))
        )
    return library, table, run


def _name() -> str:
    name = from_address(request.args.get("name", ""))
    if not name:
        raise NoSuchFileError(Message("missing file name; pass name=FILE"))
    return name
