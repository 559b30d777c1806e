"""The fastest way for tables of nothing but finite numbers: orjson reads one list, or refuses.

Whatever it takes, `read_lines` reads the same of it, but for the sign of a zero that is written -0.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import orjson

from sml_viewer.readers.base import Rows

from .header import Dialect

_DIGITS = b"0123456789+-.eE"


def plain_rows(data: bytes, dialect: Dialect) -> Rows | None:
    """The rows, each as many numbers as the header has names; None if there is anything else in `data`."""
    numbers = plain_numbers(data, dialect)
    if not numbers:
        return None
    width = len(dialect.names)
    count = len(numbers) // width
    values = np.fromiter(numbers, np.float64, count * width)
    values = np.asfortranarray(values.reshape(count, width))
    return Rows(count, {name: values[:, index] for index, name in enumerate(dialect.names)}, Counter())


def plain_numbers(data: bytes, dialect: Dialect) -> list[float] | None:
    """The cells of whole lines, one after the other, where `plain_rows` reads them; integers as such."""
    width, separator = len(dialect.names), dialect.separator.encode()
    # Cells may be padded: JSON allows for spaces around a number, and for none inside.
    marks = data.translate(None, _DIGITS if separator == b" " else _DIGITS + b" ")
    count = marks.count(b"\n")
    if not count or marks != (separator * (width - 1) + b"\n") * count:
        return None
    cells = data[:-1].replace(b"\n", b",").replace(separator, b",")
    try:
        numbers: list[float] = orjson.loads(b"[" + cells + b"]")
    except orjson.JSONDecodeError:  # a blank, or a number that JSON would write otherwise
        return None
    return numbers if len(numbers) == count * width else None  # one line, and that is blank
