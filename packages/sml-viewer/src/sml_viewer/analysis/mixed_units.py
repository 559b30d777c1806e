"""Runs of which some give a metric in percent and others as a fraction: neither averaged nor compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.columns.metric_names import is_share
from sml_viewer.i18n import Message, Notes, some
from sml_viewer.model.run import Summary
from sml_viewer.series.load import Series

Group = tuple[str, ...]

# Fractions that are a hundredth of the others' percentages are further below them than this.
_APART = 10.0
_NOT_AVERAGED = "{y} is a fraction in {n} run(s) ({names}) and in percent in others, so they are not averaged"
_NOT_COMPARED = "{y} is a fraction in {n} run(s) ({names}) and in percent in others, so they are not compared"


def units_differ(series: Sequence[Series], y: str, *, compared: bool = False) -> Message | None:
    """Which runs give the metric `y` as a fraction while others give it in percent; None if none do.

    Only of metrics that are shares by their names. Values that are 0 or 1 throughout may be either. The
    message says that they are not averaged, or, if they are `compared`, not compared.
    """
    if len(series) < 2 or not is_share(y):
        return None
    highest = [_highest(run_series.y) for run_series in series]
    fractions = _fractions(highest, [_is_between(run_series.y) for run_series in series])
    if not fractions:
        return None
    names = [series[index].run.name for index in fractions]
    text = _NOT_COMPARED if compared else _NOT_AVERAGED
    return Message(text, y=y, n=len(fractions), names=some(names, 2))


def note_units(
    groups: Mapping[Group, Sequence[Series]], titles: Mapping[Group, str], y: str, notes: Notes
) -> set[Group]:
    """The sub-figures whose runs give the metric `y` in different units, each noted as not compared."""
    mixed = set()
    for group, series in groups.items():
        if (text := units_differ(series, y, compared=True)) is not None:
            notes.add(titles[group] or y, text)
            mixed.add(group)
    return mixed


def summaries_differ(summaries: Sequence[Summary], y: str) -> bool:
    """The same by the smallest, largest and last values of the metric `y` in some runs."""
    if len(summaries) < 2 or not is_share(y):
        return False
    ends = [
        np.array(
            [summary.last if value is None else value for value in (summary.low, summary.high, summary.last)]
        )
        for summary in summaries
    ]
    return bool(_fractions([_highest(values) for values in ends], [_is_between(values) for values in ends]))


def _fractions(highest: Sequence[float], is_between: Sequence[bool]) -> list[int]:
    """The positions of the runs that give fractions, if others give percentages."""
    percent = [value for value in highest if value > 1.0]
    limit = float(np.median(percent)) / _APART if percent else math.nan
    return [
        index
        for index, (value, between) in enumerate(zip(highest, is_between, strict=True))
        if value <= 1.0 and value < limit and between
    ]


def _highest(values: Floats) -> float:
    """The largest value if all are from 0 to 100; NaN if they are no shares."""
    finite = values[np.isfinite(values)]
    return float(finite.max()) if len(finite) and finite.min() >= 0 and finite.max() <= 100 else np.nan


def _is_between(values: Floats) -> bool:
    return bool(((values > 0) & (values < 1)).any())
