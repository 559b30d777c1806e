"""JSON lines to columns of numbers: at once where all lines have the same names, else line by line."""

from __future__ import annotations

import contextlib
import itertools
import json
import struct
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import numpy as np
import orjson

from sml_viewer.jsonio import MOST_DEPTH, is_deep
from sml_viewer.model.issues import IssueCounter
from sml_viewer.readers.base import Rows

from .cells import number
from .lines import MOST_CELLS, text_lines

_OPEN, _CLOSED, _NEWLINE = b"{}\n"


def json_rows(data: bytes) -> Rows:
    """One JSON object per line, nested names joined by slashes."""
    rows = _equal_rows(data)
    return _any_rows(data) if rows is None else rows


def _equal_rows(data: bytes) -> Rows | None:
    """The rows of lines that hold the same names with nothing but numbers; None for others.

    `_any_rows` reads the same of these.
    """
    buffer = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(buffer == _NEWLINE)
    count = len(ends)
    begins = np.concatenate([[0], ends[:-1] + 1])
    if not count or not (buffer[ends - 1] == _CLOSED).all() or not (buffer[begins] == _OPEN).all():
        return None
    try:
        objects = orjson.loads(b"[" + data[:-1].replace(b"\n", b",") + b"]")
    except orjson.JSONDecodeError:  # NaN, a damaged line
        return None
    if len(objects) != count or not objects[0]:
        return None
    names = [*objects[0]]
    if {*map(len, objects)} != {len(names)} or any("\ufffd" in name for name in names):
        return None
    # Of one name, itemgetter would give no tuple.
    cells = ((line[names[0]],) for line in objects) if len(names) == 1 else map(itemgetter(*names), objects)
    try:  # numbers and truths, and nothing else; struct is twice as quick as an array is
        numbers = struct.pack(f"{count * len(names)}d", *itertools.chain.from_iterable(cells))
    except (KeyError, struct.error, OverflowError):
        return None
    values = np.ascontiguousarray(np.frombuffer(numbers).reshape(count, len(names)).T)
    return Rows(count, dict(zip(names, values, strict=True)), Counter())


def _any_rows(data: bytes) -> Rows:
    notes: IssueCounter = Counter()
    rows: list[dict[str, float]] = []
    lines, damaged = text_lines(data)
    notes.update(kind for kind, _ in damaged)
    if "bad_text" in notes:
        notes["bad_text"] = 1
    for _, line in lines:
        value = _value(line)
        if isinstance(value, dict) and not (
            line.count("{") + line.count("[") > MOST_DEPTH and is_deep(value)
        ):
            rows.append(_flat_numbers(value))
        else:
            notes["bad_json"] += 1
    names = dict.fromkeys(name for row in rows for name in row)
    if len(rows) * len(names) > max(MOST_CELLS, 2 * len(data)):
        return Rows(0, {}, notes + Counter({"too_wide": len(rows)}))
    columns = {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}
    # SQLite rejects lone surrogates.
    encodable = {name.encode("utf-8", "backslashreplace").decode(): c for name, c in columns.items()}
    return Rows(len(rows), {name: c for name, c in encodable.items() if not np.isnan(c).all()}, notes)


def json_names(data: bytes) -> list[str]:
    """The names of numbers, NaN and null in JSON lines, nested names joined by slashes."""
    values = (_value(line) for _, line in text_lines(data)[0])
    return list(
        dict.fromkeys(name for value in values if isinstance(value, dict) for name in _flat_names(value))
    )


def _flat_names(value: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[str]:
    for name, item in value.items():
        if isinstance(item, dict) and depth < MOST_DEPTH:
            yield from _flat_names(item, f"{prefix}{name}/", depth + 1)
        elif item is None or isinstance(item, (int, float)):
            yield f"{prefix}{name}"


def _value(line: str) -> Any:
    """The value of a line; None if it is not JSON. Python reads what orjson refuses, such as NaN."""
    with contextlib.suppress(orjson.JSONDecodeError):
        return orjson.loads(line)
    try:
        return json.loads(line, parse_float=_exact)
    except (ValueError, RecursionError):
        return None


def _exact(text: str) -> float | None:
    """A number as it is written; None where float64 would make an infinity of it."""
    return number(text)


def _flat_numbers(value: dict[str, Any], prefix: str = "") -> dict[str, float]:
    flat: dict[str, float] = {}
    for name, item in value.items():
        if isinstance(item, dict):
            flat |= _flat_numbers(item, f"{prefix}{name}/")
        elif isinstance(item, (int, float)):
            with contextlib.suppress(OverflowError):
                flat[f"{prefix}{name}"] = float(item)
    return flat
