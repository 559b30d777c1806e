"""`Logger`, the public interface: collects rows in a table and writes them to the run's files."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Literal

import sml_config

from . import arguments
from .errors import LoggerClosedError
from .lifecycle import lifetime
from .lifecycle.endings import Ending
from .messages.console import Console
from .messages.display import TableText
from .messages.log_methods import joined
from .messages.run_messages import RunMessages
from .older_interface import OlderInterface
from .remote import Remote
from .row import Row
from .rows.logged_row import LoggedMetrics
from .rows.table import CollectedRow, Table
from .rows.x_label import XLabel

if TYPE_CHECKING:
    from datetime import timedelta

    from .given_parameters import GivenParameters
    from .run_files import RunFiles

# Closing waits this long for another thread that is inside a call.
_CLOSE_SECONDS = 2.0

_NOT_GIVEN: Any = object()


class Logger(OlderInterface):
    """Writes one run folder: text, table, TensorBoard events, and an archive of the code.

    An earlier run of the same name is moved to the backup folder, whatever its signature; that is why
    `force_backup` has no effect. `resume=True` continues that run where it stopped, `resume=STEP` after STEP
    rows. `parameters` (a namespace, dataclass, mapping, or an object of OmegaConf, pydantic or attrs) are
    saved with the run; those in `name_from`, by default in the setting IMPORTANT_CONFIGS, name its folder
    unless `log_name` is given. `sync_every` sends the run to the main machine at this interval (seconds, or a
    text such as 5m), from a separate process, and once more when the run ends in any way. In a distributed
    job only rank 0 writes, unless `ranks="all"` gives every rank its own run. Raises SmlLoggerError for
    invalid arguments, RunFolderError if the run folder cannot be written.
    """

    # The process's default logger, used by `local_log`: the first one, unless another was set.
    logger: Logger | None = None
    # True until __init__ has finished, also if a subclass fails before calling it.
    _closed = True
    # None on silent ranks.
    _files: RunFiles | None = None
    _output_dir: str | None = None
    # The thread that is writing a row; rows of its signal handlers wait for it.
    _writer = 0

    def __init__(
        self,
        log_to_file: bool = True,
        log_name: str | os.PathLike[str] = "log",
        force_backup: bool = False,  # noqa: ARG002  scripts pass it; an earlier run is always kept
        log_signature: str | int | None = None,
        logger_category: str | os.PathLike[str] | None = None,
        base_path: str | os.PathLike[str] | None = None,
        backup_code: bool = True,
        *,
        resume: bool | int = False,
        ranks: Literal["first", "all"] = "first",
        sync_every: float | str | timedelta | None = None,
        parameters: object = None,
        name_from: Iterable[str] | None = None,
    ) -> None:
        # Late: most of this package's imports, and not every script that imports it creates a run.
        from .lifecycle.status import Owner
        from .run_folder.ranks import Rank, silent_start
        from .run_folder.run_path import run_path_of, settings_in_force

        given, log_name, log_signature = _named_run(parameters, name_from, log_name, log_signature)
        name = arguments.text_of("log_name", log_name, "the name of the run folder")
        category = arguments.category_of(logger_category)
        resume = arguments.rows_of(resume)
        every = arguments.seconds_of(sync_every)
        arguments.check_ranks(ranks)
        in_force = settings_in_force()
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._waiting: deque[CollectedRow | LoggedMetrics] = deque()
        self._places = {}
        rank = Rank.current()
        writes = rank.number == 0 or ranks == "all"
        if rank.number and writes:
            name = f"{name}-rank{rank.number}"
        self._run_path = run_path_of(in_force, base_path, category, name)
        self._owner = Owner.current(rank.job)
        self._redactor = sml_config.Redactor(sml_config.secret_values(in_force))
        self._flush_seconds = in_force.common.FSYNC_SECONDS
        self._messages = RunMessages(self._redactor, silent=not writes)
        self._plain, self._x_label = TableText(), XLabel(self._messages)
        if writes:
            from .run_files import RunFiles, RunOptions

            options = RunOptions(log_to_file, arguments.signature_of(log_signature), backup_code, resume)
            self._files = RunFiles(self._run_path, self._owner, options, in_force, self._messages)
            self._output_dir = str(self._files.folder.path)
            start = self._files.start
            self._table, self._step = Table(start.columns, start.prefixes), start.step
            lifetime.begin(self)
        else:
            self._table, self._step = Table(), silent_start(self, resume)
            Console().write(f"rank {rank.number} is silent; rank 0 writes the run\n")
        # The prefixes last recorded in the run's files.
        self._prefixes = self._table.prefixes
        self._remote = Remote(Path(self._output_dir or self._run_path.path), self._messages.note)
        if every is not None and self._files is not None:
            self._remote.watch(in_force, every)
        self._begin(given)

    def _begin(self, given: GivenParameters | None) -> None:
        if given is not None and self._files is not None:
            given.save(self._files.folder, self)
        self._closed = False
        # A `close` that Ctrl-C cut short may have left a closed one there.
        if Logger.logger is None or Logger.logger._closed:
            self.set_as_default_logger()

    @staticmethod
    def init_global_logger(*arguments: Any, **named: Any) -> Logger:
        """Create a logger and make it the default for `local_log`; arguments as for `Logger`."""
        logger = Logger(*arguments, **named)
        logger.set_as_default_logger()
        return logger

    @staticmethod
    def local_log(*args: object, **kwargs: Any) -> None:
        """Log with the process's default logger, or print if there is none."""
        if Logger.logger is not None:
            Logger.logger.log(*args, **kwargs)
        else:
            Console().write(joined(args), **kwargs)

    def set_as_default_logger(self) -> None:
        """Make this logger the default for `local_log`."""
        Logger.logger = self

    @property
    def output_dir(self) -> str:
        """The run folder; on silent ranks that of rank 0, for which it waits if necessary."""
        if self._output_dir is None:
            from .run_folder.ranks import folder_of_rank_0

            self._output_dir = str(folder_of_rank_0(self._run_path, self._owner))
        return self._output_dir

    @property
    def step(self) -> int:
        """Rows dumped so far, those of a resumed run included."""
        return self._step

    def set_tb_x_label(self, label: str | None) -> None:
        """Use the value of this key as TensorBoard's step, instead of the row number; None to reset."""
        self._x_label.key = label

    def register_keys(self, keys: Iterable[str]) -> None:
        """Add columns that are blank until their first value; a single string is one key."""
        with self._lock:
            self._table.register(arguments.keys_of(keys))

    def update_tb_header_dict(self, tb_header_dict: Mapping[str, str]) -> None:
        """Set TensorBoard prefixes by key."""
        with self._lock:
            self._table.prefix(arguments.prefixes_of(tb_header_dict))

    def add_tabular_data(self, /, tb_prefix: str | None = None, **data: Any) -> None:
        """Add values to this row; the row gets the mean of all values added for a key.

        Values are numbers, NumPy and tensor scalars, and lists and arrays of them. Raises MetricTypeError (a
        TypeError) or MetricError (a ValueError) that names the key; then nothing is added.
        """
        with self._lock:
            self._table.add(tb_prefix, data)

    def log_tabular(
        self,
        key: str,
        val: Any = _NOT_GIVEN,
        tb_prefix: str | None = None,
        with_min_and_max: bool = False,
        average_only: bool = False,
        no_tb: bool = False,
    ) -> None:
        """Set a key in this row, None for a blank; with `no_tb` not in TensorBoard, and strings are allowed.

        Without `val`, set `Average<key>` and `Std<key>` of the values added for the key, optionally also
        `Min<key>` and `Max<key>`; with `average_only`, the mean under the key itself. Raises MetricError.
        """
        with self._lock:
            asks_for_more = with_min_and_max or average_only or self._table.has_added(key)
            if val is _NOT_GIVEN or (val is None and asks_for_more):
                self._table.summarise(key, tb_prefix, with_min_and_max, average_only, no_tb)
            else:
                if isinstance(val, str):
                    val = self._redactor.text(val)
                self._table.set(key, val, tb_prefix, no_tb)

    def dump_tabular(self) -> None:
        """End the row: when this returns, it is printed and written to every file of the run.

        A signal handler's row waits for the row it interrupts. Raises LoggerClosedError after `close()`.
        """
        try:
            with self._lock:
                if self._closed:
                    raise LoggerClosedError(
                        f"{self.output_dir}: dump_tabular() after close(); create a new Logger for more rows"
                    )
                taken = self._table.take()
                if self._is_writing():
                    self._waiting.append(taken)
                else:
                    self._write(taken)
        finally:
            lifetime.release_sigterm()

    def sync_log_to_remote(self, replace: bool = False, trial_num: int = 1) -> bool:
        """Send the run folder to the main machine, in up to `trial_num` attempts; returns whether it arrived.

        `replace` deletes files there that are deleted here. When the run closes, changes are sent once more.
        After a failure, calls return False at once for a while. Raises SyncNotInstalledError.
        """
        if self._files is None:
            return False
        return self._remote.push(sml_config.settings(), arguments.tries_of(trial_num), replace=replace)

    def close(self) -> None:
        """End the run as finished; later calls do nothing."""
        self.end(*lifetime.current_ending())

    def __enter__(self) -> Logger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end(*lifetime.current_ending(error))

    def __del__(self) -> None:
        if not self._closed and self._pid == os.getpid():
            self.end(*lifetime.current_ending(), was_dropped=True)

    def end(
        self,
        state: str,
        error: str | None,
        exit_status: int | None = None,
        traceback: str | None = None,
        *,
        was_dropped: bool = False,
    ) -> None:
        """End the run with a state of `status.json`; later calls do nothing."""
        ending = Ending(state, error, exit_status, traceback)
        with self._locked_if_possible():
            if self._closed or self._pid != os.getpid():
                return
            self._writer = threading.get_ident()
            try:
                self._finish_row()
                if self._files is not None:
                    self._files.close(ending.redacted(self._redactor.text), self._step)
                    self._remote.finish()
                self._closed = True
                lifetime.finished(self, was_dropped=was_dropped)
                if Logger.logger is self:
                    Logger.logger = None
            finally:
                self._writer = 0
        lifetime.release_sigterm()

    def amend(
        self, state: str, error: str | None, exit_status: int | None = None, traceback: str | None = None
    ) -> None:
        """Correct the state of the closed run: the exception propagating at `close` ended the process."""
        ending = Ending(state, error, exit_status, traceback)
        if self._files is not None:
            self._files.amend(ending.redacted(self._redactor.text), self._step)

    @property
    def flush_seconds(self) -> float:
        """Seconds of rows that a power failure may lose at most; 0 for no limit."""
        return self._flush_seconds

    def flush_to_disk(self) -> None:
        """Flush everything written to the disk; called from a separate thread."""
        self._settle_row()
        if self._files is not None:
            with contextlib.suppress(OSError):  # disk removed, folder moved: reported with the next row
                self._files.flush_to_disk()

    def beat(self) -> None:
        """Write the heartbeat; called every 15 s."""
        if self._files is not None and not self._closed:
            self._files.beat(self._step)

    def is_busy(self) -> bool:
        """Whether the main thread is writing a row."""
        return self._writer == threading.main_thread().ident and self._is_writing()

    def after_fork(self) -> None:
        """Reset locks in a forked child, which may still log text, but no rows."""
        self._lock = threading.RLock()
        self._writer = 0
        self._waiting.clear()

    def _is_writing(self) -> bool:
        """Whether this call interrupts the writing of a row; checks the stack, as `_writer` may be stale."""
        if self._writer != threading.get_ident():
            return False
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if frame.f_code in WRITING and frame.f_locals.get("self") is self:
                return True
            frame = frame.f_back
        return False

    def _write(self, taken: CollectedRow | LoggedMetrics | None) -> None:
        """Write a row, and rows that signal handlers logged meanwhile; None ends the row of `log`."""
        while True:
            self._writer = threading.get_ident()
            try:
                self._dump(taken)
                while self._waiting:
                    self._dump(self._waiting.popleft())
            finally:
                self._writer = 0
            # A row may have been added between the last check and the end of writing.
            if not self._waiting:
                return
            taken = self._waiting.popleft()

    def _dump(self, taken: CollectedRow | LoggedMetrics | None) -> None:
        if isinstance(taken, LoggedMetrics):
            self._fill(taken)
            return
        if taken is None:
            self._pass_row(self._open_row)
            return
        if self._open_row is not None and self._pid == os.getpid():
            self._finish_row()
        shape, values = self._table.in_column_order(taken)
        if self._pid != os.getpid():
            self._messages.warn_once(
                f"WARNING: process {os.getpid()} was forked; only its parent may add rows"
            )
            return
        if not shape.columns:
            self._messages.warn_once("WARNING: dump_tabular() without any data; there is no row to write")
            return
        step = self._step
        self._step = step + 1
        text = self._plain.format(shape, step, values)
        row = Row(shape, values, step, self._x_label.step_of(shape, values, step), time.time(), text)
        if self._files is not None:
            if self._table.prefixes is not self._prefixes:
                self._prefixes = self._table.prefixes
                self._files.note_prefixes(self._prefixes)
            self._files.write_row(row)
            self._messages.print_row(row)

    @contextlib.contextmanager
    def _locked_if_possible(self) -> Iterator[None]:
        taken = self._lock.acquire(timeout=_CLOSE_SECONDS)
        try:
            yield
        finally:
            if taken:
                self._lock.release()


def _named_run(
    parameters: Any, name_from: Any, log_name: Any, log_signature: Any
) -> tuple[GivenParameters | None, Any, Any]:
    if parameters is None:
        return None, log_name, log_signature
    from .given_parameters import named_run  # late: not every run has parameters

    return named_run(parameters, name_from, log_name, log_signature)


# On the stack while files are being written.
WRITING = [Logger._write.__code__, Logger.end.__code__]
