"""Compute the curves of a figure from a selection.

One panel per pair of columns and sub-figure, one curve (centre and band over seeds) per algorithm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sml_viewer.columns.axes import TIME
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import ComparisonOptions, CurveOptions
from sml_viewer.errors import NoRunsError
from sml_viewer.i18n import Message, Notes, joined
from sml_viewer.library import Library
from sml_viewer.model.results import Curve, Pair, Panel
from sml_viewer.naming.labels import SCREEN_STYLE_COUNT, STYLE_COUNT, line_styles, markers, put_first
from sml_viewer.naming.mixed_parameters import mixed_parameters, repeats
from sml_viewer.report.caption import curves_caption
from sml_viewer.report.parse_losses import note_losses
from sml_viewer.select.selection import Selection
from sml_viewer.series.align import align, same_x
from sml_viewer.series.load import Series, load_series
from sml_viewer.series.smooth import choose_smoothing
from sml_viewer.stats.bands import center

from .best_groups import best_groups
from .curve_points import drawn_points, ghost_points
from .groups import center_and_error, choose_pairs, group_series, long_enough, note_left_out, without_parents
from .mixed_units import note_units, units_differ


@dataclass(frozen=True)
class Curves:
    """All panels of a figure.

    `notes` list what was left out, cut or repaired. `details` is the full caption. `more` is the number of
    algorithms beyond the limit, which are not drawn.
    """

    panels: tuple[Panel, ...]
    selection: Selection
    configuration: Configuration
    notes: tuple[str, ...]
    caption: str
    details: str = ""
    more: int = 0

    @property
    def pairs(self) -> list[Pair]:
        """The pairs of columns, in order."""
        return list(dict.fromkeys(panel.pair for panel in self.panels))

    @property
    def titles(self) -> list[str]:
        """The sub-figures of a pair, in order."""
        return list(dict.fromkeys(panel.title for panel in self.panels))

    @property
    def algorithms(self) -> list[str]:
        """The algorithms that have a curve, in order."""
        drawn = {curve.algorithm for panel in self.panels for curve in panel.curves}
        return [name for name in self.selection.algorithms if name in drawn]

    @property
    def line_styles(self) -> dict[str, tuple[str, str]]:
        """Colour and line style of every algorithm of the selection, drawn or not."""
        return line_styles(self.selection.palette, self.algorithms, self.selection.colours)

    @property
    def markers(self) -> dict[str, str | None]:
        """Where colours and line styles are used up, the marker of each algorithm."""
        return markers(self.selection.palette, self.algorithms)


@np.errstate(over="ignore", invalid="ignore")  # a mean that is too large is infinite, and shown so
def make_curves(
    library: Library, selection: Selection, configuration: Configuration, *, live: bool = False
) -> Curves:
    """Compute the curves of a selection.

    With `live`, curves extend as far as any seed does; otherwise a group ends with its shortest run. Raises
    NoRunsError if nothing can be drawn, ColumnError if no run has a column, OptionError if CURVE_ERROR does
    not suit CURVE_CENTER.
    """
    panels: list[Panel] = []
    notes = Notes()
    limits: list[Message] = []
    reason = Message("no run has rows with both columns")
    chosen = choose_pairs(library, selection.runs, configuration)
    for pair in dict.fromkeys((choice.x, choice.y) for choice in chosen):
        series = load_series(library, selection.runs, *pair)
        if series:
            reason = Message("nothing can be drawn")
        note_left_out(selection.runs, {run_series.run.key for run_series in series}, pair, notes)
        series = without_parents(long_enough(series, configuration, notes), pair[1], notes)
        note_losses((run_series.run for run_series in series), pair, notes)
        groups = group_series(series, selection)
        groups, few = best_groups(groups, pair, selection, configuration)
        limits += few
        panels += _panels(groups, pair, selection, configuration, live, notes)
    panels = _drop_poor([panel for panel in panels if panel.curves], configuration, notes)
    if not panels:
        raise NoRunsError(joined([reason, *notes.sentences], "; "))
    _check_visible(panels, configuration, notes)
    all_notes = [*selection.notes, *notes.sentences]
    return Curves(
        tuple(panels),
        selection,
        configuration,
        tuple(all_notes),
        *curves_caption(
            panels,
            configuration,
            selection,
            all_notes,
            [*limits, *(choice.note for choice in chosen if choice.note)],
            SCREEN_STYLE_COUNT if live else STYLE_COUNT,
        ),
        more=max((int(str(limit.values["more"])) for limit in limits), default=0),
    )


def _check_visible(panels: Sequence[Panel], configuration: Configuration, notes: Notes) -> None:
    """Note sub-figures without a point between XMIN and XMAX. Raises NoRunsError if none has one."""
    hidden: dict[tuple[str, str], str] = {}
    for panel in panels:
        options = CurveOptions.of(configuration, panel.pair, panel.title)
        low = -math.inf if options.xmin is None else options.xmin
        high = math.inf if options.xmax is None else options.xmax
        if not any(((low <= curve.x) & (curve.x <= high)).any() for curve in panel.curves):
            first = min(curve.x[0] for curve in panel.curves)
            last = max(curve.x[-1] for curve in panel.curves)
            text = "no point between XMIN {low:g} and XMAX {high:g}; {x} goes from {first:g} to {last:g}"
            values = {"low": low, "high": high, "x": panel.pair[0], "first": first, "last": last}
            hidden[panel.pair[1], panel.title] = Message(text, **values)
    if len(hidden) == len(panels):
        raise NoRunsError(next(iter(hidden.values())))
    for (y, title), text in hidden.items():
        notes.add(title or y, text)


def _panels(
    groups: dict[tuple[tuple[str, ...], str], list[Series]],
    pair: Pair,
    selection: Selection,
    configuration: Configuration,
    live: bool,
    notes: Notes,
) -> list[Panel]:
    panels: dict[tuple[str, ...], list[Curve]] = {}
    titles: dict[tuple[str, ...], str] = {}
    for (group, algorithm), series in groups.items():
        title = titles.setdefault(group, selection.naming.title(series[0].run))
        options = CurveOptions.of(configuration, pair, title)
        for members in averaged_together(algorithm, series, pair, notes):
            curve = make_curve(algorithm, members, pair[0], options, selection, live, notes)
            if curve is not None:
                panels.setdefault(group, []).append(curve)
    compared = {group for group, curves in panels.items() if len({curve.algorithm for curve in curves}) > 1}
    drawn: dict[tuple[str, ...], list[Series]] = {}
    for (group, _), series in groups.items():
        if group in compared:
            drawn.setdefault(group, []).extend(series)
    mixed = note_units(drawn, titles, pair[1], notes)
    return [
        Panel(pair, titles[group], group, tuple(curves), mixed=group in mixed)
        for group, curves in panels.items()
    ]


def averaged_together(algorithm: str, series: list[Series], pair: Pair, notes: Notes) -> list[list[Series]]:
    """The series of a group by the curves that they make: one, or one for each run.

    These are over clock time, as a mean over the runs at one moment compares runs that were not trained
    equally long, and where the runs give the metric in different units.
    """
    if (mixed := units_differ(series, pair[1])) is not None:
        notes.add(algorithm, mixed)
        return [[run_series] for run_series in series]
    if pair[0] != TIME or len(series) < 2:
        return [series]
    text = "its {n} runs are drawn one by one: at the same moment they were not trained equally long"
    notes.add(algorithm, Message(text, n=len(series)))
    return [[run_series] for run_series in series]


def make_curve(
    algorithm: str,
    series: list[Series],
    x_column: str,
    options: CurveOptions,
    selection: Selection,
    live: bool,
    notes: Notes,
) -> Curve | None:
    """Compute the curve of one group of runs; None, with a note, if the runs share no x."""
    resample = options.require_resample
    smoothing = choose_smoothing(options, series, x_column)
    measured = same_x(series) and not resample
    raw = series
    if smoothing.radius and not measured:
        # Before interpolation, so that the window holds measured points only.
        series = [
            Series(run_series.run, run_series.x, smoothing.of(run_series.x, run_series.y), run_series.notes)
            for run_series in raw
        ]
    aligned = align(series, union=live, resample=resample)
    values = smoothing.of(aligned.x, aligned.values) if smoothing.radius and measured else aligned.values
    if not len(aligned.x):
        notes.add(algorithm, Message("its runs share no x; not drawn"))
        return None
    for run_series in series:
        for note in run_series.notes:
            notes.add(run_series.run.name, note)
    if aligned.diverged:
        text = "{n} run(s) have infinite values, where no centre is drawn"
        notes.add(algorithm, Message(text, n=aligned.diverged))
    middle, kind = center_and_error(options)
    whole = center(values, middle)
    every, keep, low, high = drawn_points(values, whole, options.plot_for_every, middle, kind)
    ghost = None
    if smoothing.radius and options.smooth_ghost:
        unsmoothed = aligned if measured else align(raw, union=live, resample=resample)
        ghost = ghost_points(unsmoothed.x, center(unsmoothed.values, middle), every)
    return Curve(
        algorithm,
        aligned.x[keep],
        whole[keep],
        low,
        high,
        (~np.isnan(values[:, keep])).sum(axis=0).astype(np.float64),
        tuple(run_series.run for run_series in series),
        mixed_parameters(
            [run_series.run for run_series in series], selection.varying, selection.naming.roles
        ),
        smoothing.radius,
        aligned.interpolated,
        aligned.truncated_by if len(series) > 1 else None,
        every,
        repeats([run_series.run for run_series in series]),
        smoothing.width,
        ghost,
    )


def relative_performance(panels: Sequence[Panel], *, largest: bool = True) -> dict[str, list[float]]:
    """Relative performance of each algorithm in each of its panels: 0 for the worst, 1 for the best.

    It is computed from the last value of each centre; the best is the largest or the smallest of them. Panels
    whose runs give the metric in different units have none.
    """
    performance: dict[str, list[float]] = {}
    for panel in panels:
        if panel.mixed:
            continue
        ends: dict[str, list[float]] = {}
        for curve in panel.curves:
            if np.isfinite(curve.center[-1]):
                ends.setdefault(curve.algorithm, []).append(float(curve.center[-1]))
        last = {name: float(np.mean(values)) for name, values in ends.items()}
        if not last:
            continue
        low, high = min(last.values()), max(last.values())
        worst, best = (low, high) if largest else (high, low)
        for name, value in last.items():
            performance.setdefault(name, []).append((value - worst) / (best - worst) if high > low else 1.0)
    return performance


def _drop_poor(panels: list[Panel], configuration: Configuration, notes: Notes) -> list[Panel]:
    """Drop algorithms whose relative performance on some sub-figure is below MIN_RELATIVE_PERFORMANCE."""
    remaining = []
    for pair in dict.fromkeys(panel.pair for panel in panels):
        pair_panels = [panel for panel in panels if panel.pair == pair]
        least = ComparisonOptions.of(configuration, pair).min_relative_performance
        largest = largest_is_best(configuration, pair)
        performance = relative_performance(pair_panels, largest=largest)
        bad = {name for name, values in performance.items() if min(values) < least}
        text = (
            "below {least:g} of the range on some sub-figure; not drawn"
            if largest
            else "below {least:g} of the range, whose best is the smallest, on some sub-figure; not drawn"
        )
        for name in sorted(bad):
            notes.add(name, Message(text, least=least))
        remaining += [
            replace(panel, curves=tuple(curve for curve in panel.curves if curve.algorithm not in bad))
            for panel in pair_panels
        ]
    return [panel for panel in remaining if panel.curves]


def legend_order(curves: Curves, pair: Pair) -> list[str]:
    """The algorithms in legend order: as configured, or by mean relative performance, best first."""
    preferred = curves.selection.legend_order
    names = put_first(curves.algorithms, preferred)
    if ComparisonOptions.of(curves.configuration, pair).sort_by_performance_order:
        performance = relative_performance(
            [panel for panel in curves.panels if panel.pair == pair],
            largest=largest_is_best(curves.configuration, pair),
        )
        names = sorted(names, key=lambda name: -float(np.mean(performance.get(name, [-1.0]))))
    return names
