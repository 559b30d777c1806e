"""Ray Tune writes two tables: `result.json` has metrics that came after the header of `progress.csv`.

A trial that failed has an `error.txt` and, of some releases, an `error.pkl`, which is never opened.
"""

from __future__ import annotations

from collections.abc import Collection

from sml_viewer.readers.file_io import UNREADABLE, read_ends, state_at

from .cells import number
from .header import read_header
from .json_lines import json_rows
from .read_csv import complete

CSV_TABLE, JSON_TABLE = "progress.csv", "result.json"
_PARAMETERS, _ERRORS = "params.json", ("error.txt", "error.pkl")
_ENDS = 131_072
_ITERATION = "training_iteration"
# Settings, which Ray leaves out of the CSV.
_SETTINGS = "config"


def may_be_trial(tables: Collection[str], parameters: Collection[str]) -> bool:
    """Whether a folder with these files may be a trial of Ray Tune."""
    return _PARAMETERS in parameters and (CSV_TABLE in tables or JSON_TABLE in tables)


def has_failed(folder: str) -> bool:
    """Whether a trial failed after its last result; one that was tried again goes on writing results."""
    failed = max(state_at(f"{folder}/{name}")[2] for name in _ERRORS)
    return bool(failed) and failed >= state_at(f"{folder}/{JSON_TABLE}")[2] > 0


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
    position = dialect.names.index(_ITERATION)
    iteration = number(cells[position]) if position < len(cells) else None
    return iteration is None or bool(last[_ITERATION][-1] >= iteration)


def _lines(data: bytes) -> list[bytes]:
    return [line for line in data[: complete(data)].splitlines() if line.strip()]
