"""`Logger`: the tutorial's calls, handed to the table and the files of the run."""

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

from sml_config import RunFolder, settings
from sml_config.project_settings.secrets import Redactor, secret_values

from . import arguments as given
from .errors import LoggerClosedError
from .lifecycle import lifetime
from .lifecycle.endings import Ending
from .lifecycle.status import LastWords, Owner
from .messages.console import Console
from .messages.display import TableText
from .messages.log_methods import joined
from .messages.run_messages import Voice
from .older_interface import OlderInterface
from .remote import Remote
from .row import Row
from .rows.table import Table, Taken
from .rows.x_label import XLabel
from .run_folder.ranks import Rank, folder_of_rank_0
from .run_folder.run_path import place_of, settings_in_force

if TYPE_CHECKING:
    from datetime import timedelta

    from tensorboardX import SummaryWriter

    from .run_files import RunFiles

# A thread that is inside a call finishes it before the run is closed, unless it hangs.
_CLOSE_SECONDS = 2.0

_NOT_GIVEN: Any = object()


class Logger(OlderInterface):
    """Writes one run folder: text, table, TensorBoard events, and the code that ran.

    An earlier run of the same name is moved to the backup folder, whatever its signature; that is why
    `force_backup` changes nothing. `resume=True` goes on where that run stopped, `resume=STEP` after STEP
    rows. `sync_every` sends the run to the main machine every so many seconds, from a process of its own,
    and once more when it ends in any way. In a distributed job only rank 0 writes, unless `ranks="all"`
    gives every rank a run of its own.
    """

    # The first logger of the process, which `local_log` speaks through.
    logger: Logger | None = None
    # Until everything is there, also for a subclass that fails before it gets here.
    _closed = True
    # None on a rank that writes nothing.
    _files: RunFiles | None = None
    _output_dir: str | None = None
    _tb: SummaryWriter | None = None
    # The thread that is in the middle of writing a row; rows of its signal handlers wait for it.
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
    ) -> None:
        name = given.text_of("log_name", log_name, "the name of the run folder")
        category = given.category_of(logger_category)
        resume = given.rows_of(resume)
        every = given.seconds_of(sync_every)
        given.check_ranks(ranks)
        in_force = settings_in_force()
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._waiting: deque[Taken] = deque()
        rank = Rank.current()
        writes = rank.number == 0 or ranks == "all"
        if rank.number and writes:
            name = f"{name}-rank{rank.number}"
        self._place = place_of(in_force, base_path, category, name)
        self._owner = Owner.current(rank.job)
        self._redactor = Redactor(secret_values(in_force))
        self._flush_seconds = in_force.common.FSYNC_SECONDS
        self._voice = Voice(self._redactor, silent=not writes)
        self._plain = TableText()
        self._x_label = XLabel(self._voice)
        if writes:
            # Late: half of what this package loads, and not every import makes a run.
            from .run_files import RunFiles, Wishes

            wishes = Wishes(log_to_file, given.signature_of(log_signature), backup_code, resume)
            self._files = RunFiles(self._place, self._owner, wishes, in_force, self._voice)
            self._output_dir = str(self._files.folder.path)
            start = self._files.start
            self._table, self._step = Table(start.columns, start.prefixes), start.step
            lifetime.begin(self)
        else:
            self._table, self._step = Table(), self._silent_start(resume)
            Console().write(f"rank {rank.number} is silent; rank 0 writes the run\n")
        # As the run's files know them.
        self._prefixes = self._table.prefixes
        self._remote = Remote(Path(self._output_dir or self._place.path), self._voice.note)
        if every is not None and self._files is not None:
            self._remote.watch(in_force, every)
        self._closed = False
        # A `close` that Ctrl-C cut short may have left a closed one there.
        if Logger.logger is None or Logger.logger._closed:
            self.set_as_default_logger()

    @staticmethod
    def init_global_logger(*arguments: Any, **named: Any) -> Logger:
        """Make a logger and let `local_log` speak through it; arguments as for `Logger`."""
        logger = Logger(*arguments, **named)
        logger.set_as_default_logger()
        return logger

    @staticmethod
    def local_log(*args: object, **kwargs: Any) -> None:
        """Log through the process's default logger, or print if there is none."""
        if Logger.logger is not None:
            Logger.logger.log(*args, **kwargs)
        else:
            Console().write(joined(args), **kwargs)

    def set_as_default_logger(self) -> None:
        """Let `local_log` speak through this logger."""
        Logger.logger = self

    @property
    def output_dir(self) -> str:
        """The run folder; on ranks that do not write it is rank 0's, waited for if need be."""
        if self._output_dir is None:
            self._output_dir = str(folder_of_rank_0(self._place, self._owner))
        return self._output_dir

    @property
    def tb(self) -> SummaryWriter:
        """A SummaryWriter of tensorboardX on the run's `tbfile/`: images, histograms, text, graphs.

        It is loaded when it is first used. What it is given is in the file when its call returns.
        """
        if self._tb is None:
            from .summary_writer import RunSummaryWriter

            folder = RunFolder(Path(self.output_dir)).events
            self._tb = RunSummaryWriter(folder, self._add_event if self._files is not None else None)
        return self._tb

    @property
    def step(self) -> int:
        """Rows dumped so far, those of a resumed run included."""
        return self._step

    def set_tb_x_label(self, label: str | None) -> None:
        """Let the value of this key be TensorBoard's step, instead of the number of the row."""
        self._x_label.key = label

    def register_keys(self, keys: Iterable[str]) -> None:
        """Give the table columns that are blank until their first value; a text alone is one."""
        with self._lock:
            self._table.register(given.keys_of(keys))

    def update_tb_header_dict(self, tb_header_dict: Mapping[str, str]) -> None:
        """Choose TensorBoard prefixes by key."""
        with self._lock:
            self._table.prefix(given.prefixes_of(tb_header_dict))

    def add_tabular_data(self, /, tb_prefix: str | None = None, **data: Any) -> None:
        """Add values to this row; the row holds the mean of all that were added for a key.

        Numbers, NumPy and tensor scalars, and lists and arrays of them. Raises MetricTypeError (a TypeError)
        or MetricError (a ValueError) that names the key, and then adds nothing.
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
        """Set a key once in this row, None for a blank; with `no_tb`, not for TensorBoard, also to a string.

        Without `val` it gives `Average<key>` and `Std<key>` of what was added for the key, on request also
        `Min<key>` and `Max<key>`, or with `average_only` the mean under the key itself.
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
        """End the row: when this returns, the row is printed and every file of the run has it.

        In a signal handler that interrupts the writing of another row, it is written right after that one.
        """
        try:
            with self._lock:
                if self._closed:
                    raise LoggerClosedError(
                        f"{self.output_dir}: dump_tabular() after close(); make a new Logger for more rows"
                    )
                taken = self._table.take()
                if self._is_writing():
                    self._waiting.append(taken)
                else:
                    self._write(taken)
        finally:
            lifetime.release_sigterm()

    def sync_log_to_remote(self, replace: bool = False, trial_num: int = 1) -> bool:
        """Send the run folder to the main machine, trying `trial_num` times; whether it arrived.

        `replace` removes there what is gone here. When the run closes, what is new is sent once more.
        After a failure, calls return False at once until a pause is over. Raises SyncNotInstalledError.
        """
        if self._files is None:
            return False
        return self._remote.push(settings(), given.tries_of(trial_num), replace=replace)

    def close(self) -> None:
        """End the run as finished; later calls do nothing."""
        self.end(*lifetime.how_it_ends())

    def __enter__(self) -> Logger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end(*lifetime.how_it_ends(error))

    def __del__(self) -> None:
        if not self._closed and self._pid == os.getpid():
            self.end(*lifetime.how_it_ends(), was_dropped=True)

    def end(
        self,
        state: str,
        error: str | None,
        exit_status: int | None = None,
        traceback: str | None = None,
        *,
        was_dropped: bool = False,
    ) -> None:
        """End the run in a state of `status.json`; later calls do nothing."""
        ending = Ending(state, error, exit_status, traceback)
        with self._locked_if_possible():
            if self._closed or self._pid != os.getpid():
                return
            self._writer = threading.get_ident()
            try:
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
        """Correct the state of the closed run: what was on its way at `close` ended the process."""
        ending = Ending(state, error, exit_status, traceback)
        if self._files is not None:
            self._files.amend(ending.redacted(self._redactor.text), self._step)

    @property
    def flush_seconds(self) -> float:
        """How many seconds of its rows a power cut may cost; 0 for no limit."""
        return self._flush_seconds

    def flush_to_disk(self) -> None:
        """Wait until all that was written survives a power cut; called from a thread of its own."""
        if self._files is not None:
            with contextlib.suppress(
                OSError
            ):  # a disk that is gone, a folder that was moved: the next row tells
                self._files.flush_to_disk()

    def beat(self) -> None:
        """Say that the run lives; called once a minute."""
        if self._files is not None and not self._closed:
            self._files.beat(self._step)

    def is_busy(self) -> bool:
        """Whether the main thread is in the middle of a row."""
        return self._writer == threading.main_thread().ident and self._is_writing()

    def after_fork(self) -> None:
        """In a forked child: locks are free again; text still goes to the log, rows do not."""
        self._lock = threading.RLock()
        self._writer = 0
        self._waiting.clear()

    def _is_writing(self) -> bool:
        """Whether this call came in the middle of a row; not where an interrupt only left the mark behind."""
        if self._writer != threading.get_ident():
            return False
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if frame.f_code in _WRITING and frame.f_locals.get("self") is self:
                return True
            frame = frame.f_back
        return False

    def _write(self, taken: Taken | None) -> None:
        """Write a row, and those of signal handlers that came meanwhile."""
        while taken is not None:
            self._writer = threading.get_ident()
            try:
                self._dump(taken)
                while self._waiting:
                    self._dump(self._waiting.popleft())
            finally:
                self._writer = 0
            # One may have come between the last look and the end of writing.
            taken = self._waiting.popleft() if self._waiting else None

    def _dump(self, taken: Taken) -> None:
        shape, values = self._table.lay_out(taken)
        if self._pid != os.getpid():
            self._voice.once(f"WARNING: process {os.getpid()} was forked; only its parent may add rows")
            return
        if not shape.columns:
            self._voice.once("WARNING: dump_tabular() without any data; there is no row to write")
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
            self._voice.show_row(row)

    def _add_event(self, event: bytes, step: int) -> None:
        with self._lock:
            if self._closed or self._pid != os.getpid():
                why = (
                    "forked processes do not write to it" if self._pid != os.getpid() else "the run is closed"
                )
                self._voice.once(f"WARNING: logger.tb: {why}; an event is left out")
            elif self._files is not None:
                self._files.add_event(event, step)

    def _say(self, text: str, color: str | None = None, bold: bool = True) -> None:
        with self._lock:
            self._voice.say(text, color, bold)

    def _silent_start(self, resume: bool | int) -> int:
        if not isinstance(resume, bool):
            return resume
        if not resume:
            return 0
        step = LastWords.of(RunFolder(Path(self.output_dir))).record.get("step")
        return step if isinstance(step, int) else 0

    @contextlib.contextmanager
    def _locked_if_possible(self) -> Iterator[None]:
        taken = self._lock.acquire(timeout=_CLOSE_SECONDS)
        try:
            yield
        finally:
            if taken:
                self._lock.release()


# What is on the stack while files are written.
_WRITING = (Logger._write.__code__, Logger.end.__code__)
