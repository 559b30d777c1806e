"""Runs of one group of which some give a metric in percent and others as a fraction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.columns.metric_names import is_share
from sml_viewer.i18n import Message, some
from sml_viewer.series.load import Series

# Fractions that are a hundredth of the others' percentages are further below them than this.
_APART = 10.0


def units_differ(series: Sequence[Series], y: str) -> Message | None:
    """Which runs give the metric `y` as a fraction while others give it in percent; None if none do.

    Only of metrics that are shares by their names. Values that are 0 or 1 throughout may be either.
    """
    if len(series) < 2 or not is_share(y):
        return None
    highest = [_highest(run_series.y) for run_series in series]
    percent = [value for value in highest if value > 1.0]
    if not percent:
        return None
    limit = float(np.median(percent)) / _APART
    fractions = [
        run_series.run.name
        for run_series, value in zip(series, highest, strict=True)
        if value <= 1.0 and value < limit and _is_between(run_series.y)
    ]
    if not fractions:
        return None
    text = "{y} is a fraction in {n} run(s) ({names}) and in percent in others, so they are not averaged"
    return Message(text, y=y, n=len(fractions), names=some(fractions, 2))


def _highest(values: Floats) -> float:
    """The largest value if all are from 0 to 100; NaN if they are no shares."""
    finite = values[np.isfinite(values)]
    return float(finite.max()) if len(finite) and finite.min() >= 0 and finite.max() <= 100 else np.nan


def _is_between(values: Floats) -> bool:
    return bool(((values > 0) & (values < 1)).any())
