"""Curves to a matplotlib figure: a sub-figure per title, a colour per algorithm."""

from __future__ import annotations

import io
import math

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sml_viewer.aggregate import Curve, Curves

from .fonts import font_families

_COLUMNS = 3
_WIDTH, _HEIGHT = 5.2, 3.7  # inches per sub-figure
_DPI = 150
# Okabe and Ito's palette, told apart by colour-blind readers; line styles go on where it ends.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_STYLES = ("-", "--", ":", "-.")


def draw_curves(curves: Curves) -> Figure:
    """A figure with mean and shaded standard error of every curve, and one legend below."""
    # A text keeps the family that was set when it was made.
    with rc_context({"font.family": list(font_families())}):
        return _figure(curves)


def figure_bytes(figure: Figure, kind: str) -> bytes:
    """The figure as a file: `png`, `svg` or `pdf`."""
    buffer = io.BytesIO()
    with rc_context({"font.family": list(font_families()), "pdf.fonttype": 42, "svg.hashsalt": "sml"}):
        figure.savefig(buffer, format=kind, dpi=_DPI)
    return buffer.getvalue()


def _figure(curves: Curves) -> Figure:
    titles = curves.titles
    columns = min(_COLUMNS, len(titles))
    rows = math.ceil(len(titles) / columns)
    figure = Figure(figsize=(_WIDTH * columns, _HEIGHT * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).flat
    looks = {
        name: (_COLOURS[place % len(_COLOURS)], _STYLES[place // len(_COLOURS) % len(_STYLES)])
        for place, name in enumerate(curves.algorithms)
    }
    for area, name in zip(axes, titles, strict=False):
        for curve in curves.curves:
            if curve.title == name:
                _draw(area, curve, *looks[curve.algorithm])
        area.set(title=name, xlabel=curves.x_column, ylabel=curves.y_column)
        area.grid(alpha=0.25)
        area.spines[["top", "right"]].set_visible(False)
    for area in list(axes)[len(titles) :]:
        area.set_axis_off()
    lines = {str(line.get_label()): line for area in figure.axes for line in area.get_lines()}
    figure.legend(list(lines.values()), list(lines), loc="outside lower center", ncols=min(4, len(lines)))
    return figure


def _draw(area: Axes, curve: Curve, colour: str, style: str) -> None:
    label = f"{curve.algorithm} (n={curve.n})"
    area.plot(curve.x, curve.mean, color=colour, linestyle=style, linewidth=1.8, label=label)
    if np.isfinite(curve.error).any():
        low, high = curve.mean - curve.error, curve.mean + curve.error
        area.fill_between(curve.x, low, high, color=colour, alpha=0.2, linewidth=0)
