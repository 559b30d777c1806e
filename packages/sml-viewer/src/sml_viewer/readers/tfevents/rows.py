"""The points of all tags of an event file as rows of one table: a row for each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sml_viewer.readers.base import Rows

from .records import Integers
from .scalars import Decoded, Points

STEP, TIME = "step", "wall_time"
_OURS = (STEP, TIME)
# A table of so many cells is not held: tags that were logged at steps of their own.
_MOST_CELLS = 50_000_000


def rows_of(parts: Sequence[Decoded]) -> Rows:
    """One row for each step, in rising steps; a tag that was written twice at a step takes a second row.

    What was written at a session's first step and beyond, before that session began, does not count.
    `wall_time` is when the last number of a row was written. Raises ValueError if the table were too large.
    """
    points = _by_tag(parts)
    starts = [start for part in parts for start in part.starts]
    points = {tag: kept for tag, item in points.items() if len((kept := _purged(item, starts)).order)}
    if not points:
        return Rows(0, {}, Counter())
    repeats = {tag: _repeats(item.steps) for tag, item in points.items()}
    keys = np.concatenate([np.stack([item.steps, repeats[tag]], 1) for tag, item in points.items()])
    unique, places = _unique_rows(keys)
    count = len(unique)
    if count * len(points) > max(_MOST_CELLS, 4 * len(keys)):
        raise ValueError(f"{len(points)} tags at {count} steps of their own are too many for one table")
    columns = {STEP: unique[:, 0].astype(np.float64), TIME: np.full(count, -np.inf)}
    begin = 0
    for tag, item in points.items():
        where = places[begin : begin + len(item.steps)]
        begin += len(item.steps)
        column = np.full(count, np.nan)
        column[where] = item.values
        columns[TIME][where] = np.maximum(columns[TIME][where], item.times)
        if not np.isnan(column).all():
            columns[f"{tag} (tag)" if tag in _OURS else tag] = column
    columns[TIME][~np.isfinite(columns[TIME])] = np.nan
    nans = sum(int(np.isnan(item.values).sum()) for item in points.values())
    return Rows(count, columns, Counter({"nan": nans}) if nans else Counter())


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
    """The points without those that a session that began later wrote anew."""
    keep = np.ones(len(points.order), bool)
    for order, step in starts:
        keep &= (points.order > order) | (points.steps < step)
    return points if keep.all() else _each(points, lambda column: column[keep])


def _repeats(steps: Integers) -> Integers:
    """How often each step was there before."""
    if (steps[1:] > steps[:-1]).all():
        return np.zeros(len(steps), np.int64)
    order = np.argsort(steps, kind="stable")
    ordered = steps[order]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.append(begins, len(steps)))
    repeats = np.empty(len(steps), np.int64)
    repeats[order] = np.arange(len(steps)) - np.repeat(begins, sizes)
    return repeats


def _unique_rows(keys: Integers) -> tuple[Integers, Integers]:
    """Pairs in order, each once, and where each of the given ones stands among them."""
    if not keys[:, 1].any():
        unique, places = np.unique(keys[:, 0], return_inverse=True)
        return np.stack([unique, np.zeros(len(unique), np.int64)], 1), places
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    new = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])
    places = np.empty(len(keys), np.int64)
    places[order] = np.cumsum(new) - 1
    return ordered[new], places
