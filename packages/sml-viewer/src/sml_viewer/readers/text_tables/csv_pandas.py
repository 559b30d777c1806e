"""The fast way for tables of plain numbers, as loggers mostly write them: pandas' C parser, or a refusal.

Whatever it takes, `read_lines` reads the same of it.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

import numpy as np

from sml_viewer.readers.base import Rows

from .header import Dialect

_PLAIN = b"0123456789+-.e\n"


def regular_rows(data: bytes, dialect: Dialect) -> Rows | None:
    """Rows by pandas' C parser; None unless every line is plain numbers, as many as the header has names.

    It is longer than other functions because it is a list of all that makes a table no regular one.
    """
    width = len(dialect.names)
    # One look at all of it: what else there is than numbers and line feeds.
    separator = dialect.separator.encode()
    odd = data.translate(None, _PLAIN + separator)
    if odd and (
        b"\0" in odd
        or b'"' in odd
        or (b"\r" in odd and odd.count(b"\r") != data.count(b"\r\n"))
        # pandas reads these as 1 and 0 without saying so.
        or any(letter in odd for letter in (b"u", b"U", b"l", b"L"))
    ):
        return None
    if width == 1 and _has_blank_line(data):
        return None
    first = data[: data.find(b"\n") + 1]
    if first.count(separator) != width - 1:
        return None
    import pandas as pd  # costs half a second, and only who parses pays

    exact: dict[str, Any] = {}
    if tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1):
        exact = {
            "float_precision": "round_trip"
        }  # what pandas does by itself from 3.1, where saying so is deprecated
    try:
        frame = pd.read_csv(
            io.BytesIO(data),
            sep=dialect.separator,
            header=None,
            # One more than there are: a longer line is seen there, or is an error; pandas would cut it in
            # silence.
            names=list(range(width + 1)),
            index_col=False,
            dtype=np.float64,
            quoting=csv.QUOTE_NONE,
            skip_blank_lines=False,
            keep_default_na=False,
            na_values=["", "nan", "NaN", "-nan"],
            low_memory=False,
            **exact,
        )
    except (ValueError, OverflowError):  # a cell that is not a number, or a line with a cell too many
        return None
    values = np.asfortranarray(frame.to_numpy())
    blank = np.isnan(values)
    if not blank[:, width].all():
        return None
    # A line that is too short ends in a blank, as does one whose last cell is blank: then separators are
    # counted.
    if blank[:, width - 1].any() and data.count(separator) != len(frame) * (width - 1):
        return None
    # Only letters make an infinity or a nan; 1e999 makes an infinity that nobody wrote.
    lowered = data.lower() if b"n" in odd or b"N" in odd else b""
    if np.isinf(values).sum() != lowered.count(b"inf"):
        return None
    nans = lowered.count(b"nan")
    empty = blank.all(axis=0)
    present = {name: values[:, index] for index, name in enumerate(dialect.names) if not empty[index]}
    return Rows(len(frame), present, Counter({"nan": nans} if nans else {}))


def _has_blank_line(data: bytes) -> bool:
    return data.startswith((b"\n", b"\r")) or b"\n\n" in data or b"\n\r" in data
