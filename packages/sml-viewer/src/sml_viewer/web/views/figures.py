"""Publication figures, also those drawn in the background, plot options, and the equivalent command line."""

from __future__ import annotations

import base64
import importlib
import threading
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request

from sml_viewer.config.plot_options import OPTIONS
from sml_viewer.config.typed_options import OutputOptions
from sml_viewer.i18n import joined, translated
from sml_viewer.render.command_line import command_line
from sml_viewer.render.export import named_files
from sml_viewer.render.formats import formats
from sml_viewer.render.provenance import public_options
from sml_viewer.render.request import FIGURE_KINDS, figure_set_of
from sml_viewer.web.background_plots import EXTENSION, BackgroundPlotter
from sml_viewer.web.files.figure_folder import save_figures
from sml_viewer.web.files.saved_figures import saved_figures
from sml_viewer.web.http.request import Body, json_endpoint
from sml_viewer.web.http.responses import json_response
from sml_viewer.web.i18n import language
from sml_viewer.web.library_pool import setup
from sml_viewer.web.schemas.scores import (
    CommandAnswer,
    FigureAnswer,
    OptionsAnswer,
    OptionShown,
    SavedFigure,
    SavedFigures,
)
from sml_viewer.web.schemas.session import BackgroundFigure, BackgroundFigures

figures = Blueprint("figures", __name__)

_AFTER_CURVES = 1.5  # seconds


@figures.get("/api/v1/options")
def options() -> Response:
    """Every plot option, with what a form needs to show and check it."""
    shown: list[OptionShown] = [
        {
            "name": option.name,
            "kind": option.kind,
            "default": option.default,
            "scope": option.scope,
            "label": option.label,
            "label_zh": option.label_zh,
            "optional": option.optional,
            "choices": list(option.choices),
            "low": None if option.low == -float("inf") else option.low,
            "high": None if option.high == float("inf") else option.high,
            "automatic": option.automatic,
            "unset": option.unset,
            "adapts": option.adapts,
        }
        for option in OPTIONS.values()
        if option.kind != "ignored"
    ]
    _warm_up()
    content: OptionsAnswer = {"options": shown}
    return json_response(content, version="options")


@cache
def _warm_up() -> None:
    """Import modules for figures and scores after the first curves, so that the next request is faster."""
    modules = ("sml_viewer.render.matplotlib", "scipy.stats")
    timer = threading.Timer(_AFTER_CURVES, lambda: [importlib.import_module(name) for name in modules])
    timer.daemon = True
    timer.start()


@figures.post("/api/v1/figure")
@json_endpoint
def figure() -> Response:
    """The figures as files, one per pair of columns; `save` writes them into the figure folder."""
    body = Body()
    plot_request = body.figure_request()
    form = formats().figures[body.choice("kind", tuple(formats().figures), "png")]
    figure_set = figure_set_of(plot_request, body.choice("what", FIGURE_KINDS, "plot"))
    options = OutputOptions.of(plot_request.configuration)
    name = f"{options.final_output_name}.{form.ending}"
    # The stacked figure is saved, but not shown.
    files, merged = named_files(figure_set, name)
    saved: list[Path] = []
    note = ""
    if body.flag("save"):
        saved, note = save_figures(setup(), options.plot_figure_saving_path, [*files, *merged])
    content: FigureAnswer = {
        "figures": [
            {"name": name, "type": form.media_type, "data": base64.b64encode(data).decode("ascii")}
            for name, data in files
        ],
        "caption": body.translate(figure_set.caption),
        "details": body.translate(figure_set.details),
        "runs": len(figure_set.runs),
        "saved": list(map(str, saved)),
        "note": body.translate(joined([each for each in (note, figure_set.font_note) if each], "; ")),
    }
    return json_response(content)


@figures.get("/api/v1/figures")
def saved() -> Response:
    """The figures in the folder for figures, newest first, with their configurations and queries."""
    shown: list[SavedFigure] = [
        {
            "name": each.path.name,
            "time": each.time,
            "kind": each.provenance.kind,
            "where": each.provenance.where,
            "runs": len(each.provenance.runs),
            "config": public_options(each.provenance.configuration),
        }
        for each in saved_figures(setup(), request.args.get("folder"))
    ]
    content: SavedFigures = {"figures": shown}
    return json_response(content)


@figures.get("/api/v1/figures/file")
def saved_file() -> Response:
    """A saved figure."""
    name = request.args.get("name", "")
    listed = saved_figures(setup(), request.args.get("folder"))
    matching = [each.path for each in listed if each.path.name == name]
    if not matching:
        abort(404, "no such figure")
    return Response(matching[0].read_bytes(), mimetype="image/png")


@figures.post("/api/v1/command")
@json_endpoint
def command() -> Response:
    """The command line for the same figure, table or export."""
    body = Body()
    plot_request = body.figure_request()
    kind = body.choice("kind", (*FIGURE_KINDS, "table", "export"), "plot")
    line = command_line(
        kind,
        plot_request.configuration,
        plot_request.library.roots,
        where=plot_request.where,
        output=body.text("output", "") or None,
        workspace=plot_request.library.workspace,
    )
    content: CommandAnswer = {"command": line}
    return json_response(content)


@figures.get("/api/v1/drawn")
def background_figures() -> Response:
    """The background figures of a configuration with their times, and why there are none."""
    name = request.args.get("config", "")
    state = _plotter().state(name)
    shown: list[BackgroundFigure] = [
        {"name": path.name, "time": path.stat().st_mtime} for path in _plotter().figures(name)
    ]
    content: BackgroundFigures = {
        "figures": shown,
        "error": state.error and translated(state.error, language()),
        "turned_away": state.turned_away,
    }
    return json_response(content)


@figures.get("/api/v1/drawn/file")
def background_figure() -> Response:
    """A background figure."""
    name = request.args.get("name", "")
    paths = [path for path in _plotter().figures(request.args.get("config", "")) if path.name == name]
    if not paths:
        abort(404, "no such figure")
    return Response(paths[0].read_bytes(), mimetype="image/png")


def _plotter() -> BackgroundPlotter:
    plotter: BackgroundPlotter = current_app.extensions[EXTENSION]
    return plotter
