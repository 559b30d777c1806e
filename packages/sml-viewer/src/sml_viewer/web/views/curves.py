"""The live charts: curves as they are now, single runs on demand."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
from flask import Blueprint, Response

from sml_viewer.analysis.curves import Curves, legend_order
from sml_viewer.analysis.groups import center_and_error
from sml_viewer.analysis.seed_curves import make_seeds
from sml_viewer.arrays import Floats, Indices
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.plot_config import Configuration, OptionScope
from sml_viewer.model.results import Curve, Pair, Panel
from sml_viewer.model.run import Run
from sml_viewer.series.downsample import shown_places
from sml_viewer.series.load import Series
from sml_viewer.series.smooth import x_range
from sml_viewer.stats.estimators import width_factor
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

from .scores import said_looks

curves = Blueprint("curves", __name__)

_POINTS = 1500
_MOST_POINTS = 100_000
_MOST_NAMED = 20


@curves.post("/api/v1/curves")
@json_endpoint
def draw() -> Response:
    """Every panel's curves: x, centre, band, seeds at each point; thinned to what a screen shows."""
    body = Body()
    look = body.plot_request()
    version = look.library.version
    if (same := not_modified(version)) is not None:
        return same
    view = _View(body)
    found = look.curves(live=True)
    arrays = Arrays()
    panels = [_panel(panel, found, arrays, view) for panel in found.panels]
    header: CurvesAnswer = {
        "etag": etag_of(version),
        "caption": body.translate(found.caption),
        "details": body.translate(found.details),
        "notes": [body.translate(note) for note in found.notes],
        "pairs": found.pairs,
        "titles": list(found.titles),
        **said_looks(found.looks, found.algorithms),
        "reduced": found.more > 0 or bool(found.selection.naming.bins),
        "largest": [largest_is_best(look.configuration, pair) for pair in found.pairs],
        "legend": [legend_order(found, pair) for pair in found.pairs],
        "automatic": sorted(found.selection.naming.automatic),
        "keys": list(found.selection.naming.keys),
        "separators": list(found.selection.naming.separators),
        "runs": len(found.selection.runs),
        "filtered": found.selection.filtered,
        "hidden": found.selection.hidden,
        "panels": panels,
    }
    return arrays.response(header)


@curves.post("/api/v1/seeds")
@json_endpoint
def seeds() -> Response:
    """The single runs of a pair of columns, of one algorithm or all, smoothed as their curve or not."""
    body = Body()
    look = body.plot_request()
    view = _View(body)
    selection = look.selection()
    pair = body.pair("pair") or look.curves(live=True).pairs[0]
    algorithm = body.text("algorithm", "") or None
    found = make_seeds(
        look.library,
        selection,
        look.configuration,
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
            **_by_itself(look.configuration, pair, selection.naming.title(members[0].run), len(members)),
            "runs": [_seed(one, arrays, view) for one in members],
        }
        for (group, name), (members, same) in found.items()
    ]
    header: SeedsAnswer = {"pair": pair, "groups": groups}
    return arrays.response(header)


def _by_itself(configuration: Configuration, pair: Pair, title: str, seeds: int) -> Band:
    """What the page needs to smooth and average a group as the engine does, while a slider is dragged.

    `factor` times the standard deviation (ddof=1) is half the band; null where it is none of that kind.
    """
    middle, kind = center_and_error(OptionScope(configuration, pair, title))
    overrides = replace(configuration, values={})
    chosen = [
        overrides.is_set(name, pair, title)
        for name in ("USE_SMOOTH", "SMOOTH_RADIUS", "SMOOTH_WINDOW", "REQUIRE_RESAMPLE")
    ]
    return {
        "center": middle,
        "error": kind,
        "factor": width_factor(seeds, kind) if kind in ("se", "sd", "t") and seeds > 1 else None,
        "adjustable": not any(chosen)
        and not configuration.get("REQUIRE_RESAMPLE", pair, title)
        and configuration.get("SMOOTH_KIND", pair, title) == "mean",
    }


class _View:
    """How many points a screen has room for, and the part of x that it shows."""

    def __init__(self, body: Body) -> None:
        self.points = int(body.number("points", _POINTS, 10, _MOST_POINTS))
        self.said = body.translate
        self.low = body.number("from", -np.inf, -np.inf, np.inf)
        self.high = body.number("to", np.inf, -np.inf, np.inf)
        self.log = body.flag("log")

    def places(self, x: Floats, *lines: Floats) -> tuple[Indices, int]:
        """Which points of a curve are shown, and how many rows each stands for."""
        return shown_places(x, lines, self.points, self.low, self.high, log=self.log)


def _panel(panel: Panel, found: Curves, arrays: Arrays, view: _View) -> PanelShown:
    return {
        "pair": panel.pair,
        "title": panel.title,
        "group": list(panel.group),
        "scale": _scale(panel, found),
        "curves": [_curve(curve, panel.pair[0], arrays, view) for curve in panel.curves],
    }


def _scale(panel: Panel, found: Curves) -> Scale:
    """The ends of the axes that somebody chose."""
    get = found.configuration.get
    scope = (panel.pair, panel.title)
    return {
        "XMIN": get("XMIN", *scope),
        "XMAX": get("XMAX", *scope),
        "YMIN": get("YMIN", *scope),
        "YMAX": get("YMAX", *scope),
    }


def _curve(curve: Curve, x_column: str, arrays: Arrays, view: _View) -> CurveShown:
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
        "states": Counter(run.state or "unknown" for run in curve.runs),
        "unfinished": [_unfinished(run, x_column) for run in unfinished[:_MOST_NAMED]],
        "pools": curve.mixed and view.said(curve.mixed),
        "repeats": curve.repeats,
        "radius": curve.radius,
        "width": curve.width,
        "interpolated": curve.interpolated,
        "ghost": _ghost(*curve.ghost, arrays, view) if curve.ghost else None,
    }


def _ghost(x: Floats, y: Floats, arrays: Arrays, view: _View) -> Ghost:
    """What is seen of the values before smoothing."""
    places, _ = view.places(x, y)
    return {"x": arrays.add_f64(x[places]), "y": arrays.add_f32(y[places])}


def _unfinished(run: Run, x_column: str) -> UnfinishedRun:
    """A run that has not ended, or not well, and the x at which it was last heard of."""
    end = run.summary[x_column].last if x_column in run.summary else None
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "end": end if end is not None and math.isfinite(end) else None,
    }


def _seed(one: Series, arrays: Arrays, view: _View) -> SeedRun:
    places, every = view.places(one.x, one.y)
    return {
        "id": one.run.id,
        "name": one.run.name,
        "state": one.run.state,
        "note": one.note and view.said(one.note),
        "x": arrays.add_f64(one.x[places]),
        "y": arrays.add_f32(one.y[places]),
        "points": len(one.x),
        "every": every,
    }
