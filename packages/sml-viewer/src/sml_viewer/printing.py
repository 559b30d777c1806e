"""Escape untrusted texts for a terminal: no control characters, no reversed direction, no forged lines."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import category

# Control and format characters (such as changes of direction), lone surrogates, line separators.
_STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")


def shown(text: str) -> str:
    """A text on one line, with control characters escaped as in Python."""
    if text.isprintable():
        return text
    return "".join(
        letter.encode("unicode_escape").decode("ascii") if category(letter) in _STEERING else letter
        for letter in text
    )


def shown_lines(text: str) -> str:
    """A trusted text of several lines, each escaped by `shown`."""
    return "\n".join(map(shown, text.split("\n")))


def shown_json(value: Any) -> str:
    """Indented JSON, with control characters escaped as in JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        json.dumps(letter)[1:-1] if letter != "\n" and category(letter) in _STEERING else letter
        for letter in text
    )
