"""`progress.csv`: one header, one row per dump, one row one line, in the kernel before the dump returns."""

from __future__ import annotations

import csv
import io
import os
import uuid
from collections.abc import Iterable
from pathlib import Path

import orjson

from sml_config.run_folder import TEMPORARY_PREFIX
from sml_logger.row import Cell, Row, Shape

from .base import GrowingFile, PartlyWrittenError

_CHUNK = 1 << 20
# Seconds until late columns that could not be added are tried again: each try copies the table.
_RETRY_SECONDS = 1.0


class CsvOutput:
    """Writes the table; `columns` are those that the file has already, `step` counts the rows before."""

    def __init__(self, path: Path, columns: tuple[str, ...] = (), step: int = 0) -> None:
        self.name = path.name
        self._path = path
        self._file = GrowingFile(path, step)
        self._columns = columns
        self._shape: Shape | None = None
        # How many cells are blank in rows that hold nothing but numbers; -1 for rows that hold strings.
        self._blanks = -1
        self._retry_at = 0.0

    @property
    def next_step(self) -> int:
        """One more than the step of the last row that is in the file."""
        return self._file.mark

    def write_row(self, row: Row) -> None:
        """Append one line; late columns first rewrite the file beside and rename it.

        Raises PartlyWrittenError if late columns could not be added; the row is written without them.
        """
        shape = row.shape
        if shape is not self._shape:
            if shape.columns != self._columns:
                self._add_columns(row)
            self._shape = shape
            self._blanks = _blanks(shape)
        self._file.append(self._line(row.values), row.step + 1)

    def close(self) -> None:
        """Give up the file."""
        self._file.close()

    def _line(self, values: list[Cell]) -> bytes:
        """One line; full precision. JSON writes numbers as floats' shortest exact form, ten times faster."""
        if self._blanks < 0:
            return _quoted(values)
        try:
            line = orjson.dumps(values)[1:-1]
        except TypeError:  # an integer of more than 64 bits
            return _quoted(values)
        # NaN, infinities and blanks are all null there.
        if line.count(b"null") != self._blanks:
            return _quoted(values)
        if self._blanks:
            line = line.replace(b"null", b"")
        return line + b"\n"

    def _add_columns(self, row: Row) -> None:
        """Write the header of a new table, or add blank columns to every row that is there."""
        columns = row.shape.columns
        if self._file.size == 0:
            self._file.append(_quoted(columns), self._file.mark)
            self._columns = columns
            return
        try:
            if not 0 <= self._retry_at - row.wall_time <= _RETRY_SECONDS:
                self._retry_at = row.wall_time + _RETRY_SECONDS
                self._widen(columns)
                return
            message, number = "late columns could not be added", 0
        except OSError as error:
            message, number = error.strerror or str(error), error.errno or 0
        self._file.append(_quoted(row.values[: len(self._columns)]), row.step + 1)
        raise PartlyWrittenError(number, message, str(self._path))

    def _widen(self, columns: tuple[str, ...]) -> None:
        self._file.check_place()
        blanks = b"," * (len(columns) - len(self._columns))
        temporary = self._path.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex[:12]}")
        try:
            _rewrite(self._path, temporary, _quoted(columns), blanks, self._file.size)
            os.replace(temporary, self._path)  # noqa: PTH105  os.replace says that it overwrites
        finally:
            temporary.unlink(missing_ok=True)
        self._columns = columns
        self._retry_at = 0.0
        self._file.reopen()


def _rewrite(source: Path, target: Path, header: bytes, blanks: bytes, size: int) -> None:
    """Copy a table's first `size` bytes under a wider header; no cell holds a line break."""
    with source.open("rb") as old, target.open("xb") as new:
        size -= len(old.readline())
        new.write(header)
        while chunk := old.read(min(_CHUNK, size)):
            size -= len(chunk)
            new.write(chunk.replace(b"\n", blanks + b"\n"))


def _blanks(shape: Shape) -> int:
    if not {*shape.kinds} <= {float, int, type(None)} or shape.kinds == (type(None),):
        return -1  # a single blank needs quotes, else its line is empty and readers skip it
    return shape.kinds.count(type(None))


def _quoted(values: Iterable[Cell]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(
        [repr(value) if isinstance(value, (float, int)) else value for value in values]
    )
    return line.getvalue().encode()
