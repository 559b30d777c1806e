"""What a figure shows, in words for below it: every choice that changes a number is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .along import label_of
from .configuration import Configuration
from .direction import largest_is_best
from .naming import is_seed, text_of
from .phrases import Phrase, joined, some, span
from .run import Run
from .selection import Selection

if TYPE_CHECKING:
    from .curves import Curve, Panel
    from .scores import ScoreTable

_CENTERS = {"mean": "Mean", "median": "Median", "iqm": "Interquartile mean"}
_ERRORS = {
    "se": "± standard error (ddof=1)",
    "sd": "± standard deviation (ddof=1)",
    "t": "with 95 % t interval",
    "bootstrap": "with 95 % bootstrap interval",
    "minmax": "with minimum and maximum",
    "none": "",
}
_RULES = {
    "last": "Last values",
    "last_k": "Means of the last {k} rows",
    "best": "Best values",
    "at_x": "Values at {x}",
    "average": "Means over the whole run",
}
_SCORE_ERRORS = {
    "se": "± standard error (ddof=1)",
    "sd": "± standard deviation (ddof=1)",
    "t": "± 95 % t interval",
    "none": "",
}
_TESTS = {"welch": "Welch's t", "mannwhitney": "Mann–Whitney", "permutation": "permutation"}
_DIVIDED = "Each sub-figure is divided by its largest absolute mean, so a bar's height depends on the others."
_MOST_NOTES = 12
# Ends of runs that differ by less of their length are called the same.
_EVEN = 0.05


def curves_caption(
    panels: Sequence[Panel], configuration: Configuration, selection: Selection, notes: Sequence[str]
) -> str:
    """Centre, band, columns, seeds, smoothing, names that nobody set, pooled groups, and notes."""
    sentences: list[str] = []
    for pair in dict.fromkeys(panel.pair for panel in panels):
        mine = [panel for panel in panels if panel.pair == pair]
        sentences.append(_pair_sentence(pair, mine, configuration))
        titles = [panel.title for panel in mine]
        sentences += _own_settings(
            configuration, pair, titles, ("CURVE_CENTER", "CURVE_ERROR", "PLOT_FOR_EVERY")
        )
    sentences += _automatic(selection)
    sentences += pooled_sentences(
        (panel.title, curve.algorithm, curve.pools) for panel in panels for curve in panel.curves
    )
    sentences += _cuts(panels)
    unfinished = {
        run.name for panel in panels for curve in panel.curves for run in curve.runs if not run.finished
    }
    if unfinished:
        sentences.append(Phrase("{n} run(s) had not finished.", n=len(unfinished)))
    return joined([*sentences, *noted(notes)])


def scores_caption(table: ScoreTable, configuration: Configuration, *, bars: bool = False) -> str:
    """Score, error, runs, how the best was found or what bars show, pooled groups, notes."""
    pair, cells = table.pair, table.cells()
    average = configuration.get("TABLE_SHOW_AVERAGE", pair)
    rule = "average" if average else configuration.get("TABLE_SCORE", pair)
    limit = configuration.get("XMAX", pair)
    at = f"{label_of(pair[0])} {limit or 0:g}"
    what = Phrase(_RULES[rule], k=configuration.get("TABLE_LAST_K", pair), x=at)
    if limit is not None and rule != "at_x":
        what = Phrase("{what} up to {x}", what=what, x=at)
    error = _SCORE_ERRORS[configuration.get("TABLE_ERROR", pair)]
    seeds = seeds_text([cell.n for _, _, cell in cells], (cell.runs for _, _, cell in cells))
    if any(cell.n > 1 for _, _, cell in cells):
        spread = Phrase(f"mean {error}".rstrip())
        first = Phrase(
            "{what} of {y}, {spread} over {seeds}.", what=what, y=pair[1], spread=spread, seeds=seeds
        )
    else:
        first = Phrase("{what} of {y}, {seeds}.", what=what, y=pair[1], seeds=seeds)
    sentences: list[str] = [first]
    sentences += _bar_sentences(table, configuration) if bars else _table_sentences(table, configuration)
    sentences += _own_settings(
        configuration, pair, table.titles, ("TABLE_SCORE", "XMAX", "TABLE_ERROR", "TABLE_TEST")
    )
    sentences += pooled_sentences((title, algorithm, cell.pools) for title, algorithm, cell in cells)
    if any(cell.pools for _, _, cell in cells):
        sentences.append(Phrase("† pools runs that differ in more than the seed."))
    sentences += _uneven(table)
    if unfinished := sum(cell.unfinished for _, _, cell in cells):
        text = "{n} run(s) had not finished." if bars else "{n} run(s) had not finished (…)."
        sentences.append(Phrase(text, n=unfinished))
    return joined([*sentences, *noted(table.notes)])


def _uneven(table: ScoreTable) -> list[str]:
    """Which cells have runs of clearly different length; a few by name, the others by their number."""
    several = len(table.titles) > 1
    uneven: list[str] = [
        Phrase(
            "{who}: {what}",
            who=f"{algorithm}{f' ({title})' if several else ''}",
            what=span(f"{cell.ends[0]:g}", f"{cell.ends[1]:g}"),
        )
        for title, algorithm, cell in table.cells()
        if cell.ends[1] - cell.ends[0] > _EVEN * abs(cell.ends[1])
    ]
    if not uneven:
        return []
    text = "Runs of one group end at different {x} ({ends})."
    return [Phrase(text, x=label_of(table.pair[0]), ends=joined(_first(uneven, 2), "; "))]


def _best_sentence(table: ScoreTable, configuration: Configuration, mark: str) -> list[str]:
    best, said = _best(table, configuration), Phrase(mark)
    test = _TESTS.get(configuration.get("TABLE_TEST", table.pair))
    cells = [cell for _, _, cell in table.cells()]
    sentences: list[str] = []
    if test is None or all(cell.n < 2 for cell in cells):
        sentences.append(Phrase("{mark}: the {best}.", mark=said, best=best))
    else:
        text = (
            "{mark}: the {best}, and what is not significantly worse ({test} test, Holm's correction, 5 %)."
        )
        sentences.append(Phrase(text, mark=said, best=best, test=Phrase(test)))
        if any(cell.n < 2 for cell in cells):
            sentences.append(Phrase("What has a single run is not tested, nor anything against it."))
    if not all(np.isfinite(cell.mean) for cell in cells):
        sentences.append(Phrase("Means that are not finite are compared with none."))
    return sentences


def _best(table: ScoreTable, configuration: Configuration) -> Phrase:
    return Phrase("largest" if largest_is_best(configuration, table.pair) else "smallest")


def _table_sentences(table: ScoreTable, configuration: Configuration) -> list[str]:
    sentences = _best_sentence(table, configuration, "Bold") if len(table.algorithms) > 1 else []
    if table.average:
        sentences.append(
            Phrase(
                "Last row: interquartile mean of normalised scores with 95 % stratified bootstrap interval."
            )
        )
        if diverged := sum(cell.diverged for _, _, cell in table.cells()):
            sentences.append(Phrase("{n} run(s) without a finite score are left out of it.", n=diverged))
    return sentences


def _bar_sentences(table: ScoreTable, configuration: Configuration) -> list[str]:
    cells = [cell for _, _, cell in table.cells()]
    sentences: list[str] = [Phrase("Dots are single runs.")] if any(cell.n > 1 for cell in cells) else []
    if any(cell.diverged for cell in cells):
        sentences.append(Phrase("What is not finite has no bar and no dot."))
    if bars_normalised(table, configuration):
        sentences.append(Phrase(_DIVIDED))
    if configuration.get("BAR_MARK_MAXIMUM_WITH_STAT", table.pair):
        sentences += _best_sentence(table, configuration, "★")
    elif configuration.get("BAR_MARK_MAXIMUM", table.pair):
        sentences.append(Phrase("{mark}: the {best}.", mark="★", best=_best(table, configuration)))
    return sentences


def bars_normalised(table: ScoreTable, configuration: Configuration) -> bool:
    """Whether bars are divided by their sub-figure's largest: as set, else where scales may differ."""
    if configuration.is_set("BAR_NORMALIZE_VALUE", table.pair):
        return bool(configuration.get("BAR_NORMALIZE_VALUE", table.pair))
    return len(table.titles) > 1 and len(table.algorithms) > 1


def _own_settings(
    configuration: Configuration, pair: tuple[str, str], titles: Sequence[str], names: Sequence[str]
) -> list[str]:
    """What one sub-figure has otherwise than the rest, where that changes its numbers."""
    return [
        f"{title}: {name} {own}."
        for name in names
        for title in dict.fromkeys(titles)
        if (own := configuration.get(name, pair, title)) != configuration.get(name, pair)
    ]


def pooled_sentences(groups: Iterable[tuple[str, str, str | None]]) -> list[str]:
    """One sentence for each way of pooling, naming the groups that do."""
    found: dict[str, list[str]] = {}
    for title, algorithm, pools in groups:
        if pools:
            found.setdefault(pools, []).append(f"{algorithm} ({title})" if title else algorithm)
    return [Phrase("{names} pools {what}.", names=some(names), what=what) for what, names in found.items()]


def noted(notes: Sequence[str]) -> list[str]:
    """Notes as sentences; beyond a dozen their number alone."""
    shown: list[str] = [Phrase("{note}.", note=note) for note in notes[:_MOST_NOTES]]
    left = len(notes) - _MOST_NOTES
    return [*shown, Phrase("{n} more notes.", n=left)] if left > 0 else shown


def seeds_text(counts: Sequence[int], groups: Iterable[Sequence[Run]]) -> str:
    """`n = 3 seeds`, or `n = 2 to 3 runs` where not all runs of a group have a seed for themselves."""
    low, high = min(counts), max(counts)
    word = "seed" if all(map(_are_seeds, groups)) else "run"
    return Phrase(f"n = {{n}} {word}{'' if high == 1 else 's'}", n=span(low, high))


def _are_seeds(runs: Sequence[Run]) -> bool:
    seeds = [tuple(text_of(run.parameter(name)) for name in _seed_names(run)) for run in runs]
    return all(seeds) and len(set(seeds)) == len(seeds)


def _seed_names(run: Run) -> tuple[str, ...]:
    return _seeds_among(tuple(run.flat)) or _seeds_among(tuple(run.defaults))


@lru_cache(256)  # most runs have the same parameters
def _seeds_among(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(is_seed, names))


def _pair_sentence(pair: tuple[str, str], panels: Sequence[Panel], configuration: Configuration) -> str:
    middle = configuration.get("CURVE_CENTER", pair)
    kind = configuration.get("CURVE_ERROR", pair)
    if middle != "mean" and kind in ("se", "sd", "t"):
        kind = "bootstrap"
    curves = [curve for panel in panels for curve in panel.curves]
    counts = sorted({int(count) for curve in curves for count in (curve.n.min(), curve.n.max())})
    words = Phrase(f"{_CENTERS[middle]} {_ERRORS[kind]}".strip() if counts[-1] > 1 else "Values")
    how: list[str] = []
    how += _smoothed(curves, label_of(pair[0]))
    if any(curve.interpolated for curve in curves):
        how.append(Phrase(", runs interpolated linearly where not all have a value at the same x"))
    kept = sorted({curve.every for curve in curves})
    if kept[-1] > 1:
        how.append(Phrase(", one point in {every}", every=span(kept[0], kept[-1])))
    return Phrase(
        "{words} of {y} over {x}, {seeds}{how}.",
        words=words,
        y=pair[1],
        x=label_of(pair[0]),
        seeds=seeds_text(counts, (curve.runs for curve in curves)),
        how=joined(how, ""),
    )


def _smoothed(curves: Sequence[Curve], x: str) -> list[str]:
    """Over how many points each run was smoothed and, where that was chosen, over which width in x."""
    windows = sorted({2 * curve.radius + 1 for curve in curves})
    if windows[-1] == 1:
        return []
    points = span(windows[0], windows[-1])
    said = Phrase(", each run smoothed over {span} points", span=points)
    widths = sorted({curve.width for curve in curves})
    if widths[0] > 0:
        width = span(*(f"{float(f'{each:.3g}'):g}" for each in (widths[0], widths[-1])))
        text = ", each run smoothed over a window of {width} {x} ({span} points)"
        said = Phrase(text, width=width, x=x, span=points)
    ghosts = any(curve.ghost is not None for curve in curves)
    return [said, Phrase(" (thin line: not smoothed)")] if ghosts else [said]


def _cuts(panels: Sequence[Panel]) -> list[str]:
    """Which run's end each group ends with; a few by name, the others by their number."""
    several = len({panel.title for panel in panels}) > 1
    cuts: list[str] = [
        Phrase(
            "{who}: {what}",
            who=f"{curve.algorithm}{f' ({panel.title})' if several else ''}",
            what=curve.cut_by,
        )
        for panel in panels
        for curve in panel.curves
        if curve.cut_by
    ]
    if not cuts:
        return []
    return [
        Phrase(
            "Groups are drawn where all their runs have data ({cuts}).", cuts=joined(_first(cuts, 2), "; ")
        )
    ]


def _automatic(selection: Selection) -> list[str]:
    keys = selection.naming.keys
    if "DATA_MERGER" not in selection.naming.automatic or not keys:
        return []
    implied = selection.naming.implied
    names = some(list(keys), 6)
    if not implied:
        return [Phrase("Algorithms by what differs (auto: {names}).", names=names)]
    return [
        Phrase(
            "Algorithms by what differs (auto: {names}; with them differ {implied}).",
            names=names,
            implied=some(list(implied)),
        )
    ]


def _first(texts: list[str], most: int) -> list[str]:
    return (
        texts
        if len(texts) <= most + 1
        else [*texts[:most], Phrase("and {n} more groups", n=len(texts) - most)]
    )
