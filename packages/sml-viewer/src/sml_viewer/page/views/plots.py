"""Curves and the table of last values."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request

from sml_viewer.aggregate import Curves, make_curves
from sml_viewer.errors import NoRunsError
from sml_viewer.figures import draw_curves, figure_bytes
from sml_viewer.name import columns
from sml_viewer.read import Run, read_runs
from sml_viewer.tables import make_table

plots = Blueprint("plots", __name__)


@plots.get("/plot")
def plot() -> str:
    """The figure, with a choice of columns."""
    found = _found()
    return render_template("plot.html", curves=_curves(found), columns=columns(found))


@plots.get("/plot/figure.svg")
def figure() -> Response:
    """The figure alone."""
    return Response(figure_bytes(draw_curves(_curves(_found())), "svg"), mimetype="image/svg+xml")


@plots.get("/table")
def table() -> str:
    """The last values, algorithms across and sub-figures down."""
    found = _found()
    curves = _curves(found)
    return render_template("table.html", curves=curves, columns=columns(found), table=make_table(curves))


def _found() -> list[Run]:
    data_path = current_app.config["DATA_PATH"]
    found = read_runs(data_path)
    if not found:
        raise NoRunsError(f"No runs in {data_path}: no folder there holds a progress.csv.")
    return found


def _curves(found: list[Run]) -> Curves:
    return make_curves(found, request.args.get("x"), request.args.get("y"))
