"""Results as plain data: curves, panels, cells and tables of scores."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sml_viewer.arrays import Floats

from .run import Run
from .text import score_text

Pair = tuple[str, str]


@dataclass(frozen=True)
class Curve:
    """One algorithm in one sub-figure.

    `x`, `center`, `low`, `high`, `n` have shape (points,); `low` and `high` are NaN where there is no band,
    `n` is the number of seeds at each point. `mixed` describes what the group mixes besides seeds,
    `truncated_by` names the run whose end or start truncated the others. One point in `stride` is included,
    the last, and the extremes between. Each run was smoothed over `radius` points on either side, or over
    `width` in x if that is not 0. `ghost` has x and centre of the unsmoothed curve, if that is drawn too.
    `repeats` is the number of runs that no recorded seed distinguishes.
    """

    algorithm: str
    x: Floats
    center: Floats
    low: Floats
    high: Floats
    n: Floats
    runs: tuple[Run, ...]
    mixed: str | None
    radius: int
    interpolated: bool
    truncated_by: str | None = None
    stride: int = 1
    repeats: int = 0
    width: float = 0.0
    ghost: tuple[Floats, Floats] | None = None


@dataclass(frozen=True)
class Panel:
    """One sub-figure: one title of one pair of columns.

    `mixed` tells that its runs give the metric in different units, so that no curve is better than another.
    """

    pair: Pair
    title: str
    group: tuple[str, ...]
    curves: tuple[Curve, ...]
    mixed: bool = False

    @property
    def has_single_curves(self) -> bool:
        """Whether an algorithm has a curve for each of its runs."""
        return len({curve.algorithm for curve in self.curves}) < len(self.curves)


@dataclass(frozen=True)
class Cell:
    """One algorithm on one sub-figure: the score of each run, their mean and their error.

    `error` is NaN where n is 1. `best` is the row's best mean; `with_best` is not significantly worse than
    it. `unfinished` is the number of runs that had not ended. `ends` are the smallest and largest x of the
    runs' last counted rows. `repeats` is the number of runs that no recorded seed distinguishes.
    """

    scores: Floats
    mean: float
    error: float
    runs: tuple[Run, ...]
    digits: int
    mixed: str | None
    best: bool = False
    with_best: bool = False
    unfinished: int = 0
    ends: tuple[float, float] = (0.0, 0.0)
    repeats: int = 0

    @property
    def n(self) -> int:
        """How many runs."""
        return len(self.scores)

    @property
    def diverged(self) -> int:
        """How many of them have no finite score."""
        return int((~np.isfinite(self.scores)).sum())

    @property
    def text(self) -> str:
        """`mean ± error (n=3)`, with marks: … unfinished runs, † mixed parameters, ‡ unrecorded seeds."""
        spread = f" ± {score_text(self.error, self.digits, self.mean)}" if np.isfinite(self.error) else ""
        marks = ("…" if self.unfinished else "") + ("†" if self.mixed else "") + ("‡" if self.repeats else "")
        return f"{score_text(self.mean, self.digits, self.mean)}{spread} (n={self.n}){marks}"


@dataclass(frozen=True)
class ScoreTable:
    """`rows[i][j]` is the cell of `titles[i]` and `algorithms[j]`, None where there is no run.

    `average` has (interquartile mean, low, high) of normalised scores per algorithm, where the configuration
    gives the ranges to normalise every sub-figure, and None where an algorithm lacks a sub-figure. Its
    interval is NaN where each sub-figure has a single run. `details` is the complete caption.
    `chosen` describes automatic choices of columns and score; `more` is the number of algorithms left out as
    too many. `binned` are the continuous parameters that were binned. `mixed` are the positions of the rows
    whose algorithms give the metric in different units: none of them is best.
    """

    pair: Pair
    titles: tuple[str, ...]
    algorithms: tuple[str, ...]
    rows: tuple[tuple[Cell | None, ...], ...]
    caption: str
    details: str = ""
    average: tuple[tuple[float, float, float] | None, ...] = ()
    transposed: bool = False
    notes: tuple[str, ...] = field(default=())
    chosen: tuple[str, ...] = ()
    more: int = 0
    binned: tuple[str, ...] = ()
    mixed: frozenset[int] = frozenset()

    @property
    def y_column(self) -> str:
        """The metric."""
        return self.pair[1]

    def cells(self) -> list[tuple[str, str, Cell]]:
        """All cells with runs, each with its sub-figure and algorithm."""
        return [
            (title, algorithm, cell)
            for title, row in zip(self.titles, self.rows, strict=True)
            for algorithm, cell in zip(self.algorithms, row, strict=True)
            if cell is not None
        ]
