"""Scores as bars: a group per sub-figure, a bar per algorithm, dots for single runs, stars for the best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sml_viewer.caption import bars_normalised
from sml_viewer.configuration import Configuration
from sml_viewer.direction import largest_is_best
from sml_viewer.naming import STYLES, looks
from sml_viewer.scores import Cell, ScoreTable, scale_of
from sml_viewer.selection import Selection

from .fonts import font_families
from .labels import fitted
from .style import Style

_TICK = 1.8  # inches for one group's name
# Where the colours begin anew, as the line styles of curves do.
_HATCHES = dict(zip(STYLES, ("", "///", "...", "xxx"), strict=True))


@np.errstate(over="ignore", invalid="ignore")  # of values near the largest there are
def draw_bars(table: ScoreTable, selection: Selection, configuration: Configuration) -> Figure:
    """A figure of one table's scores. Normalised bars are divided by their group's largest absolute mean."""
    with rc_context({"font.family": list(font_families())}):
        return _figure(table, selection, Style(configuration, table.pair))


def _best(row: tuple[Cell | None, ...], *, largest: bool) -> float:
    """A number that is the larger, the better the best bar of a group is."""
    sign = 1.0 if largest else -1.0
    means = (sign * cell.mean for cell in row if cell is not None and np.isfinite(cell.mean))
    return max(means, default=-np.inf)


def _figure(table: ScoreTable, selection: Selection, style: Style) -> Figure:
    order = list(range(len(table.titles)))
    normalised = bars_normalised(table, style.configuration)
    scales = [scale_of(row) if normalised else 1.0 for row in table.rows]
    if style("BAR_SORT_X"):
        largest = largest_is_best(style.configuration, table.pair)
        order.sort(key=lambda place: -_best(table.rows[place], largest=largest) / scales[place])
    figure = Figure(
        figsize=(_width(style, len(order), len(table.algorithms)), style("SUBFIGURE_HEIGHT")),
        layout="constrained",
    )
    area = figure.subplots()
    colours = looks(selection.algorithms)
    width = (1 - min(style("BAR_INTERVAL"), 0.9)) / len(table.algorithms)
    hollow = style("BAR_HOLLOW_ALG_NAME")
    numbered = style.is_set("SHOW_BAR_SEED_NUM") or any(cell.n > 1 for _, _, cell in table.cells())
    handles: dict[str, Artist] = {}
    drawn: list[tuple[float, Cell, float]] = []
    for place, group in enumerate(order):
        title, row = table.titles[group], table.rows[group]
        for number, (name, cell) in enumerate(zip(table.algorithms, row, strict=True)):
            if cell is not None and np.isfinite(cell.mean):
                x = place + (number - (len(table.algorithms) - 1) / 2) * width
                bar = _bar(area, x, width, cell, scales[group], *colours[name], hollow=hollow == name)
                handles.setdefault(name, bar)
                drawn.append((x, cell, scales[group]))
                _annotate(area, x, cell, scales[group], style, title, numbered=numbered)
    _errors_and_dots(area, drawn, style)
    area.set_xticks(range(len(order)), [_tick(table.titles[group], style) for group in order])
    area.tick_params(axis="x", labelsize=style("FONTSIZE_XTICK"))
    area.tick_params(axis="y", labelsize=style("FONTSIZE_YTICK"))
    if len(order) > 4:
        area.tick_params(axis="x", labelrotation=20)
    label = style.y_label
    area.set_ylabel(f"{label}\n(normalised)" if normalised else label, fontsize=style("FONTSIZE_LABEL"))
    area.axhline(0, color="#444444", linewidth=0.8)
    if normalised:
        area.set_ylim(bottom=max(style("BAR_NORMALIZE_MINIMUM_VALUE"), area.get_ylim()[0]))
    area.spines[["top", "right"]].set_visible(False)
    style.head(figure, label)
    pooling = {name for _, name, cell in table.cells() if cell.pools}
    style.legend(figure, handles, dict.fromkeys(pooling, " †"))
    return figure


def _width(style: Style, groups: int, bars: int) -> float:
    """In inches: as set, at least, and room for each tick and each bar."""
    least = style("SUBFIGURE_WIDTH")
    return float(max(least, 1.6 * groups, min(0.12 * groups * bars, 4 * least)))


def _bar(
    area: Axes, x: float, width: float, cell: Cell, scale: float, colour: str, dashes: str, *, hollow: bool
) -> Artist:
    look: dict[str, Any] = (
        {"facecolor": "none", "edgecolor": colour, "linewidth": 1.5}
        if hollow
        else {"facecolor": colour, "edgecolor": "white", "linewidth": 0, "alpha": 0.75}
    )
    return area.bar(x, cell.mean / scale, width * 0.92, hatch=_HATCHES[dashes], **look).patches[0]


def _errors_and_dots(area: Axes, drawn: Sequence[tuple[float, Cell, float]], style: Style) -> None:
    """The errors of all bars, and a dot for each run: two artists in all, not two for each bar."""
    errors = np.array(
        [(x, cell.mean / scale, cell.error / scale) for x, cell, scale in drawn if np.isfinite(cell.error)]
    ).reshape(-1, 3)
    if len(errors):
        area.errorbar(*errors.T, color="black", linestyle="none", elinewidth=1.0, capsize=3)
    dots = [(x, score / scale) for x, cell, scale in drawn for score in cell.scores[np.isfinite(cell.scores)]]
    xs, ys = np.array(dots).reshape(-1, 2).T
    area.scatter(xs, ys, s=style("MARKER_SIZE"), color="black", alpha=0.5, zorder=3, linewidth=0)


def _annotate(
    area: Axes, x: float, cell: Cell, scale: float, style: Style, title: str, *, numbered: bool
) -> None:
    """The number of runs at the bar, and a star on the best, by value or by significance."""
    error = cell.error if np.isfinite(cell.error) else 0.0
    top = max(cell.mean + error, float(np.max(cell.scores)), 0.0) / scale
    words = []
    if (style("BAR_MARK_MAXIMUM", title) and cell.best) or (
        style("BAR_MARK_MAXIMUM_WITH_STAT", title) and cell.with_best
    ):
        words.append("★")
    if numbered and style("SHOW_BAR_SEED_NUM", title):
        words.append(str(cell.n))
    if words and np.isfinite(top):
        size = style("FONTSIZE_LEGEND") / 2
        area.annotate(
            "\n".join(words), (x, top), (0, 2), textcoords="offset points", ha="center", fontsize=size
        )


def _tick(title: str, style: Style) -> str:
    place = style("BAR_TICK_NAME_IDX")
    parts = title.split(", ")
    text = parts[place] if place is not None and place < len(parts) else title
    return fitted(text, _TICK, style("FONTSIZE_XTICK"))
