"""A curve as the charts of the page get it: thinned to the width of a chart, extremes kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from sml_viewer.model.results import Curve
from sml_viewer.series.downsample import shown_places

from .packed_arrays import PackedArray, PackedArrays


class PackedGhost(TypedDict):
    """The unsmoothed curve."""

    x: PackedArray
    y: PackedArray


class PackedCurve(TypedDict):
    """`low`, `high` and `n` are None for a single run; `every` is the number of rows per grid point.

    `broken` are the ends in x of runs that failed, were killed, or whose process is gone.
    """

    key: str
    x: PackedArray
    center: PackedArray
    low: PackedArray | None
    high: PackedArray | None
    n: PackedArray | None
    broken: list[float]
    points: int
    every: int
    radius: int
    ghost: PackedGhost | None


@dataclass(frozen=True)
class Window:
    """How many points a chart has room for, and the part of x that it shows."""

    grid: int
    low: float = -math.inf
    high: float = math.inf
    log: bool = False


def pack_curve(
    key: str, curve: Curve, window: Window, arrays: PackedArrays, broken: Sequence[float] = ()
) -> PackedCurve:
    """Add the points of a curve that a chart draws to `arrays`; returns what refers to them."""
    single = len(curve.runs) == 1
    band = () if single else (curve.low, curve.high)
    grid, low, high = window.grid, window.low, window.high
    places, every = shown_places(curve.x, (curve.center, *band), grid, low, high, log=window.log)
    ghost: PackedGhost | None = None
    if curve.ghost:
        x, y = curve.ghost
        shown, _ = shown_places(x, (y,), grid, low, high, log=window.log)
        ghost = {"x": arrays.add_f64(x[shown]), "y": arrays.add_f32(y[shown])}
    return {
        "key": key,
        "x": arrays.add_f64(curve.x[places]),
        "center": arrays.add_f32(curve.center[places]),
        "low": None if single else arrays.add_f32(curve.low[places]),
        "high": None if single else arrays.add_f32(curve.high[places]),
        "n": None if single else arrays.add_u32(curve.n[places]),
        "broken": list(broken),
        "points": len(curve.x),
        "every": every,
        "radius": curve.radius,
        "ghost": ghost,
    }
