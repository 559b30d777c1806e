"""What a person may naturally give to `Logger`, as what it takes; a wrong type is one error with its name."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from typing import Any

from sml_config import durations

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
    """Seconds above 0, also a text such as 5m or a timedelta. Raises SmlLoggerError."""
    if sync_every is None:
        return None
    seconds = durations.seconds_of(sync_every)
    if seconds is None:
        raise SmlLoggerError(
            f"sync_every is {sync_every!r}; it takes seconds above 0, such as 60 or 5m, or None"
        )
    return seconds


def tries_of(trial_num: Any) -> int:
    """A whole number, also as text. Raises SmlLoggerError."""
    try:
        tries = int(trial_num) if isinstance(trial_num, str) else operator.index(trial_num)
    except (TypeError, ValueError):
        tries = -1
    if isinstance(trial_num, bool) or tries < 0:
        raise SmlLoggerError(f"trial_num is {trial_num!r}; it takes a whole number of tries")
    return tries


def keys_of(keys: Any) -> list[str]:
    """One key, or several. Raises SmlLoggerError."""
    found = [keys] if isinstance(keys, str) else keys
    if isinstance(found, Iterable) and not isinstance(found, (bytes, Mapping)):
        found = list(found)
        if all(isinstance(key, str) for key in found):
            return list(map(str, found))
    raise SmlLoggerError(f"keys is {keys!r}; it takes a key or several")


def prefixes_of(tb_header_dict: Any) -> dict[str, str]:
    """Prefixes by key. Raises SmlLoggerError."""
    if isinstance(tb_header_dict, Mapping) and all(
        isinstance(text, str) for pair in tb_header_dict.items() for text in pair
    ):
        return dict(tb_header_dict)
    raise SmlLoggerError(f"tb_header_dict is {tb_header_dict!r}; it takes a mapping of keys to prefixes")


def check_ranks(ranks: Any) -> None:
    """Raises SmlLoggerError."""
    if ranks not in ("first", "all"):
        raise SmlLoggerError(f"ranks is {ranks!r}; it takes 'first' or 'all'")
