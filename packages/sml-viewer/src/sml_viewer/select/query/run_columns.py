"""Values of many runs by column, for queries; computed on their first use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.cache import LRUCache
from sml_viewer.model.distinct_values import ABSENT, DistinctValues, Mask, distinct_values
from sml_viewer.model.parameter_table import ParameterTable
from sml_viewer.model.run import Run, summary_numbers
from sml_viewer.model.run_state import heartbeat, started
from sml_viewer.model.text import text_of

# Cached columns of numbers, of 8 bytes a run.
_MOST_COLUMNS = 32
# Texts of parameters with more distinct values than this share of the runs are searched run by run.
_SHARE = 4
_INSTANTS: dict[str, Callable[[Run], float | None]] = {"started": started, "heartbeat": heartbeat}


class RunColumns:
    """The columns of runs, and their parameters, which may be those of the same runs at an earlier time.

    States that change with time, and annotations, are not here.
    """

    def __init__(self, runs: Sequence[Run], parameters: ParameterTable) -> None:
        self.runs = runs
        self.parameters = parameters
        self._facts: dict[str, DistinctValues] = {}
        self._numbers: LRUCache[Floats] = LRUCache(_MOST_COLUMNS)

    def fact(self, name: str, fact_of: Callable[[Run], Any]) -> DistinctValues:
        """The distinct values of a fact of runs that does not change with time."""
        if name not in self._facts:
            self._facts[name] = distinct_values(list(map(fact_of, self.runs)))
        return self._facts[name]

    def instants(self, name: str) -> Floats:
        """`modified`, `started` or `heartbeat` of each run in seconds since the epoch, NaN without one."""
        return self._cached((name, -1), lambda: _instants(self.runs, name))

    def numbers(self, column: str, row: int) -> Floats:
        """One row of the summaries of a column, NaN where a run lacks the column."""
        return self._cached((column, row), lambda: _numbers(self.runs, column, row))

    def _cached(self, key: tuple[str, int], make: Callable[[], Floats]) -> Floats:
        cached = self._numbers.get(key)
        if cached is not None:
            return cached[0]
        numbers = make()
        self._numbers.put(key, numbers, 1)
        return numbers

    def matching_texts(self, matches: Callable[[str], bool], among: Mask) -> Mask:
        """The runs of which `matches` accepts the name, recorded state, host or a parameter's text.

        It gets case-folded texts, several joined by NUL or one.
        """
        texts = self.parameters.get_or_compute("words", lambda: _Texts(self.runs, self.parameters))
        state = self.fact("recorded state", lambda run: (run.state or "").casefold())
        host = self.fact("folded host", lambda run: (run.host or "").casefold())
        matching: Mask = np.zeros(len(self.runs), np.bool_)
        for column in (state, host, *texts.columns):
            matching |= column.passing(matches, among)
        for index in np.flatnonzero(among & ~matching).tolist():
            matching[index] = matches(texts.others[index])
        return matching


class _Texts:
    """Case-folded texts that words of queries search: `columns`, and `others` by run, joined by NUL."""

    def __init__(self, runs: Sequence[Run], parameters: ParameterTable) -> None:
        self._runs = runs
        self._parameters = parameters

    @cached_property
    def columns(self) -> list[DistinctValues]:
        """Parameters with few distinct values."""
        recorded = map(self._parameters.recorded, self._parameters.names)
        return [DistinctValues(each.codes, _folded(each.values)) for each in recorded if self._has_few(each)]

    @cached_property
    def others(self) -> list[str]:
        """The names of the runs, and parameters with many distinct values."""
        recorded = map(self._parameters.recorded, self._parameters.names)
        many = [each for each in recorded if not self._has_few(each)]
        cells = [[run.name.casefold() for run in self._runs]]
        for each in many:
            folded = ["" if text is ABSENT else text for text in _folded(each.values)]
            cells.append([folded[code] for code in each.codes.tolist()])
        return cells[0] if not many else ["\0".join(texts) for texts in zip(*cells, strict=True)]

    def _has_few(self, each: DistinctValues) -> bool:
        return len(each.values) * _SHARE <= len(self._runs)


def _folded(values: Sequence[Any]) -> list[Any]:
    return [ABSENT if value is ABSENT else text_of(value).casefold() for value in values]


def _instants(runs: Sequence[Run], name: str) -> Floats:
    if name == "modified":
        return np.array([run.modified for run in runs], np.float64)
    instant = _INSTANTS[name]
    return np.array([instant(run) for run in runs], np.float64)  # None as NaN


def _numbers(runs: Sequence[Run], column: str, row: int) -> Floats:
    return np.array(summary_numbers((run.summary for run in runs), column, row), np.float64)
