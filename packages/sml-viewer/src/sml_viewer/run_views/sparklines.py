"""Metrics downsampled for sparklines and charts; extremes are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.series.downsample import thinned
from sml_viewer.series.load import HOURS, ROW, load_series

from .schemas import Points, RunSeries, Scalar, SmallCurve, Sparkline, Sparklines
from .snapshot import run_number
from .table import display_number, json_value

_POINTS = 200
# Of a line in the run list, which is some hundred pixels wide.
_FEW_POINTS = 32


def sparklines(library: Library, run: Run, x: str) -> Sparklines:
    """At most 200 points of each metric along `x`, or along the row number if the run lacks it."""
    names = list(run.summary)
    columns = library.columns([run], names)[0]
    own = x if x in columns and x != ROW else ROW
    listed: list[Sparkline] = []
    for name in names:
        values = columns.get(name)
        if values is None:
            continue
        summary = run.summary[name]
        listed.append(
            {
                "name": name,
                "last": display_number(summary.last),
                "low": None if summary.low is None else display_number(summary.low),
                "high": None if summary.high is None else display_number(summary.high),
                "values": summary.values,
                "points": _points(_along(run, columns, own, name), values, _POINTS),
            }
        )
    return {"x": own, "rows": run.rows, "metrics": listed}


def small_curves(library: Library, runs: Sequence[Run], x: str, y: str) -> list[SmallCurve]:
    """A few points of one metric for each run that has it, as shares of the run's own range of `x`."""
    having = [run for run in runs if y in run.summary]
    curves: list[SmallCurve] = []
    for run, columns in zip(having, library.columns(having, [x, y]), strict=True):
        values = columns.get(y)
        if values is None:
            continue
        along = _along(run, columns, x, y)
        places = thinned(values, _FEW_POINTS)
        steps = places.astype(np.float64) if along is None else along[places]
        good = np.isfinite(steps) & np.isfinite(values[places])
        steps, shown = steps[good], values[places][good]
        span = float(steps.max() - steps.min()) if len(steps) else 0.0
        shares = (steps - steps.min()) / span if span else np.zeros(len(steps))
        curves.append(
            {
                "key": run_number(run),
                "x": np.round(shares, 3).tolist(),
                "y": [display_number(value) for value in shown.tolist()],
            }
        )
    return curves


def _along(run: Run, columns: Mapping[str, Floats], x: str, y: str) -> Floats | None:
    beside = run.beside(run.aliases.get(x, x), run.aliases.get(y, y))
    along = None if beside is None else columns.get(beside)
    return along if along is None or len(along) == len(columns[y]) else None


def series_of(library: Library, run: Run, x: str, y: str, most: int) -> RunSeries:
    """One metric along rising x, or along the row number if the run lacks it; at most `most` points."""
    shown_x = x if x in (ROW, HOURS) or x in run.summary else ROW
    series = load_series(library, [run], shown_x, y)
    empty = np.empty(0)
    along, values = (series[0].x, series[0].y) if series else (empty, empty)
    points = _points(along, values, most)
    return {
        "x": shown_x,
        "y": y,
        "rows": len(values),
        "points": points,
        "thinned": len(points["x"]) < len(values),
        "note": series[0].note if series else None,
    }


def _points(along: Floats | None, values: Floats, most: int) -> Points:
    places = thinned(values, most)
    x = places.astype(np.float64) if along is None else along[places]
    return {"x": list(map(_number, x.tolist())), "y": list(map(_number, values[places].tolist()))}


def _number(value: float) -> Scalar:
    whole = value.is_integer() and abs(value) < 2**53
    return int(value) if whole else json_value(value)
