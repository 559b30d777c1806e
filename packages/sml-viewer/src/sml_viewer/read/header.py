"""The beginning of a table: what separates its cells and what its columns are called."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .cells import is_number

_BOM = b"\xef\xbb\xbf"
_MOST_JOINED = 20
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class Dialect:
    """How to read the rows of one table.

    `separator` is one character, or "json" for a JSON object per line; `names` are the columns, all
    different; `start` is the byte at which the rows begin; `facts` is what a `#{…}` line at the top says.
    """

    separator: str
    names: tuple[str, ...]
    start: int
    facts: Mapping[str, Any] = field(default_factory=dict)


def read_header(data: bytes, file: str) -> tuple[Dialect | None, Counter[str]]:
    """The dialect of a table that begins with `data`, and what was found odd; None if no header is complete.

    `data` has to hold the header whole; `file` is the table's name, after which a headerless metric is
    called.
    """
    notes: Counter[str] = Counter()
    if not data:
        return None, Counter({"empty": 1})
    start = 0
    facts: dict[str, Any] = {}
    if data.startswith(_BOM):
        notes["bom"], start = 1, len(_BOM)
    while True:
        end = _LINE_END.search(data, start)
        # A CR at the very end may be half of a CRLF that is still being written.
        if end is None or (end.end() == len(data) and end.group() == b"\r"):
            return None, Counter({"no_header": 1})
        line = data[start : end.start()]
        if line.startswith(b"#"):
            facts |= _json_object(line[1:])
        elif line.strip():
            break
        start = end.end()
    # A name may hold a line break, in quotes.
    for _ in range(_MOST_JOINED):
        if (
            line.count(b'"') % 2 == 0
            or b"\0" in line
            or (further := _LINE_END.search(data, end.end())) is None
        ):
            break
        end = further
        line = data[start : end.start()]
    if line.lstrip().startswith(b"{"):
        return Dialect("json", (), start, facts), notes
    if b"\0" in line:
        return None, Counter({"broken_header": 1})
    separator, names, odd = _columns(line, file)
    notes.update(odd)
    return Dialect(separator, names, start if "headerless" in odd else end.end(), facts), notes


@functools.lru_cache(64)  # hundreds of tables begin with the same line
def _columns(line: bytes, file: str) -> tuple[str, tuple[str, ...], Counter[str]]:
    """The separator, the names of the columns, and what was found odd; the line may be a row of numbers."""
    notes: Counter[str] = Counter()
    separator = _separator(line)
    cells = _cells(line, separator, notes)
    if all(is_number(cell) for cell in cells):
        notes["headerless"] = 1
        return separator, _by_place(len(cells), file), notes
    return separator, _different(cells, notes), notes


def _separator(line: bytes) -> str:
    outside = re.sub(rb'"[^"]*"', b"", line)
    counts = {mark: outside.count(mark.encode()) for mark in "\t,;"}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def _cells(line: bytes, separator: str, notes: Counter[str]) -> list[str]:
    text = line.decode("utf-8", "replace")
    if "\ufffd" in text:
        notes["bad_text"] = 1
    try:
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True))
    except csv.Error:  # a cell beyond the csv module's limit
        cells = text.split(separator)
    return [cell.strip() for cell in cells]


def _by_place(count: int, file: str) -> tuple[str, ...]:
    # d3rlpy: one file per metric, each row epoch, step, value.
    if count == 3:
        return ("epoch", "step", file.rpartition(".")[0] or file)
    return tuple(f"column {place}" for place in range(1, count + 1))


def _different(cells: list[str], notes: Counter[str]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for place, cell in enumerate(cells, 1):
        name = cell or f"column {place}"
        if not cell:
            notes[f"nameless:{name}"] = 1
        again = 0
        while name in names:
            again += 1
            name = f"{cell}.{again}"
        if again:
            notes[f"twice:{name}"] = 1
        names[name] = None
    return tuple(names)


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
