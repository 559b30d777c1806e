"""Ray Tune writes two tables: `result.json` has metrics that came after the header of `progress.csv`."""

from __future__ import annotations

from sml_viewer.readers.file_io import UNREADABLE, read_ends

from .cells import number
from .header import read_header
from .json_lines import json_rows
from .read_csv import complete

CSV_TABLE, JSON_TABLE = "progress.csv", "result.json"
_ENDS = 131_072
_ITERATION = "training_iteration"
# Settings, which Ray leaves out of the CSV.
_SETTINGS = "config"


def json_has_more(folder: str) -> bool:
    """Whether the JSON lines have numbers that the CSV has no column for, and are not behind it."""
    try:
        _, csv_head, csv_tail = read_ends(folder, CSV_TABLE, _ENDS, _ENDS)
        _, head, tail = read_ends(folder, JSON_TABLE, _ENDS, _ENDS)
    except UNREADABLE:
        return False
    dialect = read_header(csv_head, CSV_TABLE)[0]
    lines = _lines(tail)
    if dialect is None or dialect.separator == "json" or not lines:
        return False
    last = json_rows(lines[-1] + b"\n").columns
    names = {*last, *json_rows(b"\n".join([*_lines(head)[:1], b""])).columns}
    # Older releases write a whole dictionary into one cell of the CSV.
    known = {*dialect.names, _SETTINGS}
    if all(name in known or name.partition("/")[0] in known for name in names):
        return False
    if _ITERATION not in dialect.names or _ITERATION not in last:
        return False
    rows = _lines(csv_tail[dialect.start :] if len(csv_tail) == len(csv_head) else csv_tail)
    cells = rows[-1].decode("utf-8", "replace").split(dialect.separator) if rows else []
    index = dialect.names.index(_ITERATION)
    iteration = number(cells[index]) if index < len(cells) else None
    return iteration is None or bool(last[_ITERATION][-1] >= iteration)


def _lines(data: bytes) -> list[bytes]:
    return [line for line in data[: complete(data)].splitlines() if line.strip()]
