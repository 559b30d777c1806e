"""Convert and check the arguments of `Logger`; an invalid one is an error that names it."""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping
from typing import Any

from sml_config import conversions

from .errors import SmlLoggerError

_MOST_FOLDERS = 100


def text_of(name: str, value: Any, description: str) -> str:
    """Convert a string or a path to a string. Raises SmlLoggerError."""
    try:
        text = os.fspath(value)
    except TypeError:
        text = None
    if not isinstance(text, str):
        raise SmlLoggerError(f"invalid {name} {value!r}; expected {description}")
    return text


def category_of(value: Any) -> str | None:
    """Folders between the log root and the run, separated by slashes. Raises SmlLoggerError."""
    if value is None:
        return None
    category = text_of("logger_category", value, "a folder")
    if category.count("/") > _MOST_FOLDERS:
        raise SmlLoggerError(
            f"invalid logger_category of {category.count('/') + 1} folders; expected at most {_MOST_FOLDERS}"
        )
    return category


def signature_of(value: Any) -> str | None:
    """Convert the signature, e.g. a number, to text."""
    return None if value is None else str(value)


def rows_of(resume: Any) -> bool | int:
    """Whether to resume, or the number of rows to resume after, 0 meaning False. Raises SmlLoggerError."""
    flag = conversions.flag_of(resume)
    if flag is not None:
        return flag
    try:
        rows = operator.index(resume)  # also NumPy integers, e.g. from a checkpoint
    except TypeError:
        rows = -1
    if rows < 0:
        raise SmlLoggerError(f"invalid resume {resume!r}; expected True, False or a number of rows")
    return rows or False


def seconds_of(sync_every: Any) -> float | None:
    """Convert a positive number of seconds, a text such as 5m or a timedelta. Raises SmlLoggerError."""
    if sync_every is None:
        return None
    seconds = conversions.seconds_of(sync_every)
    if seconds is None:
        raise SmlLoggerError(
            f"invalid sync_every {sync_every!r}; expected a positive duration such as 60 or 5m, or None"
        )
    return seconds


def tries_of(trial_num: Any) -> int:
    """Convert an integer, also as text. Raises SmlLoggerError."""
    tries = conversions.whole_of(trial_num)
    if tries is None or tries < 0:
        raise SmlLoggerError(f"invalid trial_num {trial_num!r}; expected a number of attempts")
    return tries


def keys_of(keys: Any) -> list[str]:
    """Convert one key or several to a list. Raises SmlLoggerError."""
    several = conversions.texts_of(keys)
    if several is None:
        raise SmlLoggerError(f"invalid keys {keys!r}; expected a key or a list of keys")
    return list(several)


def prefixes_of(tb_header_dict: Any) -> dict[str, str]:
    """Check a mapping of keys to prefixes. Raises SmlLoggerError."""
    if isinstance(tb_header_dict, Mapping) and all(
        isinstance(text, str) for pair in tb_header_dict.items() for text in pair
    ):
        return dict(tb_header_dict)
    raise SmlLoggerError(f"invalid tb_header_dict {tb_header_dict!r}; expected a mapping of keys to prefixes")


def check_ranks(ranks: Any) -> None:
    """Raise SmlLoggerError for an invalid choice of ranks."""
    if ranks not in ("first", "all"):
        raise SmlLoggerError(f"invalid ranks {ranks!r}; expected 'first' or 'all'")
