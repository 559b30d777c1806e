"""One row on its way from the table to the outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

# A blank is None. Booleans have become integers.
Cell: TypeAlias = float | int | str | None


@dataclass(frozen=True, eq=False)
class Shape:
    """What rows have in common as long as neither columns, tags nor types change.

    Rows of one shape carry the same object, so an output can prepare its format once per shape.
    """

    columns: tuple[str, ...]
    # Per column the TensorBoard tag, or None for a column that stays out of TensorBoard.
    tags: tuple[str | None, ...]
    kinds: tuple[type, ...]


class Row(NamedTuple):
    """The values of one dump, in the order of the shape's columns."""

    shape: Shape
    values: list[Cell]
    # Rows dumped before this one.
    step: int
    # TensorBoard's step: the value of the x label, or `step`; None if the label never had a value.
    x: int | None
    # Seconds since the epoch.
    wall_time: float
    # The row as a table of text.
    text: str
