"""Display width of text on a terminal."""

from __future__ import annotations

import unicodedata


def display_width(text: str) -> int:
    """Terminal cells that a text occupies: two for a wide character, none for a combining one."""
    return len(text) if text.isascii() else sum(map(character_width, text))


def character_width(character: str) -> int:
    """Terminal cells that a character occupies: 0, 1 or 2."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
