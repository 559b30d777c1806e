"""Aggregated scores as intervals side by side, and performance profiles below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import MaxNLocator

from sml_viewer.analysis.aggregate import WORDS, Aggregate, Aggregates
from sml_viewer.config.plot_config import Configuration
from sml_viewer.naming.labels import looks, markers

from .fonts import font_families
from .labels import fitted, wrapped
from .style import PAGE_HEIGHT, Style

_LABEL = 30  # characters of a line of an algorithm's name beside its interval
_LINE = 1.25  # of a font's size, from one line of text to the next
_SMALLER = 0.7  # than a figure's fonts are those of ticks here
_LEAST_FONT = 4.5
# Inches: what a panel of intervals needs besides its rows.
_AROUND = 0.7
_PANELS = 0.75  # of a figure's width
_TICK = 0.35  # inches for a number along x
_MARKED = 0.15  # of the figure's diagonal, from one marker of a profile to the next


@np.errstate(over="ignore", invalid="ignore")  # of values near the largest there are
def draw_aggregates(found: Aggregates, algorithms: Sequence[str], configuration: Configuration) -> Figure:
    """A panel per aggregate with a bar from low to high for each algorithm, and one with the profiles.

    `algorithms` are all names of the selection: their places decide the colours.
    """
    with rc_context({"font.family": list(font_families())}):
        return _figure(found, algorithms, Style(configuration, found.pair))


def _figure(found: Aggregates, algorithms: Sequence[str], style: Style) -> Figure:
    colours = looks(algorithms)
    width = style.width(2 * style("SUBFIGURE_WIDTH"))
    common, labels = style.names([one.algorithm for one in found.drawn], _LABEL)
    lines = sum(1 + label.count("\n") for label in labels.values())
    height = style("SUBFIGURE_HEIGHT")
    # Labels never overlap: rows are as high as their lines, in a smaller font where these are many.
    size = max(_LEAST_FONT, min(style("FONTSIZE_YTICK") * _SMALLER, _font_for(lines, PAGE_HEIGHT - height)))
    above = _AROUND + (lines + 0.6 * len(labels)) * _LINE * size / 72
    figure = Figure(figsize=(width, above + height), layout="constrained")
    grid = figure.add_gridspec(2, len(WORDS), height_ratios=(above, height))
    _draw_intervals(figure, grid, found, {name: look[0] for name, look in colours.items()}, style)
    first = figure.axes[0]
    first.set_yticks(_centres(labels), list(labels.values()))
    first.tick_params(axis="y", labelsize=size)
    if common:
        first.set_ylabel(fitted(common, above, size), fontsize=size)
    profiles = figure.add_subplot(grid[1, :])
    handles = _draw_profiles(profiles, found, algorithms, style, width)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    style.head(figure, style.y_label())
    style.legend(figure, handles)
    return figure


def _font_for(lines: int, room: float) -> float:
    """The size of a font of which so many lines fill a room in inches."""
    return float(72 * room / (1.6 * _LINE * max(1, lines)))


def _centres(labels: dict[str, str]) -> list[float]:
    """The middle of each label's row, in lines from the top; a row is as high as its label."""
    heights = np.array([1.6 + label.count("\n") for label in labels.values()])
    return list(np.cumsum(heights) - heights / 2)


def _draw_intervals(
    figure: Figure, grid: GridSpec, found: Aggregates, colours: dict[str, str], style: Style
) -> None:
    """A panel for each kind of aggregate, algorithms below each other."""
    _, labels = style.names([one.algorithm for one in found.drawn], _LABEL)
    places = _centres(labels)
    room = _PANELS * figure.get_figwidth() / len(WORDS)
    first: Axes | None = None
    for place, (kind, word) in enumerate(WORDS.items()):
        area = figure.add_subplot(grid[0, place], sharey=first)
        _intervals(area, found.drawn, places, kind, colours)
        size = style("FONTSIZE_TITLE") * 0.8
        area.set_title(wrapped(word, room, size) or word, fontsize=size)
        area.tick_params(axis="x", labelsize=style("FONTSIZE_XTICK") * _SMALLER)
        bins = max(2, min(4, int(room / _TICK)))
        area.xaxis.set_major_locator(MaxNLocator(bins, steps=[1, 2, 3, 4, 5, 10]))
        area.margins(x=0.08)
        if first is None:
            first = area
            area.set_ylim(sum(1.6 + label.count("\n") for label in labels.values()), 0)
        else:
            area.tick_params(axis="y", left=False, labelleft=False)


def _intervals(
    area: Axes, aggregates: Sequence[Aggregate], places: Sequence[float], kind: str, colours: dict[str, str]
) -> None:
    area.use_sticky_edges = False  # an interval's end is not the axis' end
    for place, one in zip(places, aggregates, strict=True):
        value, low, high = one.intervals.get(kind, (np.nan,) * 3)
        if np.isfinite([low, high]).all():
            area.barh(place, high - low, left=low, height=0.9, color=colours[one.algorithm], alpha=0.75)
        if np.isfinite(value):
            alone = not np.isfinite(high - low)
            colour = colours[one.algorithm] if alone else "black"
            area.vlines(value, place - 0.5, place + 0.5, color=colour, linewidth=3 if alone else 1.5)


def _draw_profiles(
    area: Axes, found: Aggregates, algorithms: Sequence[str], style: Style, width: float
) -> dict[str, Artist]:
    """The share of runs above each score in a figure `width` inches wide; returns a line per algorithm."""
    colours, marker = looks(algorithms), markers(algorithms)
    handles: dict[str, Artist] = {}
    for one in found.drawn:
        colour, dashes = colours[one.algorithm]
        if not one.missing:
            (handles[one.algorithm],) = area.plot(
                found.thresholds,
                one.profile,
                color=colour,
                linestyle=dashes,
                linewidth=style("LINE_WIDTH"),
                marker=marker[one.algorithm],
                markersize=style("MARKER_SIZE") / 2,
                markevery=_MARKED,
            )
    metric = style.column(found.pair[1], 0.6 * width)
    area.set_xlabel(f"normalised score τ of {metric}", fontsize=style("FONTSIZE_LABEL") * 0.8)
    area.set_ylabel("share of runs above τ", fontsize=style("FONTSIZE_LABEL") * 0.8)
    area.tick_params(labelsize=style("FONTSIZE_XTICK") * _SMALLER)
    area.set_ylim(-0.02, 1.02)
    return handles
