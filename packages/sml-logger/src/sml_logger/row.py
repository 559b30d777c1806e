"""A row of metrics, as the table passes it to the outputs."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

# None is a blank cell. Booleans are stored as integers.
Cell: TypeAlias = float | int | str | None


class Shape:
    """Columns, tags and value types of a row.

    Rows of the same shape share one object, so that an output prepares its format once per shape.
    """

    def __init__(
        self, columns: tuple[str, ...], tags: tuple[str | None, ...], kinds: tuple[type, ...]
    ) -> None:
        """`tags` are TensorBoard's, one for each column; None for what is not written to TensorBoard."""
        self.columns = columns
        self.tags = tags
        self.kinds = kinds


class Row(NamedTuple):
    """The values of one `dump_tabular()`, or of a step of `log`, in the order of the shape's columns."""

    shape: Shape
    values: list[Cell]
    # Number of rows dumped before this one.
    step: int
    # TensorBoard's step: the value of the x label, or `step`; None if the label has had no value yet.
    x: int | None
    # Seconds since the epoch.
    wall_time: float
    # The row formatted as a text table; empty for rows of `log`, which are not printed.
    text: str
