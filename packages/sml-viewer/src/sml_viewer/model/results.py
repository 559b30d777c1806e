"""What is drawn and tabulated: curves, panels, cells and tables of scores, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sml_viewer.arrays import Floats

from .run import Run

Pair = tuple[str, str]


@dataclass(frozen=True)
class Curve:
    """One algorithm in one sub-figure.

    `x`, `center`, `low`, `high`, `n` have shape (points,); `low` and `high` are NaN where there is no band,
    `n` counts the seeds at each point. `pools` says what the group mixes besides seeds, `cut_by` which run's
    end or beginning cut the others. One point in `every` is there, the last, and the extremes between.
    Each run was smoothed over `radius` points on either side; where `width` is not 0, over that width in x.
    `ghost` has x and the centre of what was not smoothed, where that is to be seen behind the curve.
    `repeats` counts runs of which no seed tells one from another.
    """

    algorithm: str
    x: Floats
    center: Floats
    low: Floats
    high: Floats
    n: Floats
    runs: tuple[Run, ...]
    pools: str | None
    radius: int
    interpolated: bool
    cut_by: str | None = None
    every: int = 1
    repeats: int = 0
    width: float = 0.0
    ghost: tuple[Floats, Floats] | None = None


@dataclass(frozen=True)
class Panel:
    """One sub-figure: one title of one pair of columns."""

    pair: Pair
    title: str
    group: tuple[str, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Cell:
    """One algorithm on one sub-figure: a score per run, their mean, what stands after ±, and how sure it is.

    `error` is NaN where n is 1. `best` is the row's best mean; `with_best` is not significantly worse than
    it. `unfinished` counts runs that had not ended. `ends` are the least and the largest x of the runs' last
    rows that count. `repeats` counts runs of which no seed tells one from another.
    """

    scores: Floats
    mean: float
    error: float
    runs: tuple[Run, ...]
    digits: int
    pools: str | None
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
        """`mean ± error (n=3)`, with a `*` for each kind of doubt: unfinished runs, pooled runs."""
        spread = f" ± {self.error:.{self.digits}f}" if np.isfinite(self.error) else ""
        marks = ("…" if self.unfinished else "") + ("†" if self.pools else "") + ("‡" if self.repeats else "")
        return f"{self.mean:.{self.digits}f}{spread} (n={self.n}){marks}"


@dataclass(frozen=True)
class ScoreTable:
    """`rows[i][j]` is the cell of `titles[i]` and `algorithms[j]`, None where there is no run.

    `average` has (interquartile mean, low, high) of normalised scores per algorithm, where the configuration
    gives what to normalise each sub-figure by, and None where an algorithm lacks a sub-figure. Its interval
    is NaN where each sub-figure has a single run. `details` is the caption with nothing left out.
    `chosen` says which columns and what score nobody set; `more` algorithms are not shown, being too many.
    `binned` are continuous parameters of which a bin's runs are together.
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

    @property
    def y_column(self) -> str:
        """The metric."""
        return self.pair[1]

    def cells(self) -> list[tuple[str, str, Cell]]:
        """Every cell that there is, with its sub-figure and its algorithm."""
        return [
            (title, algorithm, cell)
            for title, row in zip(self.titles, self.rows, strict=True)
            for algorithm, cell in zip(self.algorithms, row, strict=True)
            if cell is not None
        ]
