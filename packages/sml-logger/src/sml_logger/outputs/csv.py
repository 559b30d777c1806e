"""`progress.csv`: one header, one row per dump, one row one line, in the kernel before the dump returns."""

from __future__ import annotations

import csv
import errno
import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import orjson

from sml_config.run_folder import SUPERSEDED_PREFIX, free_name, temporary_beside
from sml_logger.row import Cell, Row, Shape

from .base import GrowingFile, PartlyWrittenError, copied, write_all
from .own_file import OwnFile

# Seconds until late columns that could not be added are tried again: each try copies the table.
_RETRY_SECONDS = 1.0


class CsvOutput:
    """Writes the table; `columns` are those that the file has already, `step` counts the rows before."""

    def __init__(self, path: Path, columns: tuple[str, ...] = (), step: int = 0) -> None:
        self.name = path.name
        self._path = path
        # The file and its columns, in one value: an interrupt finds both old or both new.
        self._table = (GrowingFile(OwnFile(path), step), columns)
        # What takes the table's place when it gets the table's name.
        self._next: tuple[GrowingFile, tuple[str, ...]] | None = None
        self._shape: Shape | None = None
        # How many cells are blank in rows that hold nothing but numbers; -1 for rows that hold strings.
        self._blanks = -1
        self._retry_at = 0.0
        # Called with the time and the rows so far if the table's name leads elsewhere by now.
        self.when_gone: Callable[[float, int], None] = _nothing

    @property
    def next_step(self) -> int:
        """One more than the step of the last row that is in the file."""
        return self._table[0].mark

    def write_row(self, row: Row) -> None:
        """Append one line; late columns first rewrite the file beside and rename it.

        Raises PartlyWrittenError if late columns could not be added; the row is written without them.
        """
        if not self._table[0].own.is_in_place() and not self._is_adopted():
            self.when_gone(row.wall_time, row.step)
        shape = row.shape
        if shape is not self._shape:
            if shape.columns != self._table[1]:
                self._add_columns(row)
            self._blanks = _blanks(shape)
            self._shape = shape
        self._table[0].append(self._line(row.values), row.step + 1)

    def has_a_name(self) -> bool:
        """Whether what is written here can be found under any name. Raises OSError."""
        return self._table[0].own.has_a_name()

    def restore(self) -> bool:
        """Write the table anew if its name no longer leads to it; whether that was needed. Raises OSError.

        What has the name now, an editor's copy, is kept under another one.
        """
        file, columns = self._table
        if file.own.is_in_place() or self._is_adopted():
            return False
        self._next = (copied(file), columns)
        if os.path.lexists(self._path):
            self._path.rename(free_name(self._path, SUPERSEDED_PREFIX))
        self._next[0].own.rename(self._path)
        self._adopt()
        return True

    def flush_to_disk(self) -> None:
        """Wait until what was written survives a power cut; from any thread. Raises OSError."""
        self._table[0].flush_to_disk()

    def close(self) -> None:
        """Give up the file."""
        self._table[0].close()

    def _is_adopted(self) -> bool:
        """Go on with what has the name already, where an interrupt came right after it had got it."""
        if self._next is None or not self._next[0].own.is_in_place():
            return False
        self._adopt()
        return True

    def _adopt(self) -> None:
        assert self._next is not None  # noqa: S101  as callers have seen
        before = self._table[0]
        self._table = self._next
        self._next = None
        self._shape = None
        before.own.close()

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
        file, before = self._table
        if file.size() == 0:
            file.append(_quoted(columns), file.mark)
            self._table = (file, columns)
            return
        try:
            if not 0 <= self._retry_at - row.wall_time <= _RETRY_SECONDS:
                self._retry_at = row.wall_time + _RETRY_SECONDS
                self._widen(columns)
                return
            message, number = "late columns could not be added", 0
        except OSError as error:
            message, number = error.strerror or str(error), error.errno or 0
        file.append(_quoted(row.values[: len(before)]), row.step + 1)
        raise PartlyWrittenError(number, message, str(self._path))

    def _widen(self, columns: tuple[str, ...]) -> None:
        file, before = self._table
        if not file.own.is_in_place():
            raise OSError(errno.ESTALE, "the run's folder has been moved away", str(self._path))
        temporary = temporary_beside(self._path)
        try:
            wide = OwnFile(temporary, is_new=True)
            write_all(wide, _quoted(columns))
            file.copy_to(wide, len(file.first_line()), b"," * (len(columns) - len(before)))
            # Else some file systems have the name on the disk before the content; a power cut takes all.
            wide.flush_to_disk()
            self._next = (GrowingFile(wide, file.mark), columns)
            wide.rename(self._path)
            self._retry_at = 0.0
            self._adopt()
        finally:
            temporary.unlink(missing_ok=True)


def _nothing(_now: float, _step: int) -> None:
    """For a table that nobody looks after."""


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
