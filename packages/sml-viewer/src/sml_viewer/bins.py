"""Continuous parameters in bins, where each run of a random search has a value of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from .values import Values

# Fewer distinct values than this are a grid, whose values are methods.
_GRID = 8
# Numbers of bins that are tried, until there are few enough groups.
COUNTS = (5, 3, 2)
_DIGITS = 2
# Values that span so much are binned by their logarithm.
_LOG = 10.0


def is_continuous(values: Values, name: str, within: Sequence[str] = ()) -> bool:
    """Whether hardly two runs of a sub-figure (`within`) share a value of many floats."""
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


def bin_texts(values: Values, name: str, count: int) -> Mapping[str, str]:
    """For each text of a parameter's values the bin it lies in, such as `0.0001..0.001`.

    The bins are equally wide, in the logarithm where the values are positive and span a factor of ten.
    Ends are rounded to two digits, the first down and the last up.
    """
    column = values[name]
    pairs = zip(column.texts, column.values, strict=True)
    numbers = [(text, float(value)) for text, value in pairs if value is not None]
    low, high = min(number for _, number in numbers), max(number for _, number in numbers)
    if low > 0 and high / low >= _LOG:
        inner = np.geomspace(low, high, count + 1)[1:-1].tolist()
    else:
        inner = np.linspace(low, high, count + 1)[1:-1].tolist()
    rounded = [float(f"{edge:.{_DIGITS}g}") for edge in inner]
    # Values near each other far from 0 lose their differences by rounding.
    inner = rounded if len({low, *rounded, high}) == count + 1 and rounded == sorted(rounded) else inner
    edges = [_outward(low, math.floor), *inner, _outward(high, math.ceil)]
    labels = [f"{start:g}..{end:g}" for start, end in pairwise(edges)]
    if len(set(labels)) < count:
        labels = [f"{start!r}..{end!r}" for start, end in pairwise(edges)]
    places = np.searchsorted(inner, [number for _, number in numbers], side="right").tolist()
    return {text: labels[place] for (text, _), place in zip(numbers, places, strict=True)}


def _outward(number: float, rounding: Callable[[float], int]) -> float:
    """The number with two digits, rounded by floor or ceil."""
    if number == 0:
        return 0.0
    power = math.floor(math.log10(abs(number))) - _DIGITS + 1
    # 1e-4 over 1e-5 is a little less than 10: what computing adds must not move an end.
    digits = float(f"{number / 10.0**power:.9g}")
    return float(f"{rounding(digits)}e{power}")


def _is_finite(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
