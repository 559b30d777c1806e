"""The row of one step that is logged by one call or by several, and how steps and values are told apart."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from sml_logger.errors import MetricError, MetricTypeError
from sml_logger.row import Cell

from .metric_values import cell_of, check_name

# The column of the step that is passed to `log`; a metric of that name with another value goes beside it.
STEP = "step"
_METRIC_STEP = "metric/step"
_LARGEST_STEP = 2**63
# Deeper mappings are refused instead of followed for ever.
_DEEPEST = 20


class LoggedMetrics(NamedTuple):
    """The arguments of one call of `log`: names, values, step."""

    keys: tuple[str, ...]
    values: list[Cell]
    step: int | None
    commit: bool | None = None
    # Whether a value that is there already begins another row of the same step.
    keeps_earlier: bool = False


class LoggedRow:
    """The row that is being filled; it ends when another step, a dump or the end of the run comes."""

    __slots__ = ("begun", "is_committed", "is_finished", "number", "step", "values")

    def __init__(self, step: int, number: int, values: list[Cell]) -> None:
        self.step = step
        # Number of rows before this one.
        self.number = number
        self.values = values
        self.begun = time.time()
        # Whether outputs other than the table have it.
        self.is_finished = False
        # Whether the next call without a step is about the next step.
        self.is_committed = False


class Places(NamedTuple):
    """Where the values of some keys belong in a row."""

    columns: tuple[str, ...]
    places: tuple[int, ...]
    step: int
    # Whether the values follow the step in the order of the columns, and there is no other column.
    is_whole: bool

    @classmethod
    def of(cls, keys: tuple[str, ...], columns: tuple[str, ...]) -> Places:
        """The places of keys that are columns."""
        index = {column: position for position, column in enumerate(columns)}
        return cls(columns, tuple(index[key] for key in keys), index[STEP], columns == (STEP, *keys))


def cells_of(metrics: Mapping[str, object], step: int | None, hide: Callable[[str], str]) -> dict[str, Cell]:
    """The values of a call as cells; nested mappings are joined by slashes, `hide` redacts text.

    Numbers, NumPy and tensor scalars, text, None for a blank; lists and arrays give their mean. Raises
    MetricTypeError or MetricError, which name the key.
    """
    cells: dict[str, Cell] = {}
    for key, value in metrics.items():
        for name, inner in _flat(key, value, 0):
            check_name(name)
            cell = cell_of(name, inner, no_tb=True)
            cells[name] = hide(cell) if isinstance(cell, str) else cell
    if STEP in cells and step is not None:
        own = cells.pop(STEP)
        if own != step:
            cells[_METRIC_STEP] = own
    return cells


def step_of(step: Any) -> int | None:
    """Convert a step: an integer, also of NumPy, a tensor or a whole float. Raises MetricError."""
    if type(step) is int and -_LARGEST_STEP <= step < _LARGEST_STEP:
        return step
    if step is None:
        return None
    try:
        number = int(step.item()) if hasattr(step, "item") else operator.index(step)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        number = int(step) if isinstance(step, float) and step.is_integer() else _LARGEST_STEP
    if not -_LARGEST_STEP <= number < _LARGEST_STEP:
        raise MetricError(STEP, f"invalid step {step!r}; expected an integer of at most 64 bits")
    return number


def _flat(key: Any, value: object, depth: int) -> Iterator[tuple[str, object]]:
    if not isinstance(key, str):
        raise MetricTypeError(str(key), f"a metric's name must be a string, not {type(key).__name__}")
    if not isinstance(value, Mapping):
        yield key, value
        return
    if depth > _DEEPEST:
        raise MetricError(key, f"nested more than {_DEEPEST} levels deep; log the values one by one")
    for name, inner in value.items():
        for below, leaf in _flat(name, inner, depth + 1):
            yield f"{key}/{below}", leaf
