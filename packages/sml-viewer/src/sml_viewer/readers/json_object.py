"""A whole file that is one JSON object, as trackers and trainers write."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from sml_viewer.i18n import Message, phrase
from sml_viewer.jsonio import is_deep, loads

from .base import MOST_WHOLE, read_at

_NUMBERS_AS_TEXT = ("NaN", "Infinity", "-Infinity")


def json_object(data: bytes | str, content: str = "a JSON object") -> dict[str, Any]:
    """The object. Raises ValueError if the text is not one, or nested too deeply."""
    try:
        value = loads(data)
    except RecursionError:
        raise ValueError(Message("nested too deeply")) from None
    if not isinstance(value, dict) or is_deep(value):
        raise ValueError(Message("not {content}", content=phrase(content)))
    return value


def read_json_object(file: int, status: os.stat_result, content: str = "a JSON object") -> dict[str, Any]:
    """The object in an open file. Raises ValueError, also for a file that is too large to be one."""
    if status.st_size > MOST_WHOLE:
        raise ValueError(Message("larger than {most} MB", most=MOST_WHOLE // 1_000_000))
    return json_object(read_at(file, status.st_size, 0), content)


def number_of(value: Any) -> float | None:
    """A JSON value as a number; `NaN` and infinities may be written as text. None for anything else."""
    if isinstance(value, (int, float)):
        with contextlib.suppress(OverflowError):
            return float(value)
    if isinstance(value, str) and value in _NUMBERS_AS_TEXT:
        return float(value)
    return None


def numbers_in(value: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, float]:
    """The numbers of an object, nested ones as `outer/inner`.

    An object with `_type` is media, such as an image, a histogram or a table: its numbers are not metrics.
    """
    numbers: dict[str, float] = {}
    for name, item in value.items():
        if type(item) is float:  # as most are
            numbers[f"{prefix}{name}"] = item
        elif isinstance(item, dict):
            if "_type" not in item and depth < 10:
                numbers |= numbers_in(item, f"{prefix}{name}/", depth + 1)
        elif (number := number_of(item)) is not None:
            numbers[f"{prefix}{name}"] = number
    return numbers
