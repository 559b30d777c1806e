"""Bin continuous parameters of a random search, in which each run has its own value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from sml_viewer.model.parameter_table import ParameterTable

# Up to this many distinct values are a grid, whose values name algorithms.
_GRID = 8
# Numbers of bins, tried in this order until there are few enough groups.
COUNTS = (5, 3, 2)
_DIGITS, _MOST_DIGITS = 2, 17
# Values that span this factor are binned by their logarithm.
_LOG = 10.0


def is_continuous(values: ParameterTable, name: str, within: Sequence[str] = ()) -> bool:
    """Whether a parameter has many float values that runs of a sub-figure (`within`) rarely share."""
    present = [value for value in values.present(name) if value is not None]
    if len(present) <= _GRID or not all(_is_finite(value) for value in present):
        return False
    if all(float(value).is_integer() for value in present):
        return False  # whole numbers may count variants
    column = values[name]
    given = np.array([value is not None for value in column.values], np.bool_)[column.codes]
    groups, _ = values.combined(within)
    pairs = np.unique(np.stack([groups[given], column.codes[given]]), axis=1)
    return bool(2 * len(pairs[0]) > np.count_nonzero(given))


def bin_texts(values: ParameterTable, name: str, count: int) -> Mapping[str, str]:
    """The bin label of each value text, such as `0.0001..0.001`.

    The bins are equally wide, on a log scale if the values are positive and span a factor of ten. Their
    edges have few digits, the first rounded down and the last up.
    """
    column = values[name]
    pairs = zip(column.texts, column.values, strict=True)
    numbers = [(text, float(value)) for text, value in pairs if value is not None]
    low, high = min(number for _, number in numbers), max(number for _, number in numbers)
    if low > 0 and high / low >= _LOG:
        inner = np.geomspace(low, high, count + 1)[1:-1].tolist()
    else:
        inner = np.linspace(low, high, count + 1)[1:-1].tolist()
    digits = _digits([low, *inner, high])
    inner = [float(f"{edge:.{digits}g}") for edge in inner]
    edges = [_outward(low, digits, math.floor), *inner, _outward(high, digits, math.ceil)]
    texts = [f"{edge:.{max(digits, 6)}g}" for edge in edges]
    labels = [f"{start}..{end}" for start, end in pairwise(texts)]
    indices = np.searchsorted(inner, [number for _, number in numbers], side="right").tolist()
    return {text: labels[index] for (text, _), index in zip(numbers, indices, strict=True)}


def _digits(edges: Sequence[float]) -> int:
    """The number of digits that moves no edge by more than a twentieth of a bin."""
    least = min(end - start for start, end in pairwise(edges)) / 20
    for digits in range(_DIGITS, _MOST_DIGITS):
        if all(abs(float(f"{edge:.{digits}g}") - edge) <= least for edge in edges[1:-1]):
            return digits
    return _MOST_DIGITS


def _outward(number: float, digits: int, rounding: Callable[[float], int]) -> float:
    """The number rounded by floor or ceil to `digits` significant digits."""
    if number == 0:
        return 0.0
    power = math.floor(math.log10(abs(number))) - digits + 1
    # 1e-4 / 1e-5 is slightly below 10: rounding errors must not move an edge.
    return float(f"{rounding(float(f'{number / 10.0**power:.12g}'))}e{power}")


def _is_finite(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
