"""Some columns of a log of W&B before all of it is read, found by their names in the bytes of each record."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence

import numpy as np

from sml_viewer.readers.base import Rows

from .wandb_end import fields_of

HISTORY = 2  # the kind of a record, as of wandb_internal.proto
_LENGTH = 2
_ITEM = 0x0A
# Of an item: the key of a part of its name, and that of its value.
_NAME, _VALUE = b"\x12", b"\x82\x01"
_STEP = "_step"
# An item of one byte's length, as that of a number is.
_LONGEST_NAME = 60


def early_rows(
    records: Sequence[bytes],
    rows_of: Callable[[bytes], Sequence[dict[str, float]]],
    likely: Callable[[tuple[str, ...]], Collection[str]],
) -> Rows | None:
    """The step and the likely columns in all rows of a log.

    `rows_of` gives the rows of a record, of which those of the first and the last are asked for their names.
    None if an item is not as W&B's core writes it: then all has to be read.
    """
    histories = [record for record in records if _is_history(record)]
    ends = [row for record in (*histories[:2], *histories[-1:]) for row in rows_of(record)]
    names = tuple(dict.fromkeys(name for row in ends for name in row))
    if _STEP not in names:
        return None
    columns: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
    for name in {_STEP, *likely(names)}:
        prefix = _prefix(name)
        if prefix is None:
            return None
        try:
            columns[name] = np.array([_value(record, prefix) for record in histories], np.float64)
        except ValueError:  # not a plain number
            return None
    if np.isnan(columns[_STEP]).any() or any(np.isnan(values).all() for values in columns.values()):
        return None
    return Rows(len(histories), columns, Counter())


def _is_history(record: bytes) -> bool:
    return any(number == HISTORY and kind == _LENGTH for number, kind, *_ in fields_of(record))


def _prefix(name: str) -> bytes | None:
    """The bytes of an item from its name to the length of its value."""
    parts = [part.encode() for part in name.split("/")]
    if not all(parts) or sum(map(len, parts)) > _LONGEST_NAME:
        return None
    return b"".join(_NAME + bytes([len(part)]) + part for part in parts) + _VALUE


def _value(record: bytes, prefix: bytes) -> float:
    """The number of an item, NaN without the item. Raises ValueError unless it is a plain number."""
    at = record.find(prefix)
    while at >= 2:
        begin = at + len(prefix) + 1
        length = record[begin - 1] if begin <= len(record) else 0
        # Else it is the end of a longer name.
        if record[at - 2] == _ITEM and record[at - 1] == len(prefix) + 1 + length:
            return float(record[begin : begin + length])
        at = record.find(prefix, at + 1)
    return math.nan
