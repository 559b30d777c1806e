"""All metrics of the runs in sight as charts: what there is, and the curves of those that are looked at."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from flask import Blueprint, Response

from sml_viewer.analysis.charts import (
    ChartLine,
    ChartLines,
    is_measured,
    make_chart,
    make_lines,
    section_of,
)
from sml_viewer.analysis.groups import center_and_error, chosen_pairs
from sml_viewer.columns.axes import offered_axes
from sml_viewer.columns.choose import column_counts, likely_columns
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.typed_options import CurveOptions
from sml_viewer.i18n import Message, Notes
from sml_viewer.model.results import Curve, Pair
from sml_viewer.model.run import Run
from sml_viewer.model.run_state import BROKEN
from sml_viewer.model.text import text_of
from sml_viewer.naming.labels import natural
from sml_viewer.render.packed_curves import Window, pack_curve
from sml_viewer.render.request import PlotRequest
from sml_viewer.run_views.snapshot import StatesNow, take_snapshot
from sml_viewer.select.selection import Selection
from sml_viewer.web import library_pool
from sml_viewer.web.http.array_codec import Arrays
from sml_viewer.web.http.request import Body, json_endpoint
from sml_viewer.web.http.responses import etag_of, json_response, not_modified
from sml_viewer.web.schemas.charts import ChartLine as LineShown
from sml_viewer.web.schemas.charts import (
    ChartMetric,
    ChartsAnswer,
    ChartSection,
    ChartShown,
    PanelsAnswer,
)

charts = Blueprint("charts", __name__)

_BY = ("auto", "runs", "groups")
_MOST_DRAWN = 10
_MOST_LINES = 1000  # sent; of more, the best
_MOST_IDS = 200
_MOST_METRICS = 48  # of a request
_MOST_AHEAD = 4000  # columns that are read together
_POINTS = 600
_MOST_POINTS = 20_000
_SAMPLE = 50  # runs that are asked for columns along x
# A chart of w pixels gets all rows up to 2w, else a grid of w / 2 points and the extremes between them.
_GRID = 2


@dataclass(frozen=True)
class _Sight:
    """The selected runs and their lines."""

    selection: Selection
    lines: ChartLines
    pair: Pair
    score: str


@charts.post("/api/v1/charts")
@json_endpoint
def overview() -> Response:
    """The metrics of the runs in sight, in sections, and their lines, best first."""
    body = Body()
    request = body.plot_request()
    states = StatesNow(request.library)
    progress = library_pool.progress()
    version = f"{request.library.version} {states.version} {progress}"
    if (same := not_modified(version)) is not None:
        return same
    most = int(body.number("most", _MOST_DRAWN, 1, _MOST_LINES))
    sight = _sight(body, request, most)
    selection, lines = sight.selection, sight.lines
    middle, kind = center_and_error(CurveOptions.of(request.configuration, sight.pair, ""))
    sample = _sample(selection)
    id_of = take_snapshot(request.library).id_of
    measured = sum(map(is_measured, selection.runs))
    notes = selection.notes
    if without := sum(run.rows is not None and not is_measured(run) for run in selection.runs):
        notes.append(Message("{n} run(s) have no numbers and (is|are) not counted", n=without))
    content: ChartsAnswer = {
        "by": "groups" if lines.by == "groups" else "runs",
        "x": sight.pair[0],
        "x_columns": list(dict.fromkeys([sight.pair[0], *offered_axes(sample), *likely_columns(sample)[0]])),
        "score": sight.score,
        "largest": largest_is_best(request.configuration, (sight.pair[0], sight.score)),
        "sections": _sections(request, sight),
        "lines": [
            _line(line, lines, selection, id_of, states, body.translate) for line in lines.lines[:_MOST_LINES]
        ],
        "total": len(lines.lines),
        "common": lines.common,
        "keys": list(selection.naming.keys),
        "parameters": list(selection.varying),
        "center": middle,
        "band": kind,
        "runs": measured,
        "filtered": selection.filtered,
        "hidden": selection.hidden,
        "notes": [body.translate(note) for note in notes],
        "own_names": body.own_names(line.algorithm for line in lines.lines[:_MOST_LINES]),
        "reading": None if progress["ready"] else progress,
    }
    return json_response(content, version=version)


@charts.post("/api/v1/charts/panels")
@json_endpoint
def panels() -> Response:
    """The curves of some metrics: x and centre, and for groups the band and the runs at each point."""
    body = Body()
    request = body.plot_request()
    states = StatesNow(request.library)
    version = f"{request.library.version} {states.version}"
    if (same := not_modified(version)) is not None:
        return same
    sight = _sight(body, request, _MOST_DRAWN)
    requested = set(body.texts("lines", []))
    lines = [
        line
        for line in sight.lines.lines
        if line.key in requested or (not requested and line.key in sight.lines.drawn)
    ]
    metrics = (body.texts("metrics", []) or [sight.score])[:_MOST_METRICS]
    x = body.text("x", "") or sight.pair[0]
    window = _window(body)
    runs = [run for line in lines for run in line.runs]
    if len(metrics) > 1 and len(runs) * len(metrics) <= _MOST_AHEAD:
        request.library.columns(runs, metrics)  # faster than one after the other
    arrays = Arrays()
    header: PanelsAnswer = {
        "etag": etag_of(version),
        "panels": [_panel(request, sight, lines, (x, y), window, arrays, body, states) for y in metrics],
    }
    return arrays.response(header)


def _sight(body: Body, request: PlotRequest, most: int) -> _Sight:
    """The runs and lines of a request; cached, since each chart requests them again."""
    by, score = body.choice("by", _BY, "auto"), body.text("score", "")
    key = json.dumps([request.configuration.values, request.where, by, score, most], default=str)

    def make() -> _Sight:
        selection = request.selection()
        pair = chosen_pairs(request.library, selection.runs, request.configuration)[0]
        metric = score or pair[1]
        id_of = take_snapshot(request.library).id_of
        lines = make_lines(
            selection,
            request.configuration,
            by,
            (pair[0], metric),
            most,
            lambda run: id_of.get(run.key, run.id),
        )
        return _Sight(selection, lines, pair, metric)

    return request.library.get_or_compute(("charts", request.library.version, key), make)


def _sections(request: PlotRequest, sight: _Sight) -> list[ChartSection]:
    """The metrics by prefix: first the score's section, then the largest; last those without a prefix."""
    counts = column_counts(sight.selection.runs)
    likely = dict.fromkeys([sight.score, *likely_columns(_sample(sight.selection))[1], *counts])
    names = [name for name in likely if name in counts and name != sight.pair[0]]
    many = Counter(map(section_of, names))
    sections: dict[str, list[ChartMetric]] = {section_of(sight.score): []}
    for name in names:
        section = section_of(name)
        # A metric alone under its prefix needs no section.
        own = section if many[section] > 1 or name == sight.score else ""
        largest = largest_is_best(request.configuration, (sight.pair[0], name))
        sections.setdefault(own, []).append({"name": name, "runs": counts[name], "largest": largest})
    main = section_of(sight.score)

    def order(name: str) -> tuple[bool, bool, int, object]:
        return name != main, not name, -len(sections[name]), natural(name)

    return [
        {"name": name, "metrics": sections[name]} for name in sorted(sections, key=order) if sections[name]
    ]


def _sample(selection: Selection) -> list[Run]:
    return list(selection.runs[:: max(1, len(selection.runs) // _SAMPLE)])


def _line(
    line: ChartLine,
    lines: ChartLines,
    selection: Selection,
    id_of: Mapping[tuple[int, int], str],
    states: StatesNow,
    translate: Callable[[str], str],
) -> LineShown:
    colour, dashes = lines.line_styles[line.key]
    roles = selection.naming.roles
    seeds = [text_of(line.runs[0].parameter(name)) for name in roles.seeds] if lines.by == "runs" else []
    return {
        "key": line.key,
        "name": translate(line.name),
        "label": translate(line.label),
        "title": translate(line.title),
        "algorithm": line.algorithm,
        "colour": colour,
        "dashes": dashes,
        "ids": [id_of.get(run.key, run.id) for run in line.runs[:_MOST_IDS]],
        "runs": sum(map(is_measured, line.runs)),
        "states": Counter(map(states.of, line.runs)),
        "broken": [id_of.get(run.key, run.id) for run in line.runs if states.of(run) in BROKEN][:_MOST_IDS],
        "seed": ", ".join(seeds),
        "score": None if math.isnan(line.score) else line.score,
        "drawn": line.key in lines.drawn,
    }


def _window(body: Body) -> Window:
    return Window(
        int(body.number("points", _POINTS, 10, _MOST_POINTS)) // _GRID,
        body.number("from", -np.inf, -np.inf, np.inf),
        body.number("to", np.inf, -np.inf, np.inf),
        body.flag("log"),
    )


def _panel(
    request: PlotRequest,
    sight: _Sight,
    lines: list[ChartLine],
    pair: Pair,
    window: Window,
    arrays: Arrays,
    body: Body,
    states: StatesNow,
) -> ChartShown:
    notes = Notes()
    chart = make_chart(request.library, sight.selection, request.configuration, lines, pair, notes)
    shown = Window(window.grid) if chart.has_bars else window
    return {
        "metric": pair[1],
        "x": chart.pair[0],
        "bars": chart.has_bars,
        "curves": [
            pack_curve(line.key, curve, shown, arrays, _broken_ends(curve, chart.pair[0], states))
            for line, curve in chart.curves
        ],
        "notes": [body.translate(note) for note in notes.sentences],
    }


def _broken_ends(curve: Curve, x: str, states: StatesNow) -> list[float]:
    """The last x of each run of a curve that broke off."""
    broken = [run for run in curve.runs if states.of(run) in BROKEN]
    if len(curve.runs) == 1:
        return [float(curve.x[-1])] if broken and len(curve.x) else []
    ends = (run.summary[x].last for run in broken if x in run.summary)
    return [end for end in ends if math.isfinite(end)]
