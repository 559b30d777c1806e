"""Curves and the table of last values."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from sml_viewer.configuration import Configuration
from sml_viewer.drawing import Look
from sml_viewer.figures import draw_curves, figure_bytes
from sml_viewer.page.data import library
from sml_viewer.series import HOURS, ROW, known_columns

plots = Blueprint("plots", __name__, url_prefix="/plain")


@plots.get("/plot")
def plot() -> str:
    """The figure, with a choice of columns."""
    look = _look()
    curves = look.curves()
    return render_template("plot.html", curves=curves, pair=curves.pairs[0], columns=_columns(look))


@plots.get("/plot/figure.svg")
def figure() -> Response:
    """The figure alone."""
    return Response(figure_bytes(draw_curves(_look().curves())[0], "svg"), mimetype="image/svg+xml")


@plots.get("/table")
def table() -> str:
    """The last values, algorithms across and sub-figures down."""
    look = _look()
    tables = look.tables()
    return render_template("table.html", pair=tables[0].pair, columns=_columns(look), table=tables[0])


def _look() -> Look:
    shown = library()
    shown.notice()
    configuration = Configuration()
    if request.args.get("x") or request.args.get("y"):
        pair = [request.args.get("x", ""), request.args.get("y", "")]
        configuration = configuration.with_values(PLOTTING_XY=[pair])
    return Look(shown, configuration)


def _columns(look: Look) -> list[str]:
    return [*known_columns(look.library.runs()), ROW, HOURS]
