"""Runs of which each metric is a file of its own, a line for each value: MLflow's file store, TorchRL."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable

import numpy as np
import orjson

from sml_viewer.arrays import Floats
from sml_viewer.model.issues import IssueCounter
from sml_viewer.model.sources import Group
from sml_viewer.readers.base import Rows, TableData, TableState, read_at
from sml_viewer.readers.growth import only_grew, tail_checksum
from sml_viewer.readers.points import STEP, TIME

# The step, the time in seconds (NaN where unknown) and the value of a line, given the number of lines before.
# Raises ValueError, IndexError or OverflowError for a line that is not of the format.
LineParser = Callable[[str, int], tuple[float, float, float]]
# The numbers of all lines, of shape (3, lines), where nothing is odd; None else.
PlainParser = Callable[[bytes], Floats | None]
_DIGITS = b"0123456789+-.eE"


def groups_of_metrics(
    tables: tuple[str, ...], layout: str, metric_of: Callable[[str], str]
) -> tuple[Group, ...]:
    """A source for each metric; the first one is the main source."""
    return tuple(
        Group(metric_of(table) if index else "", "", layout, (table,)) for index, table in enumerate(tables)
    )


def metric_column(name: str) -> str:
    """The column of a metric; one that is called like a column of ours is marked."""
    return f"{name} (metric)" if name in (STEP, TIME) else name


def read_metric_file(
    file: int,
    status: os.stat_result,
    state: TableState,
    column: str,
    parse: LineParser,
    plain: PlainParser,
) -> TableData:
    """The rows since the last time; an incomplete last line is left for the next time.

    What `plain` reads, `parse` reads alike.
    """
    grew = only_grew(file, status, state)
    begin = state.offset if grew else 0
    data = read_at(file, status.st_size - begin, begin)
    data = data[: data.rfind(b"\n") + 1]
    end = begin + len(data)
    after = TableState(status.st_ino, end, tail_checksum(file, end))
    rows = _rows(data, column, parse, plain)
    return TableData(after, grew, (rows,) if rows.count or rows.notes else ())


def plain_lines(data: bytes, separator: bytes, width: int) -> list[float] | None:
    """The cells of lines of numbers, one after the other, integers as such; None for anything else."""
    marks = data.translate(None, _DIGITS)
    if not marks or marks != (separator * (width - 1) + b"\n") * (len(marks) // width):
        return None
    try:
        cells: list[float] = orjson.loads(
            b"[" + data[:-1].replace(b"\n", b",").replace(separator, b",") + b"]"
        )
    except orjson.JSONDecodeError:  # a number that JSON would write otherwise
        return None
    return cells


def _rows(data: bytes, column: str, parse: LineParser, plain: PlainParser) -> Rows:
    if (numbers := plain(data)) is not None:
        known = dict(zip((STEP, TIME, column), numbers, strict=True))
        if np.isnan(numbers[1]).any():
            del known[TIME]
        return Rows(numbers.shape[1], known, Counter())
    notes: IssueCounter = Counter()
    rows: list[tuple[float, float, float]] = []
    for line in data.decode("ascii", "replace").splitlines():
        try:
            rows.append(parse(line, len(rows)))
        except (ValueError, IndexError, OverflowError):
            notes["bad_lines"] += 1
    if not rows:
        return Rows(0, {}, notes)
    steps, times, values = np.array(rows).T.copy()
    if missing := sum(map(math.isnan, values)):
        notes["nan"] = missing
    columns = {STEP: steps, TIME: times, column: values}
    return Rows(len(rows), {name: item for name, item in columns.items() if not np.isnan(item).all()}, notes)
