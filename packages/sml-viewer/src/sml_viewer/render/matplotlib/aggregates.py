"""Draw aggregated scores as intervals, and performance profiles below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import MaxNLocator

from sml_viewer.analysis.aggregate import WORDS, Aggregate, Aggregates
from sml_viewer.config.plot_config import Configuration
from sml_viewer.i18n import Message, phrase
from sml_viewer.naming.labels import line_styles, markers

from .fonts import font_families
from .labels import fitted, wrapped
from .style import PAGE_HEIGHT, Style

_LABEL = 30  # characters of a line of an algorithm's name beside its interval
_LINE = 1.25  # line spacing in font sizes
_SMALLER = 0.7  # size of tick labels here, relative to the figure's
_LEAST_FONT = 4.5
# Inches that a panel of intervals needs in addition to its rows.
_AROUND = 0.7
_PANELS = 0.75  # of a figure's width
_TICK = 0.35  # inches for a tick label of x
_MARKED = 0.15  # of the figure's diagonal, from one marker of a profile to the next


@np.errstate(over="ignore", invalid="ignore")  # of values near the largest there are
def draw_aggregates(
    aggregates: Aggregates,
    algorithms: Sequence[str],
    configuration: Configuration,
    colours: Mapping[str, str],
) -> Figure:
    """A panel per aggregate with a bar from low to high for each algorithm, and one with the profiles.

    `algorithms` are all names of the selection: their positions decide the colours, unless
    `colours` names one.
    """
    with rc_context({"font.family": list(font_families())}):
        styles = line_styles(algorithms, colours=colours)
        return _figure(aggregates, Style(configuration, aggregates.pair), styles)


def _figure(
    aggregates: Aggregates,
    style: Style,
    colours: Mapping[str, tuple[str, str]],
) -> Figure:
    width = style.width(2 * style.options.subfigure_width)
    common, labels = style.names([aggregate.algorithm for aggregate in aggregates.drawn], _LABEL)
    lines = sum(1 + label.count("\n") for label in labels.values())
    height = style.options.subfigure_height
    # Labels never overlap: rows are as high as their lines, in a smaller font if there are many.
    size = max(
        _LEAST_FONT, min(style.options.fontsize_ytick * _SMALLER, _font_for(lines, PAGE_HEIGHT - height))
    )
    above = _AROUND + (lines + 0.6 * len(labels)) * _LINE * size / 72
    figure = Figure(figsize=(width, above + height), layout="constrained")
    grid = figure.add_gridspec(2, len(WORDS), height_ratios=(above, height))
    _draw_intervals(figure, grid, aggregates, {name: colour for name, (colour, _) in colours.items()}, style)
    first = figure.axes[0]
    first.set_yticks(_centres(labels), list(labels.values()))
    first.tick_params(axis="y", labelsize=size)
    if common:
        first.set_ylabel(fitted(common, above, size), fontsize=size)
    profiles = figure.add_subplot(grid[1, :])
    handles = _draw_profiles(profiles, aggregates, colours, style, width)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    style.add_suptitle(figure, style.y_label())
    style.legend(figure, handles)
    return figure


def _font_for(lines: int, height: float) -> float:
    """The font size at which `lines` lines fill `height` inches."""
    return float(72 * height / (1.6 * _LINE * max(1, lines)))


def _centres(labels: dict[str, str]) -> list[float]:
    """The middle of each label's row, in lines from the top; a row is as high as its label."""
    heights = np.array([1.6 + label.count("\n") for label in labels.values()])
    return list(np.cumsum(heights) - heights / 2)


def _draw_intervals(
    figure: Figure, grid: GridSpec, aggregates: Aggregates, colours: dict[str, str], style: Style
) -> None:
    """Draw a panel per kind of aggregate, with one row per algorithm."""
    _, labels = style.names([aggregate.algorithm for aggregate in aggregates.drawn], _LABEL)
    centres = _centres(labels)
    room = _PANELS * figure.get_figwidth() / len(WORDS)
    first: Axes | None = None
    for column, (kind, word) in enumerate(WORDS.items()):
        area = figure.add_subplot(grid[0, column], sharey=first)
        _intervals(area, aggregates.drawn, centres, kind, colours)
        size = style.options.fontsize_title * 0.8
        title = style.word(phrase(word))
        area.set_title(wrapped(title, room, size) or title, fontsize=size)
        area.tick_params(axis="x", labelsize=style.options.fontsize_xtick * _SMALLER)
        bins = max(2, min(4, int(room / _TICK)))
        area.xaxis.set_major_locator(MaxNLocator(bins, steps=[1, 2, 3, 4, 5, 10]))
        area.margins(x=0.08)
        if first is None:
            first = area
            area.set_ylim(sum(1.6 + label.count("\n") for label in labels.values()), 0)
        else:
            area.tick_params(axis="y", left=False, labelleft=False)


def _intervals(
    area: Axes, aggregates: Sequence[Aggregate], centres: Sequence[float], kind: str, colours: dict[str, str]
) -> None:
    area.use_sticky_edges = False  # an interval's end is not the axis' end
    for centre, aggregate in zip(centres, aggregates, strict=True):
        value, low, high = aggregate.intervals.get(kind, (np.nan,) * 3)
        if np.isfinite([low, high]).all():
            area.barh(
                centre, high - low, left=low, height=0.9, color=colours[aggregate.algorithm], alpha=0.75
            )
        if np.isfinite(value):
            alone = not np.isfinite(high - low)
            colour = colours[aggregate.algorithm] if alone else "black"
            area.vlines(value, centre - 0.5, centre + 0.5, color=colour, linewidth=3 if alone else 1.5)


def _draw_profiles(
    area: Axes, aggregates: Aggregates, colours: Mapping[str, tuple[str, str]], style: Style, width: float
) -> dict[str, Artist]:
    """Draw the share of runs above each score; returns a line per algorithm."""
    marker = markers(list(colours))
    handles: dict[str, Artist] = {}
    for aggregate in aggregates.drawn:
        colour, dashes = colours[aggregate.algorithm]
        if not aggregate.missing:
            (handles[aggregate.algorithm],) = area.plot(
                aggregates.thresholds,
                aggregate.profile,
                color=colour,
                linestyle=dashes,
                linewidth=style.options.line_width,
                marker=marker[aggregate.algorithm],
                markersize=style.options.marker_size / 2,
                markevery=_MARKED,
            )
    metric = style.column(aggregates.pair[1], 0.6 * width)
    score = style.word(Message("normalised score τ of {metric}", metric=metric))
    share = style.word(Message("share of runs above τ"))
    area.set_xlabel(score, fontsize=style.options.fontsize_label * 0.8)
    area.set_ylabel(share, fontsize=style.options.fontsize_label * 0.8)
    area.tick_params(labelsize=style.options.fontsize_xtick * _SMALLER)
    area.set_ylim(-0.02, 1.02)
    return handles
