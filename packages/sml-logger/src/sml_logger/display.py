"""A row as a table of text: one line per metric."""

from __future__ import annotations

import unicodedata

from .row import Row, Shape

_LEAST_KEY_WIDTH = 15
_VALUE_WIDTH = 15
_FORMATS = {float: f"%{_VALUE_WIDTH}.6g", int: f"%{_VALUE_WIDTH}d"}


class TableText:
    """Formats rows; what rows of one shape have in common is laid out once."""

    def __init__(self) -> None:
        self._shape: Shape | None = None
        self._template = ""
        self._width = 0
        self._has_blanks = False

    def format(self, row: Row) -> str:
        """The row's lines, the last one ended by a line break and an empty line."""
        if row.shape is not self._shape:
            self._prepare(row.shape)
        values = ["" if value is None else value for value in row.values] if self._has_blanks else row.values
        title = f" iter {row.step} ".center(self._width, "-")
        return f"{title}\n{self._template % tuple(values)}"

    def _prepare(self, shape: Shape) -> None:
        key_width = max([_LEAST_KEY_WIDTH, *map(display_width, shape.columns)])
        self._width = key_width + _VALUE_WIDTH + 7
        lines = []
        for key, kind in zip(shape.columns, shape.kinds, strict=True):
            label = (" " * (key_width - display_width(key)) + key).replace("%", "%%")
            lines.append(f"| {label} | {_FORMATS.get(kind, f'%{_VALUE_WIDTH}s')} |\n")
        self._template = "".join(lines) + "-" * self._width + "\n\n"
        self._has_blanks = type(None) in shape.kinds
        self._shape = shape


def display_width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
