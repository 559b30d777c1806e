"""The charts of a shared view: the curves of the page under anonymous names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sml_viewer.analysis.charts import ChartLine, ChartLines, make_chart, make_lines
from sml_viewer.analysis.groups import chosen_pairs
from sml_viewer.columns.choose import column_counts, likely_columns
from sml_viewer.errors import NoRunsError
from sml_viewer.i18n import Message, Notes, translated
from sml_viewer.model.results import Curve, Pair
from sml_viewer.model.text import text_of
from sml_viewer.naming.short_names import short_names
from sml_viewer.render.request import PlotRequest
from sml_viewer.run_views.snapshot import take_snapshot
from sml_viewer.select.selection import Selection, without_names

from .view import SharedView

MOST_CHARTS = 48
_SAMPLE = 50  # runs of which the columns are listed


@dataclass(frozen=True)
class SharedLine:
    """A line under its anonymous name; `label` is the name without what all lines share."""

    line: ChartLine
    name: str
    label: str
    title: str
    algorithm: str
    seed: str


@dataclass(frozen=True)
class SharedChart:
    """One metric over one x column, with the curve of each line that has it; see `Chart` for `has_bars`."""

    pair: Pair
    curves: tuple[tuple[SharedLine, Curve], ...]
    has_bars: bool


@dataclass(frozen=True)
class SharedCharts:
    """All charts of a view. `selection` has the real names, `anonymous` the others. `left` were too many."""

    selection: Selection
    anonymous: Selection
    by: str
    common: str
    lines: tuple[SharedLine, ...]
    styles: dict[str, tuple[str, str]]
    charts: tuple[SharedChart, ...]
    left: int
    notes: tuple[str, ...]


def make_shared_charts(request: PlotRequest, view: SharedView) -> SharedCharts:
    """The charts of a view; the numbers are those of the page. Raises NoRunsError if nothing can be drawn."""
    library, configuration = request.library, request.configuration
    selection = request.selection()
    pair = chosen_pairs(library, selection.runs, configuration)[0]
    score = (pair[0], view.score or pair[1])
    id_of = take_snapshot(library).id_of
    lines = make_lines(
        selection, configuration, view.by, score, view.most, lambda run: id_of.get(run.key, run.id)
    )
    anonymous = without_names(selection, configuration)
    shown = [
        line
        for line in lines.lines
        if (line.key in lines.drawn if view.lines is None else line.key in view.lines)
    ]
    shared, common = _shared_lines(shown, lines, anonymous, view.language)
    metrics = list(view.metrics) or list(_metrics(selection, score))
    notes = Notes()
    by_key = {each.line.key: each for each in shared}
    charts = []
    for metric in metrics[:MOST_CHARTS]:
        x = view.panels.get(metric, {}).get("x") or view.x or pair[0]
        drawn = [each.line for each in shared]
        chart = make_chart(library, anonymous, configuration, drawn, (x, metric), notes)
        if chart.curves:
            curves = tuple((by_key[line.key], curve) for line, curve in chart.curves)
            charts.append(SharedChart(chart.pair, curves, chart.has_bars))
    if not charts:
        raise NoRunsError(Message("nothing can be drawn"))
    return SharedCharts(
        selection,
        anonymous,
        lines.by,
        common,
        tuple(shared),
        lines.line_styles,
        tuple(charts),
        max(0, len(metrics) - MOST_CHARTS),
        (*anonymous.notes, *notes.sentences),
    )


def _metrics(selection: Selection, score: Pair) -> Iterator[str]:
    """All metrics, those first that a user most likely wants."""
    sample = selection.runs[:: max(1, len(selection.runs) // _SAMPLE)]
    counts = column_counts(selection.runs)
    listed = dict.fromkeys([score[1], *likely_columns(list(sample))[1], *counts])
    return (name for name in listed if name in counts and name != score[0])


def _shared_lines(
    shown: list[ChartLine], lines: ChartLines, anonymous: Selection, language: str
) -> tuple[list[SharedLine], str]:
    """Each line under an anonymous name that is unique, and what all names share."""
    run_of = {run.key: run for run in anonymous.runs}
    naming = anonymous.naming
    several = len({naming.title(run_of[line.runs[0].key]) for line in shown}) > 1
    short = short_names([naming.algorithm(run_of[line.runs[0].key]) for line in shown])
    named: list[SharedLine] = []
    for line in shown:
        runs = tuple(run_of[run.key] for run in line.runs)
        title, algorithm = naming.title(runs[0]), naming.algorithm(runs[0])
        seed = ""
        if lines.by == "runs":
            seed = ", ".join(text_of(runs[0].parameter(name)) for name in naming.roles.seeds)
        word = seed and translated(Message("seed {seed}", seed=seed), language)
        name, label = (
            " · ".join(translated(part, language) for part in (title if several else "", each, word) if part)
            for each in (algorithm, short.labels[algorithm])
        )
        # The true title stays in the line: options may be set for it.
        named.append(SharedLine(replace(line, runs=runs), name, label, title, algorithm, seed))
    names = [each.name for each in named]
    return [_unique(each, names) for each in named], short.title


def _unique(line: SharedLine, names: list[str]) -> SharedLine:
    """The line under a name that no other line has, by which notes name it too."""
    name, label = line.name, line.label
    if names.count(name) > 1:
        name, label = (f"{each} · {line.line.runs[0].name}" for each in (name, label))
    return replace(line, line=replace(line.line, name=name, label=label), name=name, label=label)
