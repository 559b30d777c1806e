"""Limit a figure to its best algorithms (MAX_ALGORITHMS) and count the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sml_viewer.columns.episodes import for_episodes
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import ComparisonOptions, ScoreOptions, SelectionOptions
from sml_viewer.i18n import Message
from sml_viewer.naming.labels import READABLE
from sml_viewer.select.selection import Selection
from sml_viewer.series.load import Series

from .mixed_units import units_differ

Pair = tuple[str, str]
Groups = dict[tuple[tuple[str, ...], str], list[Series]]

_UNRANKED = (
    "The first {n} of {total} algorithms, as they give {y} in different units, {more} more are not shown "
    "(all: MAX_ALGORITHMS = 0)"
)


def best_groups(
    groups: Groups,
    pair: Pair,
    selection: Selection,
    configuration: Configuration,
    value: Callable[[Sequence[Series]], float] | None = None,
) -> tuple[Groups, list[Message]]:
    """The groups of the MAX_ALGORITHMS best algorithms, and notes that count the algorithms left out.

    Without an explicit limit, all groups are returned if there are at most READABLE algorithms or if
    DATA_MERGER was set explicitly. Algorithms are ranked by relative performance, averaged over the
    sub-figures whose runs give the metric in one unit: 0 for the worst, 1 for the best; those in
    PLOTTING_ORDER and LEGEND_ORDER come first. `value` gives the value of one group; the default is the mean
    over runs of the last value, or, if rows are episodes, of the last TABLE_LAST_K values, as in a table.
    """
    options = ComparisonOptions.of(configuration, pair)
    limit, chosen = options.max_algorithms, options.is_set("max_algorithms")
    names = list(dict.fromkeys(algorithm for _, algorithm in groups))
    least = limit if chosen else max(limit, READABLE)
    if not limit or len(names) <= least:
        return groups, []
    if not chosen and "DATA_MERGER" not in selection.naming.automatic:
        return groups, []
    value = value or _last_values(groups, pair, configuration)
    ranked_groups = _of_one_unit(groups, pair[1])
    performance = _performance(ranked_groups, value, largest=largest_is_best(configuration, pair))
    preferred = {*SelectionOptions.of(configuration).plotting_order, *selection.legend_order}
    ranked = sorted(names, key=lambda name: (name not in preferred, -performance.get(name, 0.0)))
    drawn = set(ranked[:limit])
    text = "The {n} best of {total} algorithms in {y}, {more} more are not shown (all: MAX_ALGORITHMS = 0)"
    note = Message(
        text if ranked_groups else _UNRANKED,
        n=limit,
        total=len(names),
        y=pair[1],
        more=len(names) - limit,
    )
    return {key: series for key, series in groups.items() if key[1] in drawn}, [note]


def _of_one_unit(groups: Groups, y: str) -> Groups:
    """The groups of the sub-figures whose runs give the metric `y` in one unit."""
    panels: dict[tuple[str, ...], list[Series]] = {}
    for (panel, _), series in groups.items():
        panels.setdefault(panel, []).extend(series)
    mixed = {panel for panel, series in panels.items() if units_differ(series, y) is not None}
    return {key: series for key, series in groups.items() if key[0] not in mixed}


def _last_values(
    groups: Groups, pair: Pair, configuration: Configuration
) -> Callable[[Sequence[Series]], float]:
    runs = [run_series.run for series in groups.values() for run_series in series]
    scored = for_episodes(configuration, pair, runs)
    rows = 1 if scored is configuration else ScoreOptions.of(scored, pair).table_last_k
    return lambda series: float(np.mean([np.mean(run_series.y[-rows:]) for run_series in series]))


@np.errstate(invalid="ignore", over="ignore")
def _performance(
    groups: Groups, value_of: Callable[[Sequence[Series]], float], *, largest: bool
) -> Mapping[str, float]:
    """Relative performance of each algorithm: 0 for the worst, 1 for the best, mean over sub-figures."""
    ends: dict[tuple[str, ...], dict[str, float]] = {}
    for (panel, algorithm), series in groups.items():
        ends.setdefault(panel, {})[algorithm] = value_of(series) if largest else -value_of(series)
    relative: dict[str, list[float]] = {}
    for values in ends.values():
        finite = [value for value in values.values() if np.isfinite(value)]
        low, high = min(finite, default=0.0), max(finite, default=0.0)
        for algorithm, value in values.items():
            scaled = (value - low) / (high - low) if high > low else 1.0
            relative.setdefault(algorithm, []).append(scaled if np.isfinite(value) else 0.0)
    return {algorithm: sum(scores) / len(scores) for algorithm, scores in relative.items()}
