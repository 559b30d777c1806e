"""The curves of single runs behind a mean curve, before alignment."""

from __future__ import annotations

from sml_viewer.analysis.groups import group_series, long_enough, without_parents
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import CurveOptions
from sml_viewer.i18n import Notes
from sml_viewer.library import Library
from sml_viewer.model.results import Pair
from sml_viewer.select.selection import Selection
from sml_viewer.series.align import same_x
from sml_viewer.series.load import Series, load_series
from sml_viewer.series.smooth import Smoothing, choose_smoothing

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
    """The series of each (sub-figure, algorithm), or of one algorithm only.

    With `smoothed`, they are smoothed like their curve. The second item of each value tells whether all its
    runs were measured at the same x.
    """
    notes = Notes()
    series = long_enough(load_series(library, selection.runs, *pair), configuration, notes)
    series = without_parents(series, pair[1], notes)
    seeds: dict[Group, tuple[list[Series], bool]] = {}
    for key, members in group_series(series, selection).items():
        if algorithm is not None and key[1] != algorithm:
            continue
        options = CurveOptions.of(configuration, pair, selection.naming.title(members[0].run))
        smoothing = choose_smoothing(options, members, pair[0]) if smoothed else Smoothing()
        if smoothing.radius:
            shown = [
                run_series._replace(y=smoothing.of(run_series.x, run_series.y)) for run_series in members
            ]
        else:
            shown = members
        seeds[key] = shown, same_x(members)
    return seeds
