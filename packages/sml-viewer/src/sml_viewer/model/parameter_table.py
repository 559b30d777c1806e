"""The parameters of many runs by column, each distinct value once: quick at ten thousand runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from .run import Run
from .text import text_of

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
Result = TypeVar("Result")
_NOTHING: Mapping[str, Mapping[str, str]] = MappingProxyType({})


class Column(NamedTuple):
    """One parameter: `codes` of shape (runs,) are places in `values`, whose texts all differ.

    `mixed` if one text stands for several values: 1 and "1", or null and no parameter at all.
    """

    codes: Codes
    values: list[Any]
    texts: list[str]
    mixed: bool = False

    @property
    def counts(self) -> Codes:
        """How many runs have each value: shape (values,)."""
        return np.bincount(self.codes, minlength=len(self.texts))


class Values:
    """The parameters of some runs; a part of them shares what was made of the whole."""

    def __init__(self, runs: Sequence[Run], _whole: tuple[Values, Codes] | None = None) -> None:
        self.runs = runs
        self._whole = _whole
        self._columns: dict[str, Column] = {}
        self._results: dict[Hashable, object] = {}

    def once(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """What was made of these runs for a key; made when it is first asked for."""
        if key not in self._results:
            self._results[key] = make()
        return cast("Result", self._results[key])

    def part(self, keep: Mask) -> Values:
        """The runs that are marked: a mask of shape (runs,)."""
        places = np.flatnonzero(keep)
        if len(places) == len(self.runs):
            return self
        part = [self.runs[place] for place in places.tolist()]
        if self._whole is None:
            return Values(part, (self, places))
        whole, before = self._whole
        return Values(part, (whole, before[places]))

    @cached_property
    def names(self) -> list[str]:
        """The parameters, in the order of their first appearance."""
        if self._whole is not None:
            return self._whole[0].names
        found: dict[str, None] = {}
        for run in self.runs:
            found.update(dict.fromkeys(run.flat))
        return list(found)

    @cached_property
    def settings(self) -> list[str]:
        """The settings of runs that count as parameters, but are nothing that a run was given."""
        if self._whole is not None:
            return self._whole[0].settings
        return sorted({name for run in self.runs for name in run.settings} - set(self.names))

    def __getitem__(self, name: str) -> Column:
        """A parameter's values; its recorded default where a run was not given it, else None."""
        if name not in self._columns:
            if self._whole is None:
                self._columns[name] = _column(self.runs, name)
            else:
                whole, places = self._whole
                column = whole[name]
                self._columns[name] = column._replace(codes=column.codes[places])
        return self._columns[name]

    def present(self, name: str) -> list[Any]:
        """The values of a parameter that some of the runs have."""
        column = self[name]
        return [column.values[code] for code in np.flatnonzero(column.counts)]

    def lacking(self, name: str) -> bool:
        """Whether a parameter is null or absent in some run that has parameters."""
        column = self[name]
        if all(column.values[code] is not None for code in np.flatnonzero(column.counts)):
            return False
        return any(run.parameter(name) is None for run in self.runs if run.identity is not None)

    def varying(self) -> list[str]:
        """The parameters that are not the same in all runs."""
        return [name for name in self.names if np.count_nonzero(self[name].counts) > 1]

    def not_the_same(self) -> list[str]:
        """The parameters that vary, and those that look as if they did not: see `Column.mixed`."""
        return [name for name in self.names if np.count_nonzero(self[name].counts) > 1 or self[name].mixed]

    def differing(self, within: Sequence[str] = ()) -> list[str]:
        """Those that vary between runs which agree in the parameters `within`."""
        groups, first = self.combined(within)
        found: list[str] = []
        for name in self.varying():
            column = self[name]
            if name not in within and len(np.unique(groups * len(column.texts) + column.codes)) > len(first):
                found.append(name)
        return found

    def divides(self, name: str, within: Sequence[str]) -> bool:
        """Whether runs that have a parameter, and agree in the parameters `within`, differ in it."""
        groups, _ = self.combined(within)
        column = self[name]
        given = np.array([value is not None for value in column.values], np.bool_)[column.codes]
        return len(np.unique(refined(groups[given], column.codes[given]))) > len(np.unique(groups[given]))

    def telling(
        self,
        names: Sequence[str],
        within: Sequence[str] = (),
        masked: Mapping[str, Mapping[str, str]] = _NOTHING,
        kept: Collection[str] = (),
    ) -> list[str]:
        """The first of the names that tell the same runs apart as all of them do.

        Of runs that agree in the parameters `within`; none of the names returned could be left out, but
        for those in `kept`. `masked` has what counts of some parameters' texts.
        """
        columns = {name: self._masked_codes(name, masked.get(name)) for name in names}
        groups, _ = self.combined(within)
        codes = groups
        found: list[str] = []
        for name in names:
            finer = refined(codes, columns[name])
            if finer.max(initial=-1) > codes.max(initial=-1):
                codes = finer
                found.append(name)
        whole = codes.max(initial=-1)
        for name in [name for name in reversed(found) if name not in kept]:
            others = [other for other in found if other != name]
            left = groups
            for other in others:
                left = refined(left, columns[other])
            if left.max(initial=-1) == whole:
                found = others
        return found

    def groups(self, names: Sequence[str], masked: Mapping[str, Mapping[str, str]] = _NOTHING) -> int:
        """How many groups of runs some parameters tell apart; `masked` has what counts of their texts."""
        codes = np.zeros(len(self.runs), np.int64)
        for name in names:
            codes = refined(codes, self._masked_codes(name, masked.get(name)))
        return int(codes.max(initial=-1)) + 1

    def _masked_codes(self, name: str, masked: Mapping[str, str] | None) -> Codes:
        column = self[name]
        if masked is None:
            return column.codes
        places: dict[str, int] = {}
        numbers = [places.setdefault(masked.get(text, text), len(places)) for text in column.texts]
        return np.array(numbers, np.int64)[column.codes]

    def combined(self, names: Sequence[str]) -> tuple[Codes, Codes]:
        """The combinations of some parameters' values.

        Codes of shape (runs,), and for each code the place of a run that has it.
        """
        if not names:
            return np.zeros(len(self.runs), np.int64), np.zeros(min(1, len(self.runs)), np.int64)
        codes = self[names[0]].codes
        for name in names[1:]:
            codes = refined(codes, self[name].codes)
        _, first, codes = np.unique(codes, return_index=True, return_inverse=True)
        return codes.reshape(-1), first


def refined(codes: Codes, more: Codes) -> Codes:
    """Groups divided by one more column, numbered from 0."""
    # Renumbered each time: the product of many columns' sizes would not fit.
    _, finer = np.unique(codes * (int(more.max(initial=0)) + 1) + more, return_inverse=True)
    return np.asarray(finer.reshape(-1), np.int64)


# What a page asks again and again is of the same runs; the lists keep them alive, so there are few.
_MOST_KEPT = 4
_kept: deque[Values] = deque(maxlen=_MOST_KEPT)


def values_of(runs: Sequence[Run]) -> Values:
    """The parameters of runs; the same object again for the same runs, so that its columns are made once."""
    listed = list(runs)
    for known in list(_kept):
        if known.runs == listed:
            return known
    _kept.append(Values(listed))
    return _kept[-1]


def _column(runs: Sequence[Run], name: str) -> Column:
    known: dict[Any, int] = {}  # by type and value: 1 and True are equal, their texts are not
    places: dict[str, int] = {}
    kinds: set[tuple[int, str]] = set()
    values: list[Any] = []
    codes: list[int] = []
    for run in runs:
        flat = run.flat
        value = flat[name] if name in flat else run.parameter(name)
        kind = type(value)
        # What cannot be looked up, such as a list, is by how Python writes it: much quicker than its text.
        key = (kind, repr(value) if kind is list or kind is dict else value)
        try:
            code = known.get(key)
        except TypeError:
            code = known.get(key := (kind, repr(value)))
        if code is None:
            text = text_of(value)
            code = places.setdefault(text, len(places))
            if code == len(values):
                values.append(value)
            known[key] = code
            kinds.add((code, kind_of(run, name)))
        elif value is None:
            kinds.add((code, kind_of(run, name)))
        codes.append(code)
    return Column(np.array(codes, np.int64), values, list(places), len(kinds) > len(places))


def kind_of(run: Run, name: str) -> str:
    """What tells values apart whose texts are equal: text, no parameter at all, or another value."""
    if isinstance(value := run.parameter(name), str):
        return "text"
    return "missing" if value is None and not run.has_parameter(name) else "other"
