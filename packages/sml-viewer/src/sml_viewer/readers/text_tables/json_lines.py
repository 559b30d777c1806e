"""JSON lines to columns of numbers: at once where all lines have the same names, else line by line."""

from __future__ import annotations

import contextlib
import json
import struct
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from sml_viewer.jsonio import MOST_DEPTH, is_deep
from sml_viewer.model.issues import IssueCounter
from sml_viewer.readers.base import Rows

from .cells import number
from .lines import MOST_CELLS, text_lines

_QUOTE, _NEWLINE = b'"\n'
_LINE_END = b"}\n"
# Fewer are read sooner line by line.
_FEW_LINES = 16


def json_rows(data: bytes) -> Rows:
    """One JSON object per line, nested names joined by slashes."""
    rows = _equal_rows(data)
    return _any_rows(data) if rows is None else rows


def _equal_rows(data: bytes) -> Rows | None:
    """The rows of lines that differ in nothing but their numbers; None for others.

    `_any_rows` reads the same of these. Names are checked as bytes and blanked, so that one list of numbers
    is left to parse: it has as many as there are places for one, so each place has one.
    """
    first = data[: data.find(b"\n") + 1]
    between = _between_numbers(first)
    if not between or b"\\" in data or not data.endswith(b"}\n"):
        return None
    names, width = [*between], len(between)
    numbers = bytearray(data)
    buffer = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(buffer == _QUOTE)
    count = int(np.count_nonzero(buffer == _NEWLINE))
    if count < _FEW_LINES or len(quotes) != 2 * width * count:
        return None
    places = np.ascontiguousarray(quotes.reshape(count, 2 * width)[:, ::2].T)
    for index, (lead, text) in enumerate(between.values()):
        begins = places[index] - lead
        if index == 0:  # the first line has no line before it
            begins = begins[1:]
        items = _items(data, len(text))
        if begins[0] < 0 or begins[-1] >= len(items):
            return None
        if items[begins].tobytes() != text * len(begins):
            return None
        _items(numbers, len(text))[begins] = np.void(b",".ljust(len(text)))
    start = len(between[names[0]][1]) - len(_LINE_END)
    numbers[:start] = b"[".ljust(start)
    numbers[-2:] = b" ]"
    try:
        # Numbers and truths, and nothing else; struct is twice as quick as an array is.
        packed = struct.pack(f"{count * width}d", *orjson.loads(numbers))
    except (orjson.JSONDecodeError, struct.error, OverflowError):  # NaN, a damaged line
        return None
    values = np.ascontiguousarray(np.frombuffer(packed).reshape(count, width).T)
    return Rows(count, dict(zip(names, values, strict=True)), Counter())


def _items(data: bytes | bytearray, length: int) -> NDArray[np.void]:
    """One item of `length` bytes for each byte at which one may begin: they overlap."""
    items: NDArray[np.void] = np.ndarray((max(len(data) - length + 1, 0),), f"V{length}", data, strides=(1,))
    return items


def _between_numbers(line: bytes) -> dict[str, tuple[int, bytes]]:
    """What stands before the number of each name in a line, and how many bytes of it before the name's quote.

    Before the first it is the end of another such line. Empty if there is anything but numbers.
    """
    try:
        cells = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    parts = line.split(b'"')  # before, name, after, name, after ...
    if not isinstance(cells, dict) or len(parts) != 2 * len(cells) + 1:
        return {}
    between: dict[str, tuple[int, bytes]] = {}
    before = _LINE_END + parts[0]
    for name, quoted, after in zip(cells, parts[1::2], parts[2::2], strict=True):
        if not isinstance(cells[name], (int, float)) or "\ufffd" in name:
            return {}
        colon = after[: len(after) - len(after.lstrip(b" ").removeprefix(b":").lstrip(b" "))]
        between[name] = len(before), b'%b"%b"%b' % (before, quoted, colon)
        before = after[after.rfind(b",") :]
    return between


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
