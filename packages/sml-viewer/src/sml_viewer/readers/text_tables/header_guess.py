"""Whether the first line of a table is a header, and what its columns are called where it is none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from sml_viewer.model.table_layouts import METRIC, METRIC_AXES, MONITOR, MONITOR_COLUMNS, name_by_position

from .cells import BLANKS, is_number, is_truth

HEADER, HEADERLESS, UNDECIDED = "header", "headerless", "undecided"

_NUMBER, _OTHER, _TEXT = "number", "other", "text"
_JOINT = re.compile(r"(?P<name>.+?)(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")


class Glued(NamedTuple):
    """A header whose last name and the first row's first number share the cell number `joint`."""

    names: tuple[str, ...]
    joint: int
    number: str


def judge(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """HEADER, HEADERLESS or UNDECIDED, by the cells of a first line; `rows` are those of the lines below.

    A line of words is a header and a line of numbers is a row. One of both is a header if words are above
    numbers and its own numbers rise as those of classes do (`step,0,1,2`) and begin no count in their column,
    else a row with text in it.
    """
    kinds = [_kind(cell) for cell in cells]
    if _NUMBER not in kinds:
        return HEADER
    if _TEXT not in kinds:
        return HEADERLESS
    if not rows:
        return UNDECIDED
    numbers = [cell for cell, kind in zip(cells, kinds, strict=True) if kind == _NUMBER]
    classes = all(cell.isdecimal() for cell in numbers) and _rise([int(cell) for cell in numbers])
    above_numbers = any(
        kind == _TEXT and index < len(row) and _kind(row[index]) == _NUMBER
        for index, kind in enumerate(kinds)
        for row in rows
    )
    goes_on = any(
        _goes_on(float(cells[index]), [row[index] for row in rows if index < len(row)])
        for index, kind in enumerate(kinds)
        if kind == _NUMBER
    )
    return HEADER if classes and above_numbers and not goes_on else HEADERLESS


def glued_names(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> Glued | None:
    """The names in a line such as `r,l,t-21.0,500,3.2`, where the header's line end is missing."""
    width = len(rows[0]) if rows else 0
    if width < 2 or len(cells) != 2 * width - 1:
        return None
    joint = _JOINT.fullmatch(cells[width - 1])
    before, behind = map(_kind, cells[: width - 1]), map(_kind, cells[width:])
    if joint is None or {*before} != {_TEXT} or _TEXT in behind:
        return None
    return Glued((*cells[: width - 1], joint["name"].strip()), width - 1, joint["number"])


def names_by_position(count: int, file: str, layout: str) -> tuple[str, ...]:
    """What the columns of a table without a header are called."""
    by_position = tuple(map(name_by_position, range(1, count + 1)))
    if layout == METRIC and count == len(METRIC_AXES) + 1:
        return (*METRIC_AXES, file.rpartition(".")[0] or file)
    if layout == MONITOR and count >= len(MONITOR_COLUMNS):
        return (*MONITOR_COLUMNS, *by_position[len(MONITOR_COLUMNS) :])
    return by_position


def _kind(cell: str) -> str:
    if is_number(cell):
        return _NUMBER
    return _OTHER if cell in BLANKS or is_truth(cell) else _TEXT


def _goes_on(first: float, below: Sequence[str]) -> bool:
    """Whether a number begins a column that rises by equal steps, as a count does."""
    if len(below) < 2 or not all(map(is_number, below[:2])):
        return False
    second, third = map(float, below[:2])
    return second > first and math.isclose(second - first, third - second)


def _rise(numbers: Sequence[int]) -> bool:
    return all(before < after for before, after in pairwise(numbers))
