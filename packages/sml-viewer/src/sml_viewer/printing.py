"""Escape untrusted texts for a terminal: no control characters, no reversed direction, no forged lines."""

from __future__ import annotations

import json
from typing import Any

from sml_config.text import is_steering
from sml_config.text import printable as shown

__all__ = ["shown", "shown_json", "shown_lines"]


def shown_lines(text: str) -> str:
    """A trusted text of several lines, each escaped by `shown`."""
    return "\n".join(map(shown, text.split("\n")))


def shown_json(value: Any) -> str:
    """Indented JSON, with control characters escaped as in JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        json.dumps(letter)[1:-1] if letter != "\n" and is_steering(letter) else letter for letter in text
    )
