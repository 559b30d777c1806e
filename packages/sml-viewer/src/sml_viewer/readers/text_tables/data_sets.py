"""Tell tables of a training from data sets that have a column of steps, too."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .cells import number

# Fewer rows say nothing.
_FEWEST = 16
# A training repeats a step a few times, for the parts of an epoch perhaps without end; a data set does so
# with a name, an id or a sentence in each row.
_REPEATED = 8
# The share of steps that are less than the one before; a training goes back where it was resumed.
_BACK = 0.4


def is_data_set(rows: Sequence[Sequence[str]], step: int) -> bool:
    """Whether the first rows of a table, split into cells, are a data set and not a log.

    `step` is the index of the column of steps. A log counts steps up. In a data set they are in any order, or
    one step has many rows, each with a text of its own.
    """
    steps = [value for row in rows if step < len(row) and (value := number(row[step])) is not None]
    if len(steps) < _FEWEST:
        return False
    back = sum(later < before for before, later in pairwise(steps))
    if back > _BACK * len(steps):
        return True
    return len(set(steps)) * _REPEATED <= len(steps) and _has_own_texts(rows)


def _has_own_texts(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a column has another text in most of its rows."""
    for column in zip(*(row for row in rows if len(row) == len(rows[0])), strict=True):
        texts = {cell for cell in column if cell.strip() and number(cell) is None}
        if 2 * len(texts) > len(column):
            return True
    return False
