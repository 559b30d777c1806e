"""All sub-figures in one number per algorithm: normalised scores, aggregated over runs and tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from .caption import noted, pooled_sentences, seeds_text
from .configuration import Configuration
from .curves import Pair
from .errors import NoRunsError
from .phrases import Phrase, joined
from .read.cells import Floats
from .run import Run
from .scores import Cell, ScoreTable, normalised
from .statistics import AGGREGATES, Interval, stratified

WORDS = {"iqm": "IQM", "median": "Median", "mean": "Mean", "gap": "Optimality gap"}
_THRESHOLDS = 101


@dataclass(frozen=True)
class Aggregate:
    """One algorithm: (value, low, high) of each aggregate, and its performance profile.

    `profile` of shape (thresholds,) is the share of runs whose normalised score is above each threshold.
    `runs` are those with a finite score. `missing` are sub-figures where it has none; then it has no numbers.
    """

    algorithm: str
    intervals: Mapping[str, Interval]
    profile: Floats
    runs: tuple[Run, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Aggregates:
    """The algorithms of one pair of columns; `thresholds` of shape (thresholds,) belong to the profiles."""

    pair: Pair
    aggregates: tuple[Aggregate, ...]
    thresholds: Floats
    tasks: tuple[str, ...]
    caption: str


def make_aggregates(table: ScoreTable, configuration: Configuration) -> Aggregates:
    """Aggregate a table's scores.

    Normalised by TABLE_NORMALIZE where it names every sub-figure, else by the lowest and the highest run
    there, which makes the numbers depend on all algorithms that are drawn. Raises NoRunsError if no score is
    finite.
    """
    wanted = configuration.get("TABLE_NORMALIZE")
    given = set(table.titles) <= set(wanted)
    ranges = [
        wanted[title] if given else _range(row) for title, row in zip(table.titles, table.rows, strict=True)
    ]
    columns = [
        (name, [normalised(row[place], *ends) for row, ends in zip(table.rows, ranges, strict=True)])
        for place, name in enumerate(table.algorithms)
    ]
    everything = np.concatenate([part for _, parts in columns for part in parts])
    if not len(everything):
        raise NoRunsError(Phrase("no run has a finite score of {y}", y=table.pair[1]))
    thresholds = np.linspace(everything.min(), everything.max(), _THRESHOLDS)
    aggregates = tuple(_aggregate(name, parts, table, thresholds) for name, parts in columns)
    return Aggregates(
        table.pair, aggregates, thresholds, table.titles, _caption(table, aggregates, given=given)
    )


def _aggregate(name: str, parts: Sequence[Floats], table: ScoreTable, thresholds: Floats) -> Aggregate:
    place = table.algorithms.index(name)
    cells = [cell for row in table.rows if (cell := row[place]) is not None]
    missing = tuple(title for title, part in zip(table.titles, parts, strict=True) if not len(part))
    scores = np.concatenate(parts)
    return Aggregate(
        name,
        {} if missing else stratified(parts, AGGREGATES),
        np.full(len(thresholds), np.nan) if missing else (scores[:, None] > thresholds).mean(axis=0),
        tuple(run for cell in cells for run in compress(cell.runs, np.isfinite(cell.scores))),
        missing,
    )


def _range(row: Sequence[Cell | None]) -> tuple[float, float]:
    scores = np.concatenate([cell.scores for cell in row if cell is not None])
    scores = scores[np.isfinite(scores)]
    if not len(scores):
        return 0.0, 1.0
    low, high = float(scores.min()), float(scores.max())
    return (low, high) if high > low else (low - 1.0, high)


def _caption(table: ScoreTable, aggregates: Sequence[Aggregate], *, given: bool) -> str:
    how = Phrase(
        "by the given scores of 0 and 1"
        if given
        else "by the lowest and the highest run of each sub-figure, so each depends on all algorithms here"
    )
    tasks = len(table.titles)
    cells = table.cells()
    runs = [run for _, _, cell in cells for run in cell.runs]
    sentences: list[str] = [
        Phrase(
            "Scores of {y} ({n} sub-figure{plural}, {seeds} each), normalised {how}.",
            y=table.pair[1],
            n=tasks,
            plural="s" if tasks > 1 else "",
            seeds=seeds_text([n for _, _, cell in cells if (n := cell.n - cell.diverged)], runs),
            how=how,
        ),
        Phrase(
            "Intervals: 95 % stratified bootstrap. Median and mean are over the sub-figures' means; the "
            "optimality gap is the mean shortfall from 1 (Agarwal et al. 2021)."
        ),
    ]
    sentences += [
        Phrase(
            "{algorithm} has no finite score on {titles} and no numbers here.",
            algorithm=one.algorithm,
            titles=", ".join(one.missing[:3]),
        )
        for one in aggregates
        if one.missing
    ]
    if diverged := sum(cell.diverged for _, _, cell in cells):
        sentences.append(Phrase("{n} run(s) without a finite score are left out.", n=diverged))
    sentences += pooled_sentences((title, name, cell.pools) for title, name, cell in cells)
    return joined([*sentences, *noted(table.notes)])
