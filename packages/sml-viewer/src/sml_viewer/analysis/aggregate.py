"""Aggregate scores over runs and tasks: IQM, median, mean, optimality gap and performance profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import ComparisonOptions
from sml_viewer.errors import NoRunsError
from sml_viewer.i18n import Message, joined, some
from sml_viewer.model.results import Cell, Pair, ScoreTable
from sml_viewer.model.run import Run
from sml_viewer.report.caption import (
    Caption,
    bins_sentences,
    make_caption,
    pooled_sentences,
    seeds_text,
    style_sentences,
)
from sml_viewer.report.score_caption import strata_sentences
from sml_viewer.stats.bands import AGGREGATES, Interval, stratified

from .scores import normalised

WORDS = {"iqm": "IQM", "median": "Median", "mean": "Mean", "gap": "Optimality gap"}
_THRESHOLDS = 101
# A figure of one page has room for this many algorithms.
_MOST_DRAWN = 60


@dataclass(frozen=True)
class Aggregate:
    """The aggregates of one algorithm.

    `intervals` maps each of AGGREGATES to (value, low, high). `profile`, of shape (thresholds,), is the
    share of runs whose normalised score is above each threshold. `runs` are the runs with a finite score.
    `missing` are the sub-figures without any; if there are some, `intervals` is empty and `profile` NaN.
    """

    algorithm: str
    intervals: Mapping[str, Interval]
    profile: Floats
    runs: tuple[Run, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Aggregates:
    """The aggregates of all algorithms for one pair of columns.

    `thresholds`, of shape (thresholds,), are the x values of the profiles; `details` is the full caption.
    """

    pair: Pair
    aggregates: tuple[Aggregate, ...]
    thresholds: Floats
    tasks: tuple[str, ...]
    caption: str
    details: str = ""

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms' names."""
        return tuple(aggregate.algorithm for aggregate in self.aggregates)

    @property
    def drawn(self) -> tuple[Aggregate, ...]:
        """The aggregates shown in a figure, in order: all, or the best by IQM if there are very many."""
        return _drawn(self.aggregates)


@np.errstate(over="ignore", invalid="ignore")  # a mean that is too large is infinite, and shown so
def make_aggregates(table: ScoreTable, configuration: Configuration) -> Aggregates:
    """Normalise and aggregate the scores of a table.

    Scores are normalised by TABLE_NORMALIZE if it names every sub-figure, otherwise by the lowest and the
    highest run of each sub-figure, which makes the numbers depend on all algorithms in the table. Raises
    NoRunsError if no score is finite.
    """
    table = _with_one_unit(table)
    given_ranges = ComparisonOptions.of(configuration).table_normalize
    given = set(table.titles) <= set(given_ranges)
    largest = largest_is_best(configuration, table.pair)
    ranges = [
        given_ranges[title] if given else _range(row, largest=largest)
        for title, row in zip(table.titles, table.rows, strict=True)
    ]
    columns = [
        (name, [normalised(row[column], *ends) for row, ends in zip(table.rows, ranges, strict=True)])
        for column, name in enumerate(table.algorithms)
    ]
    all_scores = np.concatenate([part for _, parts in columns for part in parts])
    if not len(all_scores):
        raise NoRunsError(Message("no run has a finite score of {y}", y=table.pair[1]))
    thresholds = np.linspace(all_scores.min(), all_scores.max(), _THRESHOLDS)
    aggregates = tuple(_aggregate(name, parts, table, thresholds) for name, parts in columns)
    normalisation = _GIVEN if given else _LARGEST if largest else _SMALLEST
    return Aggregates(
        table.pair, aggregates, thresholds, table.titles, *_caption(table, aggregates, normalisation)
    )


def _with_one_unit(table: ScoreTable) -> ScoreTable:
    """The table without rows whose algorithms give the metric in different units; its notes tell them."""
    if not table.mixed:
        return table
    rows = [row for position, row in enumerate(table.rows) if position not in table.mixed]
    titles = [title for position, title in enumerate(table.titles) if position not in table.mixed]
    if not rows:
        raise NoRunsError(joined(table.notes, "; "))
    return replace(table, titles=tuple(titles), rows=tuple(rows), mixed=frozenset())


def _aggregate(name: str, parts: Sequence[Floats], table: ScoreTable, thresholds: Floats) -> Aggregate:
    column = table.algorithms.index(name)
    cells = [cell for row in table.rows if (cell := row[column]) is not None]
    missing = tuple(title for title, part in zip(table.titles, parts, strict=True) if not len(part))
    scores = np.concatenate(parts)
    return Aggregate(
        name,
        {} if missing else stratified(parts, AGGREGATES),
        np.full(len(thresholds), np.nan) if missing else (scores[:, None] > thresholds).mean(axis=0),
        tuple(run for cell in cells for run in compress(cell.runs, np.isfinite(cell.scores))),
        missing,
    )


def _drawn(aggregates: Sequence[Aggregate]) -> tuple[Aggregate, ...]:
    if len(aggregates) <= _MOST_DRAWN:
        return tuple(aggregates)
    ranked = sorted(
        aggregates, key=lambda aggregate: -aggregate.intervals["iqm"][0] if aggregate.intervals else np.inf
    )
    best = {aggregate.algorithm for aggregate in ranked[:_MOST_DRAWN]}
    return tuple(aggregate for aggregate in aggregates if aggregate.algorithm in best)


def _limit_sentences(aggregates: Sequence[Aggregate]) -> list[str]:
    if len(aggregates) <= _MOST_DRAWN:
        return []
    text = "Figures show the best {n} of {total} algorithms by IQM; the numbers as CSV have all."
    return [Message(text, n=_MOST_DRAWN, total=len(aggregates))]


def _range(row: Sequence[Cell | None], *, largest: bool) -> tuple[float, float]:
    """The scores that are normalised to 0 and 1: those of the worst and of the best run."""
    scores = np.concatenate([cell.scores for cell in row if cell is not None])
    scores = scores[np.isfinite(scores)]
    if not len(scores):
        return 0.0, 1.0
    worst, best = (scores.min(), scores.max()) if largest else (scores.max(), scores.min())
    if worst == best:
        worst = best - 1.0 if largest else best + 1.0
    return float(worst), float(best)


_GIVEN = "by the given scores of 0 and 1"
_LARGEST = "by the lowest and the highest run of each sub-figure, so each depends on all algorithms here"
_SMALLEST = (
    "by the highest and the lowest run of each sub-figure, of which the lowest is best, "
    "so each depends on all algorithms here"
)


def _caption(table: ScoreTable, aggregates: Sequence[Aggregate], normalisation: str) -> Caption:
    tasks = len(table.titles)
    cells = table.cells()
    summary: list[str] = [
        Message(
            "Scores of {y} ({n} sub-figure{plural}, {seeds} each), normalised {how}.",
            y=table.pair[1],
            n=tasks,
            plural="s" if tasks > 1 else "",
            seeds=seeds_text(
                [n for _, _, cell in cells if (n := cell.n - cell.diverged)],
                (cell.runs for _, _, cell in cells),
            ),
            how=Message(normalisation),
        ),
    ]
    strata = strata_sentences(
        (name, [0 if cell is None else cell.n - cell.diverged for cell in column])
        for name, column in zip(table.algorithms, zip(*table.rows, strict=True), strict=True)
    )
    some_interval = any(
        np.isfinite(ends).all() for aggregate in aggregates for ends in aggregate.intervals.values()
    )
    intervals = [Message("Intervals: 95 % stratified bootstrap.")] if some_interval else []
    definitions = Message(
        "Median and mean are over the sub-figures' means; the optimality gap is the mean shortfall from 1 "
        "(Agarwal et al. 2021)."
    )
    missing: list[str] = [
        Message(
            "{algorithm} has no finite score on {titles} and no numbers here.",
            algorithm=some([aggregate.algorithm]),
            titles=some(list(aggregate.missing)),
        )
        for aggregate in aggregates
        if aggregate.missing
    ]
    if diverged := sum(cell.diverged for _, _, cell in cells):
        missing.append(Message("{n} run(s) without a finite score (is|are) left out.", n=diverged))
    mixed = pooled_sentences((title, name, cell.mixed) for title, name, cell in cells)
    sections: list[list[str]] = [
        summary,
        [*intervals, *strata, definitions],
        [*bins_sentences(table.binned), *style_sentences(table.algorithms), *_limit_sentences(aggregates)],
        missing,
        mixed,
    ]
    return make_caption(sections, table.notes)
