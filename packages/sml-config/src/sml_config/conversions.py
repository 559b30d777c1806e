"""Convert what callers give, such as `2h`, `"8"`, a NumPy number or one text for a list; for all packages.

Each function returns None for a value that it does not take; the caller's error names the argument.
"""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([smhd]?)", re.ASCII)


def seconds_of(value: Any) -> float | None:
    """Seconds from a number, a timedelta, or a text such as 90, 30m, 2h, 1d; None for anything else.

    The result is positive and finite.
    """
    seconds = None
    if callable(getattr(value, "total_seconds", None)):  # a timedelta, without importing datetime
        seconds = value.total_seconds()
    elif isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        seconds = float(match[1]) * _UNITS[match[2]] if match else None
    elif not isinstance(value, bool) and (hasattr(value, "__float__") or hasattr(value, "__index__")):
        try:
            seconds = float(value)
        except (TypeError, ValueError, OverflowError):
            return None
    return seconds if seconds is not None and 0 < seconds < float("inf") else None  # NaN is neither


def whole_of(value: Any) -> int | None:
    """A whole number, of NumPy too, or the digits of one as a text; None for booleans and anything else."""
    if isinstance(value, str):
        return int(value) if value.strip().isdecimal() else None
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None


def flag_of(value: Any) -> bool | None:
    """True or False, of NumPy too; None for anything else, such as a text, of which "no" would be true."""
    return bool(value) if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool") else None


def texts_of(value: Any) -> tuple[str, ...] | None:
    """Texts from one text or path, or from several; a text is never cut into letters. Otherwise None."""
    items = (value,) if isinstance(value, (str, os.PathLike)) else value
    if not isinstance(items, Iterable) or isinstance(items, (Mapping, bytes)):
        return None
    texts = [os.fspath(item) if isinstance(item, os.PathLike) else item for item in items]
    return tuple(map(str, texts)) if all(isinstance(text, str) for text in texts) else None


def path_of(value: Any) -> Path | None:
    """A path from a path or a text, `~` as the user's folder; None if there can be no such path."""
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    try:
        return Path(path).expanduser() if is_path_text(path) else None
    except RuntimeError:  # of a user who is not known
        return None


def is_path_text(value: Any) -> bool:
    """Whether it is a text that a file system takes as a path: without NUL, and with an encoding."""
    try:
        return isinstance(value, str) and b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False
