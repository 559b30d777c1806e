"""Text on a terminal: its display width, and escapes for what would steer the terminal."""

from __future__ import annotations

import unicodedata

# Control and format characters (such as changes of direction), lone surrogates, line separators.
_STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")


def display_width(text: str) -> int:
    """Terminal cells that a text occupies: two for a wide character, none for a combining one."""
    return len(text) if text.isascii() else sum(map(character_width, text))


def character_width(character: str) -> int:
    """Terminal cells that a character occupies: 0, 1 or 2."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def is_steering(character: str) -> bool:
    """Whether a character may move the cursor, start a line, or change the direction of the text."""
    return unicodedata.category(character) in _STEERING


def printable(text: str) -> str:
    """An untrusted text on one line, with characters that steer a terminal escaped as in Python."""
    if text.isprintable():
        return text
    return "".join(_escaped(letter) if is_steering(letter) else letter for letter in text)


def _escaped(character: str) -> str:
    # A byte of a name that is not UTF-8 is a lone surrogate in Python.
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()
