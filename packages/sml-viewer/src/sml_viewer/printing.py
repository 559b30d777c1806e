"""Texts of runs for a terminal: nothing in them steers it, turns it round or forges a line."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import category

# Control characters, those that turn the direction of writing, halves of characters.
_STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")


def shown(text: str) -> str:
    """A text on one line; what would steer the terminal is written as Python writes it."""
    if text.isprintable():
        return text
    return "".join(
        letter.encode("unicode_escape").decode("ascii") if category(letter) in _STEERING else letter
        for letter in text
    )


def shown_lines(text: str) -> str:
    """A text of ours of several lines, each as `shown` writes it."""
    return "\n".join(map(shown, text.split("\n")))


def shown_json(value: Any) -> str:
    """Indented JSON of the same value; what would steer the terminal is escaped as JSON has it."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        json.dumps(letter)[1:-1] if letter != "\n" and category(letter) in _STEERING else letter
        for letter in text
    )
