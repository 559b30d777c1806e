"""Validation and conversion of arguments: strings, NumPy numbers, durations, paths.

The command line and the Python API accept the same values. Errors are GridErrors that name the argument.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sml_config.conversions import path_of, seconds_of, texts_of, whole_of

from .errors import GridError


def whole(name: str, value: Any, least: int = 0) -> int:
    """A whole number of at least `least`, from a number or a string of digits. Raises GridError."""
    number = whole_of(value)
    if number is None or number < least:
        raise GridError(f"invalid {name} {value!r}; expected a whole number of at least {least}")
    return number


def seconds(name: str, value: Any) -> float:
    """Seconds from a number, a timedelta, or a string such as 90, 30m, 2h, 1d. Raises GridError."""
    duration = seconds_of(value)
    if duration is None:
        raise GridError(f"invalid {name} {value!r}; expected a duration such as 90, 30m, 2h or 1d")
    return duration


def texts(name: str, value: Any) -> tuple[str, ...]:
    """A tuple of strings from one string or path, or an iterable of them; () for None. Raises GridError."""
    converted = () if value is None else texts_of(value)
    if converted is None:
        raise GridError(f"invalid {name} {value!r}; expected a string or a list of strings")
    return converted


def words(name: str, value: Any) -> tuple[str, ...]:
    """Strings from one number or string, or several: `0`, `"0,1"`, `[0, 1]`, `["0,1", "2,3"]`."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(","))
    items = list(value) if isinstance(value, Iterable) and not isinstance(value, Mapping) else [value]
    if any(isinstance(item, (bool, float, bytes)) or item is None for item in items):
        raise GridError(f"invalid {name} {value!r}; expected numbers or strings, such as [0, 1] or '0,1'")
    return tuple(map(str, items))


def folder(name: str, value: Any) -> Path:
    """An absolute path, with `~` expanded. Raises GridError."""
    return Path(os.path.abspath(file(name, value)))  # noqa: PTH100  resolve() would follow links


def file(name: str, value: Any) -> Path:
    """A path, with `~` expanded. Raises GridError."""
    path = path_of(value)
    if path is None:
        raise GridError(f"invalid {name} {value!r}; expected a path")
    return path


def mapping(name: str, value: Any) -> dict[str, Any]:
    """A dict with string keys; empty for None. Raises GridError."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise GridError(f"invalid {name} {value!r}; expected a mapping of names to values")
    return {str(key): item for key, item in value.items()}
