"""Bytes of whole lines to columns of numbers: at once where all is regular, else line by line."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from sml_viewer.model.issues import IssueCounter
from sml_viewer.model.step_words import is_step_word
from sml_viewer.readers.base import Rows

from .cells import BLANKS, is_number, to_floats
from .csv_orjson import plain_rows
from .csv_pandas import regular_rows
from .header import Dialect, different_names
from .json_lines import json_rows
from .lines import MOST_CELLS, Line, start_of, text_lines

# Calling pandas takes as long as reading so much line by line, and says the same of it.
_FEW_BYTES = 4_096
# A cell with line breaks in quotes is joined again over at most so many lines.
_MOST_JOINED = 200


class Reading(NamedTuple):
    """What a stretch of a table holds: `pieces` one after the other, each under its own header.

    `length` is how many bytes were read: a last line that its successor has to explain waits for it.
    `dialect` is how to read on from there.
    """

    pieces: tuple[Rows, ...]
    dialect: Dialect
    length: int


def read_rows(data: bytes, dialect: Dialect) -> Reading:
    """The rows in `data`, which begins at a line and ends with a line end.

    Reading a table in several parts gives what reading it at once does.
    """
    if not data:
        return Reading((), dialect, 0)
    if dialect.separator == "json":
        return Reading((json_rows(data),), dialect, len(data))
    rows = plain_rows(data, dialect)  # which takes whole rows only: these are as long as they are wide
    if rows is None and (lines := _too_wide(data, dialect)):
        return Reading((Rows(0, {}, Counter({"too_wide": lines})),), dialect, len(data))
    if rows is None and len(data) >= _FEW_BYTES:
        rows = regular_rows(data, dialect)
    if rows is None:
        return read_lines(data, dialect)
    return Reading((rows,), replace(dialect, short_before=0) if dialect.short_before else dialect, len(data))


def _too_wide(data: bytes, dialect: Dialect) -> int:
    """The number of lines if they could expand to more cells than memory should hold; else 0."""
    lines = data.count(b"\n") + data.count(b"\r")
    return lines if lines * len(dialect.names) > max(MOST_CELLS, 2 * len(data)) else 0


def complete(data: bytes) -> int:
    """How many bytes of `data` are whole lines; a lone CR ends a line only where there is no LF at all."""
    return data.rfind(b"\n") + 1 or data.rfind(b"\r") + 1


def read_lines(data: bytes, dialect: Dialect) -> Reading:
    """The rows in `data`, line by line: slower than `read_rows` and without the cost of importing pandas."""
    lines, damaged = text_lines(data)
    records, quotes = _records(lines, dialect)
    sections, waiting, dialect = _sections(records, dialect)
    # What waits is counted when it is read.
    end = len(lines) if waiting is None else records[waiting].line
    number = lines[end].number if end < len(lines) else None
    notes: IssueCounter = Counter(kind for kind, at in damaged if number is None or at < number)
    if "bad_text" in notes:
        notes["bad_text"] = 1
    notes.update("quote_lines" for at in quotes if at < end)
    pieces = [_rows_of(section) for section in sections]
    if notes:
        pieces[0] = replace(pieces[0], notes=notes + pieces[0].notes)
    return Reading(tuple(pieces), dialect, len(data) if number is None else start_of(data, number))


class _Record(NamedTuple):
    """The cells of a row that begins on line `line` of those that are not blank."""

    line: int
    cells: list[str]


@dataclass
class _Section:
    """The rows below one header, each as long as it, and what was odd."""

    names: tuple[str, ...]
    rows: list[list[str]] = field(default_factory=list)
    notes: IssueCounter = field(default_factory=Counter)


def _records(lines: Sequence[Line], dialect: Dialect) -> tuple[list[_Record], list[int]]:
    """The cells of each line, and which lines have an open quote; quoted line breaks are joined."""
    records, quotes = [], []
    index = 0
    while index < len(lines):
        cells, used = _split(lines[index].text, dialect.separator), 1
        if cells is None:
            cells, used = _joined([line.text for line in lines[index : index + _MOST_JOINED]], dialect)
        if cells is None:
            quotes.append(index)
        else:
            records.append(_Record(index, cells))
        index += used
    return records, quotes


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


def _sections(records: Sequence[_Record], dialect: Dialect) -> tuple[list[_Section], int | None, Dialect]:
    """The rows under each header, which record waits for its successor, and how to read on.

    A header inside begins a section that is read by it. A single row that is shorter than its neighbours was
    cut by a crash, and its last number with it; several of one length were written before the header grew.
    What the last record is may take one more to tell.
    """
    section = _Section(dialect.names)
    sections, short_before = [section], dialect.short_before
    for index, (_, cells) in enumerate(records):
        following = records[index + 1].cells if index + 1 < len(records) else None
        width = len(section.names)
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            cells = cells[:width]
        kind = _kind(cells, section.names, short_before, following)
        if kind == _WAITING:
            return sections, index, replace(dialect, names=section.names, short_before=short_before)
        if kind == "second_header":
            section = _Section(different_names(list(map(_stripped, cells))))
            sections.append(section)
        elif kind in ("row", "short_lines"):
            section.rows.append(cells + [""] * (width - len(cells)))
        if kind != "row":
            section.notes[kind] += 1
        short_before = len(cells) if kind in ("short_lines", "cut_lines") else 0
    if (section.names, short_before) != (dialect.names, dialect.short_before):
        dialect = replace(dialect, names=section.names, short_before=short_before)
    return sections, None, dialect


_WAITING = "waiting"


def _kind(
    cells: Sequence[str], names: Sequence[str], short_before: int, following: Sequence[str] | None
) -> str:
    """What a record is: a row, a kind of note, or undecided without the next one."""
    width, stripped = len(names), list(map(_stripped, cells))
    # Blank cells are a row, also where the only name is a blank.
    if any(stripped) and stripped == [name.strip() for name in names] and not all(map(is_number, stripped)):
        return "header_again"
    if _names_columns(stripped):
        if 2 * len({*stripped} & {*names}) >= len(stripped):
            return "second_header"
        # Words of another number than the columns, or one for steps, are a header if numbers follow.
        other = len(cells) != width or any(map(is_step_word, stripped))
        if other and len(cells) > 1 and len({*stripped}) == len(cells):
            if following is None:
                return _WAITING
            if len(following) == len(cells) and any(map(is_number, following)):
                return "second_header"
    if len(cells) >= width:
        return "row" if len(cells) == width else "long_lines"
    if len(cells) == short_before:
        return "short_lines"
    if following is None:
        return _WAITING
    return "short_lines" if len(following) == len(cells) else "cut_lines"


def _stripped(cell: str) -> str:
    """A cell without blanks, and without the mark at the beginning of a file that was appended."""
    return cell.strip().removeprefix("\ufeff")


def _names_columns(cells: Sequence[str]) -> bool:
    # A row has a number or a blank cell, a header has neither.
    return not any(cell in BLANKS or is_number(cell) for cell in cells)


def _rows_of(section: _Section) -> Rows:
    notes, names = section.notes, section.names
    cells = list(zip(*section.rows, strict=True)) if section.rows else [()] * len(names)
    columns = {}
    for name, column in zip(names, cells, strict=True):
        values = to_floats(column, name, notes)
        if not np.isnan(values).all():
            columns[name] = values
    return Rows(len(section.rows), columns, notes)
