"""Draw scores as bars: a group per sub-figure, a bar per algorithm, dots for runs, stars for the best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sml_viewer.analysis.scores import legend_names, scale_of
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.plot_config import Configuration
from sml_viewer.i18n import Message
from sml_viewer.model.results import Cell, ScoreTable
from sml_viewer.naming.labels import MARKERS, STYLES, line_styles, markers
from sml_viewer.report.score_caption import bars_normalised
from sml_viewer.select.selection import Selection

from .fonts import font_families
from .labels import fitted, wrapped
from .style import PAGE_HEIGHT, Style

_TICK = 1.8  # inches for one group's name
# Least widths in inches of a group, a bar, and a bar with a number.
_GROUP, _BAR, _NUMBERED = 1.0, 0.06, 0.11
_BESIDE = 0.9  # inches of a figure's width beside its bars
_MOST_ROWS = 10
_LOWEST = 1.5  # inches of a row
# Used when colours repeat, as line styles are for curves, and then in addition, as markers are.
_HATCHES = dict(zip(STYLES, ("", "///", "...", "xxx"), strict=True))
_MORE_HATCHES = dict(zip(MARKERS, ("", "ooo", "---", "|||", "***", "+++", "OOO"), strict=True))


@np.errstate(over="ignore", invalid="ignore")  # of values near the largest there are
def draw_bars(table: ScoreTable, selection: Selection, configuration: Configuration) -> Figure:
    """A figure of one table's scores. Normalised bars are divided by their group's largest absolute mean."""
    with rc_context({"font.family": list(font_families())}):
        return _figure(table, selection, Style(configuration, table.pair))


def _best(row: tuple[Cell | None, ...], *, largest: bool) -> float:
    """A number that grows with the quality of the best bar of a group."""
    sign = 1.0 if largest else -1.0
    means = (sign * cell.mean for cell in row if cell is not None and np.isfinite(cell.mean))
    return max(means, default=-np.inf)


def _figure(table: ScoreTable, selection: Selection, style: Style) -> Figure:
    order = list(range(len(table.titles)))
    normalised = bars_normalised(table, style.configuration)
    scales = [scale_of(row) if normalised else 1.0 for row in table.rows]
    if style.options.bar_sort_x:
        largest = largest_is_best(style.configuration, table.pair)
        order.sort(key=lambda group: -_best(table.rows[group], largest=largest) / scales[group])
    rows = _in_rows(order, len(table.algorithms), style.page_width)
    figure = Figure(figsize=_size(style, rows, len(table.algorithms)), layout="constrained")
    areas = figure.subplots(len(rows), 1, squeeze=False, sharey=normalised)[:, 0]
    room = (figure.get_figwidth() - _BESIDE) / (len(rows[0]) + 0.2)
    bars = _Bars(table, selection, style, scales, room)
    handles: dict[str, Artist] = {}
    for area, row in zip(areas, rows, strict=True):
        for name, handle in bars.draw(area, row).items():
            handles.setdefault(name, handle)
        # A last row with fewer groups has bars of the same width.
        area.set_xlim(-0.6, len(rows[0]) - 0.4)
        area.set_ylim(style.options.ymin, style.options.ymax)
        if style.options.y_axis_sci_form:
            area.ticklabel_format(axis="y", style="sci", scilimits=(0, 0), useMathText=True)
    label = style.y_label(0.9 * figure.get_figheight())
    label = f"{label}\n({style.word(Message('normalised'))})" if normalised else label
    (areas[0].set_ylabel if len(rows) == 1 else figure.supylabel)(
        label, fontsize=style.options.fontsize_label
    )
    if normalised and style.options.ymin is None:
        area.set_ylim(bottom=max(style.options.bar_normalize_minimum_value, area.get_ylim()[0]))
    style.add_suptitle(figure, style.y_label())
    pooling = {name for _, name, cell in table.cells() if cell.mixed}
    order_of_names = legend_names(table, selection, style.configuration)
    style.legend(
        figure,
        {name: handles[name] for name in order_of_names if name in handles},
        dict.fromkeys(pooling, " †"),
    )
    return figure


def _in_rows(order: list[int], bars: int, page: float) -> list[list[int]]:
    """Split groups into rows of the page's width, equally many in each except the last."""
    fitting = max(1, int(page / max(_GROUP, _BAR * bars)))
    rows = min(_MOST_ROWS, math.ceil(len(order) / fitting))
    each = math.ceil(len(order) / rows)
    return [order[start : start + each] for start in range(0, len(order), each)]


def _size(style: Style, rows: list[list[int]], bars: int) -> tuple[float, float]:
    """The size in inches: at least the set width, room for all ticks and bars, and rows that fit a page."""
    groups, least = len(rows[0]), style.options.subfigure_width
    width = max(least, min(style.page_width, max(1.6 * groups, 0.12 * groups * bars)))
    height = style.options.subfigure_height
    if not style.options.is_set("subfigure_height"):
        height = min(height, max(_LOWEST, PAGE_HEIGHT / len(rows)))
    return style.width(width), float(height * len(rows))


class _Bars:
    """The bars of a table's groups; `room` are the inches of a group."""

    def __init__(
        self, table: ScoreTable, selection: Selection, style: Style, scales: list[float], room: float
    ) -> None:
        self._table, self._style, self._scales, self._room = table, style, scales, room
        names = (selection.palette, table.algorithms)
        self._line_styles, self._markers = line_styles(*names, selection.colours), markers(*names)
        self._ticks, self._turned = _ticks(table, style, room)
        self._width = (1 - min(style.options.bar_interval, 0.9)) / len(table.algorithms)
        numbered = any(cell.n > 1 for _, _, cell in table.cells()) and self._width * room >= _NUMBERED
        self._numbered = numbered or style.options.is_set("show_bar_seed_num")

    def draw(self, area: Axes, groups: Sequence[int]) -> dict[str, Artist]:
        """Draw some groups; returns one bar per algorithm for the legend."""
        table, style = self._table, self._style
        handles: dict[str, Artist] = {}
        drawn: list[tuple[float, Cell, float]] = []
        for position, group in enumerate(groups):
            title, row, scale = table.titles[group], table.rows[group], self._scales[group]
            for number, (name, cell) in enumerate(zip(table.algorithms, row, strict=True)):
                if cell is not None and np.isfinite(cell.mean):
                    x = position + (number - (len(table.algorithms) - 1) / 2) * self._width
                    handles.setdefault(name, self._bar(area, x, cell.mean / scale, name))
                    drawn.append((x, cell, scale))
                    _annotate(area, x, cell, scale, style, title, numbered=self._numbered)
        _errors_and_dots(area, drawn, style, self._width * self._room)
        area.set_xticks(range(len(groups)), [self._ticks[group] for group in groups])
        area.tick_params(axis="x", labelsize=style.options.fontsize_xtick)
        area.tick_params(axis="y", labelsize=style.options.fontsize_ytick)
        if self._turned:
            for tick in area.get_xticklabels():
                tick.set(rotation=20, ha="right", rotation_mode="anchor")
        area.axhline(0, color="#444444", linewidth=0.8)
        area.spines[["top", "right"]].set_visible(False)
        return handles

    def _bar(self, area: Axes, x: float, height: float, name: str) -> Artist:
        colour, dashes = self._line_styles[name]
        artist_style: dict[str, Any] = (
            {"facecolor": "none", "edgecolor": colour, "linewidth": 1.5}
            if self._style.options.bar_hollow_alg_name == name
            else {"facecolor": colour, "edgecolor": "white", "linewidth": 0, "alpha": 0.75}
        )
        hatch = _HATCHES[dashes] + _MORE_HATCHES[self._markers[name]]
        return area.bar(x, height, self._width * 0.92, hatch=hatch, **artist_style).patches[0]


def _errors_and_dots(
    area: Axes, drawn: Sequence[tuple[float, Cell, float]], style: Style, width: float
) -> None:
    """Draw the errors of all bars and a dot per run, as two artists in total for speed.

    Bars are `width` inches wide, which bounds caps and dots.
    """
    points = 72 * width
    errors = np.array(
        [(x, cell.mean / scale, cell.error / scale) for x, cell, scale in drawn if np.isfinite(cell.error)]
    ).reshape(-1, 3)
    if len(errors):
        area.errorbar(*errors.T, color="black", linestyle="none", elinewidth=1.0, capsize=min(3, points / 3))
    dots = [(x, score / scale) for x, cell, scale in drawn for score in cell.scores[np.isfinite(cell.scores)]]
    xs, ys = np.array(dots).reshape(-1, 2).T
    area.scatter(
        xs,
        ys,
        s=min(style.options.marker_size, (points / 2) ** 2),
        color="black",
        alpha=0.5,
        zorder=3,
        linewidth=0,
    )


def _annotate(
    area: Axes, x: float, cell: Cell, scale: float, style: Style, title: str, *, numbered: bool
) -> None:
    """Annotate a bar with its number of runs, and a star if it is best, by value or significance."""
    error = cell.error if np.isfinite(cell.error) else 0.0
    top = max(cell.mean + error, float(np.max(cell.scores)), 0.0) / scale
    words = []
    if (style.panel(title).bar_mark_maximum and cell.best) or (
        style.panel(title).bar_mark_maximum_with_stat and cell.with_best
    ):
        words.append("★")
    if numbered and style.panel(title).show_bar_seed_num:
        words.append(str(cell.n))
    if words and np.isfinite(top):
        size = style.options.fontsize_legend / 2
        area.annotate(
            "\n".join(words), (x, top), (0, 2), textcoords="offset points", ha="center", fontsize=size
        )


def _ticks(table: ScoreTable, style: Style, room: float) -> tuple[list[str], bool]:
    """The labels of the groups, and whether they must be rotated because they exceed `room` inches."""
    index, size = style.options.bar_tick_name_idx, style.options.fontsize_xtick
    names = []
    for title in table.titles:
        parts = title.split(", ")
        names.append(
            parts[index] if index is not None and -len(parts) <= index < len(parts) else style.word(title)
        )
    upright = [wrapped(name, 0.95 * room, size) for name in names]
    if all(upright):
        return upright, False
    return [fitted(name, _TICK, size) for name in names], True
