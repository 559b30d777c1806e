"""Write `progress.csv`: a header and one line per row, passed to the kernel before the dump returns."""

from __future__ import annotations

import csv
import errno
import io
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import orjson

from sml_config.run_folder import SUPERSEDED_PREFIX, free_name, temp_path_for
from sml_logger.row import Cell, Row, Shape

from .base import GrowingFile, PartlyWrittenError, copy_of, write_all
from .own_file import OwnFile

# Seconds between attempts to add late columns: each attempt copies the table.
_RETRY_SECONDS = 1.0
# Shorter than a power failure may lose.
_BEGINNING_SECONDS = 0.5


class _OpenLine(NamedTuple):
    """The last line of the table while its row is being filled; each written cell is followed by a comma."""

    step: int
    # Offsets of the first byte and after the last one.
    start: int
    end: int
    # Number of written cells.
    filled: int
    # Whether the line has its line end.
    ended: bool


class CellWriter:
    """Appends cell by cell to the last line, each by one short write, for rows that come in many calls.

    Until something else is done with the table, the state of the line is here; `retire` returns it.
    """

    __slots__ = ("_end", "_file", "_filled", "_line", "_mark", "_own", "_pending", "_width", "step")

    def __init__(self, file: GrowingFile, line: _OpenLine, width: int) -> None:
        self.step = line.step
        self._file = file
        self._own = file.own
        self._line = line
        self._mark = line.step + 1
        self._width = width
        self._filled = line.filled
        self._end = line.end
        # Length of a piece whose writing has begun.
        self._pending = 0

    def append(self, cell: bytes, *, is_last: bool) -> bool:
        """Append a cell; False if that is not possible. Raises OSError."""
        own = self._own
        if own.position() != self._end:
            return False
        piece = cell + (b"\n" if is_last else b",")
        self._pending = len(piece)
        self._file.append_on(piece, self._mark)
        self._end += len(piece)
        self._filled += 1
        self._pending = 0
        return True

    def retire(self, end: int) -> _OpenLine | None:
        """The line, if the file ends there, also after an interrupt; nothing more is appended here."""
        filled, known, self._end = self._filled, self._end, -1
        if self._pending and end == known + self._pending:
            filled += 1
        elif end != known:
            return None
        return _OpenLine(self.step, self._line.start, end, filled, filled == self._width)


class CsvOutput:
    """Writes the table. `columns`: those already in the file; `step`: the number of earlier rows."""

    def __init__(self, path: Path, columns: tuple[str, ...] = (), step: int = 0) -> None:
        self.name = path.name
        self._path = path
        # File and columns in one value, so that they are consistent after an interrupt.
        self._table = (GrowingFile(OwnFile(path), step), columns)
        # The replacement of the table, from before it is renamed until the switch.
        self._next: tuple[GrowingFile, tuple[str, ...]] | None = None
        self._shape: Shape | None = None
        # Number of blank cells in rows of numbers only; -1 for rows with strings.
        self._blanks = -1
        self._retry_at = 0.0
        self._is_new = not columns
        self._begun = time.monotonic()
        self._line_open: _OpenLine | None = None
        # What it will be once a write that has begun is done: an interrupt may come in between.
        self._line_next: _OpenLine | None = None
        # Step and length of the line that was written last, if it was a whole row.
        self._whole = (-1, 0)
        self._cells: CellWriter | None = None
        # Called with the time and the number of rows if the table's name no longer refers to this file.
        self.on_displaced: Callable[[float, int], None] = _ignore_displacement

    @property
    def next_step(self) -> int:
        """One more than the step of the last row in the file."""
        return self._table[0].mark

    def write_row(self, row: Row) -> None:
        """Append one line; for late columns, first write a wider copy of the file and rename it.

        Raises PartlyWrittenError if late columns could not be added; the row is written without them.
        """
        if self._line_open is not None:
            self.end_row()
            self._line_open = self._line_next = None
        self._whole = (-1, 0)
        if not self._table[0].own.is_in_place() and not self._switch_if_renamed():
            self.on_displaced(row.wall_time, row.step)
        shape = row.shape
        if shape is not self._shape:
            if shape.columns != self._table[1]:
                self._add_columns(row)
            self._blanks = _blanks(shape)
            self._shape = shape
        line = self._line(row.values)
        self._table[0].append(line, row.step + 1)
        self._whole = (row.step, len(line))

    def fill(self, row: Row, changed: int) -> None:
        """Write what an unfinished row has so far, as one more piece of its line where that is possible.

        `changed` is the first cell that changed since the last call for the same step. A row without a blank
        ends at once. Raises OSError; cells that are missing then are written by the next call.
        Raises PartlyWrittenError if late columns could not be added; the other cells are written.
        """
        file = self._table[0]
        end = file.end()
        if self._whole[0] == row.step:  # a row that was whole gets another value or column
            start = end - self._whole[1]
            self._line_open = _OpenLine(row.step, start, end, len(self._table[1]), ended=True)
        self._whole = (-1, 0)
        line = self._last_line(end)
        if line is None or line.step != row.step:
            self.end_row()
            if not file.own.is_in_place() and not self._switch_if_renamed():
                self.on_displaced(row.wall_time, row.step)
            line = None
        elif self._next is not None:
            self._switch_if_renamed()
        failure: OSError | None = None
        columns = row.shape.columns
        if columns is not self._table[1] and columns != self._table[1]:
            try:
                self._add_columns_to_open_row(row)
            except OSError as error:
                failure = error
        if self._table[0] is not file or line is None:
            file, end = self._table[0], self._table[0].end()
            line = self._last_line(end)
            if line is None or line.step != row.step:
                line = _OpenLine(row.step, end, end, 0, ended=False)
            elif line.filled:
                changed = 0
        self._fill_line(file, line, end, row.values[: len(self._table[1])], changed)
        if failure is not None:
            reason = failure.strerror or str(failure)
            raise PartlyWrittenError(failure.errno or 0, reason, str(self._path)) from failure

    def _fill_line(
        self, file: GrowingFile, line: _OpenLine, end: int, values: list[Cell], changed: int
    ) -> None:
        width = filled = len(values)
        while filled and values[filled - 1] is None:
            filled -= 1
        ended = filled == width and None not in values
        if changed >= line.filled and not line.ended:
            piece = _cells(values[line.filled : filled]) + (b"\n" if ended else b",")
            if line.filled < filled:
                self._line_next = _OpenLine(line.step, line.start, end + len(piece), filled, ended)
                file.append(piece, line.step + 1)
        else:
            ended = ended or line.ended
            cells = _cells(values if ended else values[:filled])
            piece = cells + (b"\n" if ended else b",")
            self._line_next = _OpenLine(line.step, line.start, line.start + len(piece), filled, ended)
            file.replace_end(line.start, piece, line.step + 1)
        self._line_open = self._line_next

    def cell_writer(self, step: int) -> CellWriter | None:
        """Appends to the line of a row whose cells so far are the first ones; None for another row."""
        try:
            line = self._last_line(self._table[0].end())
        except OSError:  # reported by the next call of `fill`
            return None
        if line is None or line.step != step or line.ended:
            return None
        self._cells = CellWriter(self._table[0], line, len(self._table[1]))
        return self._cells

    def end_row(self) -> None:
        """End the line of an unfinished row, with blanks in the columns that it lacks. Raises OSError."""
        file, columns = self._table
        end = file.end()
        line = self._last_line(end)
        if line is not None and not line.ended:
            missing = len(columns) - line.filled
            piece = b"," * (missing - 1) + b"\n"
            begin = end if missing else end - 1
            self._line_next = _OpenLine(line.step, line.start, begin + len(piece), len(columns), ended=True)
            if missing:
                file.append(piece, file.mark)
            else:  # a comma follows the last cell
                file.replace_end(begin, piece, file.mark)
            self._line_open = self._line_next

    def _last_line(self, end: int) -> _OpenLine | None:
        """The line of the row that was filled last; None if the file does not end with it."""
        cells, self._cells = self._cells, None
        filled = None if cells is None else cells.retire(end)
        if filled is not None:  # else a signal handler has gone on with another line
            self._line_open = self._line_next = filled
        if self._line_next is not None and self._line_next.end == end:
            self._line_open = self._line_next
        line = self._line_open
        return line if line is not None and line.end == end else None

    def has_any_name(self) -> bool:
        """Whether any name refers to this file. Raises OSError."""
        return self._table[0].own.has_any_name()

    def restore(self) -> bool:
        """Rewrite the table if its name no longer refers to it; whether that was needed. Raises OSError.

        The file that has the name now, e.g. an editor's copy, is renamed.
        """
        file, columns = self._table
        if file.own.is_in_place() or self._switch_if_renamed():
            return False
        self._next = (copy_of(file), columns)
        if os.path.lexists(self._path):
            self._path.rename(free_name(self._path, SUPERSEDED_PREFIX))
        self._next[0].own.rename(self._path)
        self._switch_to_next()
        return True

    def flush_to_disk(self) -> None:
        """Flush everything written to the disk; callable from any thread. Raises OSError."""
        self._table[0].flush_to_disk()

    def close(self) -> None:
        """Close the file."""
        self._table[0].close()

    def _switch_if_renamed(self) -> bool:
        """Switch to the replacement if an interrupt came right after it was renamed; whether it was so."""
        if self._next is None or not self._next[0].own.is_in_place():
            return False
        self._switch_to_next()
        return True

    def _switch_to_next(self) -> None:
        assert self._next is not None  # noqa: S101  checked by callers
        before, columns = self._table
        line = self._last_line(before.end())
        # An interrupt in between leaves a table without an open line, and the row goes on in a second line.
        self._line_open = self._line_next = None
        self._table = self._next
        self._next = None
        self._shape = None
        if line is not None:
            added = len(self._table[1]) - len(columns)
            end = self._table[0].end()
            filled = line.filled if not added else len(columns)
            start = end - (line.end - line.start + added)
            self._line_open = _OpenLine(line.step, start, end, filled, line.ended)
        before.own.close()

    def _line(self, values: list[Cell]) -> bytes:
        """One line with full precision: orjson writes the shortest exact form, ten times faster than csv."""
        if self._blanks < 0:
            return _quoted(values)
        try:
            line = orjson.dumps(values)[1:-1]
        except TypeError:  # an integer of more than 64 bits
            return _quoted(values)
        # orjson writes NaN, infinities and blanks as null.
        if line.count(b"null") != self._blanks:
            return _quoted(values)
        if self._blanks:
            line = line.replace(b"null", b"")
        return line + b"\n"

    def _add_columns(self, row: Row) -> None:
        """Write the header of a new table, or add blank columns to all existing rows."""
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

    def _add_columns_to_open_row(self, row: Row) -> None:
        """Add columns before a row is filled on; at most once a second after a failure. Raises OSError."""
        columns = row.shape.columns
        file = self._table[0]
        if file.size() == 0:
            file.append(_quoted(columns), file.mark)
            self._table = (file, columns)
            return
        if 0 <= self._retry_at - row.wall_time <= _RETRY_SECONDS:
            raise OSError(0, "late columns could not be added")
        self._retry_at = row.wall_time + _RETRY_SECONDS
        self.end_row()
        self._widen(columns)
        self._shape = None

    def _widen(self, columns: tuple[str, ...]) -> None:
        file, before = self._table
        if not file.own.is_in_place():
            raise OSError(errno.ESTALE, "the run's folder has been moved away", str(self._path))
        temporary = temp_path_for(self._path)
        try:
            wide = OwnFile(temporary, is_new=True)
            write_all(wide, _quoted(columns))
            file.copy_to(wide, len(file.first_line()), b"," * (len(columns) - len(before)))
            # Some file systems commit the name before the content; a power failure would lose everything.
            # There is nothing to lose yet in a table that has just begun.
            if time.monotonic() - self._begun > _BEGINNING_SECONDS or not self._is_new:
                wide.flush_to_disk()
            self._next = (GrowingFile(wide, file.mark), columns)
            wide.rename(self._path)
            self._retry_at = 0.0
            self._switch_to_next()
        finally:
            temporary.unlink(missing_ok=True)


def _ignore_displacement(_now: float, _step: int) -> None:
    """Default of `on_displaced`."""


def _cells(values: list[Cell]) -> bytes:
    """Cells with commas between them."""
    try:
        cells = orjson.dumps(values)[1:-1]
    except TypeError:  # an integer of more than 64 bits
        return _quoted(values)[:-1]
    # Blanks, NaN, infinities and quotes are written otherwise by orjson.
    return _quoted(values)[:-1] if b"null" in cells or b'"' in cells else cells


def _blanks(shape: Shape) -> int:
    if not {*shape.kinds} <= {float, int, type(None)} or shape.kinds == (type(None),):
        return -1  # a single blank needs quotes: readers skip empty lines
    return shape.kinds.count(type(None))


def _quoted(values: Iterable[Cell]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(
        [repr(value) if isinstance(value, (float, int)) else value for value in values]
    )
    return line.getvalue().encode()
