"""The single runs behind a curve, as they are before they are brought together."""

from __future__ import annotations

from dataclasses import replace

from .align import same_x, smooth
from .configuration import Configuration
from .curves import Pair, Settings, grouped, long_enough, smoothing_radius
from .library import Library
from .phrases import Notes
from .selection import Selection
from .series import Series, load_series

Group = tuple[tuple[str, ...], str]


def make_seeds(
    library: Library,
    selection: Selection,
    configuration: Configuration,
    pair: Pair,
    algorithm: str | None = None,
    *,
    smoothed: bool = True,
) -> dict[Group, tuple[list[Series], bool]]:
    """The runs of each sub-figure and algorithm, or of one algorithm, smoothed as their curve is or not.

    With each whether its runs were measured at the same x.
    """
    series = long_enough(load_series(library, selection.runs, *pair), configuration, Notes())
    found: dict[Group, tuple[list[Series], bool]] = {}
    for key, members in grouped(series, selection).items():
        if algorithm is not None and key[1] != algorithm:
            continue
        settings = Settings(configuration, pair, selection.naming.title(members[0].run))
        radius = smoothing_radius(settings, min(len(one.x) for one in members)) if smoothed else 0
        shown = [replace(one, y=smooth(one.y, radius)) for one in members] if radius else members
        found[key] = shown, same_x(members)
    return found
