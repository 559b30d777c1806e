"""`progress.csv`: one header, one row per dump, one row one line, in the kernel before the dump returns."""

from __future__ import annotations

import csv
import io
import os
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from sml_config.run_folder import TEMPORARY_PREFIX
from sml_logger.row import Cell, Row, Shape

from .base import GrowingFile

_CHUNK = 1 << 20


class CsvOutput:
    """Writes the table; `columns` are those that the file has already."""

    def __init__(self, path: Path, columns: tuple[str, ...] = ()) -> None:
        self.name = path.name
        self._path = path
        self._file = GrowingFile(path)
        self._columns = columns
        self._shape: Shape | None = None
        self._format: Callable[[list[Cell]], str] = _quoted

    def write_row(self, row: Row) -> None:
        """Append one line; late columns first rewrite the file beside and rename it."""
        shape = row.shape
        if shape is not self._shape:
            if shape.columns != self._columns:
                self._widen(shape.columns)
            self._format = _plain if {*shape.kinds} <= {float, int} else _quoted
            self._shape = shape
        self._file.append(self._format(row.values).encode())

    def flush(self) -> None:
        """Nothing is ever buffered."""

    def close(self) -> None:
        """Give up the file."""
        self._file.close()

    def _widen(self, columns: tuple[str, ...]) -> None:
        """Write the header of a new table, or add blank columns to every row that is there."""
        header = _quoted(columns).encode()
        if self._file.size == 0:
            self._file.append(header)
        else:
            blanks = b"," * (len(columns) - len(self._columns))
            temporary = self._path.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex[:12]}")
            try:
                _rewrite(self._path, temporary, header, blanks)
                os.replace(temporary, self._path)  # noqa: PTH105  os.replace says that it overwrites
            finally:
                temporary.unlink(missing_ok=True)
            self._file.reopen()
        self._columns = columns


def _rewrite(source: Path, target: Path, header: bytes, blanks: bytes) -> None:
    """Copy a table under a wider header; no cell holds a line break, so bytes tell rows apart."""
    with source.open("rb") as old, target.open("xb") as new:
        old.readline()
        new.write(header)
        while chunk := old.read(_CHUNK):
            new.write(chunk.replace(b"\n", blanks + b"\n"))


def _plain(values: list[Cell]) -> str:
    return ",".join(map(repr, values)) + "\n"


def _quoted(values: Iterable[Cell]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(
        [repr(value) if isinstance(value, (float, int)) else value for value in values]
    )
    return line.getvalue()
