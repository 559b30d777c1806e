"""The publication figure, the options that it takes, and the command that draws it elsewhere."""

from __future__ import annotations

import base64
import importlib
import threading
from dataclasses import asdict
from functools import cache
from pathlib import Path

from flask import Blueprint, Response

from sml_viewer.command import command_line
from sml_viewer.drawing import WHATS, Drawing
from sml_viewer.headless import figure_files
from sml_viewer.options import OPTIONS
from sml_viewer.page.answers import answer
from sml_viewer.page.asking import Body, computed
from sml_viewer.page.data import setup
from sml_viewer.page.saving import save_figures

figures = Blueprint("figures", __name__)

_AFTER_CURVES = 1.5  # seconds
_KINDS = ("png", "pdf", "svg", "csv")
_TYPES = {"png": "image/png", "pdf": "application/pdf", "svg": "image/svg+xml", "csv": "text/csv"}


@figures.get("/api/options")
def options() -> Response:
    """Every plot option: what a form needs to show it and to check it."""
    shown = [
        {
            **{name: value for name, value in asdict(option).items() if name not in ("low", "high")},
            "low": None if option.low == -float("inf") else option.low,
            "high": None if option.high == float("inf") else option.high,
            "unset": option.unset,
        }
        for option in OPTIONS.values()
        if option.kind != "ignored"
    ]
    _warm_up()
    return answer({"options": shown}, version="options")


@cache
def _warm_up() -> None:
    """Import what figures and scores are made with beside the first curves: whoever asks next waits less."""
    modules = ("sml_viewer.figures", "scipy.stats")
    timer = threading.Timer(_AFTER_CURVES, lambda: [importlib.import_module(name) for name in modules])
    timer.daemon = True
    timer.start()


@figures.post("/api/figure")
@computed
def figure() -> Response:
    """The figures of a look as files, one per pair of columns; `save` puts them into the figure folder."""
    body = Body()
    look = body.look()
    kind = body.choice("kind", _KINDS, "png")
    drawing = Drawing(look, body.choice("what", WHATS, "plot"))
    name = f"{look.configuration.get('FINAL_OUTPUT_NAME')}.{kind}"
    numbers = [(name, drawing.numbers.encode("utf-8"))] if kind == "csv" else []
    # The last one of several is all others in one: it is saved, and not shown beside them.
    files = numbers or figure_files(drawing, name)
    saved: list[Path] = []
    note = ""
    if body.flag("save"):
        saved, note = save_figures(setup(), look.configuration.get("PLOT_FIGURE_SAVING_PATH"), files)
    return answer(
        {
            "figures": [
                {"name": name, "type": _TYPES[kind], "data": base64.b64encode(content).decode("ascii")}
                for name, content in (files[:-1] if kind == "png" and len(files) > 1 else files)
            ],
            "caption": body.said(drawing.caption),
            "details": body.said(drawing.details),
            "runs": len(drawing.runs),
            "saved": list(map(str, saved)),
            "note": body.said(note),
        }
    )


@figures.post("/api/command")
@computed
def command() -> Response:
    """The command line that makes the same figure, table or export."""
    body = Body()
    look = body.look()
    kind = body.choice("kind", (*WHATS, "table", "export"), "plot")
    return answer(
        {
            "command": command_line(
                kind,
                look.configuration,
                look.library.roots,
                where=look.where,
                output=body.text("output", "") or None,
                workspace=look.library.workspace,
            )
        }
    )
