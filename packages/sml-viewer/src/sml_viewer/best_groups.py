"""Of more algorithms than a person can read, the best are drawn and the others counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .configuration import Configuration
from .direction import largest_is_best
from .phrases import Notes, Phrase
from .selection import Selection
from .series import Series

Pair = tuple[str, str]
Groups = dict[tuple[tuple[str, ...], str], list[Series]]
# So many are still drawn all where nobody set a limit.
READABLE = 12


def best_groups(
    groups: Groups, pair: Pair, selection: Selection, configuration: Configuration, notes: Notes
) -> Groups:
    """The groups of the MAX_ALGORITHMS best algorithms, with a note of how many are left out.

    All of them where nobody set the limit and there are at most a dozen, or where the algorithms are those
    that somebody chose. An algorithm is as good as its last values lie between the worst and the best of each
    sub-figure, on average; those in PLOTTING_ORDER and LEGEND_ORDER come first.
    """
    limit = configuration.get("MAX_ALGORITHMS")
    chosen = configuration.is_set("MAX_ALGORITHMS", pair)
    names = list(dict.fromkeys(algorithm for _, algorithm in groups))
    least = limit if chosen else max(limit, READABLE)
    if not limit or len(names) <= least:
        return groups
    if not chosen and "DATA_MERGER" not in selection.naming.automatic:
        return groups
    performance = _performance(groups, largest=largest_is_best(configuration, pair))
    wanted = {*configuration.get("PLOTTING_ORDER"), *selection.legend_order}
    ranked = sorted(names, key=lambda name: (name not in wanted, -performance[name]))
    drawn = set(ranked[:limit])
    notes.add(
        pair[1],
        Phrase(
            "the {n} best of {total} algorithms are drawn, {more} more are not; others with MAX_ALGORITHMS, "
            "DATA_MERGER or a query",
            n=limit,
            total=len(names),
            more=len(names) - limit,
        ),
    )
    return {key: series for key, series in groups.items() if key[1] in drawn}


def _performance(groups: Groups, *, largest: bool) -> Mapping[str, float]:
    """Where an algorithm's last values lie between the worst (0) and the best (1), on average."""
    ends: dict[tuple[str, ...], dict[str, float]] = {}
    for (panel, algorithm), series in groups.items():
        ends.setdefault(panel, {})[algorithm] = _end(series) if largest else -_end(series)
    found: dict[str, list[float]] = {}
    for values in ends.values():
        finite = [value for value in values.values() if np.isfinite(value)]
        low, high = min(finite, default=0.0), max(finite, default=0.0)
        for algorithm, value in values.items():
            scaled = (value - low) / (high - low) if high > low else 1.0
            found.setdefault(algorithm, []).append(scaled if np.isfinite(value) else 0.0)
    return {algorithm: sum(scores) / len(scores) for algorithm, scores in found.items()}


def _end(series: Sequence[Series]) -> float:
    return float(np.mean([one.y[-1] for one in series]))
