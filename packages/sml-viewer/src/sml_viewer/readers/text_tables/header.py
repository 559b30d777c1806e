"""The beginning of a table: what separates its cells and what its columns are called."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sml_viewer.model.issues import ColumnIssue, IssueCounter
from sml_viewer.model.table_layouts import FURTHER, OWN, TABLE, name_by_position

from .header_guess import HEADER, HEADERLESS, glued_names, judge, names_by_position

_BOM = b"\xef\xbb\xbf"
_MOST_JOINED = 20
# So many rows below the first line tell whether that is a header.
_ROWS_BELOW = 5
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class Dialect:
    """How to read the rows of one table.

    `separator` is one character, or "json" for a JSON object per line; `names` are the columns, all
    different; `start` is the byte at which the rows begin; `facts` is what a `#{…}` line at the top says.
    `sure` is False where more rows may tell that the first line is something else after all.
    `short_before` is how many cells the row before has if these are fewer than the names, else 0.
    """

    separator: str
    names: tuple[str, ...]
    start: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    short_before: int = 0
    sure: bool = True


def read_header(data: bytes, file: str, layout: str = TABLE) -> tuple[Dialect | None, IssueCounter]:
    """The dialect of a table that begins with `data`, and counts of what is odd; None if that is open yet.

    `data` has to hold the header whole; `file` is the table's name, after which a headerless metric is
    called. `layout` is one of `layouts`: the header of a table that sml_logger wrote is taken as it is.
    """
    if not data:
        return None, Counter({"empty": 1})
    if layout in (OWN, FURTHER):
        return _own_header(data)
    notes: IssueCounter = Counter()
    start = 0
    if data.startswith(_BOM):
        notes["bom"], start = 1, len(_BOM)
    facts: dict[str, Any] = {}
    comment: bytes | None = None
    while True:
        end = _line_end(data, start)
        if end is None:
            return None, Counter({"no_header": 1})
        line = data[start : end.start()]
        if line.startswith(b"#"):
            content = _json_object(line[1:])
            facts |= content
            comment = None if content else line
        elif line.strip():
            break
        start = end.end()
    line, after = _whole_line(data, start, end)
    if _is_json(line):
        return Dialect("json", (), start, facts), notes
    if b"\0" in line:
        return None, Counter({"broken_header": 1})
    dialect, odd = _dialect(line, data[after : after + _MOST_BELOW], file, layout)
    if dialect is None:
        return None, odd
    if "headerless" in odd and comment is not None and (named := _commented(comment, dialect)):
        return Dialect(dialect.separator, named, start, facts), notes
    # A dialect of a line alone counts from that line's first byte.
    begins = after if dialect.start < 0 else start + dialect.start
    return replace(dialect, start=begins, facts=facts), notes + odd


# Rows of a hundred columns are about a kilobyte.
_MOST_BELOW = 65_536
_BEHIND = -1


def _own_header(data: bytes) -> tuple[Dialect | None, IssueCounter]:
    """sml_logger writes one header line, names as they are, commas, quotes where needed."""
    end = data.find(b"\n")
    if end < 0:
        return None, Counter({"no_header": 1})
    line = data[:end]
    if b"\0" in line:
        return None, Counter({"broken_header": 1})
    names, notes = _own_names(line)
    return Dialect(",", names, end + 1), Counter(notes)


@functools.lru_cache(64)
def _own_names(line: bytes) -> tuple[tuple[str, ...], IssueCounter]:
    notes: IssueCounter = Counter()
    text = _text(line.removesuffix(b"\r"), notes)
    try:
        cells = next(csv.reader([text]))
    except (csv.Error, StopIteration):
        cells = text.split(",")
    return _different(cells, notes), notes


def _line_end(data: bytes, start: int) -> re.Match[bytes] | None:
    """Where a line ends; None for one that is still being written, as is a CR that may be half of a CRLF."""
    end = _LINE_END.search(data, start)
    return None if end is None or (end.end() == len(data) and end.group() == b"\r") else end


def _whole_line(data: bytes, start: int, end: re.Match[bytes]) -> tuple[bytes, int]:
    """The line that begins at `start`, and where the next does; a name in quotes may hold line breaks."""
    line = data[start : end.start()]
    for _ in range(_MOST_JOINED):
        if line.count(b'"') % 2 == 0 or b"\0" in line:
            break
        further = _LINE_END.search(data, end.end())
        if further is None:
            break
        end = further
        line = data[start : end.start()]
    return line, end.end()


def _is_json(line: bytes) -> bool:
    line = line.lstrip()
    return line.startswith(b"{") and (line[1:].lstrip()[:1] in (b'"', b"}", b"") or bool(_json_object(line)))


def _dialect(line: bytes, below: bytes, file: str, layout: str) -> tuple[Dialect | None, IssueCounter]:
    """What a first line says, with the rows below it where it does not say enough alone.

    `start` is -1 where the rows begin behind the line, else the byte in the line where they begin.
    """
    alone, odd = _by_line(line, file, layout)
    if alone is not None:
        return alone, Counter(odd)
    notes: IssueCounter = Counter()
    separator = _separator(line)
    cells = _cells(line, separator, notes)
    rows = _rows_below(below, separator)
    if not rows:
        return None, Counter({"one_line": 1})
    sure = len(rows) == _ROWS_BELOW
    if b'"' not in line and (glued := glued_names(cells, rows)):
        names, row_start = _different(glued.names, notes), _offset(line, separator, glued.joint, glued.number)
        return Dialect(separator, names, row_start, sure=sure), notes + Counter({"glued": 1})
    if judge(cells, rows) == HEADERLESS:
        notes["headerless"] = 1
        return Dialect(separator, names_by_position(len(cells), file, layout), 0, sure=sure), notes
    return Dialect(separator, _different(cells, notes), _BEHIND, sure=sure), notes


@functools.lru_cache(64)  # hundreds of tables begin with the same line
def _by_line(line: bytes, file: str, layout: str) -> tuple[Dialect | None, IssueCounter]:
    """The same of a line that is clearly a header or clearly a row; None for any other."""
    notes: IssueCounter = Counter()
    separator = _separator(line)
    cells = _cells(line, separator, notes)
    verdict = judge(cells, ())
    if verdict == HEADER:
        return Dialect(separator, _different(cells, notes), _BEHIND), notes
    if verdict == HEADERLESS:
        notes["headerless"] = 1
        return Dialect(separator, names_by_position(len(cells), file, layout), 0), notes
    return None, notes


def _rows_below(below: bytes, separator: str) -> list[list[str]]:
    """The cells of the first whole lines."""
    lines = _LINE_END.split(below)[:-1]
    filled = [line for line in lines if line.strip() and b"\0" not in line][:_ROWS_BELOW]
    return [_cells(line, separator, Counter()) for line in filled]


def _commented(comment: bytes, dialect: Dialect) -> tuple[str, ...] | None:
    """The names in a `#` line above rows of as many numbers."""
    notes: IssueCounter = Counter()
    cells = _cells(comment, dialect.separator, notes)
    if (
        len(cells) != len(dialect.names)
        or not all(cells)
        or (len(cells) == 1 and " " in cells[0][1:].strip())
    ):
        return None
    cells[0] = cells[0][1:].strip() if cells[0].startswith("# ") else cells[0]
    return _different(cells, notes)


def _offset(line: bytes, separator: str, joint: int, number: str) -> int:
    """The byte at which the first row begins: in the cell `joint` of a line, which ends with `number`."""
    mark = separator.encode()
    before = mark.join(line.split(mark)[: joint + 1])
    return len(before.rstrip()) - len(number)


def _separator(line: bytes) -> str:
    outside = re.sub(rb'"[^"]*"', b"", line)
    counts = {mark: outside.count(mark.encode()) for mark in "\t,;"}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def _cells(line: bytes, separator: str, notes: IssueCounter) -> list[str]:
    text = _text(line, notes)
    try:
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True))
    except csv.Error:  # a cell beyond the csv module's limit
        cells = text.split(separator)
    return [cell.strip() for cell in cells]


def _text(line: bytes, notes: IssueCounter) -> str:
    text = line.decode("utf-8", "replace")
    if "\ufffd" in text:
        notes["bad_text"] = 1
    return text


def _different(cells: Sequence[str], notes: IssueCounter) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for number, cell in enumerate(cells, 1):
        name = cell or name_by_position(number)
        if not cell:
            notes[ColumnIssue("nameless", name)] = 1
        again = 0
        while name in names:
            again += 1
            name = f"{cell}.{again}"
        if again:
            notes[ColumnIssue("twice", name)] = 1
        names[name] = None
    return tuple(names)


def different_names(cells: Sequence[str]) -> tuple[str, ...]:
    """The names of columns, all different, of a header inside a table."""
    return _different(cells, Counter())


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
