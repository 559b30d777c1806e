"""A look at both ends of a run's main table: enough for a list, long before all tables are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sml_viewer.discover import Found
from sml_viewer.read.cells import number
from sml_viewer.read.header import read_header
from sml_viewer.read.rows import complete
from sml_viewer.read.small import read_ends

_HEAD = 16_384
_TAIL = 8_192


@dataclass(frozen=True)
class Peek:
    """The last complete row of a run's main table, by column, and when the table was last written."""

    last: Mapping[str, float]
    modified: float


def look(found: Found) -> Peek:
    """The last row of the main table; empty if the table has none, or one that a look cannot tell."""
    try:
        status, head, tail = read_ends(f"{found.path}/{found.tables[0]}", _HEAD, _TAIL)
    except OSError:
        return Peek({}, 0.0)
    dialect, _ = read_header(head, found.tables[0])
    if dialect is None or dialect.separator == "json":
        return Peek({}, status.st_mtime)
    body = tail[dialect.start :] if tail is head else tail
    body = body[: complete(body)]
    start = body[:-1].rfind(b"\n") + 1
    cells = body[start:].decode("utf-8", "replace").rstrip("\r\n").split(dialect.separator)
    if (start == 0 and tail is not head) or b'"' in body[start:] or len(cells) != len(dialect.names):
        return Peek({}, status.st_mtime)
    values = zip(dialect.names, map(number, cells), strict=True)
    last = {name: value for name, value in values if value is not None and value == value}
    return Peek(last, status.st_mtime)


def column_prefix(tables: Sequence[str], name: str) -> str:
    """What goes before the column names of one of a run's tables; nothing for the main one.

    Monitors of parallel environments are one table in parts; files without a header are named after their
    metric.
    """
    headerless = not any("progress" in table or table == "results.csv" for table in tables)
    if name == tables[0] or name.endswith("monitor.csv") or headerless:
        return ""
    return name.rpartition(".")[0] + "/"
