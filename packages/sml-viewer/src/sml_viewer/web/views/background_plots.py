"""Figures drawn in the background."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, request

from sml_viewer.i18n import translated
from sml_viewer.web.background_plots import EXTENSION, BackgroundPlotter
from sml_viewer.web.http.responses import json_response
from sml_viewer.web.i18n import language
from sml_viewer.web.schemas.session import BackgroundFigure, BackgroundFigures

background_plots = Blueprint("background_plots", __name__)


@background_plots.get("/api/v1/drawn")
def show() -> Response:
    """The background figures of a configuration with their times, and why there are none."""
    name = request.args.get("config", "")
    state = _plotter().state(name)
    figures: list[BackgroundFigure] = [
        {"name": path.name, "time": path.stat().st_mtime} for path in _plotter().figures(name)
    ]
    content: BackgroundFigures = {
        "figures": figures,
        "error": state.error and translated(state.error, language()),
        "turned_away": state.turned_away,
    }
    return json_response(content)


@background_plots.get("/api/v1/drawn/file")
def file() -> Response:
    """A background figure."""
    name = request.args.get("name", "")
    paths = [path for path in _plotter().figures(request.args.get("config", "")) if path.name == name]
    if not paths:
        abort(404, "no such figure")
    return Response(paths[0].read_bytes(), mimetype="image/png")


def _plotter() -> BackgroundPlotter:
    plotter: BackgroundPlotter = current_app.extensions[EXTENSION]
    return plotter
