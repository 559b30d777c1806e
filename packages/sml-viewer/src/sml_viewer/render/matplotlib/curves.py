"""Draw curves with matplotlib: a figure per pair of columns, axes per sub-figure, a colour per algorithm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sml_viewer.analysis.curves import Curves, legend_order
from sml_viewer.arrays import Floats
from sml_viewer.cache import gc_paused
from sml_viewer.columns.axes import TIME, label_of
from sml_viewer.model.results import Curve, Pair, Panel

from .dates import DAY, show_dates, zone_name
from .fonts import font_families
from .style import Style

_FEW_POINTS = 20
_MARKED = 0.12  # of the figure's diagonal, from one marker of a long curve to the next
# Unsmoothed values, drawn behind the curve and distinct from it.
_GHOST_WIDTH, _GHOST_ALPHA = 0.4, 0.3


@gc_paused()
@np.errstate(over="ignore", invalid="ignore")  # of values near the largest there are
def draw_curves(curves: Curves) -> list[Figure]:
    """A figure for each pair of columns, with centre and shaded band of every curve and one legend."""
    # A text keeps the font family from its creation.
    with rc_context({"font.family": list(font_families())}):
        return [_figure(curves, pair) for pair in curves.pairs]


def variance_between(panel: Panel) -> float | None:
    """Share of the variance of the runs' last values that lies between algorithms (η², Fisher 1925).

    None if undefined.
    """
    groups = [values for curve in panel.curves if len(values := _last_values(curve, panel.pair[1]))]
    everything = np.concatenate(groups) if groups else np.array([])
    total = float(((everything - everything.mean()) ** 2).sum()) if len(everything) > 1 else 0.0
    if not np.isfinite(total) or total == 0:
        return None
    return float(sum(len(group) * (group.mean() - everything.mean()) ** 2 for group in groups)) / total


def _figure(curves: Curves, pair: Pair) -> Figure:
    style = Style(curves.configuration, pair)
    panels = [_in_days(panel) for panel in curves.panels if panel.pair == pair]
    figure, areas = style.subplots(len(panels))
    shares = None
    if style.options.report_pca_eval:
        between = {panel.title: variance_between(panel) for panel in panels}
        shares = {title: share for title, share in between.items() if share is not None}
    height = 0.9 * style.options.subfigure_height
    styles, marker = curves.line_styles, curves.markers
    lines: dict[str, Artist] = {}
    for number, (area, panel) in enumerate(zip(areas, panels, strict=True)):
        for curve in panel.curves:
            appearance = (*styles[curve.algorithm], marker[curve.algorithm])
            lines.setdefault(curve.algorithm, _draw(area, curve, style, panel.title, *appearance))
        _set_axes(area, panel, style, shares)
        if number % style.options.max_column == 0:
            area.set_ylabel(style.y_label(height), fontsize=style.panel(panel.title).fontsize_label)
    style.add_suptitle(figure, f"{style.y_label()} / {style.column(style.word(label_of(pair[0])))}")
    names = [name for name in legend_order(curves, pair) if name in lines]
    style.legend(
        figure, {name: lines[name] for name in names}, {name: _mark(name, panels, style) for name in names}
    )
    return figure


def _in_days(panel: Panel) -> Panel:
    """A panel whose x is in days since 1970 if it is clock time; matplotlib counts dates by days."""
    if panel.pair[0] != TIME:
        return panel
    curves = [
        replace(
            curve,
            x=curve.x / DAY,
            ghost=None if curve.ghost is None else (curve.ghost[0] / DAY, curve.ghost[1]),
        )
        for curve in panel.curves
    ]
    return replace(panel, curves=tuple(curves))


def _draw(
    area: Axes, curve: Curve, style: Style, title: str, colour: str, dashes: str, marker: str | None
) -> Artist:
    few = len(curve.x) < _FEW_POINTS
    if curve.ghost is not None:
        _draw_ghost(area, *curve.ghost, colour, style.panel(title).line_width)
    (line,) = area.plot(
        curve.x,
        np.where(np.isfinite(curve.center), curve.center, np.nan),
        color=colour,
        linestyle=dashes,
        linewidth=style.panel(title).line_width,
        marker=marker or ("o" if few else None),
        markevery=None if few else _MARKED,
        markersize=style.panel(title).marker_size / 2,
    )
    finite = np.isfinite(curve.low) & np.isfinite(curve.high)
    if finite.any():
        alpha = style.panel(title).shading_alpha
        area.fill_between(
            curve.x, curve.low, curve.high, where=finite, color=colour, alpha=alpha, linewidth=0
        )
    _thin_where_fewer(area, curve)
    return line


def _draw_ghost(area: Axes, x: Floats, y: Floats, colour: str, width: float) -> None:
    """Draw the unsmoothed values, thin and pale behind the curve, without a legend entry."""
    values = np.where(np.isfinite(y), y, np.nan)
    area.plot(
        x,
        values,
        color=colour,
        linewidth=_GHOST_WIDTH * width,
        alpha=_GHOST_ALPHA,
        zorder=1.5,
        solid_joinstyle="bevel",  # round joins of a jagged line dominate the drawing time
    )


def _thin_where_fewer(area: Axes, curve: Curve) -> None:
    """Draw a thin white line inside the curve where it has fewer seeds than at most."""
    fewer = curve.n < curve.n.max()
    if fewer.any():
        area.plot(curve.x, np.where(fewer, curve.center, np.nan), color="white", linewidth=0.7, zorder=2.5)


def _set_axes(area: Axes, panel: Panel, style: Style, shares: dict[str, float] | None) -> None:
    title = panel.title
    area.set_title(style.title(title, shares), fontsize=style.panel(title).fontsize_title)
    width = 0.9 * style.page_width / style.options.max_column
    x = panel.pair[0]
    label = style.word(label_of(x))
    if x == TIME:
        label += f" ({zone_name(panel.curves[0].x[0] * DAY)})"
    area.set_xlabel(style.column(label, width, title), fontsize=style.panel(title).fontsize_label)
    area.tick_params(axis="x", labelsize=style.panel(title).fontsize_xtick)
    area.tick_params(axis="y", labelsize=style.options.fontsize_ytick)
    area.xaxis.get_offset_text().set_fontsize(style.panel(title).fontsize_xtick)
    area.yaxis.get_offset_text().set_fontsize(style.options.fontsize_ytick)
    if x == TIME:
        show_dates(area, style.panel(title).fontsize_xtick)
        # `1e-6+6.9318e-1` beside an axis hides its values.
        area.ticklabel_format(axis="y", useOffset=False)
    else:
        area.ticklabel_format(useOffset=False)
        if all((curve.x == np.floor(curve.x)).all() for curve in panel.curves):
            area.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))
        if style.panel(title).x_axis_sci_form:
            area.ticklabel_format(axis="x", style="sci", scilimits=(0, 4), useMathText=True)
    if style.options.y_axis_sci_form:
        area.ticklabel_format(axis="y", style="sci", scilimits=(0, 0), useMathText=True)
    unit = DAY if x == TIME else 1.0
    ends = (style.panel(title).xmin, style.panel(title).xmax)
    area.set_xlim(*(None if end is None else end / unit for end in ends))
    area.set_ylim(style.panel(title).ymin, style.panel(title).ymax)
    area.grid(alpha=0.25)
    area.spines[["top", "right"]].set_visible(False)


def _mark(name: str, panels: list[Panel], style: Style) -> str:
    """The suffix of a name in the legend: a dagger for mixed parameters, and the number of runs."""
    mine = [curve for panel in panels for curve in panel.curves if curve.algorithm == name]
    label = " †" if any(curve.mixed for curve in mine) else ""
    averaged = any(len(curve.runs) > 1 for panel in panels for curve in panel.curves)
    if style.options.show_seed_num and (averaged or style.options.is_set("show_seed_num")):
        totals = (
            sum(len(curve.runs) for curve in panel.curves if curve.algorithm == name) for panel in panels
        )
        counts = sorted({total for total in totals if total})
        label += f" (n={counts[0]})" if len(counts) == 1 else f" (n={counts[0]}-{counts[-1]})"
    return label


def _last_values(curve: Curve, column: str) -> Floats:
    """The last value of each run, neither smoothed nor truncated."""
    values = np.array([run.summary[column].last for run in curve.runs])
    return np.asarray(values[np.isfinite(values)])
