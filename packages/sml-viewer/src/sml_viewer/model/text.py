"""A parameter's value as text."""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any

TEXT_HEAD = 8192
# Numbers between these are readable without an exponent.
_SMALLEST, _LARGEST = 1e-10, 1e15


def text_of(value: Any) -> str:
    """A parameter's value as text: strings unchanged, anything else as JSON; 1.0 as 1, its equal."""
    if isinstance(value, str):
        if value.isascii():
            return value
        # Lone surrogates, possible in JSON, cannot be drawn; é has several compositions.
        return unicodedata.normalize("NFC", value.encode("utf-8", "replace").decode())
    kind = type(value)
    if kind is int or (kind is float and math.isfinite(value)):
        return repr(value).removesuffix(".0")  # as JSON
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def is_text(data: bytes) -> bool:
    """Whether the content of a file counts as text: no NUL in its first 8 KiB."""
    return b"\0" not in data[:TEXT_HEAD]


def score_text(value: float, digits: int, size: float) -> str:
    """A number with `digits` decimals, or in scientific notation if that of this `size` is unreadable."""
    scientific = math.isfinite(size) and not (size == 0 or _SMALLEST <= abs(size) < _LARGEST)
    return f"{value:.3g}" if scientific else f"{value:.{digits}f}"
