"""The text of cells to numbers, exactly as written, or to blanks that are accounted for."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.model.issues import ColumnIssue, IssueCounter

BLANKS = ("", "None", "none", "null", "NULL", "NA", "N/A", "n/a", "<NA>", "#N/A")
_NAN = {"nan", "+nan", "-nan"}
_INFINITE = {"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}
_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_TRUTH = {"True": 1.0, "true": 1.0, "TRUE": 1.0, "False": 0.0, "false": 0.0, "FALSE": 0.0}


def number(cell: str) -> float | None:
    """The number that a cell says, NaN and infinities included; None for anything else."""
    try:
        value = float(cell)
    except ValueError:
        return None
    # Python also takes 1_000 and digits of other scripts; 1e999 would become an infinity that nobody wrote.
    if "_" in cell or not cell.isascii() or (math.isinf(value) and cell.strip().lower() not in _INFINITE):
        return None
    return value


def is_number(cell: str) -> bool:
    """Whether a cell says a number."""
    return number(cell) is not None


def is_truth(cell: str) -> bool:
    """Whether a cell says true or false."""
    return cell in _TRUTH


def to_floats(cells: Sequence[str], column: str, notes: IssueCounter) -> Floats:
    """One column's cells as float64 of shape (rows,), NaN where a cell is blank or says no number."""
    return np.fromiter((_value(cell, column, notes) for cell in cells), np.float64, len(cells))


def _value(cell: str, column: str, notes: IssueCounter) -> float:
    value = number(cell)
    if value is not None:
        if value != value:
            notes["nan"] += 1
        return value
    text = cell.strip()
    if text in BLANKS:
        return math.nan
    if text in _TRUTH:
        notes[ColumnIssue("bool", column)] += 1
        return _TRUTH[text]
    if text.endswith("%") and (share := number(text[:-1].rstrip())) is not None:
        notes[ColumnIssue("percent", column)] += 1
        return share
    notes[ColumnIssue("comma" if _COMMA.fullmatch(text) else "text", column)] += 1
    return math.nan
