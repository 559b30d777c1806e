"""Convert metric values to numbers and cells, and check metric names."""

from __future__ import annotations

import math
import reprlib
from typing import Any

from sml_logger.errors import MetricError, MetricTypeError
from sml_logger.row import Cell

# By default Python refuses to print integers of more than 4,300 digits.
_MOST_BITS = 10_000


def mean(numbers: float | list[float]) -> float | None:
    """Arithmetic mean, correctly rounded; None for an empty list."""
    if isinstance(numbers, float):
        return numbers
    if not numbers:
        return None
    try:
        return math.fsum(numbers) / len(numbers)
    except (OverflowError, ValueError):  # the sum leaves the range of floats, or infinities meet
        return sum(number / len(numbers) for number in numbers)


def summary(numbers: float | list[float], with_min_and_max: bool) -> dict[str, float | None]:
    """Average and population standard deviation (ddof=0), optionally Min and Max; None without values."""
    values = numbers if isinstance(numbers, list) else [numbers]
    average = mean(values)
    if average is None:
        deviation = None
    else:
        try:
            deviation = math.sqrt(math.fsum((value - average) ** 2 for value in values) / len(values))
        except OverflowError:
            deviation = math.inf
    statistics = {"Average": average, "Std": deviation}
    if with_min_and_max:
        # With NaN, min and max would depend on the order of the values.
        has_nan = any(math.isnan(value) for value in values)
        statistics["Min"] = math.nan if has_nan else min(values, default=None)
        statistics["Max"] = math.nan if has_nan else max(values, default=None)
    return statistics


def check_name(name: str) -> None:
    """Raise MetricError or MetricTypeError unless the name is a non-empty string of one encodable line."""
    if not isinstance(name, str):
        raise MetricTypeError(str(name), f"a metric's name must be a string, not {type(name).__name__}")
    if not name:
        raise MetricError(name, "a metric's name must not be empty")
    _check_line(name, name, "a metric's name")


def _check_line(key: str, text: str, subject: str) -> None:
    if len(f"{text}.".splitlines()) > 1 or "\0" in text:
        raise MetricError(key, f"{subject} must be one line without NUL: {text!r}; replace the line break")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise MetricError(
            key, f"{subject} cannot be written as UTF-8: {text!r}; remove the surrogates"
        ) from None


def cell_of(key: str, value: Any, no_tb: bool) -> Cell:
    """Convert a value to a table cell. Raises MetricError or MetricTypeError, which name the key."""
    if isinstance(value, str):
        if not no_tb:
            raise MetricTypeError(
                key, f"a string ({reprlib.repr(value)}) cannot go to TensorBoard; pass no_tb=True"
            )
        _check_line(key, value, "a string")
        return str(value)
    value = _plain(key, value)
    if value is None:
        return None
    if isinstance(value, int):
        if value.bit_length() > _MOST_BITS:
            raise MetricError(
                key, f"an integer of {value.bit_length()} bits is too large; log its logarithm instead"
            )
        return int(value)
    numbers = numbers_of(key, value)
    return numbers if isinstance(numbers, float) else mean(numbers)


def numbers_of(key: str, value: Any) -> float | list[float]:
    """Convert a number to a float, a list or array to a flat list of floats. Raises MetricTypeError."""
    if isinstance(value, (str, bytes)):
        raise _not_a_number(key, value)
    value = _plain(key, value)
    if isinstance(value, (list, tuple)):
        return _flat(key, value)
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except Exception as error:  # tensors raise what they like
        raise _not_a_number(key, value) from error


def _plain(key: str, value: Any) -> Any:
    """Convert arrays, tensors and scalars of NumPy, Torch and JAX to Python objects, keeping integers."""
    if not hasattr(value, "tolist"):
        return value
    try:
        return value.tolist()
    except Exception as error:  # tensors raise what they like
        raise _not_a_number(key, value) from error


def _flat(key: str, values: list[Any] | tuple[Any, ...]) -> list[float]:
    flat: list[float] = []
    for value in values:
        if type(value) is float:
            flat.append(value)
            continue
        numbers = numbers_of(key, value)
        if isinstance(numbers, float):
            flat.append(numbers)
        else:
            flat += numbers
    return flat


def joined(before: float | list[float], now: float | list[float]) -> list[float]:
    """Append new values to the earlier ones."""
    values = before if isinstance(before, list) else [before]
    if isinstance(now, list):
        values += now
    else:
        values.append(now)
    return values


def set_twice(key: str) -> MetricError:
    """The error for a key that is set twice in one row."""
    return MetricError(key, "set twice in one row; call dump_tabular() between rows, or choose another name")


def _not_a_number(key: str, value: Any) -> MetricTypeError:
    remedy = "log numbers, arrays or lists of them; for text, use log_tabular(key, text, no_tb=True)"
    shown = f"{reprlib.repr(value)} ({type(value).__name__})"
    return MetricTypeError(key, f"{shown} is not a number; {remedy}")
