"""Check and convert arguments of public functions.

Paths are strings or `os.PathLike`; lists may be a single item; numbers may be NumPy's; durations may be
texts or timedeltas. A string is never split into letters. Errors are ArgumentErrors that name the argument.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .conversions import path_of, seconds_of
from .errors import ArgumentError

_SCALARS = (str, int, float)


def path(name: str, value: Any) -> Path:
    """Convert to a path, expanding `~`."""
    converted = path_of(value)
    if converted is None:
        raise ArgumentError(name, value, "a path")
    return converted


def text(name: str, value: Any) -> str:
    """Convert a string or path to a string."""
    named = os.fspath(value) if isinstance(value, os.PathLike) else value
    if isinstance(named, str):
        return named
    raise ArgumentError(name, value, "a text")


def mapping(name: str, value: Any) -> dict[str, Any]:
    """Check a mapping with string keys; returns a dict."""
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return dict(value)
    raise ArgumentError(name, value, "a mapping of names to values")


def several(name: str, value: Any, kind: type, expected: str) -> tuple[Any, ...]:
    """Convert one object of this kind or several to a tuple; None gives an empty one."""
    if value is None:
        return ()
    items = (value,) if isinstance(value, kind) else value
    if isinstance(items, Iterable) and not isinstance(items, (str, bytes, Mapping)):
        items = tuple(items)
        if all(isinstance(item, kind) for item in items):
            return items
    raise ArgumentError(name, value, expected)


def instance(name: str, value: Any, kind: type, expected: str) -> Any:
    """Check that the value is an instance of `kind`."""
    if isinstance(value, kind):
        return value
    raise ArgumentError(name, value, expected)


def function(name: str, value: Any) -> Any:
    """Check that the value is callable."""
    if callable(value):
        return value
    raise ArgumentError(name, value, "a function")


def setting(kind: str, value: Any) -> Any:
    """Convert a value to the type of a setting, given by its annotation.

    Raises ValueError with the expectation.
    """
    fits, expected = KINDS[kind]
    value = _without_numpy(value)
    if kind in EMPTY:
        value = EMPTY[kind]() if value is None else value
        value = [value] if kind.startswith("list") and isinstance(value, (*_SCALARS, os.PathLike)) else value
    if isinstance(value, (list, tuple)):
        items = [_item(kind, item) for item in value]
        value = value if items == value else items  # keep the caller's own list if possible
    elif not isinstance(value, dict):
        value = _item(kind, value)
    if not fits(value):
        raise ValueError(expected)
    return value


def _item(kind: str, value: Any) -> Any:
    """Convert one value: paths to strings, strings to numbers if the setting is a number."""
    value = _without_numpy(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if kind == "list[int]" and isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if kind == "float" and not isinstance(value, (int, float)):
        seconds = seconds_of(value)
        return 0.0 if value == "0" else value if seconds is None else seconds
    return value


def _without_numpy(value: Any) -> Any:
    if hasattr(value, "dtype") and callable(getattr(value, "tolist", None)):
        return value.tolist()
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


# For each annotation: a check, and the expectation as text.
KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "str": (_is_text, "text (numbers, dates and yes/no in quotes)"),
    "str | None": (
        lambda value: value is None or _is_text(value),
        "text or null (numbers, dates and yes/no in quotes)",
    ),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "float": (_is_seconds, "a non-negative number of seconds"),
    "list[str]": (lambda value: isinstance(value, list) and all(map(_is_text, value)), "a list of texts"),
    "list[int]": (
        lambda value: isinstance(value, list) and all(map(_is_whole, value)),
        "a list of integers",
    ),
    "dict[str, Any]": (
        lambda value: isinstance(value, dict) and all(map(_is_text, value)),
        "a mapping, `name: value` lines",
    ),
}
# The value of `KEY:` without a value.
EMPTY: dict[str, Callable[[], Any]] = {"list[str]": list, "list[int]": list, "dict[str, Any]": dict}
