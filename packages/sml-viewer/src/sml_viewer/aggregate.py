"""Runs to curves: seeds of one algorithm brought on one x, then mean and standard error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .errors import NoRunsError
from .name import algorithm, choose_x, choose_y, merge_keys, separator, title
from .read import Run

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One algorithm in one sub-figure.

    `x`, `mean` and `error` have shape (points,); `error` is the standard error of the mean over `n` seeds
    with ddof=1, NaN where n is 1.
    """

    title: str
    algorithm: str
    x: Floats
    mean: Floats
    error: Floats
    n: int


@dataclass(frozen=True)
class Curves:
    """All curves of one pair of columns, with what was left out and why."""

    x_column: str
    y_column: str
    curves: tuple[Curve, ...]
    notes: tuple[str, ...]

    @property
    def titles(self) -> list[str]:
        """The sub-figures, in order."""
        return list(dict.fromkeys(curve.title for curve in self.curves))

    @property
    def algorithms(self) -> list[str]:
        """The algorithms, in order; an algorithm's place decides its colour in every sub-figure."""
        return list(dict.fromkeys(curve.algorithm for curve in self.curves))

    @property
    def caption(self) -> str:
        """What the figure shows, for below it."""
        counts = sorted({curve.n for curve in self.curves})
        seeds = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        text = f"Mean ± standard error (ddof=1) of {self.y_column} over n = {seeds} seeds."
        return " ".join([text, *(f"{note}." for note in self.notes)])


def make_curves(runs: Sequence[Run], x: str | None = None, y: str | None = None) -> Curves:
    """Mean ± standard error over the seeds of each algorithm, per sub-figure; columns chosen if not given.

    Raises NoRunsError if nothing can be drawn, ColumnError if a column is in no run.
    """
    x_column, y_column = choose_x(runs, x), choose_y(runs, y)
    keys, by = merge_keys(runs), separator(runs)
    groups: dict[tuple[str, str], list[tuple[Floats, Floats]]] = {}
    notes = []
    for run in runs:
        points = _points(run, x_column, y_column)
        if points is None:
            notes.append(f"{run.name} has no {y_column} and is left out")
            continue
        groups.setdefault((title(run, by), algorithm(run, keys)), []).append(points)
    if not groups:
        raise NoRunsError(f"no run has rows with both {x_column} and {y_column}")
    curves = []
    for (group_title, name), seeds in sorted(groups.items()):
        grid, values = align(seeds)
        if not len(grid):
            notes.append(f"the seeds of {name} share no {x_column}")
            continue
        n = len(values)
        error = values.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(len(grid), np.nan)
        curves.append(Curve(group_title, name, grid, values.mean(axis=0), error, n))
    return Curves(x_column, y_column, tuple(curves), tuple(notes))


def align(seeds: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Seeds to one x of shape (points,) and values of shape (seeds, points).

    Seeds with the same x are taken as they are; others are interpolated linearly at the x of the first,
    within the range that all of them cover.
    """
    first = seeds[0][0]
    if all(np.array_equal(first, x) for x, _ in seeds):
        return first, np.stack([y for _, y in seeds])
    low, high = max(x[0] for x, _ in seeds), min(x[-1] for x, _ in seeds)
    grid = first[(first >= low) & (first <= high)]
    return grid, np.stack([np.interp(grid, x, y) for x, y in seeds])


def _points(run: Run, x_column: str, y_column: str) -> tuple[Floats, Floats] | None:
    """The rows of a run that have both values, in rising x; None if there is none."""
    if x_column not in run.table or y_column not in run.table:
        return None
    pair = np.stack([run.table[x_column].to_numpy(), run.table[y_column].to_numpy()])
    pair = pair[:, np.isfinite(pair).all(axis=0)]
    if pair.shape[1] == 0:
        return None
    order = np.argsort(pair[0], kind="stable")
    return pair[0][order], pair[1][order]
