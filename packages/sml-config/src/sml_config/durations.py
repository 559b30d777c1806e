"""Parse durations such as 90, 30m, 2h; used for arguments and options of all packages."""

from __future__ import annotations

import re
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
