"""A sample of runs with their columns, by which a choice for many runs is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.library import Library
from sml_viewer.model.run import Run

_SIZE = 24


class Apart(NamedTuple):
    """The number of runs in which the table of a metric lacks a column, or has it under another name."""

    lacking: int
    renamed: int


class Sample:
    """A sample of the runs that have a column, with access to their columns."""

    def __init__(self, library: Library, runs: Sequence[Run], having: str) -> None:
        self.runs = sample_of([run for run in runs if having in run.summary])
        self._library = library

    def columns(self, x: str, y: str | None = None) -> list[Floats | None]:
        """A column of each run; None if a run lacks it or its table is not indexed yet.

        With a metric y, the column of that name in the metric's own table.
        """
        own = [run.aliases.get(x, x) for run in self.runs]
        if y is not None:
            own = [
                run.beside(name, run.aliases.get(y, y)) or name
                for name, run in zip(own, self.runs, strict=True)
            ]
        loaded = self._library.columns(self.runs, sorted(set(own)))
        return [columns.get(key) for key, columns in zip(own, loaded, strict=True)]

    def apart(self, x: str, y: str) -> Apart:
        """In how many of the runs x is not in the table of the metric y, or is called otherwise there."""
        lacking = renamed = 0
        for run in self.runs:
            own, metric = run.aliases.get(x, x), run.aliases.get(y, y)
            column = run.beside(own, metric)
            lacking += column is None
            renamed += column != own
        return Apart(lacking, renamed)

    def is_increasing(self, x: str, y: str) -> bool:
        """Whether x increases in all runs that have it in the table of the metric y, in the rows of y."""
        pairs = zip(self.columns(x, y), self.columns(y), strict=True)
        columns = [_beside(column, values) for column, values in pairs if column is not None]
        return bool(columns) and all(map(_is_increasing, columns))

    def share(self, x: str, y: str) -> float:
        """The share of the values of y that have an x: the mean over the runs that have y."""
        shares = []
        for along, values in zip(self.columns(x, y), self.columns(y), strict=True):
            if values is not None:
                present = ~np.isnan(values)
                fits = along is not None and len(along) == len(values)
                both = int((present & np.isfinite(along)).sum()) if along is not None and fits else 0
                shares.append(both / max(1, int(present.sum())))
        return float(np.mean(shares)) if shares else 0.0


def sample_of(runs: Sequence[Run]) -> list[Run]:
    """A few runs, evenly spread, that stand for all."""
    step = max(1, len(runs) // _SIZE)
    return list(runs[::step])


def _beside(along: Floats, values: Floats | None) -> Floats:
    """The x of the rows that have a y, if there are any: a counter may count something else in other rows."""
    if values is None or len(values) != len(along):
        return along
    present = along[~np.isnan(values)]
    return present if np.isfinite(present).any() else along


def _is_increasing(values: Floats) -> bool:
    """Whether the values increase, except where a run went back to a checkpoint; True for one row."""
    present = values[~np.isnan(values)]
    if len(present) < 2:
        return True
    steps = np.diff(present)
    return bool((steps > 0).any() and (steps < 0).mean() < 0.2 and np.isfinite(present).all())
