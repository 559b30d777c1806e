"""What a person may naturally give to `Logger`, as what it takes; a wrong type is one error with its name."""

from __future__ import annotations

import math
import operator
import os
from typing import Any

from .errors import SmlLoggerError

_MOST_FOLDERS = 100


def text_of(name: str, value: Any, what: str) -> str:
    """A text or a path. Raises SmlLoggerError."""
    try:
        found = os.fspath(value)
    except TypeError:
        found = None
    if not isinstance(found, str):
        raise SmlLoggerError(f"{name} is {value!r}; it takes a text, {what}")
    return found


def category_of(value: Any) -> str | None:
    """Folders between the log root and the run. Raises SmlLoggerError."""
    if value is None:
        return None
    category = text_of("logger_category", value, "a folder")
    if category.count("/") > _MOST_FOLDERS:
        raise SmlLoggerError(
            f"logger_category has {category.count('/') + 1} folders; it takes {_MOST_FOLDERS}"
        )
    return category


def signature_of(value: Any) -> str | None:
    """A text; a number as one."""
    return None if value is None else str(value)


def rows_of(resume: Any) -> bool | int:
    """Whether to resume, or after how many rows; after none is not at all. Raises SmlLoggerError."""
    if isinstance(resume, bool) or type(resume).__name__ in ("bool_", "bool"):
        return bool(resume)
    try:
        rows = operator.index(resume)  # NumPy's numbers too, as a checkpoint holds them
    except TypeError:
        rows = -1
    if rows < 0:
        raise SmlLoggerError(f"resume is {resume!r}; it takes True, False or a number of rows")
    return rows or False


def seconds_of(sync_every: Any) -> float | None:
    """Seconds above 0, also as text. Raises SmlLoggerError."""
    if sync_every is None:
        return None
    try:
        seconds = float(sync_every)
    except (TypeError, ValueError):
        seconds = math.nan
    if isinstance(sync_every, bool) or not 0 < seconds < math.inf:
        raise SmlLoggerError(f"sync_every is {sync_every!r}; it takes seconds above 0, or None")
    return seconds


def check_ranks(ranks: Any) -> None:
    """Raises SmlLoggerError."""
    if ranks not in ("first", "all"):
        raise SmlLoggerError(f"ranks is {ranks!r}; it takes 'first' or 'all'")
