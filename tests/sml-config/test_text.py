"""Texts of others are printed so that they neither steer the terminal nor forge a line."""

from __future__ import annotations

import pytest

from sml_config.text import printable


@pytest.mark.parametrize(
    "text",
    ["plain", "é 中\u3000\xa0b", "\ue0b0", "\U0001fae8"],
    ids=["ascii", "spaces", "private", "new emoji"],
)
def test_what_only_looks_unusual_is_printed_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("\x9b31m", "\\x9b31m"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_steers_a_terminal_is_escaped(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_a_byte_of_a_name_that_is_not_utf_8_is_shown_as_that_byte() -> None:
    assert printable("name\udcff") == "name\\xff"
