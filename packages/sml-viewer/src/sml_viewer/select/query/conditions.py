"""Conditions of queries, decided for one run, or for many runs at once by their columns.

The second is what the search box uses at each keystroke, with 100,000 runs too: it tests each distinct value
once, and arrays of numbers as a whole. Both give the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from sml_config.run_states import RUNNING
from sml_viewer.annotations import EMPTY_ANNOTATION, Annotation
from sml_viewer.columns.metric_direction import is_loss
from sml_viewer.model.distinct_values import Mask
from sml_viewer.model.run import Run, Summaries, Summary
from sml_viewer.model.run_state import UNKNOWN, state_now

from .predicates import VALUES, ValueTest, parameter, word_test
from .run_columns import RunColumns

AnnotationLookup = Callable[[Run], Annotation]


class Scope(NamedTuple):
    """The runs of a query, and the indices of those that may have an annotation."""

    columns: RunColumns
    annotated: Sequence[int]


class Condition(Protocol):
    """What a query demands of a run."""

    def __call__(self, run: Run, /) -> bool:
        """Whether it holds for a run."""

    def mask(self, scope: Scope, among: Mask, /) -> Mask:
        """The runs for which it holds, shape (runs,); valid only for the runs `among`."""


class Values(Protocol):
    """The values that a name of a query has in a run."""

    def __call__(self, run: Run) -> Sequence[Any]:
        """Those of one run; empty without any."""

    def passing(self, test: ValueTest, scope: Scope, among: Mask) -> Mask:
        """The runs of which a value passes the test, shape (runs,); valid only for the runs `among`."""


class Everything:
    """Holds for every run."""

    def __call__(self, _run: Run) -> bool:
        """See `Condition`."""
        return True

    def mask(self, _scope: Scope, among: Mask) -> Mask:
        """See `Condition`."""
        return among


@dataclass(frozen=True)
class AllOf:
    """Holds if all of the conditions do."""

    conditions: Sequence[Condition]

    def __call__(self, run: Run) -> bool:
        """See `Condition`."""
        for condition in self.conditions:  # noqa: SIM110  a generator takes twice as long
            if not condition(run):
                return False
        return True

    def mask(self, scope: Scope, among: Mask) -> Mask:
        """See `Condition`."""
        for condition in self.conditions:
            among = among & condition.mask(scope, among)
        return among


@dataclass(frozen=True)
class AnyOf:
    """Holds if one of the conditions does."""

    conditions: Sequence[Condition]

    def __call__(self, run: Run) -> bool:
        """See `Condition`."""
        for condition in self.conditions:  # noqa: SIM110
            if condition(run):
                return True
        return False

    def mask(self, scope: Scope, among: Mask) -> Mask:
        """See `Condition`."""
        matching = np.zeros_like(among)
        for condition in self.conditions:
            matching |= condition.mask(scope, among & ~matching) & among
        return matching


@dataclass(frozen=True)
class Not:
    """Holds if the condition does not."""

    condition: Condition

    def __call__(self, run: Run) -> bool:
        """See `Condition`."""
        return not self.condition(run)

    def mask(self, scope: Scope, among: Mask) -> Mask:
        """See `Condition`."""
        return ~self.condition.mask(scope, among)


@dataclass(frozen=True)
class SomeValue:
    """Holds if one of the run's values passes the test."""

    values: Values
    test: ValueTest

    def __call__(self, run: Run) -> bool:
        """See `Condition`."""
        return any(map(self.test, self.values(run)))

    def mask(self, scope: Scope, among: Mask) -> Mask:
        """See `Condition`."""
        return self.values.passing(self.test, scope, among)


@dataclass(frozen=True)
class ParameterValue:
    """A parameter, its recorded default or the setting of that name."""

    name: str

    def __call__(self, run: Run) -> Sequence[Any]:
        """See `Values`."""
        return parameter(run, self.name)

    def passing(self, test: ValueTest, scope: Scope, among: Mask) -> Mask:
        """See `Values`."""
        parameters = scope.columns.parameters
        if not parameters.has(self.name):
            return np.zeros_like(among)
        return parameters.distinct(self.name).passing(test.test, among)


@dataclass(frozen=True)
class FactValue:
    """A fact of the run, or a parameter of that name: either may match."""

    name: str
    fact_of: Callable[[Run], Any]

    def __call__(self, run: Run) -> Sequence[Any]:
        """See `Values`."""
        return (self.fact_of(run), *parameter(run, self.name))

    def passing(self, test: ValueTest, scope: Scope, among: Mask) -> Mask:
        """See `Values`."""
        matching = scope.columns.fact(self.name, self.fact_of).passing(test.test, among)
        return matching | ParameterValue(self.name).passing(test, scope, among & ~matching)


@dataclass(frozen=True)
class StateValue:
    """The live state of the run, which changes with time, or a parameter of that name."""

    name: str

    def __call__(self, run: Run) -> Sequence[Any]:
        """See `Values`."""
        return (state_now(run), *parameter(run, self.name))

    def passing(self, test: ValueTest, scope: Scope, among: Mask) -> Mask:
        """See `Values`."""
        recorded = scope.columns.fact("recorded state or unknown", lambda run: run.state or UNKNOWN)
        matching = recorded.passing(test.test, among)
        if RUNNING in recorded.values:
            live = recorded.codes == recorded.values.index(RUNNING)
            for index in np.flatnonzero(live & among).tolist():
                matching[index] = test(state_now(scope.columns.runs[index]))
        return matching | ParameterValue(self.name).passing(test, scope, among & ~matching)


@dataclass(frozen=True)
class Instant:
    """A time of the run; the test gets None without one."""

    name: str
    instant_of: Callable[[Run], float | None]

    def __call__(self, run: Run) -> Sequence[Any]:
        """See `Values`."""
        return (self.instant_of(run),)

    def passing(self, test: ValueTest, scope: Scope, among: Mask) -> Mask:
        """See `Values`."""
        if test.of_numbers is None:
            return _each(SomeValue(self, test), scope, among)
        return test.of_numbers(scope.columns.instants(self.name))


@dataclass(frozen=True)
class AnnotationValue:
    """A part of the run's annotation, or a parameter of that name."""

    name: str
    part_of: Callable[[Annotation], Sequence[Any]]
    annotation_of: AnnotationLookup

    def __call__(self, run: Run) -> Sequence[Any]:
        """See `Values`."""
        return (*self.part_of(self.annotation_of(run)), *parameter(run, self.name))

    def passing(self, test: ValueTest, scope: Scope, among: Mask) -> Mask:
        """See `Values`."""
        matching = np.full_like(among, any(map(test, self.part_of(EMPTY_ANNOTATION))))
        for index in scope.annotated:
            own = self.part_of(self.annotation_of(scope.columns.runs[index]))
            matching[index] = among[index] and any(map(test, own))
        return matching | ParameterValue(self.name).passing(test, scope, among & ~matching)


class ColumnValue:
    """`last.NAME`, `best.NAME` …: numbers of a column's summary; none for a run without the column."""

    def __init__(self, kind: str, column: str) -> None:
        self._column = column
        # The best of a loss is the lowest.
        self._names = ("low",) if kind == "best" and is_loss(column) else VALUES[kind]
        self._rows = [Summary._fields.index(name) for name in self._names]

    def __call__(self, run: Run) -> Sequence[float]:
        """See `Values`."""
        summary = run.summary
        if isinstance(summary, Summaries):
            numbers = [summary.number(self._column, row) for row in self._rows]
        else:
            numbers = [getattr(summary.get(self._column), name, None) for name in self._names]
        return [value for value in numbers if value is not None]

    def passing(self, test: ValueTest, scope: Scope, among: Mask) -> Mask:
        """See `Values`."""
        matching = np.zeros_like(among)
        for row in self._rows:
            numbers = scope.columns.numbers(self._column, row)
            if test.of_numbers is not None:
                matching |= test.of_numbers(numbers)
            else:
                indices = np.flatnonzero(among & ~matching & ~np.isnan(numbers))
                matching[indices] = list(map(test.test, numbers[indices].tolist()))
        if test.of_numbers is None:  # a NaN is a missing value or one that is not a number
            unknown = among & ~matching & np.isnan(numbers)
            matching |= _each(SomeValue(self, test), scope, unknown)
        return matching


class ContainsWord:
    """Name, state, host, a value or the annotation contains a word, with * and ? as wildcards."""

    def __init__(self, word: str, annotation_of: AnnotationLookup) -> None:
        self._matches = word_test(word)
        self._has_separator = "\0" in word
        self._annotation_of = annotation_of

    def __call__(self, run: Run) -> bool:
        """See `Condition`."""
        annotation = self._annotation_of(run)
        return self._matches(run.haystack) or (
            annotation is not EMPTY_ANNOTATION and self._matches(_annotation_text(annotation))
        )

    def mask(self, scope: Scope, among: Mask) -> Mask:
        """See `Condition`."""
        if self._has_separator:  # it may reach from one text to the next
            return _each(self, scope, among)
        matching = scope.columns.matching_texts(self._matches, among)
        for index in scope.annotated:
            annotation = self._annotation_of(scope.columns.runs[index])
            matching[index] |= self._matches(_annotation_text(annotation))
        return matching


def _annotation_text(annotation: Annotation) -> str:
    return "\0".join([*annotation.tags, annotation.note]).casefold()


def _each(condition: Condition, scope: Scope, among: Mask) -> Mask:
    """The runs for which a condition holds, indices one by one."""
    matching = np.zeros_like(among)
    for index in np.flatnonzero(among).tolist():
        matching[index] = condition(scope.columns.runs[index])
    return matching
