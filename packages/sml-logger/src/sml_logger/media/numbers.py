"""Tables and histograms as JSON."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from sml_logger.errors import MediaError, MediaLimitError, MetricError
from sml_logger.rows.metric_values import numbers_of

from .store import MediaFile

MOST_CELLS = 2_000_000
_MOST_BINS = 10_000


class Histogram(NamedTuple):
    """Counts between edges, one edge more than counts, and the sums of the values."""

    edges: list[float]
    counts: list[float]
    # Minimum, maximum, number, sum, sum of squares of the finite values.
    moments: tuple[float, float, float, float, float]
    # Values that are not finite.
    left_out: int

    def file(self) -> MediaFile:
        """As JSON: `edges`, `counts`, `min`, `max`, `num`, `sum`, `sum_squares`, `not_finite`."""
        names = ("min", "max", "num", "sum", "sum_squares")
        content = {
            "edges": self.edges,
            "counts": self.counts,
            **dict(zip(names, self.moments, strict=True)),
            "not_finite": self.left_out,
        }
        return MediaFile("histogram", "json", content=orjson.dumps(content))


def table_file(key: str, columns: Iterable[object], rows: Iterable[Iterable[Any]]) -> MediaFile:
    """A table as JSON: `columns` and `data`, a list for each row. Raises MediaError.

    Numbers, booleans, text and None stay; arrays become lists, anything else its text, NaN null.
    """
    names = [str(column) for column in columns]
    data = [list(row) for row in rows]
    if len(data) * len(names) > MOST_CELLS:
        raise MediaLimitError(
            key, f"a table of {len(data) * len(names):,} cells; expected at most {MOST_CELLS:,}"
        )
    for number, row in enumerate(data):
        if len(row) != len(names):
            raise MediaError(key, f"row {number} has {len(row)} cells; expected {len(names)} as columns")
    content = orjson.dumps(
        {"columns": names, "data": data},
        default=_plain,
        option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS,
    )
    facts = {"rows": len(data), "columns": len(names)}
    return MediaFile("table", "json", content=content, facts=facts)


def histogram_of(key: str, values: Any, bins: Any = 64) -> Histogram:
    """Count values in equal bins, or between the edges that `bins` gives.

    `values` is an array, tensor or list of numbers. Raises MediaError.
    """
    edges = _edges_of(key, bins)
    counted = _counted_by_numpy(key, values, edges)
    return counted if counted is not None else _counted(key, values, edges)


def _edges_of(key: str, bins: Any) -> int | list[float]:
    if isinstance(bins, int) and not isinstance(bins, bool):
        edges: int | list[float] = bins
        valid = 0 < bins <= _MOST_BINS
    else:
        try:
            numbers = numbers_of(key, bins)
        except MetricError:
            numbers = []
        edges = numbers if isinstance(numbers, list) else []
        valid = 1 < len(edges) <= _MOST_BINS + 1 and all(
            low < high for low, high in itertools.pairwise(edges)
        )
    if not valid:
        raise MediaError(key, f"invalid bins {bins!r}; expected 1 to {_MOST_BINS:,}, or ascending edges")
    return edges


def _counted_by_numpy(key: str, values: Any, edges: int | list[float]) -> Histogram | None:
    from .arrays import numpy_of

    try:
        array = numpy_of(key, values)
    except MediaLimitError:
        return None
    import numpy as np

    flat = array.reshape(-1).astype(np.float64)
    finite = flat[np.isfinite(flat)]
    if not finite.size:
        return Histogram([0.0, 1.0], [0.0], (0.0, 0.0, 0.0, 0.0, 0.0), int(flat.size))
    low, high = float(finite.min()), float(finite.max())
    counts, limits = np.histogram(finite, bins=edges, range=_range(low, high))
    moments = (low, high, float(finite.size), float(finite.sum()), float(np.square(finite).sum()))
    return Histogram(limits.tolist(), counts.astype(float).tolist(), moments, int(flat.size - finite.size))


def _counted(key: str, values: Any, edges: int | list[float]) -> Histogram:
    """Without NumPy."""
    numbers = numbers_of(key, values)
    every = numbers if isinstance(numbers, list) else [numbers]
    finite = [number for number in every if math.isfinite(number)]
    left_out = len(every) - len(finite)
    if not finite:
        return Histogram([0.0, 1.0], [0.0], (0.0, 0.0, 0.0, 0.0, 0.0), left_out)
    low, high = _range(min(finite), max(finite))
    if isinstance(edges, int):
        limits: Sequence[float] = [low + (high - low) * edge / edges for edge in range(edges + 1)]
    else:
        limits = edges
    counts = [0.0] * (len(limits) - 1)
    for number in finite:
        if limits[0] <= number <= limits[-1]:
            counts[min(bisect.bisect_right(limits, number) - 1, len(counts) - 1)] += 1
    squares = math.fsum(number * number for number in finite)
    moments = (min(finite), max(finite), float(len(finite)), math.fsum(finite), squares)
    return Histogram(list(limits), counts, moments, left_out)


def _range(low: float, high: float) -> tuple[float, float]:
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return list(value)
    return str(value)
