"""Bytes of whole lines to columns of numbers: at once where all is regular, else line by line."""

from __future__ import annotations

import contextlib
import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from sml_viewer.json_text import is_deep

from .cells import BLANKS, is_number, number, to_floats
from .header import Dialect
from .plain import plain_rows
from .regular import Rows, regular_rows

_LINE_END = re.compile(r"\r\n|\n|\r")
# Calling pandas takes as long as reading so much line by line, and says the same of it.
_FEW_BYTES = 4_096
# A cell with line breaks in quotes is joined again over at most so many lines.
_MOST_JOINED = 200
# A row that is cut short takes memory for all columns of the header: a small file may stand for very many.
_MOST_CELLS = 20_000_000


def parse_rows(data: bytes, dialect: Dialect) -> Rows:
    """The rows in `data`, which begins at a line and ends with a line end."""
    if not data:
        return Rows(0, {}, Counter())
    if dialect.separator == "json":
        return _json_rows(data)
    lines = data.count(b"\n") + data.count(b"\r")
    if lines * len(dialect.names) > max(_MOST_CELLS, 2 * len(data)):
        return Rows(0, {}, Counter({"too_wide": lines}))
    rows = plain_rows(data, dialect)
    if rows is None and len(data) >= _FEW_BYTES:
        rows = regular_rows(data, dialect)
    return rows or parse_lines(data, dialect)


def complete(data: bytes) -> int:
    """How many bytes of `data` are whole lines; a lone CR ends a line only where there is no LF at all."""
    return data.rfind(b"\n") + 1 or data.rfind(b"\r") + 1


def parse_lines(data: bytes, dialect: Dialect) -> Rows:
    """The rows in `data`, line by line: slower than `parse_rows` and without the cost of importing pandas."""
    notes: Counter[str] = Counter()
    lines = _clean_lines(data, notes)
    records = _records(lines, dialect, notes)
    kept = _fitting(records, dialect.names, notes)
    cells = list(zip(*kept, strict=True)) if kept else [()] * len(dialect.names)
    columns = {}
    for name, column in zip(dialect.names, cells, strict=True):
        values = to_floats(column, name, notes)
        if not np.isnan(values).all():
            columns[name] = values
    return Rows(len(kept), columns, notes)


def _clean_lines(data: bytes, notes: Counter[str]) -> list[str]:
    text = data.decode("utf-8", "replace")
    if "\ufffd" in text:
        notes["bad_text"] = 1
    lines = []
    for line in _LINE_END.split(text):
        if "\0" in line:
            notes["nul_lines"] += 1
        elif line.strip(" "):
            lines.append(line)
    return lines


def _records(lines: Sequence[str], dialect: Dialect, notes: Counter[str]) -> list[list[str]]:
    """The cells of each line; a quoted line break is joined, if that makes a whole row."""
    records = []
    place = 0
    while place < len(lines):
        record, used = _split(lines[place], dialect.separator), 1
        if record is None:
            record, used = _joined(lines[place : place + _MOST_JOINED], dialect)
        if record is None:
            notes["quote_lines"] += 1
        else:
            records.append(record)
        place += used
    return records


def _split(line: str, separator: str) -> list[str] | None:
    if '"' not in line:
        return line.split(separator)
    if line.count('"') % 2:
        return None
    try:
        # With one line the reader cannot swallow the next, whatever the quotes do.
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error:
        return None


def _joined(lines: Sequence[str], dialect: Dialect) -> tuple[list[str] | None, int]:
    """The row that begins on the first line, an open quote, up to the line that closes it.

    How many lines it took.
    """
    for used in range(2, len(lines) + 1):
        if lines[used - 1].count('"') % 2:
            record = _split("\n".join(lines[:used]), dialect.separator)
            return (record, used) if record is not None and len(record) == len(dialect.names) else (None, 1)
    return None, 1


def _fitting(records: list[list[str]], names: Sequence[str], notes: Counter[str]) -> list[list[str]]:
    """The rows whose cells can be told apart by the header, each as long as it.

    One row that is shorter than its neighbours was cut by a crash, and its last number with it; several of
    one length were written before the header grew.
    """
    width = len(names)
    kept = []
    for place, record in enumerate(records):
        if len(record) > width and not any(cell.strip() for cell in record[width:]):
            record = record[:width]
        if _is_header(record, names):
            if [cell.strip() for cell in record] == list(names):
                notes["header_again"] += 1
                continue
            notes["second_header"] = len(records) - place
            break
        if len(record) > width:
            notes["long_lines"] += 1
        elif len(record) == width:
            kept.append(record)
        elif len(record) in {
            len(other) for other in (*records[place - 1 : place], *records[place + 1 : place + 2])
        }:
            notes["short_lines"] += 1
            kept.append(record + [""] * (width - len(record)))
        else:
            notes["cut_lines"] += 1
    return kept


def _is_header(record: Sequence[str], names: Sequence[str]) -> bool:
    cells = {cell.strip() for cell in record}
    # A word of the header in a row of words; a number or a blank tells a row from a header.
    return 2 * len(cells & set(names)) >= len(cells) and not any(
        cell in BLANKS or is_number(cell) for cell in cells
    )


def _json_rows(data: bytes) -> Rows:
    """One JSON object per line, nested names joined by slashes."""
    notes: Counter[str] = Counter()
    rows: list[dict[str, float]] = []
    for line in _clean_lines(data, notes):
        try:
            value = json.loads(line, parse_float=_exact)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and not is_deep(value):
            rows.append(_flat_numbers(value))
        else:
            notes["bad_json"] += 1
    names = dict.fromkeys(name for row in rows for name in row)
    if len(rows) * len(names) > max(_MOST_CELLS, 2 * len(data)):
        return Rows(0, {}, notes + Counter({"too_wide": len(rows)}))
    columns = {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}
    # Half a character is no text that the store takes.
    told = {name.encode("utf-8", "backslashreplace").decode(): c for name, c in columns.items()}
    return Rows(len(rows), {name: c for name, c in told.items() if not np.isnan(c).all()}, notes)


def _exact(text: str) -> float | None:
    """A number as it is written; nothing where float64 would make an infinity of it."""
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
