"""Lines of all metrics' charts: single runs or groups, ranked by one score, drawn as in a figure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from sml_viewer.columns.axes import ROW
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.columns.metric_names import is_share
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import CurveOptions, OutputOptions
from sml_viewer.i18n import Notes, joined
from sml_viewer.library import Library
from sml_viewer.model.results import Curve, Pair
from sml_viewer.model.run import Run, Summary
from sml_viewer.naming.labels import READABLE, STYLES, line_styles, natural
from sml_viewer.naming.short_names import lack_parameters, names_with_parameters, short_names
from sml_viewer.select.selection import Selection
from sml_viewer.series.load import Series, load_series

from .curves import averaged_together, make_curve
from .groups import Group, group_of_runs, in_order, long_enough, without_parents
from .logged_once import AUTO, is_logged_once
from .mixed_units import note_units, summaries_differ

RUNS, GROUPS = "runs", "groups"
_LONGEST = 84  # characters of a label that names its parameters: the legend beside the charts wraps them


@dataclass(frozen=True)
class ChartLine:
    """One line of every chart: a run, or all runs of one algorithm in one sub-figure.

    `key` identifies it. `label` is its name without what all lines share. `score` is the mean of the last
    values of the ranking metric, NaN without any.
    """

    key: str
    name: str
    label: str
    title: str
    algorithm: str
    runs: tuple[Run, ...]
    score: float


@dataclass(frozen=True)
class ChartLines:
    """All lines, best first, and their line styles by key.

    `by` is RUNS or GROUPS; `common` is what all names share.
    """

    by: str
    lines: tuple[ChartLine, ...]
    drawn: frozenset[str]
    line_styles: dict[str, tuple[str, str]]
    common: str


@dataclass(frozen=True)
class Chart:
    """The curve of each line that has the metric.

    With `has_bars` each run has one value and each curve one point, whose x means nothing.
    """

    pair: Pair
    curves: tuple[tuple[ChartLine, Curve], ...]
    has_bars: bool


def make_lines(
    selection: Selection,
    configuration: Configuration,
    by: str,
    score: Pair,
    most: int,
    id_of: Callable[[Run], str],
) -> ChartLines:
    """The lines of the selected runs, of which the `most` best are drawn; `id_of` gives the key of a run.

    A run without numbers makes no line.

    `by` is RUNS, GROUPS or "auto": groups, unless each is a single run, or many groups and nearly all are.
    Lines are ranked by the last value of the score's metric relative to the other lines of their sub-figure,
    so that one environment with large returns does not push out the others.
    """
    group_of = group_of_runs(selection)
    groups: dict[Group, list[Run]] = {}
    for run in selection.runs:
        groups.setdefault(group_of[run.key], []).append(run)
    groups = {group: runs for group, runs in groups.items() if any(map(is_measured, runs))}
    measured = [run for run in selection.runs if is_measured(run)]
    if by not in (RUNS, GROUPS):
        by = GROUPS if _are_worth(len(groups), len(measured)) else RUNS
    titles = {key[0]: selection.naming.title(runs[0]) for key, runs in groups.items()}
    several = len(titles) > 1
    if by == RUNS:
        ordered = sorted(measured, key=lambda run: natural(run.name))
        labels = short_names([run.name for run in ordered])
        common = labels.title
        lines = [
            _line(id_of(run), run.name, labels.labels[run.name], group_of[run.key], titles, [run], score[1])
            for run in ordered
        ]
    else:
        common, label_of = _group_labels(list(groups))
        lines = []
        for group in in_order(groups, selection):
            title = titles[group[0]]
            name, label = (
                joined([title, each], " · ") if several else each for each in (group[1], label_of[group])
            )
            lines.append(_line(json.dumps(group), name, label, group, titles, groups[group], score[1]))
    ranked = _ranked(lines, score[1], largest=largest_is_best(configuration, score))
    drawn = frozenset(line.key for line in ranked[:most])
    styles = _line_styles(lines, drawn, selection, by, several)
    return ChartLines(by, tuple(ranked), drawn, styles, common)


def is_measured(run: Run) -> bool:
    """Whether numbers of the run are in the index; not if its table is unread, unreadable or has no row."""
    first = next(iter(run.summary.values()), None)
    return first is not None and first.values is not None


def _group_labels(groups: Sequence[Group]) -> tuple[str, dict[Group, str]]:
    """What the names of all groups share, and the rest of each name.

    If some lack parameters that others have, they share nothing, and labels differ within their sub-figure.
    """
    names = [algorithm for _, algorithm in groups]
    if not lack_parameters(names):
        short = short_names(names)
        return short.title, {group: short.labels[group[1]] for group in groups}
    of_title: dict[tuple[str, ...], list[str]] = {}
    for title, algorithm in groups:
        of_title.setdefault(title, []).append(algorithm)
    labels = {title: names_with_parameters(algorithms, _LONGEST) for title, algorithms in of_title.items()}
    return "", {group: labels[group[0]][group[1]] for group in groups}


def _are_worth(groups: int, runs: int) -> bool:
    """Whether groups are fewer lines than runs: a random search has nearly as many, most of a single run."""
    return groups < runs if groups <= READABLE else 3 * groups < 2 * runs


def _line(
    key: str,
    name: str,
    label: str,
    group: Group,
    titles: Mapping[tuple[str, ...], str],
    runs: Sequence[Run],
    metric: str,
) -> ChartLine:
    return ChartLine(key, name, label, titles[group[0]], group[1], tuple(runs), _score(runs, metric))


def _score(runs: Sequence[Run], metric: str) -> float:
    values = [summary.last for run in runs if (summary := run.summary.get(metric)) is not None]
    finite = [value for value in values if math.isfinite(value)]
    return float(np.mean(finite)) if finite else math.nan


def _ranked(lines: Sequence[ChartLine], metric: str, *, largest: bool) -> list[ChartLine]:
    """The lines by their scores relative to their sub-figure; those without a score come last.

    Those of a sub-figure whose runs give the metric in different units come before these, as they were.
    """
    ends: dict[str, list[float]] = {}
    for line in lines:
        if not math.isnan(line.score):
            ends.setdefault(line.title, []).append(line.score)

    mixed = _in_different_units(lines, metric)

    def rank(line: ChartLine) -> float:
        if math.isnan(line.score):
            return math.inf
        if line.title in mixed:
            return 0.0
        low, high = min(ends[line.title]), max(ends[line.title])
        share = (line.score - low) / (high - low) if high > low else 1.0
        return -share if largest else share - 1.0

    return sorted(lines, key=rank)


def _in_different_units(lines: Sequence[ChartLine], metric: str) -> set[str]:
    """The titles of the sub-figures whose runs give the metric in different units."""
    if not is_share(metric):
        return set()
    summaries: dict[str, list[Summary]] = {}
    for line in lines:
        known = (run.summary.get(metric) for run in line.runs)
        summaries.setdefault(line.title, []).extend(summary for summary in known if summary is not None)
    return {title for title, several in summaries.items() if summaries_differ(several, metric)}


def _line_styles(
    lines: Sequence[ChartLine], drawn: frozenset[str], selection: Selection, by: str, several: bool
) -> dict[str, tuple[str, str]]:
    """Colour and line style of each line; groups look like the figure's algorithms.

    Line styles tell sub-figures apart while there are enough of them: an algorithm has one colour in all.
    """
    titles = {title: number for number, title in enumerate(dict.fromkeys(line.title for line in lines))}
    if by == GROUPS:
        shown = list(dict.fromkeys(line.algorithm for line in lines if line.key in drawn))
        styles = line_styles(selection.palette, shown, selection.colours)
        if not several:
            return {line.key: styles[line.algorithm] for line in lines}
        if len(titles) <= len(STYLES) and all(styles[name][1] == STYLES[0] for name in shown):
            return {line.key: (styles[line.algorithm][0], STYLES[titles[line.title]]) for line in lines}
    styles = line_styles([line.key for line in lines], [line.key for line in lines if line.key in drawn])
    for line in lines:
        name = line.algorithm if by == GROUPS else line.name
        if (colour := selection.colours.get(name)) is not None:
            number = titles[line.title] if by == GROUPS else 0
            styles[line.key] = (colour, STYLES[number % len(STYLES)])
    return styles


def section_of(metric: str) -> str:
    """The section of a metric: its name up to the first slash, "" without one."""
    prefix, slash, _ = metric.partition("/")
    return prefix if slash else ""


@np.errstate(over="ignore", invalid="ignore")
def make_chart(
    library: Library,
    selection: Selection,
    configuration: Configuration,
    lines: Sequence[ChartLine],
    pair: Pair,
    notes: Notes,
) -> Chart:
    """The chart of a metric, as a live figure would draw it.

    Over clock time a line has a curve for each of its runs. If no run has the x column, the rows are counted
    instead.
    """
    line_of = {run.key: line for line in lines for run in line.runs}
    runs = [run for line in lines for run in line.runs]
    series = load_series(library, runs, *pair)
    if not series and pair[0] != ROW:
        pair = (ROW, pair[1])
        series = load_series(library, runs, *pair)
    has_bars = OutputOptions.of(configuration).plot_mode == AUTO and is_logged_once(selection.runs, [pair[1]])
    if has_bars:
        # One value a run has no x to be compared at.
        series = [run_series._replace(x=np.zeros(len(run_series.x))) for run_series in series]
    by_line: dict[str, list[Series]] = {}
    for run_series in long_enough(series, configuration, notes):
        by_line.setdefault(line_of[run_series.run.key].key, []).append(run_series)
    options_of = {
        title: CurveOptions.of(configuration, pair, title) for title in {line.title for line in lines}
    }
    curves = []
    figures: dict[tuple[str, ...], dict[str, list[Series]]] = {}
    for line in lines:
        if line.key not in by_line:
            continue
        figures.setdefault((line.title,), {})[line.key] = by_line[line.key]
        options = options_of[line.title]
        for members in averaged_together(
            line.name, without_parents(by_line[line.key], pair[1], notes), pair, notes
        ):
            curve = make_curve(line.name, members, pair[0], options, selection, True, notes)
            if curve is not None:
                curves.append((line, curve))
    compared = {group: [*chain(*several.values())] for group, several in figures.items() if len(several) > 1}
    note_units(compared, {group: group[0] for group in compared}, pair[1], notes)
    return Chart(pair, tuple(curves), has_bars)
