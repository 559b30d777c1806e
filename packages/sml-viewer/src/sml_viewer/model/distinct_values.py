"""The distinct values of many runs, and which of them each run has; fast for 100,000 runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .run import Run

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


_NAMES_AT_ONCE, _RUNS_AT_ONCE = 32, 256


class _Absent:
    """The type of `ABSENT`."""


ABSENT: Final = _Absent()


_PLAIN = frozenset({str, int, bool, type(None), _Absent})


class DistinctValues(NamedTuple):
    """`codes` of shape (runs,) index `values`, which are in the order of their first appearance.

    Values of different types or texts are distinct: 1, 1.0, true and "1", 0.0 and -0.0, null and `ABSENT`.
    """

    codes: Codes
    values: list[Any]

    def passing(self, test: Callable[[Any], bool], among: Mask) -> Mask:
        """The runs whose value passes a test; valid only for the runs `among`, of shape (runs,).

        The test is called once for each value that they have, except `ABSENT`.
        """
        needed = np.zeros(len(self.values), np.bool_)
        needed[self.codes[among]] = True
        values = self.values
        tested = values if needed.all() else [values[code] for code in np.flatnonzero(needed).tolist()]
        verdicts = np.zeros(len(values), np.bool_)
        verdicts[needed] = [value is not ABSENT and test(value) for value in tested]
        return verdicts[self.codes]


def distinct_values(cells: Sequence[Any]) -> DistinctValues:
    """The distinct ones of some values, of any type."""
    kinds = set(map(type, cells))
    if kinds == {list} and set(map(type, chain.from_iterable(cells))) <= {str, int}:
        return _coded(list(map(tuple, cells)), cells)
    if len(kinds) == 1 and kinds.isdisjoint((list, dict)):
        if float in kinds:
            return _distinct_numbers(cells)
        if kinds <= _PLAIN and cells.count(cells[0]) == len(cells):  # as most are
            return DistinctValues(np.zeros(len(cells), np.int64), [cells[0]])
        try:
            return _coded(cells, cells)
        except TypeError:  # not hashable
            pass
    return _coded(list(map(_key, cells)), cells)


def _coded(keys: Sequence[Any], cells: Sequence[Any]) -> DistinctValues:
    """The values whose keys differ."""
    places = {key: code for code, key in enumerate(dict.fromkeys(keys))}
    codes = np.fromiter(map(places.__getitem__, keys), np.int64, len(keys))
    if keys is cells:
        return DistinctValues(codes, list(places))
    first = dict(zip(reversed(keys), reversed(cells), strict=True))
    return DistinctValues(codes, [first[key] for key in places])


def _distinct_numbers(cells: Sequence[float]) -> DistinctValues:
    """Of floats only: by their bits, as 0.0 equals -0.0, and NaN nothing."""
    if cells[0] and cells.count(cells[0]) == len(cells):  # most parameters are the same in all runs
        return DistinctValues(np.zeros(len(cells), np.int64), [cells[0]])
    bits = np.array(cells, np.float64).view(np.int64)
    if (bits == bits[0]).all():
        return DistinctValues(np.zeros(len(cells), np.int64), [cells[0]])
    _, first, codes = np.unique(bits, return_index=True, return_inverse=True)
    order = np.argsort(first)
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return DistinctValues(places[codes.reshape(-1)], [cells[index] for index in first[order].tolist()])


def _key(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return value
    if kind is float or kind is list or kind is dict:
        return kind, repr(value)
    try:
        hash(value)
    except TypeError:
        return kind, repr(value)
    return kind, value


def recorded_values(runs: Sequence[Run], names: Sequence[str]) -> Iterator[DistinctValues]:
    """For each parameter its values as the runs recorded them; `ABSENT` where they did not."""
    for first in range(0, len(names), _NAMES_AT_ONCE):
        part = names[first : first + _NAMES_AT_ONCE]
        columns: list[list[Any]] = [[] for _ in part]
        # Some runs at a time: the processor's cache holds their parameters while all names are looked up.
        for start in range(0, len(runs), _RUNS_AT_ONCE):
            flats = [run.flat for run in runs[start : start + _RUNS_AT_ONCE]]
            layout = list(flats[0])
            if all(list(flat) == layout for flat in flats):  # as of most runs: no need to look names up
                by_name = dict(zip(layout, zip(*(flat.values() for flat in flats), strict=True), strict=True))
                lacking = (ABSENT,) * len(flats)
                for cells, name in zip(columns, part, strict=True):
                    cells += by_name.get(name, lacking)
                continue
            for cells, name in zip(columns, part, strict=True):
                cells += [flat.get(name, ABSENT) for flat in flats]
        yield from map(distinct_values, columns)


def effective_values(runs: Sequence[Run], name: str, recorded: DistinctValues) -> DistinctValues:
    """The same with the recorded default where a value is absent, else the setting of that name."""
    if not any(value is ABSENT for value in recorded.values):
        return recorded
    cells = [run.parameter(name) if run.has_parameter(name) else ABSENT for run in runs]
    return distinct_values(cells)
