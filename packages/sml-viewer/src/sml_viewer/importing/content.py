"""Content of an imported run folder: tables that read back exactly, parameters, state, provenance."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sml_config.hashing import short_hash
from sml_config.run_folder import CONFIG, PARAMETERS, STATUS, TABLE
from sml_config.values import to_json
from sml_viewer.arrays import Floats
from sml_viewer.errors import SmlViewerError
from sml_viewer.jsonio import dumps
from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.model.sources import Source
from sml_viewer.model.table_names import further_file
from sml_viewer.readers.metadata import SETTINGS

# Part of each digest: another version of this format makes other folders of the same runs.
_FORMAT = 1
_MONITOR_TABLE = "monitor.csv"
_LONGEST_NAME = 200
_ROWS_AT_ONCE = 10_000
# Larger ones are written as Python prints them, with an exponent where it has one.
_LONGEST_WHOLE = 1e15
_BREAKS = {"\n": "\\n", "\r": "\\r", "\0": "\\0"}


@dataclass(frozen=True)
class Table:
    """A table of an imported run: `columns` by their names in the file, each of shape (rows,).

    `first_line` is put before the header, without its line end.
    """

    name: str
    columns: dict[str, Floats]
    first_line: str = ""

    @property
    def rows(self) -> int:
        """The number of rows."""
        return max(map(len, self.columns.values()), default=0)

    def parts(self) -> Iterator[str]:
        """The text of the table in parts."""
        if self.first_line:
            yield f"{self.first_line}\n"
        if not self.columns:
            return
        header = io.StringIO()
        csv.writer(header, lineterminator="\n").writerow(map(_printable, self.columns))
        yield header.getvalue()
        for start in range(0, self.rows, _ROWS_AT_ONCE):
            cells = (
                map(number_text, column[start : start + _ROWS_AT_ONCE].tolist())
                for column in self.columns.values()
            )
            # A row of one blank cell would be an empty line, which is no row.
            rows = zip(*cells, strict=True)
            yield "".join(f"{','.join(row)}\n" if row != ("",) else '""\n' for row in rows)


@dataclass(frozen=True)
class Content:
    """The files of an imported run of so many `rows`; `digest` is equal for equal runs.

    `files` are the small ones by their paths in the folder; `facts` belong into `run_config.json`; `notes`
    tell what was left out, repaired or guessed in reading the run.
    """

    tables: tuple[Table, ...]
    files: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    notes: tuple[str, ...] = ()
    rows: int = 0

    def columns(self) -> dict[str, dict[str, Any]]:
        """By table: `rows`, and a hash of each of the `columns`; what `extends` compares with."""
        return {
            table.name: {"rows": table.rows, "columns": _hashes(table, table.rows)} for table in self.tables
        }

    def extends(self, earlier: Mapping[str, Any]) -> bool:
        """Whether every table of an earlier import is here, with the same values and perhaps more rows.

        Under any name: where each metric has a table, a new metric may take a place between the others.
        """
        return all(any(_begins_with(table, known) for table in self.tables) for known in earlier.values())


def _begins_with(table: Table, known: Mapping[str, Any]) -> bool:
    """Whether the first rows of a table are those of an earlier import."""
    rows, columns = known["rows"], known["columns"]
    if table.rows < rows or not columns.keys() <= table.columns.keys():
        return False
    return bool(_hashes(table, rows).items() >= columns.items())


def _hashes(table: Table, rows: int) -> dict[str, str]:
    """A hash of the first rows of each column."""
    return {name: short_hash(values[:rows].tobytes(), 16) for name, values in table.columns.items()}


def number_text(value: float) -> str:
    """A cell that reads back as the same float64; blank for NaN."""
    if value != value:
        return ""
    if value.is_integer() and abs(value) < _LONGEST_WHOLE and (value or math.copysign(1.0, value) > 0):
        return str(int(value))
    return repr(value)


def content_of(library: Library, run: Run) -> Content:
    """What the imported folder of a run holds. Raises SmlViewerError for a table that cannot be named."""
    tables = tuple(_tables(library, run))
    files: dict[str, str] = {}
    if run.parameters:
        files[f"{CONFIG}/{PARAMETERS}"] = to_json(dict(run.parameters), otherwise=str)
    if run.state is not None:
        files[f"{CONFIG}/{STATUS}"] = to_json({**run.status, "state": run.state}, otherwise=str)
    facts: dict[str, Any] = {"run_id": run.id, **run.provenance}
    facts |= {name: value for name, value in run.settings.items() if name in SETTINGS}
    if run.defaults:
        facts["parameter_defaults"] = dict(run.defaults)
    texts = library.text_columns(run)
    notes = (*run.notes, *([f"columns of text left out: {', '.join(texts)}"] if texts else []))
    tags = {name: text for name, text in run.settings.items() if name not in SETTINGS}
    recorded = {"axes": dict(run.axes), "varied": list(run.varied), "tags": tags, "notes": [*notes]}
    recorded |= {"labels": list(run.labels), "note": run.note}
    facts["imported_from"] = {name: value for name, value in recorded.items() if value}
    return Content(tables, files, facts, _digest(tables, files, facts), notes, run.rows or 0)


def _tables(library: Library, run: Run) -> Iterator[Table]:
    sources = run.sources or (Source("", "", run.tables, run.columns, run.rows or 0, {}),)
    names = [name for source in sources for name in (*source.columns, *source.hidden)]
    (columns,) = library.columns([run], names)
    if sources[0].prefix:
        # The main table has no prefix: its columns would lose the axis that they are drawn over.
        yield Table(TABLE, {})
    for number, source in enumerate(sources):
        own = [name for name in (*source.columns, *source.hidden) if name in columns]
        if source.is_monitor:
            first_line = f"#{json.dumps(dict(run.facts))}" if run.facts else ""
            yield Table(_MONITOR_TABLE, {source.local(name): columns[name] for name in own}, first_line)
            continue
        table = TABLE if number == 0 and not source.prefix else _further_name(number, source)
        yield Table(table, {source.local(name): columns[name] for name in own})


def _further_name(number: int, source: Source) -> str:
    name = source.prefix.removesuffix("/") if source.prefix else source.name
    file = further_file(number, name, is_prefix=bool(source.prefix))
    if len(file) > _LONGEST_NAME:
        raise SmlViewerError(
            f"the name of its table {name[:40]!r}… is too long for a file; rename that table"
        )
    return file


def _digest(tables: Sequence[Table], files: dict[str, str], facts: dict[str, Any]) -> str:
    digest = hashlib.sha256(dumps([_FORMAT, files, facts], sort=True).encode())
    for table in tables:
        digest.update(dumps([table.name, table.first_line, table.rows, *table.columns]).encode())
        for values in table.columns.values():
            digest.update(values.tobytes())
    return digest.hexdigest()


def _printable(name: str) -> str:
    """A column's name on one line, as UTF-8."""
    for letter, escaped in _BREAKS.items():
        name = name.replace(letter, escaped)
    return name.encode("utf-8", "backslashreplace").decode()
