"""Metrics that were logged at steps of their own, merged into the rows of one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sml_viewer.arrays import Floats
from sml_viewer.i18n import Message

from .base import Rows

STEP, TIME = "step", "wall_time"
# A table with more cells is not held: metrics that were all logged at different steps.
_MOST_CELLS = 50_000_000

Steps = NDArray[Any]


class Points(NamedTuple):
    """The values of one metric in the order in which they were logged; all of shape (points,).

    `times` are seconds since the epoch, NaN where unknown.
    """

    steps: Steps
    times: Floats
    values: Floats


def rows_by_step(metrics: Mapping[str, Points], kind: str = "metric") -> Rows:
    """One row for each step, in rising steps; a metric that was logged twice at a step takes a second row.

    `wall_time` is when the last value of a row was logged. A metric that is itself called `step` or
    `wall_time` becomes `step (kind)`. Raises ValueError if the table would be too large.
    """
    metrics = {name: points for name, points in metrics.items() if len(points.steps)}
    if not metrics:
        return Rows(0, {}, Counter())
    steps, places = rows_of_steps([points.steps for points in metrics.values()])
    count = len(steps)
    columns = {STEP: steps.astype(np.float64), TIME: np.full(count, -np.inf)}
    for (name, points), own in zip(metrics.items(), places, strict=True):
        column = np.full(count, np.nan)
        column[own] = points.values
        columns[TIME][own] = np.fmax(columns[TIME][own], points.times)
        if not np.isnan(column).all():
            columns[f"{name} ({kind})" if name in (STEP, TIME) else name] = column
    columns[TIME][~np.isfinite(columns[TIME])] = np.nan
    if np.isnan(columns[TIME]).all():
        del columns[TIME]
    nans = sum(int(np.isnan(points.values).sum()) for points in metrics.values())
    return Rows(count, columns, Counter({"nan": nans}) if nans else Counter())


def rows_of_steps(metrics: Sequence[Steps]) -> tuple[Steps, list[NDArray[np.intp]]]:
    """The step of each row, and the row of each value of each metric, by the steps of its values.

    Most metrics were logged at the same steps: these are looked at once. Raises ValueError if the table would
    be too large.
    """
    keys = [steps.tobytes() for steps in metrics]
    axes = dict(zip(keys, metrics, strict=True))
    repeats = {key: _repeats(steps) for key, steps in axes.items()}
    pairs = np.concatenate([np.stack([steps, repeats[key]], 1) for key, steps in axes.items()])
    unique, rows = _unique_rows(pairs)
    count, values = len(unique), sum(map(len, metrics))
    if count * len(metrics) > max(_MOST_CELLS, 4 * values):
        raise ValueError(
            Message(
                "{metrics} metrics at {steps} steps of their own are too many for one table",
                metrics=len(metrics),
                steps=count,
            )
        )
    ends = np.cumsum([len(steps) for steps in axes.values()])
    own = dict(zip(axes, np.split(rows, ends[:-1]), strict=True))
    return unique[:, 0], [own[key] for key in keys]


def _repeats(steps: Steps) -> NDArray[np.int64]:
    """How often each step occurred before."""
    if (steps[1:] > steps[:-1]).all():
        return np.zeros(len(steps), np.int64)
    order = np.argsort(steps, kind="stable")
    ordered = steps[order]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.append(begins, len(steps)))
    repeats = np.empty(len(steps), np.int64)
    repeats[order] = np.arange(len(steps)) - np.repeat(begins, sizes)
    return repeats


def _unique_rows(keys: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The distinct pairs in order, and the index of each given pair among them."""
    if not keys[:, 1].any():
        if (keys[1:, 0] > keys[:-1, 0]).all():
            return keys, np.arange(len(keys))
        unique, rows = np.unique(keys[:, 0], return_inverse=True)
        return np.stack([unique, np.zeros(len(unique), unique.dtype)], 1), rows
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    new = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])
    rows = np.empty(len(keys), np.int64)
    rows[order] = np.cumsum(new) - 1
    return ordered[new], rows
