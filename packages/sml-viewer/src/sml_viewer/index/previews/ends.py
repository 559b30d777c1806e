"""What a list needs of a table before it is parsed: the last whole row, read from both ends of the file."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sml_viewer.model.discovered_run import DiscoveredRun
from sml_viewer.model.sources import layout_of_main
from sml_viewer.model.table_layouts import LAYOUTS, MONITOR
from sml_viewer.readers.file_io import UNREADABLE, read_ends, state_at
from sml_viewer.readers.registry import groups_of
from sml_viewer.readers.text_tables.cells import number
from sml_viewer.readers.text_tables.csv_orjson import plain_numbers
from sml_viewer.readers.text_tables.header import Dialect, read_header
from sml_viewer.readers.text_tables.read_csv import complete
from sml_viewer.safe_open import Held

# Bytes to read at each end; more if the first do not contain the header and a row.
_ENDS = (4_096, 65_536)


@dataclass(frozen=True)
class TablePreview:
    """The last complete row of a run's main table, by column, and when the table was last written.

    `facts` are read from the first line of the table.
    """

    last: Mapping[str, float]
    modified: float
    facts: Mapping[str, Any] = field(default_factory=dict)


Preview = Callable[[DiscoveredRun, Held], TablePreview]


def read_preview(run: DiscoveredRun, held: Held | None = None) -> TablePreview:
    """The last row of the main table of a folder, `held` or not.

    It is empty if the table has no row, or none that can be read from its end.
    """
    modified, table = 0.0, run.tables[0]
    layout = layout_of_main(run.tables, run.own) if run.reader is None else groups_of(run)[0].layout
    if layout not in LAYOUTS:  # such tables need not end in a row
        return TablePreview({}, state_at(f"{run.path}/{table}")[2] / 1e9)
    try:
        for size in _ENDS:
            status, head, tail = read_ends(held or run.path, table, size, size)
            modified = status.st_mtime
            dialect = _dialect(head, table, layout)
            if dialect is not None and layout == MONITOR and len(run.tables) > 1:
                # The last episode to end may be in any of the files.
                return TablePreview({}, modified, dialect.facts)
            line = None if dialect is None else _last_line(head, tail, dialect)
            if dialect is not None and line is not None:
                return TablePreview(_numbers(line, dialect), modified, dialect.facts)
            if tail is head:
                break
    except UNREADABLE:  # the whole table is read later, and says why
        pass
    return TablePreview({}, modified)


def _dialect(head: bytes, file: str, layout: str) -> Dialect | None:
    """The dialect of a table that begins with `head`; most say it in a first line that others have too."""
    first = head[: head.find(b"\n") + 1]
    known = _of_first_line(first, file, layout) if b'"' not in first else None
    return known or read_header(head, file, layout)[0]


@functools.lru_cache(64)
def _of_first_line(line: bytes, file: str, layout: str) -> Dialect | None:
    return read_header(line, file, layout)[0]


def _last_line(head: bytes, tail: bytes, dialect: Dialect) -> bytes | None:
    """The last complete row; None if it does not begin in `tail`."""
    body = tail[dialect.start :] if tail is head else tail
    end = complete(body)
    start = body.rfind(b"\n", 0, max(end - 1, 0)) + 1
    return None if start == 0 and tail is not head else body[start:end]


def _numbers(line: bytes, dialect: Dialect) -> dict[str, float]:
    """A row's numbers by column; empty if the columns are uncertain."""
    if (plain := plain_numbers(line, dialect)) is not None:
        return dict(zip(dialect.names, plain, strict=True))
    cells = line.decode("utf-8", "replace").rstrip("\r\n").split(dialect.separator)
    if dialect.separator == "json" or b'"' in line or len(cells) != len(dialect.names):
        return {}
    odd = zip(dialect.names, map(number, cells), strict=True)
    return {name: value for name, value in odd if value is not None and value == value}
