"""Values that a tool wrote as text: what they were before, as far as the text says it without a doubt."""

from __future__ import annotations

import re
from typing import Any

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WORDS = {"True": True, "False": False, "None": None, "true": True, "false": False, "null": None}
_LONGEST_INTEGER = 17


def value_of(text: str) -> Any:
    """What a value is that Python or YAML printed: a truth, a number, nothing, or the text."""
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdecimal() and len(text) <= _LONGEST_INTEGER else float(text)
    return text
