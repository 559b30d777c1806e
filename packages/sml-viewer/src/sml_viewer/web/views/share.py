"""Charts to give away: one interactive HTML, or a markdown report in a zip. Nothing is written here."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, Response

from sml_viewer.i18n import Message
from sml_viewer.render.interactive import SharedView, make_interactive_html
from sml_viewer.render.interactive.charts import MOST_CHARTS
from sml_viewer.render.markdown_report import make_markdown_report, zipped
from sml_viewer.render.request import PlotRequest
from sml_viewer.web.http.request import BadRequestError, Body, json_endpoint
from sml_viewer.web.http.responses import json_response
from sml_viewer.web.schemas.charts import ShareAnswer

share = Blueprint("share", __name__)

_KINDS = ("html", "report")
_MOST_FIGURES = 12


@share.post("/api/v1/share")
@json_endpoint
def make() -> Response:
    """A file of the charts in sight, without names of runs, people and machines."""
    body = Body()
    request = body.figure_request()
    view = _view(body)
    if body.choice("kind", _KINDS, "html") == "html":
        file = make_interactive_html(request, view).encode("utf-8")
        content = _answer("charts.html", "text/html", file, max(0, len(view.metrics) - MOST_CHARTS))
    else:
        request = _of_metrics(request, view)
        files = make_markdown_report(request, title=view.title, language=view.language, note=view.note)
        left = max(0, len(view.metrics) - _MOST_FIGURES)
        content = _answer("report.zip", "application/zip", zipped(files), left)
    return json_response(content)


def _answer(name: str, kind: str, file: bytes, left: int) -> ShareAnswer:
    return {"name": name, "type": kind, "data": base64.b64encode(file).decode("ascii"), "left": left}


def _view(body: Body) -> SharedView:
    lines = body.texts("lines") if body.fields.get("lines") is not None else None
    return SharedView(
        title=body.text("title", ""),
        language=body.choice("language", ("en", "zh"), "en"),
        metrics=tuple(body.texts("metrics", [])),
        lines=None if lines is None else tuple(lines),
        by=body.choice("by", ("auto", "runs", "groups"), "auto"),
        x=body.text("x", ""),
        score=body.text("score", ""),
        logx=body.flag("logx"),
        logy=body.flag("logy"),
        robust=body.flag("robust"),
        panels=_panels(body.fields.get("panels", {})),
        note=body.text("note", ""),
    )


def _panels(value: Any) -> dict[str, dict[str, Any]]:
    """Settings of single charts: numbers, flags, and the x column."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "low": (int, float),
        "high": (int, float),
        "logy": bool,
        "robust": bool,
        "x": str,
    }
    if not isinstance(value, dict) or not all(isinstance(own, dict) for own in value.values()):
        raise BadRequestError(
            Message("{name}: expected {expected}", name="panels", expected=Message("an object of objects"))
        )
    return {
        str(metric): {name: each for name, each in own.items() if isinstance(each, kinds.get(name, ()))}
        for metric, own in value.items()
    }


def _of_metrics(request: PlotRequest, view: SharedView) -> PlotRequest:
    """The request with a figure for each metric in sight."""
    if not view.metrics:
        return request
    pairs = [
        [view.panels.get(metric, {}).get("x") or view.x, metric] for metric in view.metrics[:_MOST_FIGURES]
    ]
    configuration = request.configuration.with_values(PLOTTING_XY=pairs)
    return PlotRequest(request.library, configuration, request.where)
