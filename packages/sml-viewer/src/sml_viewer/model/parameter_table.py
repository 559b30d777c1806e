"""Column-wise table of the parameters of many runs, with each distinct value once; fast for 10,000 runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np

from sml_viewer.arrays import distinct

from .distinct_values import ABSENT, Codes, DistinctValues, Mask, effective_values, recorded_values
from .run import Run
from .text import text_of

Result = TypeVar("Result")
_NOTHING: Mapping[str, Mapping[str, str]] = MappingProxyType({})


class Column(NamedTuple):
    """One parameter: `codes` of shape (runs,) index `values`, whose texts all differ.

    `mixed` if one text represents several values: 1 and "1", or null and absent.
    """

    codes: Codes
    values: list[Any]
    texts: list[str]
    mixed: bool = False

    @property
    def counts(self) -> Codes:
        """The number of runs per value, shape (values,)."""
        return np.bincount(self.codes, minlength=len(self.texts))


class ParameterTable:
    """The parameters of some runs; `part` shares the columns of the whole table."""

    def __init__(self, runs: Sequence[Run], _whole: tuple[ParameterTable, Codes] | None = None) -> None:
        self.runs = runs
        self._whole = _whole
        self._columns: dict[str, Column] = {}
        self._distinct: dict[str, DistinctValues] = {}
        self._recorded: dict[str, DistinctValues] = {}
        self._results: dict[Hashable, object] = {}

    def get_or_compute(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """Get or compute a result for these runs by key."""
        if key not in self._results:
            self._results[key] = make()
        return cast("Result", self._results[key])

    def part(self, keep: Mask) -> ParameterTable:
        """The table of the runs selected by a mask of shape (runs,)."""
        indices = np.flatnonzero(keep)
        if len(indices) == len(self.runs):
            return self
        part = [self.runs[index] for index in indices.tolist()]
        if self._whole is None:
            return ParameterTable(part, (self, indices))
        whole, before = self._whole
        return ParameterTable(part, (whole, before[indices]))

    @cached_property
    def names(self) -> list[str]:
        """The names of the parameters, in the order of their first appearance."""
        if self._whole is not None:
            return self._whole[0].names
        # Most runs have the same names.
        layouts = dict.fromkeys(tuple(run.flat) for run in self.runs)
        return list(dict.fromkeys(name for layout in layouts for name in layout))

    @cached_property
    def settings(self) -> list[str]:
        """Names of settings that count as parameters, although they are not parameters of a run."""
        if self._whole is not None:
            return self._whole[0].settings
        return sorted({name for run in self.runs for name in run.settings} - set(self.names))

    def __getitem__(self, name: str) -> Column:
        """A parameter's values: as recorded, else the recorded default, else None."""
        if name not in self._columns:
            if self._whole is None:
                self._columns[name] = _column(self.distinct(name))
            else:
                whole, places = self._whole
                column = whole[name]
                self._columns[name] = column._replace(codes=column.codes[places])
        return self._columns[name]

    def has(self, name: str) -> bool:
        """Whether some run may have a parameter, a recorded default or a setting of that name."""
        if self._whole is not None:
            return self._whole[0].has(name)
        return name in self._known

    @cached_property
    def _known(self) -> frozenset[str]:
        others = [each for run in self.runs for each in (run.defaults, run.settings) if each]
        return frozenset(self.names).union(*others)

    def distinct(self, name: str) -> DistinctValues:
        """A parameter's values, told apart also where their texts are equal, and `ABSENT`."""
        if self._whole is not None:
            whole, places = self._whole
            known = whole.distinct(name)
            return known._replace(codes=known.codes[places])
        if name not in self._distinct:
            self._distinct[name] = effective_values(self.runs, name, self.recorded(name))
        return self._distinct[name]

    def recorded(self, name: str) -> DistinctValues:
        """The same without recorded defaults and settings."""
        if name not in self._recorded:
            (self._recorded[name],) = recorded_values(self.runs, [name])
        return self._recorded[name]

    def _record_all(self) -> None:
        if self._whole is not None:
            self._whole[0]._record_all()
            return
        names = [name for name in self.names if name not in self._recorded]
        self._recorded |= zip(names, recorded_values(self.runs, names), strict=True)

    def present(self, name: str) -> list[Any]:
        """The values of a parameter that occur in these runs."""
        column = self[name]
        return [column.values[code] for code in np.flatnonzero(column.counts)]

    def lacking(self, name: str) -> bool:
        """Whether a parameter is null or absent in a run that has parameters."""
        column = self[name]
        if all(column.values[code] is not None for code in np.flatnonzero(column.counts)):
            return False
        return any(run.parameter(name) is None for run in self.runs if run.identity is not None)

    def varying(self) -> list[str]:
        """The parameters whose values vary between runs."""
        self._record_all()
        return [name for name in self.names if np.count_nonzero(self[name].counts) > 1]

    def varying_or_mixed(self) -> list[str]:
        """The parameters that vary, also those that vary with equal texts: see `Column.mixed`."""
        return [name for name in self.names if np.count_nonzero(self[name].counts) > 1 or self[name].mixed]

    def differing(self, within: Sequence[str] = ()) -> list[str]:
        """The parameters that vary between runs with equal values of the parameters `within`."""
        groups, first = self.combined(within)
        differing: list[str] = []
        for name in self.varying():
            column = self[name]
            if name not in within and len(distinct(groups * len(column.texts) + column.codes)) > len(first):
                differing.append(name)
        return differing

    def divides(self, name: str, within: Sequence[str]) -> bool:
        """Whether a parameter varies between runs that have it and agree in the parameters `within`."""
        groups, _ = self.combined(within)
        column = self[name]
        given = np.array([value is not None for value in column.values], np.bool_)[column.codes]
        return len(distinct(refined(groups[given], column.codes[given]))) > len(distinct(groups[given]))

    def distinguishing(
        self,
        names: Sequence[str],
        within: Sequence[str] = (),
        masked: Mapping[str, Mapping[str, str]] = _NOTHING,
        required: Collection[str] = (),
    ) -> list[str]:
        """A minimal set of the names, earlier ones preferred, that distinguishes the same runs as all names.

        Only runs that agree in the parameters `within` are compared. Names in `required` are not dropped
        again. `masked` maps texts of parameters to their significant part.
        """
        columns = {name: self._masked_codes(name, masked.get(name)) for name in names}
        groups, _ = self.combined(within)
        codes = groups
        chosen: list[str] = []
        for name in names:
            finer = refined(codes, columns[name])
            if finer.max(initial=-1) > codes.max(initial=-1):
                codes = finer
                chosen.append(name)
        whole = codes.max(initial=-1)
        for name in [name for name in reversed(chosen) if name not in required]:
            others = [other for other in chosen if other != name]
            left = groups
            for other in others:
                left = refined(left, columns[other])
            if left.max(initial=-1) == whole:
                chosen = others
        return chosen

    def groups(self, names: Sequence[str], masked: Mapping[str, Mapping[str, str]] = _NOTHING) -> int:
        """The number of groups that some parameters distinguish; `masked` as in `distinguishing`."""
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

        Returns codes of shape (runs,), and for each code the index of a run that has it.
        """
        if not names:
            return np.zeros(len(self.runs), np.int64), np.zeros(min(1, len(self.runs)), np.int64)
        codes = self[names[0]].codes
        for name in names[1:]:
            codes = refined(codes, self[name].codes)
        _, first, codes = np.unique(codes, return_index=True, return_inverse=True)
        return codes.reshape(-1), first


def refined(codes: Codes, more: Codes) -> Codes:
    """Refine groups by one more column; returns codes numbered from 0."""
    # Renumbered each time: the product of many columns' sizes would overflow.
    _, finer = np.unique(codes * (int(more.max(initial=0)) + 1) + more, return_inverse=True)
    return np.asarray(finer.reshape(-1), np.int64)


# The page requests the same runs repeatedly; few, since each entry keeps its runs alive.
_MOST_RECENT = 4
_recent: deque[ParameterTable] = deque(maxlen=_MOST_RECENT)


def parameter_table(runs: Sequence[Run]) -> ParameterTable:
    """The parameter table of runs; cached for recent lists of runs, so that columns are computed once."""
    listed = list(runs)
    for known in list(_recent):
        if known.runs == listed:
            return known
    _recent.append(ParameterTable(listed))
    return _recent[-1]


def _column(distinct: DistinctValues) -> Column:
    """The distinct values with those of one text as one."""
    places: dict[str, int] = {}
    values: list[Any] = []
    codes: list[int] = []
    kinds: set[tuple[int, str]] = set()
    for value in distinct.values:
        text = text_of(None if value is ABSENT else value)
        code = places.setdefault(text, len(places))
        if code == len(values):
            values.append(None if value is ABSENT else value)
        codes.append(code)
        kinds.add((code, "text" if isinstance(value, str) else "missing" if value is ABSENT else "other"))
    if len(places) == len(codes):
        return Column(distinct.codes, values, list(places))
    numbers = np.array(codes, np.int64)[distinct.codes]
    return Column(numbers, values, list(places), len(kinds) > len(places))


def kind_of(run: Run, name: str) -> str:
    """Distinguishes values with equal texts: "text", "missing" (absent) or "other"."""
    if isinstance(value := run.parameter(name), str):
        return "text"
    return "missing" if value is None and not run.has_parameter(name) else "other"
