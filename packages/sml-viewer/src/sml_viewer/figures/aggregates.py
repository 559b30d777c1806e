"""Aggregated scores as intervals side by side, and performance profiles below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sml_viewer.aggregate import WORDS, Aggregates
from sml_viewer.configuration import Configuration
from sml_viewer.naming import looks

from .fonts import font_families
from .style import Style

_LABEL = 40  # characters of an algorithm's name beside its interval


@np.errstate(over="ignore", invalid="ignore")  # of values near the largest there are
def draw_aggregates(found: Aggregates, algorithms: Sequence[str], configuration: Configuration) -> Figure:
    """A panel per aggregate with a bar from low to high for each algorithm, and one with the profiles.

    `algorithms` are all names of the selection: their places decide the colours.
    """
    with rc_context({"font.family": list(font_families())}):
        return _figure(found, looks(algorithms), Style(configuration, found.pair))


def _figure(found: Aggregates, colours: dict[str, tuple[str, str]], style: Style) -> Figure:
    count = len(found.aggregates)
    width = style("SUBFIGURE_WIDTH")
    figure = Figure(
        figsize=(2 * width, style("SUBFIGURE_HEIGHT") * max(0.8, 0.16 * count) * 2), layout="constrained"
    )
    grid = figure.add_gridspec(2, len(WORDS))
    first = None
    for place, (kind, word) in enumerate(WORDS.items()):
        area = figure.add_subplot(grid[0, place], sharey=first)
        _intervals(area, found, kind, colours)
        area.set_title(word, fontsize=style("FONTSIZE_TITLE") * 0.8)
        area.tick_params(axis="x", labelsize=style("FONTSIZE_XTICK") * 0.7)
        if first is None:
            first = area
            labels = style.names([one.algorithm for one in found.aggregates], _LABEL)
            area.set_yticks(range(count), list(labels.values()))
            area.tick_params(axis="y", labelsize=style("FONTSIZE_YTICK") * 0.7)
            area.set_ylim(count - 0.5, -0.5)
        else:
            area.tick_params(axis="y", left=False, labelleft=False)
    area = figure.add_subplot(grid[1, :])
    handles: dict[str, Artist] = {}
    for one in found.aggregates:
        colour, dashes = colours[one.algorithm]
        if not one.missing:
            (handles[one.algorithm],) = area.plot(
                found.thresholds, one.profile, color=colour, linestyle=dashes, linewidth=style("LINE_WIDTH")
            )
    metric = style.column(found.pair[1])
    area.set_xlabel(f"normalised score τ of {metric}", fontsize=style("FONTSIZE_LABEL") * 0.8)
    area.set_ylabel("share of runs above τ", fontsize=style("FONTSIZE_LABEL") * 0.8)
    area.tick_params(labelsize=style("FONTSIZE_XTICK") * 0.7)
    area.set_ylim(-0.02, 1.02)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    style.head(figure, style.y_label)
    style.legend(figure, handles)
    return figure


def _intervals(area: Axes, found: Aggregates, kind: str, colours: dict[str, tuple[str, str]]) -> None:
    for place, one in enumerate(found.aggregates):
        if kind in one.intervals and np.isfinite(one.intervals[kind]).all():
            value, low, high = one.intervals[kind]
            area.barh(place, high - low, left=low, height=0.6, color=colours[one.algorithm][0], alpha=0.75)
            area.vlines(value, place - 0.3, place + 0.3, color="black", linewidth=1.5)
