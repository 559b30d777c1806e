"""Live charts: current curves, and single runs on demand."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
from flask import Blueprint, Response

from sml_viewer.analysis.curves import Curves, legend_order
from sml_viewer.analysis.groups import center_and_error
from sml_viewer.analysis.logged_once import AUTO, bars_note, is_logged_once
from sml_viewer.analysis.seed_curves import make_seeds
from sml_viewer.arrays import Floats, Indices
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import CurveOptions, OutputOptions
from sml_viewer.model.results import Curve, Pair, Panel
from sml_viewer.model.run import Run
from sml_viewer.run_views.snapshot import StatesNow
from sml_viewer.series.downsample import shown_places
from sml_viewer.series.load import Series
from sml_viewer.series.smooth import x_range
from sml_viewer.stats.bands import width_factor
from sml_viewer.web.http.array_codec import Arrays
from sml_viewer.web.http.request import Body, json_endpoint
from sml_viewer.web.http.responses import etag_of, not_modified
from sml_viewer.web.schemas.plots import (
    Band,
    CurvesAnswer,
    CurveShown,
    Ghost,
    PanelShown,
    Scale,
    SeedGroup,
    SeedRun,
    SeedsAnswer,
    UnfinishedRun,
)

from .scores import algorithm_styles

curves = Blueprint("curves", __name__)

_POINTS = 1500
_MOST_POINTS = 100_000
_MOST_NAMED = 20


@curves.post("/api/v1/curves")
@json_endpoint
def draw() -> Response:
    """Every panel's curves: x, centre, band and number of seeds at each point, downsampled for a screen."""
    body = Body()
    plot_request = body.plot_request()
    states = StatesNow(plot_request.library)
    version = f"{plot_request.library.version} {states.version}"
    if (same := not_modified(version)) is not None:
        return same
    view = _View(body)
    all_curves = plot_request.curves(live=True)
    arrays = Arrays()
    panels = [_panel(panel, all_curves, arrays, view, states) for panel in all_curves.panels]
    header: CurvesAnswer = {
        "etag": etag_of(version),
        "caption": body.translate(all_curves.caption),
        "details": body.translate(all_curves.details),
        "bars": body.translate(_bars_note(all_curves)),
        "notes": [body.translate(note) for note in all_curves.notes],
        "pairs": all_curves.pairs,
        "titles": list(all_curves.titles),
        **algorithm_styles(all_curves.line_styles, all_curves.algorithms, body.translate),
        "own_names": body.own_names(all_curves.titles, all_curves.algorithms),
        "reduced": all_curves.more > 0 or bool(all_curves.selection.naming.bins),
        "largest": [largest_is_best(plot_request.configuration, pair) for pair in all_curves.pairs],
        "legend": [legend_order(all_curves, pair) for pair in all_curves.pairs],
        "automatic": sorted(all_curves.selection.naming.automatic),
        "keys": list(all_curves.selection.naming.keys),
        "separators": list(all_curves.selection.naming.separators),
        "runs": len(all_curves.selection.runs),
        "filtered": all_curves.selection.filtered,
        "hidden": all_curves.selection.hidden,
        "panels": panels,
    }
    return arrays.response(header)


@curves.post("/api/v1/seeds")
@json_endpoint
def seeds() -> Response:
    """The single runs of a pair of columns, of one algorithm or all, smoothed like their curve or not."""
    body = Body()
    plot_request = body.plot_request()
    view = _View(body)
    selection = plot_request.selection()
    pair = body.pair("pair") or plot_request.curves(live=True).pairs[0]
    algorithm = body.text("algorithm", "") or None
    seed_curves = make_seeds(
        plot_request.library,
        selection,
        plot_request.configuration,
        pair,
        algorithm,
        smoothed=body.flag("smoothed", default=True),
    )
    arrays = Arrays()
    groups: list[SeedGroup] = [
        {
            "group": list(group),
            "algorithm": name,
            "same_x": same,
            "x_range": x_range(members, pair[0]),
            **_by_itself(
                plot_request.configuration, pair, selection.naming.title(members[0].run), len(members)
            ),
            "runs": [_seed(series, arrays, view) for series in members],
        }
        for (group, name), (members, same) in seed_curves.items()
    ]
    header: SeedsAnswer = {"pair": pair, "groups": groups}
    return arrays.response(header)


def _by_itself(configuration: Configuration, pair: Pair, title: str, seeds: int) -> Band:
    """What the page needs to smooth and average a group like the engine while a slider is dragged.

    `factor` times the standard deviation (ddof=1) is half the band; null for other kinds of bands.
    """
    options = CurveOptions.of(configuration, pair, title)
    middle, kind = center_and_error(options)
    overrides = replace(configuration, values={})
    chosen = [
        overrides.is_set(name, pair, title)
        for name in ("USE_SMOOTH", "SMOOTH_RADIUS", "SMOOTH_WINDOW", "REQUIRE_RESAMPLE")
    ]
    return {
        "center": middle,
        "error": kind,
        "factor": width_factor(seeds, kind) if kind in ("se", "sd", "t") and seeds > 1 else None,
        "adjustable": not any(chosen) and not options.require_resample and options.smooth_kind == "mean",
    }


def _bars_note(all_curves: Curves) -> str:
    """Why bars suit better, "" if curves do."""
    if OutputOptions.of(all_curves.configuration).plot_mode != AUTO:
        return ""
    pairs = all_curves.pairs
    has_bars = is_logged_once(all_curves.selection.runs, [y for _, y in pairs])
    return bars_note(pairs) if has_bars else ""


class _View:
    """Number of points on the screen, and the visible range of x."""

    def __init__(self, body: Body) -> None:
        self.points = int(body.number("points", _POINTS, 10, _MOST_POINTS))
        self.translate = body.translate
        self.low = body.number("from", -np.inf, -np.inf, np.inf)
        self.high = body.number("to", np.inf, -np.inf, np.inf)
        self.log = body.flag("log")

    def places(self, x: Floats, *lines: Floats) -> tuple[Indices, int]:
        """Indices of the shown points of a curve, and how many rows each represents."""
        return shown_places(x, lines, self.points, self.low, self.high, log=self.log)


def _panel(panel: Panel, all_curves: Curves, arrays: Arrays, view: _View, states: StatesNow) -> PanelShown:
    return {
        "pair": panel.pair,
        "title": panel.title,
        "group": list(panel.group),
        "scale": _scale(panel, all_curves),
        "curves": [_curve(curve, panel.pair[0], arrays, view, states) for curve in panel.curves],
    }


def _scale(panel: Panel, all_curves: Curves) -> Scale:
    """The configured limits of the axes."""
    get = all_curves.configuration.get
    scope = (panel.pair, panel.title)
    return {
        "XMIN": get("XMIN", *scope),
        "XMAX": get("XMAX", *scope),
        "YMIN": get("YMIN", *scope),
        "YMAX": get("YMAX", *scope),
    }


def _curve(curve: Curve, x_column: str, arrays: Arrays, view: _View, states: StatesNow) -> CurveShown:
    places, every = view.places(curve.x, curve.center, curve.low, curve.high)
    unfinished = [run for run in curve.runs if not run.finished]
    return {
        "algorithm": curve.algorithm,
        "x": arrays.add_f64(curve.x[places]),
        "center": arrays.add_f32(curve.center[places]),
        "low": arrays.add_f32(curve.low[places]),
        "high": arrays.add_f32(curve.high[places]),
        "n": arrays.add_u32(curve.n[places]),
        "points": len(curve.x),
        "every": every,
        "runs": len(curve.runs),
        "states": Counter(map(states.of, curve.runs)),
        "unfinished": [_unfinished(run, x_column, states.of(run)) for run in unfinished[:_MOST_NAMED]],
        "pools": curve.mixed and view.translate(curve.mixed),
        "repeats": curve.repeats,
        "radius": curve.radius,
        "width": curve.width,
        "interpolated": curve.interpolated,
        "ghost": _ghost(*curve.ghost, arrays, view) if curve.ghost else None,
    }


def _ghost(x: Floats, y: Floats, arrays: Arrays, view: _View) -> Ghost:
    """The values before smoothing."""
    places, _ = view.places(x, y)
    return {"x": arrays.add_f64(x[places]), "y": arrays.add_f32(y[places])}


def _unfinished(run: Run, x_column: str, state: str) -> UnfinishedRun:
    """A run that has not ended, or failed, and its last x."""
    end = run.summary[x_column].last if x_column in run.summary else None
    return {
        "id": run.id,
        "name": run.name,
        "state": state,
        "end": end if end is not None and math.isfinite(end) else None,
    }


def _seed(series: Series, arrays: Arrays, view: _View) -> SeedRun:
    places, every = view.places(series.x, series.y)
    return {
        "id": series.run.id,
        "name": series.run.name,
        "state": series.run.state,
        "note": series.note and view.translate(series.note),
        "x": arrays.add_f64(series.x[places]),
        "y": arrays.add_f32(series.y[places]),
        "points": len(series.x),
        "every": every,
    }
