"""`run.summary`: a value for each metric, the last one unless `define_metric` chooses another."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Callable, Mapping
from typing import Any

from .parameters import saved_values
from .saved_mapping import SavedMapping

_MODES = ("min", "max", "mean", "last", "first", "best", "none", "copy")


class Summary(SavedMapping):
    """Values that the script sets are written at once, those of metrics when the run ends."""

    def __init__(self, save: Callable[[dict[str, Any]], None]) -> None:
        super().__init__("run.summary", save)
        # How metrics are summarised, by name or pattern; the number of values for means.
        self.__dict__.update(_modes={}, _counts={})

    def update(self, *others: Any, **named: Any) -> None:
        """Set several values, written together."""
        for other in (*others, named):
            self._values.update(other)
        self._save(self.as_dict())

    def define(self, pattern: str, modes: str | None, goal: str | None) -> None:
        """Summarise metrics of this name or pattern by these modes, e.g. "min" or "max,mean"."""
        named = [mode.strip() for mode in (modes or "").split(",") if mode.strip() in _MODES]
        if goal and "best" in named:
            named[named.index("best")] = "max" if goal.startswith("max") else "min"
        if named:
            self._modes[pattern] = tuple("last" if mode in ("copy", "best") else mode for mode in named)

    def update_from(self, metrics: Mapping[str, Any]) -> None:
        """Take the values of a call of `log`."""
        if not self._modes:
            self._values.update(metrics)
            return
        for name, value in metrics.items():
            modes = self._modes_of(name)
            if modes is None:
                self._values[name] = value
                continue
            for mode in modes:
                # W&B keeps one chosen summary below the metric's name.
                self._combine(f"{name}.{mode}" if mode != "last" else name, mode, value)

    def _modes_of(self, name: str) -> tuple[str, ...] | None:
        if name in self._modes:
            return tuple(self._modes[name])
        patterns = (pattern for pattern in self._modes if "*" in pattern)
        return next((self._modes[item] for item in patterns if fnmatch.fnmatchcase(name, item)), None)

    def _combine(self, name: str, mode: str, value: Any) -> None:
        before = self._values.get(name)
        if mode == "last" or (before is None and mode != "none"):
            self._values[name] = value
            self._counts[name] = 1
            return
        if mode in ("none", "first") or not _is_number(value):
            return
        if mode == "mean":
            self._counts[name] += 1
            self._values[name] = before + (value - before) / self._counts[name]
        elif not _is_number(before) or (value < before if mode == "min" else value > before):
            self._values[name] = value


def saved_numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in JSON's terms: numbers of arrays and tensors as numbers, NaN and infinities as null."""
    scalars = {name: value.item() if _is_scalar(value) else value for name, value in values.items()}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in saved_values(scalars).items()
    }


def _is_scalar(value: Any) -> bool:
    return hasattr(value, "item") and getattr(value, "shape", None) == ()


def _is_number(value: Any) -> bool:
    try:
        return not math.isnan(value)
    except TypeError:
        return False
