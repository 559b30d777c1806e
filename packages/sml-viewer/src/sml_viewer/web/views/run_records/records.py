"""System metrics, checkpoints and alerts of a run, and search in its log."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO

from flask import Blueprint, Response, request

from sml_config.run_folder import LOG
from sml_viewer.run_views.recorded.alerts import ALERTS, alerts
from sml_viewer.run_views.recorded.checkpoints import CHECKPOINTS, checkpoints
from sml_viewer.run_views.recorded.json_lines import stamp_of
from sml_viewer.run_views.recorded.log_search import search_log
from sml_viewer.run_views.recorded.system import SYSTEM, system_metrics
from sml_viewer.security.find_secrets import mask_of
from sml_viewer.web.errors import NoSuchFileError
from sml_viewer.web.files.filename_codec import from_address
from sml_viewer.web.files.safe_paths import folder_of, open_inside
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.views.run_page import requested_run

records = Blueprint("records", __name__, url_prefix="/api/v1/runs/<run_id>")

_POINTS, _MOST_POINTS = 400, 5_000
_LONGEST_SEARCH = 500


@records.get("/system")
def system(run_id: str) -> Response:
    """The use of CPU, memory, disks, network and GPUs."""
    folder = folder_of(requested_run(run_id)[2])
    points = min(max(request.args.get("points", _POINTS, type=int), 4), _MOST_POINTS)
    try:
        file = open_inside(folder, SYSTEM)
    except NoSuchFileError:
        file = io.BytesIO()
    with file:
        return _tagged(file, lambda: system_metrics(file, points))


@records.get("/checkpoints")
def recorded_checkpoints(run_id: str) -> Response:
    """The recorded checkpoints; whether they exist is looked up each time."""
    folder = folder_of(requested_run(run_id)[2])
    try:
        file = open_inside(folder, CHECKPOINTS)
    except NoSuchFileError:
        file = io.BytesIO()
    with file:
        return json_response(mask_of(folder).value(checkpoints(file, folder)))


@records.get("/alerts")
def sent_alerts(run_id: str) -> Response:
    """The alerts that were sent about the run."""
    folder = folder_of(requested_run(run_id)[2])
    try:
        file = open_inside(folder, ALERTS)
    except NoSuchFileError:
        file = io.BytesIO()
    with file:
        return _tagged(file, lambda: alerts(file, mask_of(folder)))


@records.get("/log/search")
def log_search(run_id: str) -> Response:
    """The lines of a log that contain a text, or that tell of an error."""
    folder = folder_of(requested_run(run_id)[2])
    name = from_address(request.args.get("name", LOG))
    with open_inside(folder, name) as file:
        return json_response(
            search_log(file, request.args.get("q", "")[:_LONGEST_SEARCH], mask_of(folder).text)
        )


def _tagged(file: BinaryIO, make: Callable[[], Any]) -> Response:
    """The answer made of a file, unless the client has that of its current state."""
    version = stamp_of(file) if not isinstance(file, io.BytesIO) else ""
    return not_modified(version) or json_response(make(), version=version)
