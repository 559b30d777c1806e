"""Captions of tables and bars: scoring rule, error, and significance test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from sml_viewer.columns.axes import label_of
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import ComparisonOptions, ScoreOptions
from sml_viewer.i18n import Message, joined, some, span
from sml_viewer.model.results import Cell, Pair, ScoreTable
from sml_viewer.naming.mixed_parameters import unrecorded_sentences
from sml_viewer.naming.short_names import is_long, lack_parameters, table_names
from sml_viewer.stats.hypothesis import ALPHA, least_p

from .caption import (
    Caption,
    bins_sentences,
    first_texts,
    left_out_sentences,
    make_caption,
    override_sentences,
    pooled_sentences,
    seeds_text,
    sentence_of,
    single_run_sentences,
    style_sentences,
)

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
# Ends of runs that differ by less than this share of their length count as equal.
_EVEN = 0.05
# More columns of scores than this do not fit a page.
_WIDE = 8


def scores_caption(table: ScoreTable, configuration: Configuration, *, bars: bool = False) -> Caption:
    """Caption with score, error, runs, test of the best or meaning of bars, pooled groups, and notes."""
    pair, cells = table.pair, table.cells()
    own = override_sentences(
        configuration, pair, table.titles, ("TABLE_SCORE", "XMAX", "TABLE_ERROR", "TABLE_TEST")
    )
    pooling = pooled_sentences((title, algorithm, cell.mixed) for title, algorithm, cell in cells)
    if pooling:
        pooling.insert(0, Message("† pools runs that differ in more than the seed."))
    pooling += unrecorded_sentences((cell.runs for _, _, cell in cells if cell.repeats))
    ends = _uneven(table)
    if unfinished := sum(cell.unfinished for _, _, cell in cells):
        text = "{n} run(s) had not finished." if bars else "{n} run(s) had not finished (…)."
        ends.append(Message(text, n=unfinished))
    names = style_sentences(table.algorithms) if bars else _name_sentences(table)
    sections: list[list[str]] = [
        [_score_sentence(table, configuration)],
        list(map(sentence_of, table.chosen)),
        _bar_sentences(table, configuration) if bars else _table_sentences(table, configuration),
        own,
        [*_single_runs(table, configuration), *bins_sentences(table.binned), *names],
        pooling,
        ends,
    ]
    return make_caption(sections, table.notes)


def scoring_text(pair: Pair, options: ScoreOptions) -> Message:
    """What a run's score is: `Means of the last 10 rows up to timestep 1e+06`."""
    at = f"{label_of(pair[0])} {options.xmax or 0:g}"
    values = Message(_RULES[options.rule], k=options.table_last_k, x=at)
    if options.xmax is not None and options.rule != "at_x":
        values = Message("{what} up to {x}", what=values, x=at)
    return values


def bars_normalised(table: ScoreTable, configuration: Configuration) -> bool:
    """Whether bars are divided by the largest of their sub-figure: as set, else if scales may differ.

    They are not if every sub-figure has the metric in different units: none has a largest value.
    """
    if len(table.mixed) == len(table.titles):
        return False
    chosen = ComparisonOptions.of(configuration, table.pair).bar_normalize_value
    return len(table.titles) > 1 and len(table.algorithms) > 1 if chosen is None else chosen


def strata_sentences(groups: Iterable[tuple[str, Sequence[int]]]) -> list[str]:
    """Sentences about algorithms whose stratified interval is missing or too narrow because of single runs.

    `groups` are (algorithm, number of runs per sub-figure).
    """
    groups = list(groups)
    known = [(name, counts) for name, counts in groups if counts and all(counts)]
    without = [("", name) for name, counts in known if max(counts) == 1]
    narrow = [name for name, counts in known if min(counts) == 1 < max(counts)]
    sentences = single_run_sentences(without, len(groups))
    if narrow:
        text = "Some sub-figures of {names} have one run, which makes the interval too narrow."
        sentences.append(Message(text, names=some(narrow)))
    return sentences


def _name_sentences(table: ScoreTable) -> list[str]:
    """Sentences about names: parameters common to all, wide tables, and shortened names."""
    short = table_names(table.algorithms)
    text = "Algorithms are named by {title}."
    if lack_parameters(table.algorithms):
        text = "All algorithms have {title}."
    sentences: list[str] = [Message(text, title=short.title)] if short.title else []
    sentences += left_out_sentences(short)
    columns = len(table.titles if table.transposed else table.algorithms)
    if columns > _WIDE:
        sentences.append(Message("Wide table: {n} columns of scores.", n=columns))
    if is_long(table.algorithms) or is_long(table.titles):
        sentences.append(Message("Long names are shortened; the numbers as CSV have them whole."))
    return sentences


def _score_sentence(table: ScoreTable, configuration: Configuration) -> Message:
    pair, cells = table.pair, table.cells()
    options = ScoreOptions.of(configuration, pair)
    values = scoring_text(pair, options)
    seeds = seeds_text(
        [cell.n for _, _, cell in cells], (cell.runs for _, _, cell in cells), binned=bool(table.binned)
    )
    if all(cell.n == 1 for _, _, cell in cells):
        return Message("{what} of {y}, {seeds}.", what=values, y=pair[1], seeds=seeds)
    spread = Message(f"mean {_SCORE_ERRORS[options.table_error]}".rstrip())
    text = "{what} of {y}, {spread} over {seeds}."
    return Message(text, what=values, y=pair[1], spread=spread, seeds=seeds)


def _single_runs(table: ScoreTable, configuration: Configuration) -> list[str]:
    cells = [
        (title, algorithm, cell)
        for title, algorithm, cell in table.cells()
        if ScoreOptions.of(configuration, table.pair, title).table_error != "none"
    ]
    single = [(title, algorithm) for title, algorithm, cell in cells if cell.n == 1]
    return single_run_sentences(single, len(cells))


def _uneven(table: ScoreTable) -> list[str]:
    """Sentence about cells with runs of different length: the first few by name, the others as a count."""
    several = len(table.titles) > 1
    uneven: list[str] = [
        Message(
            "{who}: {what}",
            who=some([f"{algorithm}{f' ({title})' if several else ''}"]),
            what=span(f"{cell.ends[0]:g}", f"{cell.ends[1]:g}"),
        )
        for title, algorithm, cell in table.cells()
        if cell.ends[1] - cell.ends[0] > _EVEN * abs(cell.ends[1])
    ]
    if not uneven:
        return []
    text = "Runs of one group end at different {x} ({ends})."
    return [Message(text, x=label_of(table.pair[0]), ends=joined(first_texts(uneven, 2), "; "))]


def _best_sentences(table: ScoreTable, configuration: Configuration, mark: str) -> list[str]:
    best, mark_text = _best(table, configuration), Message(mark)
    test = _TESTS.get(ScoreOptions.of(configuration, table.pair).table_test)
    cells = [cell for _, _, cell in table.cells()]
    if test is None or all(cell.n < 2 for cell in cells):
        text = Message("{mark}: the {best}.", mark=mark_text, best=best)
    else:
        text = Message(
            "{mark}: the {best}, and all not significantly worse ({test} test, Holm's correction, 5 %).",
            mark=mark_text,
            best=best,
            test=Message(test),
        )
    notes: list[str] = _powerless(table, configuration)
    if test is not None and any(cell.n > 1 for cell in cells) and any(cell.n < 2 for cell in cells):
        notes.append(Message("Groups with a single run are left out of the test."))
    if not all(np.isfinite(cell.mean) for cell in cells):
        notes.append(Message("Means that are not finite are not compared."))
    return [joined([text, *notes])]


def _powerless(table: ScoreTable, configuration: Configuration) -> list[str]:
    """Sentences about tests that cannot reach 5 % with these numbers of runs, with their least p-value."""
    excluded = ComparisonOptions.of(configuration, table.pair).excluded
    cases: dict[str, dict[tuple[int, int, int], float]] = {}
    for title, row in zip(table.titles, table.rows, strict=True):
        test = ScoreOptions.of(configuration, table.pair, title).table_test
        comparable: dict[str, Cell] = {
            name: cell
            for name, cell in zip(table.algorithms, row, strict=True)
            if cell is not None and name not in excluded and np.isfinite(cell.mean)
        }
        best = next((name for name, cell in comparable.items() if cell.best), None)
        if best is None or test not in _TESTS:
            continue
        least = least_p({name: cell.n for name, cell in comparable.items()}, best, test)
        for name, p in least.items():
            if p >= ALPHA:
                case = (comparable[best].n, comparable[name].n, len(least))
                cases.setdefault(test, {})[case] = min(p, cases.get(test, {}).get(case, 1.0))
    return [
        Message(
            "{cases} the {test} test cannot reach p < 0.05, so nothing there counts as worse.",
            cases=joined(first_texts([_case(*case, p) for case, p in p_values.items()], 2), ", "),
            test=Message(_TESTS[test]),
        )
        for test, p_values in cases.items()
    ]


def _case(first: int, second: int, comparisons: int, p: float) -> Message:
    if comparisons == 1:
        return Message("With {a} and {b} runs (smallest p {p})", a=first, b=second, p=f"{p:.2g}")
    text = "With {a} and {b} runs in {k} comparisons (smallest p {p} after Holm's correction)"
    return Message(text, a=first, b=second, k=comparisons, p=f"{p:.2g}")


def _best(table: ScoreTable, configuration: Configuration) -> Message:
    return Message("largest" if largest_is_best(configuration, table.pair) else "smallest")


def _table_sentences(table: ScoreTable, configuration: Configuration) -> list[str]:
    sentences = _best_sentences(table, configuration, "Bold") if len(table.algorithms) > 1 else []
    if table.average:
        text = "{where}: interquartile mean of normalised scores with 95 % stratified bootstrap interval."
        sentences.append(Message(text, where=Message("Last column" if table.transposed else "Last row")))
        sentences += strata_sentences(
            (name, [0 if cell is None else cell.n - cell.diverged for cell in column])
            for name, column in zip(table.algorithms, zip(*table.rows, strict=True), strict=True)
        )
        if diverged := sum(cell.diverged for _, _, cell in table.cells()):
            sentences.append(
                Message("{n} run(s) without a finite score (is|are) left out of it.", n=diverged)
            )
    return sentences


def _bar_sentences(table: ScoreTable, configuration: Configuration) -> list[str]:
    cells = [cell for _, _, cell in table.cells()]
    sentences: list[str] = [Message("Dots are single runs.")] if any(cell.n > 1 for cell in cells) else []
    if any(cell.diverged for cell in cells):
        sentences.append(Message("Values that are not finite have no bar and no dot."))
    if bars_normalised(table, configuration):
        sentences.append(Message(_DIVIDED))
    options = ComparisonOptions.of(configuration, table.pair)
    if options.bar_mark_maximum_with_stat:
        sentences += _best_sentences(table, configuration, "★")
    elif options.bar_mark_maximum:
        sentences.append(Message("{mark}: the {best}.", mark="★", best=_best(table, configuration)))
    return [joined(sentences)] if sentences else []
