"""Split the bytes of a text table into lines, and note damaged ones."""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\n|\r")
_LINE_END_BYTES = re.compile(rb"\r\n|\n|\r")
# A row that is cut short takes memory for all columns: a small file may expand to very many cells.
MOST_CELLS = 20_000_000


class Line(NamedTuple):
    """A line that is not blank; `number` counts all lines."""

    number: int
    text: str


def text_lines(data: bytes) -> tuple[list[Line], list[tuple[str, int]]]:
    """The lines that say anything, and which others are damaged."""
    damaged: list[tuple[str, int]] = []
    lines = []
    for index, line in enumerate(_LINE_END.split(data.decode("utf-8", "replace"))):
        if "\ufffd" in line:
            damaged.append(("bad_text", index))
        if "\0" in line:
            damaged.append(("nul_lines", index))
        elif line.strip(" "):
            lines.append(Line(index, line))
    return lines, damaged


def start_of(data: bytes, number: int) -> int:
    """The byte at which a line begins; lines are counted from 0."""
    ends = _LINE_END_BYTES.finditer(data)
    return next(itertools.islice(ends, number - 1, None)).end() if number else 0
