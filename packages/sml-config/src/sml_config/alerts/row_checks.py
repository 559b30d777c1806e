"""What the rows of a run give reason to: values that are not numbers, and thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .alert import ERROR, WARNING, Alert
from .outbox import recovered
from .rules import NAN, Rules

# So many values in a row that are not finite, without one before that was, are no beginning any more.
_BEGINNING = 10
# So many finite ones in a row end the cause.
_RECOVERED = 20


class RowChecks:
    """Checks the rows of one run, in their order; `run` is its path, `name` its name."""

    def __init__(self, rules: Rules, run: str, name: str) -> None:
        self._rules = rules
        self._run = run
        self._name = name
        self._metrics = {rule.metric for rule in rules.thresholds}
        # By column: finite values in a row, or the number of others as a negative number.
        self._streaks: dict[str, int] = {}
        self._was_finite: set[str] = set()
        self._active: dict[str, Alert] = {}

    def check(self, columns: Sequence[str], values: Sequence[object], step: float) -> Iterator[Alert]:
        """The alerts that a row gives reason to."""
        checks_nan = NAN in self._rules.plain
        for column, value in zip(columns, values, strict=False):
            if type(value) is not float and type(value) is not int:
                continue
            if checks_nan:
                yield from self._see_finite(column, value, step)
            if column in self._metrics:
                yield from self._see_thresholds(column, value, step)

    def _see_finite(self, column: str, value: float, step: float) -> Iterator[Alert]:
        streak = self._streaks.get(column, 0)
        cause = f"nan {column}"
        if math.isfinite(value):
            self._streaks[column] = streak = max(streak, 0) + 1
            self._was_finite.add(column)
            if cause in self._active and streak >= _RECOVERED:
                yield recovered(self._active.pop(cause), f"{column} is finite again: {self._name}")
            return
        self._streaks[column] = streak = min(streak, 0) - 1
        if cause not in self._active and (column in self._was_finite or streak <= -_BEGINNING):
            title = f"{column} is {value}: {self._name}"
            yield self._begun(Alert(cause, title, f"at step {step:g}", ERROR, self._run))

    def _see_thresholds(self, column: str, value: float, step: float) -> Iterator[Alert]:
        for rule in self._rules.thresholds:
            if rule.metric != column or not math.isfinite(value):
                continue
            cause = f"rule {rule.text}"
            holds = rule.holds(value, step)
            if holds and cause not in self._active:
                text = f"{rule.text}, at step {step:g}"
                yield self._begun(
                    Alert(cause, f"{column} is {value:g}: {self._name}", text, WARNING, self._run)
                )
            elif not holds and cause in self._active:
                yield recovered(self._active.pop(cause), f"{column} is {value:g} again: {self._name}")

    def _begun(self, alert: Alert) -> Alert:
        self._active[alert.cause] = alert
        return alert
