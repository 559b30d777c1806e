"""`Logger.log`: one row for each step, whatever the number of calls, and each value written by its call.

While a row is being filled its line in the table has no line end; each call appends its cells. The line ends
when it has no blank left, when another step, a dump or the end of the run comes, and after some seconds.
Other outputs get the row then. A value that comes after that rewrites the line.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .errors import LoggerClosedError, MetricError, MetricTypeError, SmlLoggerError
from .lifecycle import lifetime
from .messages.log_methods import joined
from .row import Cell, Row
from .rows.logged_row import STEP, LoggedMetrics, LoggedRow, Places, cells_of, step_of

if TYPE_CHECKING:
    from collections import deque

    from .messages.run_messages import RunMessages
    from .rows.table import CollectedRow, Table
    from .run_files import RunFiles

# A row that has been open for longer is ended by the thread that flushes.
_LONGEST_OPEN_SECONDS = 1.0
_COMMANDS = {"commit", "step"}
_FLOATS = {float}
_MOST_PLACES = 256


class LoggedRows:
    """Mixed into `Logger`, which has the table, the files and the lock."""

    _lock: threading.RLock
    _table: Table
    _files: RunFiles | None
    _messages: RunMessages
    _waiting: deque[CollectedRow | LoggedMetrics]
    _step: int
    _pid: int
    _closed: bool
    _open_row: LoggedRow | None = None
    # Where values go, by the keys of a call; those whose columns are no longer all columns are replaced.
    _places: dict[tuple[str, ...], Places]
    # The step of a row without one, if no row is open.
    _next_step = 0

    def log(
        self,
        *args: object,
        step: Any = None,
        commit: bool | None = None,
        color: str | None = None,
        bold: bool = True,
    ) -> None:
        """Log metrics, `log({"train/loss": 1.0}, step=1000)`, or print a text as `print` would.

        Metrics are a mapping of names to numbers, arrays, which give their mean, text, or None for a blank;
        nested mappings are joined by slashes. All calls for one step fill one row of `progress.csv`; its
        column `step` has the step, which is TensorBoard's step too. The last value of a name counts. When a
        call returns, `kill -9` does not lose what it logged. With a step, the row ends when another step is
        logged, or by `commit=True`. Without one, the row is the one that is being filled, if it has no value
        of these names, or that of the next step, and it ends with this call unless `commit=False`. Rows are
        not printed.

        Raises MetricTypeError or MetricError, which name the metric, and then logs nothing of this call; a
        mapping alone is printed instead, with a warning. Raises LoggerClosedError after `close()`.
        """
        if args and isinstance(args[0], Mapping) and len(args) <= 1 + len(_COMMANDS):
            try:
                self._log_metrics(args[0], *args[1:], *(step, commit)[len(args) - 1 :])
            except (MetricError, MetricTypeError) as error:
                if len(args) > 1 or step is not None or commit is not None:
                    raise
                # Scripts of older releases print mappings of anything this way.
                self._messages.warn_once(f"WARNING: printed, not logged as metrics: {error}")
                self._write_text(joined(args), color, bold)
        elif step is not None or commit is not None:
            raise SmlLoggerError(f"invalid metrics {args!r}; expected a mapping of names to values")
        else:
            self._write_text(joined(args), color, bold)

    def _log_metrics(self, metrics: Mapping[str, object], step: Any, commit: Any) -> None:
        if step is not None and type(step) is not int:
            step = step_of(step)
        keys = tuple(metrics)
        values: list[Any] = list(metrics.values())
        if keys not in self._places or set(map(type, values)) != _FLOATS or STEP in metrics:
            step = step_of(step)
            cells = cells_of(metrics, step, self._messages.redacted)
            keys, values = tuple(cells), list(cells.values())
        self._log_cells(LoggedMetrics(keys, values, step, commit))

    def _log_cells(self, logged: LoggedMetrics) -> None:
        try:
            with self._lock:
                if self._closed:
                    raise LoggerClosedError(
                        f"{self.output_dir}: log() after close(); create a new Logger for more rows"
                    )
                if self._is_writing():
                    self._waiting.append(logged)
                else:
                    self._write(logged)
        finally:
            lifetime.release_sigterm()

    def _fill(self, logged: LoggedMetrics) -> None:
        """Fill the row of a call's step, and end the row before it if that is another one."""
        if self._pid != os.getpid():
            self._messages.warn_once(
                f"WARNING: process {os.getpid()} was forked; only its parent may add rows"
            )
            return
        keys, cells, step, commit, keeps_earlier = logged
        if step is None:
            commit = commit is not False
        known = self._places.get(keys)
        if known is None or known.columns is not self._table.columns:
            known = self._new_places(keys)
        row = self._open_row
        if row is not None and (
            (row.is_committed if step is None else row.step != step)
            or ((keeps_earlier or step is None) and _is_any_set(row.values, known.places))
        ):
            self._finish_row()
            row = None
        if row is None:
            row = self._begin_row(step)
            if known.is_whole:
                self._write_whole(row, cells)
            else:
                row.values = [None] * len(known.columns)
                row.values[known.step] = row.step
                self._fill_cells(row, known, cells, 0)
        else:
            row.values += [None] * (len(known.columns) - len(row.values))
            row.values[known.step] = row.step
            self._fill_cells(row, known, cells, min(known.places, default=len(known.columns)))
        if commit:
            self._pass_row(row)
        row.is_committed = bool(commit)

    def _write_whole(self, row: LoggedRow, cells: list[Cell]) -> None:
        """Write a row that one call fills."""
        values = row.values = [row.step, *cells]
        row.is_finished = True
        if self._files is not None:
            self._files.write_row(self._row_of(row, values))

    def _fill_cells(self, row: LoggedRow, known: Places, cells: list[Cell], changed: int) -> None:
        values = row.values
        for index, value in zip(known.places, cells, strict=True):
            values[index] = value
        if self._files is None:
            return
        self._files.fill_row(self._row_of(row, values), changed)
        if row.is_finished:  # the other outputs get what is new
            new: list[Cell] = [None] * len(values)
            for index, value in zip(known.places, cells, strict=True):
                new[index] = value
            self._files.finish_row(self._row_of(row, new))
        elif None not in values:
            self._pass_row(row)

    def _begin_row(self, step: int | None) -> LoggedRow:
        number = self._step
        self._step = number + 1
        if step is None:
            step = self._next_step
        self._next_step = step + 1
        row = self._open_row = LoggedRow(step, number, [])
        return row

    def _new_places(self, keys: tuple[str, ...]) -> Places:
        self._table.add_columns((STEP,), no_tb=True)
        self._table.add_columns(keys)
        if len(self._places) >= _MOST_PLACES:
            self._places.clear()
        known = self._places[keys] = Places.of(keys, self._table.columns)
        return known

    def _row_of(self, row: LoggedRow, values: list[Cell]) -> Row:
        missing = len(self._table.columns) - len(values)
        if missing:
            values = values + [None] * missing
        return Row(self._table.shape_of(values), values, row.number, row.step, time.time(), "")

    def _pass_row(self, row: LoggedRow | None) -> None:
        """Write a row to the outputs that want it whole; its line ends."""
        if row is not None and not row.is_finished:
            row.is_finished = True
            if self._files is not None and row.values:
                self._files.finish_row(self._row_of(row, row.values))

    def _current_step(self) -> int:
        """The step that was logged last; the number of dumped rows if none was."""
        row = self._open_row
        if row is not None:
            return row.step
        return self._next_step - 1 if self._next_step else self._step

    def _finish_row(self) -> None:
        """End the row that is being filled, if there is one."""
        row = self._open_row
        self._open_row = None
        if row is not None:
            self._pass_row(row)

    def _settle_row(self) -> None:
        """End the line of a row that has been open for a while; called from a thread, never waits."""
        row = self._open_row
        if row is None or row.is_finished or abs(time.time() - row.begun) < _LONGEST_OPEN_SECONDS:
            return
        if self._lock.acquire(blocking=False):
            try:
                if not self._closed and self._pid == os.getpid() and self._open_row is row:
                    self._write(None)
            finally:
                self._lock.release()

    if TYPE_CHECKING:

        @property
        def output_dir(self) -> str:
            """The run folder."""

        def _is_writing(self) -> bool: ...
        def _write(self, taken: CollectedRow | LoggedMetrics | None) -> None: ...
        def _write_text(self, text: str, color: str | None = None, bold: bool = True) -> None: ...


def _is_any_set(values: list[Cell], places: tuple[int, ...]) -> bool:
    return any(index < len(values) and values[index] is not None for index in places)
