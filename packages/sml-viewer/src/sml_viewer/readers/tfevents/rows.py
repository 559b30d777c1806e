"""The points of all tags of an event file as rows of one table: a row for each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sml_viewer.readers.base import Rows
from sml_viewer.readers.points import STEP, TIME, rows_by_step
from sml_viewer.readers.points import Points as Series

from .scalars import Decoded, Points

__all__ = ["STEP", "TIME", "first_step_of_session", "rows_of"]


def rows_of(parts: Sequence[Decoded]) -> Rows:
    """One row for each step, in rising steps; a tag that was written twice at a step takes a second row.

    What was written at a session's first step and beyond, before that session began, does not count.
    `wall_time` is when the last number of a row was written. Raises ValueError if the table were too large.
    """
    points = _by_tag(parts)
    starts = [start for part in parts for start in part.starts]
    points = {tag: left for tag, item in points.items() if len((left := _purged(item, starts)).order)}
    metrics = {tag: Series(item.steps, item.times, item.values) for tag, item in points.items()}
    return rows_by_step(metrics, "tag")


def first_step_of_session(parts: Sequence[Decoded]) -> int | None:
    """The least step at which a session began."""
    return min((step for part in parts for _, step in part.starts), default=None)


def _by_tag(parts: Sequence[Decoded]) -> Mapping[str, Points]:
    """The points of each tag in the order of their records, tags in that of their first."""
    listed: dict[str, list[Points]] = {}
    for part in parts:
        for tag, points in part.points.items():
            listed.setdefault(tag, []).extend(points)
    return {
        tag: _in_order(points) for tag, points in sorted(listed.items(), key=lambda item: _first(item[1]))
    }


def _first(points: Sequence[Points]) -> int:
    return min(int(item.order[0]) for item in points)


def _in_order(parts: Sequence[Points]) -> Points:
    points = parts[0] if len(parts) == 1 else _each(zip(*parts, strict=True), np.concatenate)
    if (points.order[1:] > points.order[:-1]).all():
        return points
    order = np.argsort(points.order, kind="stable")
    return _each(points, lambda column: column[order])


def _each(columns: Iterable[Any], change: Callable[[Any], Any]) -> Points:
    order, steps, times, values = map(change, columns)
    return Points(order, steps, times, values)


def _purged(points: Points, starts: Sequence[tuple[int, int]]) -> Points:
    """The points without those that a later session replaced."""
    if not starts:
        return points
    keep = np.ones(len(points.order), bool)
    for order, step in starts:
        keep &= (points.order > order) | (points.steps < step)
    return points if keep.all() else _each(points, lambda column: column[keep])
