"""What was drawn in the background."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, request

from sml_viewer.i18n import translated
from sml_viewer.web.background_plots import EXTENSION, Redrawer
from sml_viewer.web.http.responses import answer
from sml_viewer.web.i18n import language
from sml_viewer.web.schemas.session import BackgroundFigure, BackgroundFigures

drawn = Blueprint("drawn", __name__)


@drawn.get("/api/v1/drawn")
def show() -> Response:
    """The figures of a configuration that is drawn by itself, when each was drawn, and why there is none."""
    name = request.args.get("config", "")
    state = _redrawer().state(name)
    figures: list[BackgroundFigure] = [
        {"name": path.name, "time": path.stat().st_mtime} for path in _redrawer().figures(name)
    ]
    content: BackgroundFigures = {
        "figures": figures,
        "error": state.error and translated(state.error, language()),
        "turned_away": state.turned_away,
    }
    return answer(content)


@drawn.get("/api/v1/drawn/file")
def file() -> Response:
    """One of them."""
    wanted = request.args.get("name", "")
    found = [path for path in _redrawer().figures(request.args.get("config", "")) if path.name == wanted]
    if not found:
        abort(404, "no such figure")
    return Response(found[0].read_bytes(), mimetype="image/png")


def _redrawer() -> Redrawer:
    found: Redrawer = current_app.extensions[EXTENSION]
    return found
