"""The logger behind a `SummaryWriter`: scalars one by one, events as they are, several charts in one."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from threading import get_ident
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from orjson import dumps

from sml_logger.errors import MetricTypeError
from sml_logger.lifecycle import lifetime
from sml_logger.logger import WRITING, Logger
from sml_logger.outputs import TensorBoardOutput, event_messages
from sml_logger.outputs.csv import CellWriter
from sml_logger.rows.logged_row import STEP, LoggedMetrics, cells_of, step_of
from sml_logger.rows.table import CollectedRow

from .held_scalars import BURST_NS, HeldScalars, Scalar, rows_of

if TYPE_CHECKING:
    from sml_logger.media.recorder import MediaRecorder
    from sml_logger.run_files import RunFiles

# Rows that have to be alike before scalars are held.
_ALIKE = 16


class RunLogger(Logger):
    """A Logger with the calls that `SummaryWriter` is made of."""

    # The step of the row that is filled cell by cell; the columns, the next of them, and its writer.
    _cursor_step: int | None = None
    _cursor_columns: tuple[str, ...] = ()
    _cursor = 0
    _cursor_cells: CellWriter | None = None
    # Scalars of the row that is held; `SummaryWriter` adds to it.
    held: HeldScalars
    # The tags of every row of late, in their order; empty if rows differ.
    _usual: tuple[str, ...] = ()
    _expected: tuple[str, ...] = ()
    _alike = 0
    # The tags of the row that is written at once.
    _sequence: list[str]
    _sequence_step: int | None = None
    # Event files of charts with several curves, which TensorBoard reads as runs of their own.
    _apart: dict[str, TensorBoardOutput]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._apart = {}
        self.held = HeldScalars()
        self._sequence = []
        super().__init__(*arguments, **named)

    @property
    def is_closed(self) -> bool:
        """Whether the run has ended."""
        return self._closed

    @property
    def writes(self) -> bool:
        """False on silent ranks."""
        return self._files is not None

    def warn(self, line: str) -> None:
        """Print and log a line, unless it was before."""
        self._messages.warn_once(line)

    def begin_session(self, purge_step: int | None) -> None:
        """Let TensorBoard drop earlier events from this step on; by default it keeps them."""
        if self._files is not None:
            self._files.begin_session(purge_step)

    def add_event(self, event: bytes, step: int) -> None:
        """Write a serialized event to the event file."""
        self._add_event(event, step)

    def log_scalar(self, tag: str, value: Any, step: Any) -> None:
        """Add a number to the row of a step. Raises MetricTypeError, which names the tag.

        Scalars that come in the order of the columns are appended to the row's line by one short write each.
        Once many rows were alike, scalars in quick succession are held until the last one of the row comes:
        then the whole row is written by that call. What comes after a pause is written by its own call.
        """
        if type(value) is not float:
            value = _number_of(tag, value)
        if type(step) is not int:
            step = step_of(step)
        held = self.held
        with self._lock:
            if held.queue:
                self._end_held([*held.take(), (tag, value, step)])
            elif (
                (usual := self._usual)
                and usual[0] == tag
                and step is not None
                and perf_counter_ns() - held.last_call < BURST_NS
            ):
                self._sequence_step = step
                held.begin(usual, value, step)
            else:
                self._log_now(tag, value, step)
        held.last_call = perf_counter_ns()

    def write_held(self) -> None:
        """Write the scalars that are held."""
        with self._lock:
            for row in rows_of(self.held.take()):
                self._log_cells(row)

    def _log_now(self, tag: str, value: Any, step: Any) -> None:
        """Write a scalar at once, and note in which order scalars come."""
        if step != self._sequence_step:
            self._note_end(tuple(self._sequence))
        if step != self._sequence_step or not self._sequence:
            self._sequence_step = step
            self._sequence = []
        self._sequence.append(tag)
        if step != self._cursor_step or not self._append(tag, value):
            self._log_cells(LoggedMetrics((tag,), [value], step, None, True))
            self._place_cursor()

    def _note_end(self, tags: tuple[str, ...]) -> None:
        """Count how many rows in succession had the same tags in the same order."""
        self._alike = self._alike + 1 if tags == self._expected else 1
        self._expected = tags
        self._usual = tags if self._alike >= _ALIKE and len(tags) == len(set(tags)) > 1 else ()

    def _end_held(self, scalars: list[Scalar]) -> None:
        """Write the row that was held, its last scalar being that of this call."""
        tags, values, steps = zip(*scalars, strict=True)
        step = steps[-1]
        if tags != self._usual or steps.count(step) != len(steps):
            self._note_end(tags[:-1])
            for row in rows_of(scalars[:-1]):
                self._log_cells(row)
            self._log_now(*scalars[-1])
        elif not self._write_next(tags, values, step):
            self._log_cells(LoggedMetrics(tags, [*values], step, None, True))

    def _write_next(self, tags: tuple[str, ...], values: tuple[float, ...], step: int) -> bool:
        """Write a row of all columns as the next one; False if it is not such a row."""
        known, row = self._places.get(tags), self._open_row
        if (
            known is None
            or not known.is_whole
            or known.columns is not self._table.columns
            or (row is not None and (row.step == step or not row.is_finished))
            or self._writer
            or self._closed
            or self._pid != os.getpid()
        ):
            return False
        self._writer = get_ident()
        try:
            self._write_whole(self._begin_row(step), [*values])
        finally:
            self._writer = 0
        if self._waiting or lifetime.is_term_pending():
            self._after_append()
        return True

    def _write(self, taken: CollectedRow | LoggedMetrics | None) -> None:
        for row in rows_of(self.held.take()):
            super()._write(row)
        super()._write(taken)

    def _settle_row(self) -> None:
        if self.held.queue and self._lock.acquire(blocking=False):
            try:
                if not self._closed and self._pid == os.getpid():
                    self._write(None)
            finally:
                self._lock.release()
        super()._settle_row()

    def _append(self, tag: str, value: Any) -> bool:
        """Fill the next cell of the open row, if it is that of the tag."""
        with self._lock:
            index, columns = self._cursor, self._cursor_columns
            if columns is not self._table.columns or columns[index] != tag or self._writer:
                return False
            self._writer = get_ident()
            try:
                cell = dumps(value)
                row, cells = self._open_row, self._cursor_cells
                is_last = index + 1 == len(columns)
                if row is None or cells is None or cell == b"null" or not cells.append(cell, is_last=is_last):
                    return False
                row.values[index] = value
                if is_last:
                    self._cursor_step = None
                    self._pass_row(row)
                else:
                    self._cursor = index + 1
            except OSError:  # reported when the cell is written the usual way
                return False
            finally:
                self._writer = 0
        if self._waiting or lifetime.is_term_pending():
            self._after_append()
        return True

    def _after_append(self) -> None:
        """Write what signal handlers logged meanwhile."""
        self.flush()
        lifetime.release_sigterm()

    def _place_cursor(self) -> None:
        """After a row was filled some other way: whether it can go on cell by cell, and where."""
        if self._writer:  # a signal handler: what it interrupted goes on
            return
        self._cursor_step = None
        row, files = self._open_row, self._files
        columns = self._table.columns
        if row is None or row.is_finished or files is None or len(row.values) != len(columns):
            return
        filled = len(columns) - row.values.count(None)
        if filled < len(columns) and None not in row.values[:filled]:
            cells = files.cell_writer(row.number)
            if cells is not None:
                self._cursor, self._cursor_columns, self._cursor_cells = filled, columns, cells
                self._cursor_step = row.step

    def after_fork(self) -> None:
        """Reset locks in a forked child, which may still log text, but no rows."""
        super().after_fork()
        self.held.take()
        self._cursor_step = None

    def log_scalars_apart(self, chart: str, scalars: Mapping[str, Any], step: Any) -> None:
        """Add numbers to the row of a step; TensorBoard shows them in one chart, as runs of their own."""
        number = step_of(step) or 0
        cells = {tag: _number_of(tag, value) for tag, value in scalars.items()}
        with self._lock:
            self._table.add_columns((STEP, *cells), no_tb=True)
        self._log_cells(LoggedMetrics(tuple(cells), list(cells.values()), number, None, True))
        for tag, value in cells.items():
            if value is not None and self._files is not None and self._pid == os.getpid():
                event = event_messages.event(number, time.time(), event_messages.scalar(chart, value))
                self._events_of(tag).add_event(event, number)

    def _new_recorder(self, files: RunFiles) -> MediaRecorder:
        recorder = super()._new_recorder(files)
        recorder.prefers_gif = True
        return recorder

    def flush(self) -> None:
        """End the line of the row that is being filled, and write the row to every output."""
        with self._lock:
            if not self._closed and not self._is_writing() and self._pid == os.getpid():
                self._write(None)

    def _events_of(self, tag: str) -> TensorBoardOutput:
        output = self._apart.get(tag)
        if output is None:
            folder = Path(self.output_dir, "tbfile", tag.replace("/", "_").replace(" ", "_"))
            folder.mkdir(parents=True, exist_ok=True)
            output = self._apart[tag] = TensorBoardOutput(folder)
            output.begin_session(None)
        return output

    def end(self, *ending: Any, was_dropped: bool = False) -> None:
        """End the run; later calls do nothing."""
        if self.held.queue and not self._closed and self._pid == os.getpid():
            self.write_held()
        super().end(*ending, was_dropped=was_dropped)
        for output in self._apart.values():
            output.close()


def _number_of(tag: str, value: Any) -> Any:
    if isinstance(value, (str, bytes)):
        raise MetricTypeError(tag, f"{value!r} is not a number; log text with add_text")
    (cell,) = cells_of({tag: value}, None, str).values()
    return cell


WRITING += [RunLogger._append.__code__, RunLogger._write_next.__code__]
