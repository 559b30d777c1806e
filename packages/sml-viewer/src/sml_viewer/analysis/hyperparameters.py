"""Hyper-parameters of runs: their values, the score of each run, and which parameter matters how."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sml_viewer.arrays import Floats, Indices
from sml_viewer.columns.axes import ROW
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import ScoreOptions
from sml_viewer.i18n import Message, Notes, joined
from sml_viewer.library import Library
from sml_viewer.model.parameter_table import ParameterTable, parameter_table, refined
from sml_viewer.model.results import Pair
from sml_viewer.model.run import Run
from sml_viewer.naming.labels import natural
from sml_viewer.naming.parameter_roles import ENVIRONMENT
from sml_viewer.report.caption import sentence_of
from sml_viewer.report.score_caption import scoring_text
from sml_viewer.select.selection import Selection, is_unread_note
from sml_viewer.stats.association import LEAST, Association, RankTests, average_ranks
from sml_viewer.stats.hypothesis import ALPHA, holm

from .scores import run_scores

# A number gets a logarithmic axis if its largest value is so many times its smallest, which is positive.
_LOG_SPAN = 100
# A number with more values has no single best one.
_MOST_VALUES = 12
_BETTER = {"rising": "larger", "falling": "smaller", "peak": "between", "dip": "ends"}
_OPPOSITE = {"rising": "falling", "falling": "rising", "peak": "dip", "dip": "peak"}


@dataclass(frozen=True)
class ParameterAxis:
    """The values of one parameter that varies.

    `cells` has shape (runs,): the values of a number, or the positions in `texts` of a category; NaN where a
    run has none. `log` suggests a logarithmic axis. Parameters that make the sub-figures are not `tested`.
    """

    name: str
    numeric: bool
    log: bool
    texts: tuple[str, ...]
    cells: Floats
    tested: bool


@dataclass(frozen=True)
class ValueScore:
    """Score of the configurations with one value of a parameter in one sub-figure, in units of the metric.

    `mean` is over `n` configurations, each the mean of its seeds; `deviation` is their standard deviation,
    NaN for one configuration. It describes, and claims nothing.
    """

    title: str
    value: str
    mean: float
    deviation: float
    n: int


@dataclass(frozen=True)
class Importance:
    """What a parameter has to do with the score.

    `n` is the number of configurations with a value. `association` is None if there is too little to tell.
    `p_value` is after Holm's correction. Only if it is below ALPHA, `better` tells which values of a number
    score better (larger, smaller, between, ends), and `best` is the value with the best mean rank.
    `same_as` are parameters that are functions of this one. `by_value` has the scores of each value, empty
    for a number with many values.
    """

    name: str
    n: int
    association: Association | None
    p_value: float | None
    better: str
    best: str
    same_as: tuple[str, ...]
    by_value: tuple[ValueScore, ...]


@dataclass(frozen=True)
class Hyperparameters:
    """Runs with their scores, axes and the importance of each axis, most important first.

    `scores` has shape (runs,), NaN for none; `titles` are those of the runs' sub-figures; `configurations`
    has shape (runs,): equal numbers are seeds of equal parameters.
    """

    pair: Pair
    largest: bool
    runs: tuple[Run, ...]
    scores: Floats
    titles: tuple[str, ...]
    configurations: Indices
    axes: tuple[ParameterAxis, ...]
    importance: tuple[Importance, ...]
    caption: str
    notes: tuple[str, ...]


@np.errstate(over="ignore", invalid="ignore")
def make_hyperparameters(
    library: Library, selection: Selection, configuration: Configuration, pair: Pair, title: str = ""
) -> Hyperparameters:
    """The hyper-parameters of the selected runs, or of those in the sub-figure `title`.

    `pair` has the metric of the score; if no run has its x column, rows are counted instead.
    """
    notes = Notes()
    scores_of, scored, units = run_scores(library, selection, configuration, pair, Notes())
    if not scores_of and pair[0] != ROW:
        pair = (ROW, pair[1])
        scores_of, scored, units = run_scores(library, selection, configuration, pair, notes)
    runs = [run for run in selection.runs if not title or selection.naming.title(run) == title]
    table = parameter_table(runs)
    scores = np.array([scores_of.get(run.key, math.nan) for run in runs], np.float64)
    axes = _axes(table, selection)
    configurations = _combined(len(runs), [axis.cells for axis in axes if axis.tested])
    figures, _ = table.combined(selection.naming.separators)
    largest = largest_is_best(configuration, pair)
    sample = _Sample(scores, figures, configurations)
    titles = tuple(map(selection.naming.title, runs))
    importance = _importance(sample, axes, titles, largest=largest)
    scoring = scoring_text(pair, ScoreOptions.of(scored, pair, title or None))
    return Hyperparameters(
        pair,
        largest,
        tuple(runs),
        scores,
        titles,
        configurations,
        tuple(axes),
        tuple(importance),
        _caption_of(selection, _caption(pair, scoring, sample, len(importance))),
        (*_run_notes(runs, scores), *units, *notes.sentences, *selection.notes),
    )


def _axes(table: ParameterTable, selection: Selection) -> list[ParameterAxis]:
    """The axes of parameters that separate algorithms or sub-figures; those that name these come first."""
    naming = selection.naming
    axes = []
    for name in table.varying_or_mixed():
        apart = name in naming.separators or naming.roles.of.get(name) == ENVIRONMENT
        if apart or naming.roles.separates(name):
            axes.append(_axis(table, name, naming.roles.masked.get(name, {}), tested=not apart))
    leading = [*naming.separators, *naming.keys]
    rank = {name: position for position, name in enumerate(leading)}
    return sorted(axes, key=lambda axis: rank.get(axis.name, len(rank)))


def _axis(table: ParameterTable, name: str, masked: Mapping[str, str], *, tested: bool) -> ParameterAxis:
    column = table[name]
    present = [code for code in np.flatnonzero(column.counts) if column.values[code] is not None]
    numbers = {int(code): _number(column.values[code]) for code in present}
    lookup = np.full(len(column.values), np.nan)
    if numbers and all(map(math.isfinite, numbers.values())):
        for code, number in numbers.items():
            lookup[code] = number
        low, high = min(numbers.values()), max(numbers.values())
        log = low > 0 and high / low >= _LOG_SPAN * (1 - 1e-9)
        return ParameterAxis(name, True, log, (), lookup[column.codes], tested)
    text_by_code = {int(code): masked.get(column.texts[code], column.texts[code]) for code in present}
    texts = sorted(set(text_by_code.values()), key=natural)
    position_of = {text: position for position, text in enumerate(texts)}
    for code, text in text_by_code.items():
        lookup[code] = position_of[text]
    return ParameterAxis(name, False, False, tuple(texts), lookup[column.codes], tested)


def _number(value: object) -> float:
    """A value as a number; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    try:
        return float(value)
    except OverflowError:  # an integer of more than 308 digits
        return math.nan


def _combined(runs: int, columns: Sequence[Floats]) -> Indices:
    """Numbers of the combinations of values, shape (runs,); missing values are equal to each other."""
    codes = np.zeros(runs, np.int64)
    for column in columns:
        codes = refined(codes, _codes(column))
    return codes


def _codes(column: Floats) -> Indices:
    return np.asarray(np.unique(column, return_inverse=True, equal_nan=True)[1].reshape(-1), np.int64)


class _Sample:
    """One score per configuration, and the configurations that may be compared with each other.

    Seeds of a configuration are averaged first: they are not independent trials of it. With several
    sub-figures, scores are replaced by their rank within each, 0 to 1, and averaged over these. Only
    configurations that were run on the same sub-figures are compared: they share a stratum. `first` are
    positions of a run of each configuration; all have shape (configurations,). `by_figure`, of shape
    (configurations, figures), has the means before ranking, NaN for none, and `first_of_figure` a run of
    each.
    """

    def __init__(self, scores: Floats, figures: Indices, configurations: Indices) -> None:
        known = np.flatnonzero(~np.isnan(scores))
        names, self.first, codes = np.unique(configurations[known], return_index=True, return_inverse=True)
        self.first = known[self.first]
        self.figures = len(np.unique(figures[known]))
        table = np.full((len(names), self.figures), np.nan)
        _, shown, columns = np.unique(figures[known], return_index=True, return_inverse=True)
        self.first_of_figure = known[shown]
        for figure in range(self.figures):
            here = np.flatnonzero(columns == figure)
            rows = codes[here]
            counts = np.bincount(rows, minlength=len(names))
            sums = np.bincount(rows, scores[known][here], minlength=len(names))
            table[:, figure] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
        means = table.copy()
        if self.figures > 1:
            for column in table.T:
                part = ~np.isnan(column)
                column[part] = (average_ranks(column[part]) - 0.5) / part.sum()
        present = ~np.isnan(table)
        # The mean of infinities of both signs is none.
        keep = present.any(axis=1)
        self.scores = np.where(present, table, 0).sum(axis=1)[keep] / present.sum(axis=1)[keep]
        self.first, self.by_figure = self.first[keep], means[keep]
        _, strata = np.unique(present[keep], axis=0, return_inverse=True)
        self.strata = np.asarray(strata.reshape(-1), np.int64)


def _importance(
    sample: _Sample, axes: Sequence[ParameterAxis], titles: Sequence[str], *, largest: bool
) -> list[Importance]:
    tests = RankTests(sample.scores, sample.strata)
    tested = [axis for axis in axes if axis.tested]
    cells = {axis.name: axis.cells[sample.first] for axis in tested}
    results: dict[str, Association | None] = {}
    for axis in tested:
        values = cells[axis.name]
        codes = np.where(np.isnan(values), -1, values).astype(np.int64) if not axis.numeric else None
        results[axis.name] = tests.of_number(values) if codes is None else tests.of_categories(codes)
    corrected = holm({name: result.p_value for name, result in results.items() if result is not None})
    ranked = []
    codes_of = {name: _codes(values) for name, values in cells.items()}
    for axis in tested:
        result, p_value = results[axis.name], corrected.get(axis.name)
        significant = result is not None and p_value is not None and p_value < ALPHA
        better = best = ""
        if significant and result is not None:
            shape = result.shape if largest else _OPPOSITE.get(result.shape, "")
            better = _BETTER.get(shape, "")
            best = _best(axis, cells[axis.name], sample.scores, largest=largest)
        own = codes_of[axis.name]
        same = tuple(
            name for name, codes in codes_of.items() if name != axis.name and _determines(own, codes)
        )
        n = int((~np.isnan(cells[axis.name])).sum())
        by_value = tuple(_by_value(axis, cells[axis.name], sample, titles))
        ranked.append(Importance(axis.name, n, result, p_value, better, best, same, by_value))
    return sorted(ranked, key=lambda item: -1.0 if item.association is None else item.association.share)[::-1]


def _best(axis: ParameterAxis, values: Floats, scores: Floats, *, largest: bool) -> str:
    """The value with the best mean rank; empty for a number with many values."""
    known = ~np.isnan(values)
    ranks = average_ranks(scores[known])
    distinct, codes = np.unique(values[known], return_inverse=True)
    if axis.numeric and len(distinct) > _MOST_VALUES:
        return ""
    means = np.bincount(codes, ranks) / np.bincount(codes)
    winner = distinct[int(np.argmax(means) if largest else np.argmin(means))]
    return _text(axis, winner)


def _by_value(
    axis: ParameterAxis, values: Floats, sample: _Sample, titles: Sequence[str]
) -> Iterator[ValueScore]:
    """The mean score of each value within each sub-figure."""
    distinct = np.unique(values[~np.isnan(values)])
    if len(distinct) > _MOST_VALUES:
        return
    for run, column in zip(sample.first_of_figure, sample.by_figure.T, strict=True):
        for value in distinct:
            scores = column[(values == value) & ~np.isnan(column)]
            if n := len(scores):
                deviation = float(np.std(scores, ddof=1)) if n > 1 else math.nan
                yield ValueScore(titles[run], _text(axis, value), float(np.mean(scores)), deviation, n)


def _text(axis: ParameterAxis, value: float) -> str:
    return f"{value:.6g}" if axis.numeric else axis.texts[int(value)]


def _determines(codes: Indices, others: Indices) -> bool:
    """Whether another parameter varies and is a function of this one, beyond chance.

    Codes number the values in their order, without gaps. If no value is repeated, any parameter is a function
    of it; then the other one must rise or fall with it.
    """
    if not len(codes) or others.min() == others.max():
        return False
    value_of = np.empty(int(codes.max()) + 1, np.int64)
    value_of[codes] = others
    if not (value_of[codes] == others).all():
        return False
    if len(value_of) < len(codes):
        return True
    steps = np.diff(others[np.argsort(codes)])
    return bool((steps > 0).all() or (steps < 0).all())


def _caption(pair: Pair, scoring: Message, sample: _Sample, parameters: int) -> Message:
    n = len(sample.scores)
    text = (
        "{what} of {y}, averaged over the seeds of each configuration: {n} configuration(s). Importance is "
        "the share of the variance of ranks that goes with a parameter alone (adjusted R²), p is that of a "
        "rank test of configurations after Holm's correction for {m} parameters.{figures}{few} "
        "Parameters that were not varied independently cannot be separated."
    )
    figures = (
        Message(" Scores are ranked within each of {k} sub-figures.", k=sample.figures)
        if sample.figures > 1
        else ""
    )
    need = (
        " Fewer than {k} configurations, so nothing is claimed: run at least {k} combinations of parameters "
        "(seeds do not count). The means by value only describe these runs."
    )
    few = Message(need, k=LEAST) if n < LEAST else ""
    return Message(text, what=scoring, y=pair[1], n=n, m=parameters, figures=figures, few=few)


def _caption_of(selection: Selection, text: str) -> str:
    """That runs are still being read comes first, as in the captions of figures: all else may change."""
    unread = [sentence_of(note) for note in selection.notes if is_unread_note(note)]
    return joined([*unread, text], " ") if unread else text


def _run_notes(runs: Sequence[Run], scores: Floats) -> list[str]:
    notes: list[str] = []
    missing = sum(run.rows is not None for run, value in zip(runs, scores, strict=True) if np.isnan(value))
    if missing:
        notes.append(Message("{n} run(s) have no score and (is|are) not ranked.", n=missing))
    if unfinished := sum(not run.finished for run in runs):
        notes.append(Message("{n} run(s) had not finished.", n=unfinished))
    return notes
