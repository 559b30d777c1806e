"""Open, write and close all files of one run folder."""

from __future__ import annotations

import contextlib
import errno
import filecmp
import functools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sml_config import RunFolder, Settings
from sml_config.files import private_folder
from sml_config.run_folder import TABLE, temp_path_for, write_atomic
from sml_config.run_record.record import record_run
from sml_config.run_states import FAILED, RUNNING
from sml_config.tasks.tasks import announce_run_folder

from .errors import RunFolderError
from .lifecycle.endings import Ending
from .lifecycle.status import Owner, StatusFile, StatusSnapshot
from .messages.run_messages import RunMessages
from .output_supervisor import OutputSupervisor
from .outputs import CsvOutput, Output, TensorBoardOutput, TextOutput
from .outputs.durability import DiskFlusher
from .outputs.registry import OutputContext, opened_outputs
from .row import Row
from .run_folder.folder_claim import Claim, claim
from .run_folder.presence import Presence
from .run_folder.resume import (
    ResumePoint,
    end_filled_row,
    gaps_of,
    prefixes_of,
    resume_table,
    set_table_aside,
)
from .run_folder.run_path import ExactRunPath, RunPath
from .system_metrics.monitor import SystemMonitor

if TYPE_CHECKING:
    from sml_config.alerts.from_settings import Alerting

    from .alerts.run_alerts import RunAlerts
    from .media.recorder import MediaRecorder
    from .outputs.csv import CellWriter

# With these errors the disk is at fault; with others the chosen folder.
_DISK_FAILURES = (errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO)
_NAMED = 5
_MOST_LINES = 20


@dataclass(frozen=True)
class RunOptions:
    """Options of `Logger` that concern the files."""

    log_to_file: bool
    signature: str | None
    backup_code: bool
    # False, True to resume after the last row, or the number of rows to resume after.
    resume: bool | int


class RunFiles:
    """Writes rows, text and status of one run into its folder."""

    def __init__(
        self, run_path: RunPath, owner: Owner, options: RunOptions, settings: Settings, messages: RunMessages
    ) -> None:
        self._messages = messages
        alerting = _alerting(settings, messages)
        claimed, run_path = _claimed(run_path, owner, options, messages.note)
        self.folder = claimed.folder
        self._owner = owner
        self._status = StatusFile(self.folder, owner)
        self._disk = DiskFlusher(self.folder)
        self._is_closed = False
        self._has_filled_rows = False
        self._text: TextOutput | None = None
        # Set when media are first stored.
        self.media: MediaRecorder | None = None
        self.alerts: RunAlerts | None = None
        self._outputs: list[Output] = []
        try:
            self.start = _start(claimed, run_path, options)
            self._supervisor = self._open(options)
            announce_run_folder(self.folder.path)
            record_run(self.folder)
            self._watch_table()
            gaps = self._supervisor.gaps
            self._status.write(state=RUNNING, step=self.start.step, missing=gaps, is_durable=False)
            messages.attach_log(self._supervisor.write_text)
            self._report(claimed, run_path)
            _sign(self.folder, options.signature, messages.note)
            self.archive_code = functools.partial(_archive, claimed, settings, run_path, messages.note)
            if options.backup_code:
                self.archive_code()
            self._system = self._sample_system(settings.common.SYSTEM_METRICS_SECONDS)
            self.alerts = _run_alerts(self.folder, alerting)
        except BaseException as error:
            self._give_up(error)
            if not isinstance(error, OSError):
                raise
            reason = error.strerror or str(error)
            remedy = "free disk space, or choose another base_path"
            raise RunFolderError(self.folder.path, f"cannot be written ({reason}); {remedy}") from error

    def write_row(self, row: Row) -> None:
        """Write a row to every output; failures are reported, never raised."""
        if self.alerts is not None:
            self.alerts.queue_row(row)
        if self._supervisor.write_row(row):
            self._record_gaps(row)

    def fill_row(self, row: Row, changed: int) -> None:
        """Write what an unfinished row has so far to the table; failures are reported, never raised."""
        if not self._has_filled_rows:
            # A process that resumes the run then knows that a line without an end is no torn one.
            self._has_filled_rows = True
            with contextlib.suppress(OSError):
                self._status.write(filled_rows=True, is_durable=False)
        if self._supervisor.fill_row(row, changed):
            self._record_gaps(row)

    def cell_writer(self, step: int) -> CellWriter | None:
        """Appends to the line of the unfinished row of this number, the quick way; None if that cannot be."""
        return None if self._supervisor.is_failing else self._table.cell_writer(step)

    def finish_row(self, row: Row) -> None:
        """End a row that was filled, write it to the other outputs; failures are reported, never raised."""
        if self.alerts is not None:
            self.alerts.queue_row(row)
        with contextlib.suppress(OSError):  # reported with the next cell or row
            self._table.end_row()
        if self._supervisor.finish_row(row):
            self._record_gaps(row)

    def begin_session(self, step: int | None) -> None:
        """Let readers of the event file drop earlier events from a step on; None: they keep all."""
        with contextlib.suppress(OSError):  # reported with the first row
            self._events.begin_session(step)

    def add_event(self, event: bytes, step: int) -> None:
        """Write an event that is not a row, e.g. an image; failures are reported, never raised."""
        try:
            self._events.add_event(event, step)
        except OSError as error:
            self._supervisor.warn(
                self._events.name, f"an event could not be written to {self._events.name}", error
            )

    def report(self, problem: str) -> None:
        """Print and log a warning."""
        self._messages.note(f"WARNING: {problem}")

    def note_prefixes(self, prefixes: dict[str, str]) -> None:
        """Record the TensorBoard prefix of each column, for a process that resumes the run."""
        with contextlib.suppress(OSError):
            self._status.write(tb_prefixes=prefixes, is_durable=False)

    def beat(self, step: int) -> None:
        """Write the heartbeat."""
        self._status.beat(step)

    def flush_to_disk(self) -> None:
        """Flush everything written to the disk; callable from any thread. Raises OSError."""
        if self.media is not None:
            self.media.store.flush_to_disk()
        if self._is_closed:
            self._disk.finish()
        else:
            self._disk.flush([*self._outputs, *([self._text] if self._text is not None else [])])

    def close(self, ending: Ending, step: int) -> None:
        """Close every file and record how the run ended."""
        if ending.traceback:
            self._supervisor.write_text(ending.traceback)
        self._supervisor.close(step)
        if self.media is not None:
            with contextlib.suppress(OSError):
                self.media.store.close()
        self._is_closed = True
        if self._system is not None:
            with contextlib.suppress(OSError):  # reported with the end of the run
                self._system.stop()
        self._messages.attach_log(self._write_late)
        self.amend(ending, step)
        if self.alerts is not None:
            self.alerts.end(ending)

    def amend(self, ending: Ending, step: int) -> None:
        """Record how the run ended."""
        try:
            self._status.write(
                state=ending.state,
                step=step,
                error=ending.error,
                exit_status=ending.exit_status,
                traceback=ending.traceback,
                missing=self._supervisor.gaps,
            )
        except OSError as failure:
            self._messages.note(
                f"WARNING: the end of the run could not be recorded ({failure.strerror or failure})"
            )

    def _record_gaps(self, row: Row) -> None:
        with contextlib.suppress(OSError):
            self._status.write(step=row.step + 1, missing=self._supervisor.gaps)

    def _open(self, options: RunOptions) -> OutputSupervisor:
        start = self.start
        context = OutputContext(self.folder, start.columns, start.step, options.log_to_file)
        for name, output in opened_outputs(context, self._messages.note):
            if isinstance(output, TextOutput):
                self._text = output
                continue
            self._outputs.append(output)
            if name == "csv" and isinstance(output, CsvOutput):
                self._table = output
            elif name == "tensorboard" and isinstance(output, TensorBoardOutput):
                self._events = output
        gaps = {TABLE: list(start.gaps)}
        notify = self._messages.note
        return OutputSupervisor(self._outputs, self._text, step=start.step, gaps=gaps, notify=notify)

    def _watch_table(self) -> None:
        outputs = [*self._outputs, *([self._text] if self._text is not None else [])]
        presence = Presence(self.folder, self._owner, self._table, outputs, self._messages.note)
        self._table.on_displaced = presence.check

    def _sample_system(self, seconds: float) -> SystemMonitor | None:
        if not seconds:
            return None
        return SystemMonitor(self.folder, seconds, lambda: self._table.next_step, self._messages.note)

    def _give_up(self, error: BaseException) -> None:
        """Close all files and record the failure in the folder."""
        for output in [*self._outputs, *([self._text] if self._text is not None else [])]:
            with contextlib.suppress(OSError):
                output.close()
        with contextlib.suppress(OSError):
            self._status.write(state=FAILED, error=f"{type(error).__name__}: {error}")

    def _write_late(self, text: str) -> None:
        if self._text is not None:
            with contextlib.suppress(OSError):
                self._text.write_late(text)

    def _report(self, claimed: Claim, run_path: RunPath) -> None:
        if claimed.conflict is not None:
            self._messages.note(
                f"WARNING: {run_path.path} {claimed.conflict}; this run is in {self.folder.path}"
            )
        if claimed.earlier is not None:
            self._messages.note(f"the earlier run of this name is in {claimed.earlier.path}")
        for note in self.start.notes:
            self._messages.note(note)
        where = f"resumed at row {self.start.step}" if claimed.resumed else "logging"
        self._messages.note(f"{where} in {self.folder.path}")


def _alerting(settings: Settings, messages: RunMessages) -> Alerting | None:
    if not settings.common.ALERT_TO:
        return None
    from .alerts.run_alerts import alerting_of  # late: few projects have alerts

    return alerting_of(settings, messages)


def _run_alerts(folder: RunFolder, alerting: Alerting | None) -> RunAlerts | None:
    if alerting is None:
        return None
    from .alerts.run_alerts import RunAlerts

    return RunAlerts(folder, alerting)


def _claimed(
    run_path: RunPath, owner: Owner, options: RunOptions, notify: Callable[[str], None]
) -> tuple[Claim, RunPath]:
    """Claim the run folder; below the system's temporary folder if the disk is full or read-only.

    Raises RunFolderError if the path is not a folder or not writable for this user.
    """
    resume = options.resume is not False or isinstance(run_path, ExactRunPath)
    try:
        return claim(run_path, owner, resume=resume), run_path
    except RunFolderError as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno not in _DISK_FAILURES:
            raise
        try:
            elsewhere = run_path.under(private_folder(f"sml-logger-{os.getuid()}"))
            claimed = claim(elsewhere, owner, resume=resume)
        except OSError:
            raise error from cause
        notify(
            f"WARNING: {run_path.path}: {cause.strerror}; this run is in {claimed.folder.path}"
            " until you move it"
        )
        return claimed, elsewhere


def _start(claimed: Claim, run_path: RunPath, options: RunOptions) -> ResumePoint:
    folder = claimed.folder
    folder.events.mkdir(exist_ok=True)
    at = None if isinstance(options.resume, bool) else options.resume
    if isinstance(run_path, ExactRunPath) and options.resume is False:
        return ResumePoint(notes=set_table_aside(folder))
    if claimed.resumed:
        record = StatusSnapshot.of(folder).record
        if record.get("filled_rows") is True:
            end_filled_row(folder)
        resume_point = resume_table(folder, gaps_of(record, TABLE), at)
        return replace(resume_point, prefixes=prefixes_of(record, resume_point.columns))
    if claimed.earlier is not None and claimed.earlier.log.is_file():
        try:
            folder.previous_log.hardlink_to(claimed.earlier.log)
        except OSError:  # a file system without hard links
            shutil.copyfile(claimed.earlier.log, folder.previous_log)
    return resume_table(folder, (), at)


def _sign(folder: RunFolder, signature: str | None, notify: Callable[[str], None]) -> None:
    if signature is None:
        return
    with contextlib.suppress(OSError):
        if folder.signature.exists() and folder.signature.read_text(encoding="utf-8") != signature:
            notify("WARNING: the parameters differ from those the resumed run was started with")
        write_atomic(folder.signature, signature)


def _archive(claimed: Claim, settings: Settings, run_path: RunPath, notify: Callable[[str], None]) -> None:
    from .code_archive.archive import (
        store_archive,  # late: the slowest import, and not needed with backup_code=False
    )

    target = claimed.folder.archive
    try:
        if not target.exists():
            _report_left_out(target.name, store_archive(target, settings, run_path.root).left_out, notify)
            return
        # A resumed run keeps its first archive.
        now = temp_path_for(target)
        try:
            store_archive(now, settings, run_path.root)
            if not filecmp.cmp(now, target, shallow=False):
                notify(f"WARNING: the code has changed; {target.name} has the code of the run's first start")
        finally:
            now.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        notify(f"WARNING: the code could not be archived ({reason}): {error.filename or os.fspath(target)}")


def _report_left_out(archive: str, left_out: list[tuple[str, str]], notify: Callable[[str], None]) -> None:
    """Report files left out: those ignored by git in one line, those ignored by the settings not at all."""
    from .code_archive.project_files import GIT_IGNORED, IGNORED

    ignored = [name for name, reason in left_out if reason == GIT_IGNORED]
    if ignored:
        names = ", ".join(ignored[:_NAMED]) + (
            f" and {len(ignored) - _NAMED} more" if len(ignored) > _NAMED else ""
        )
        notify(f"{archive}: left out {names} ({GIT_IGNORED})")
    others = [(name, reason) for name, reason in left_out if reason not in (IGNORED, GIT_IGNORED)]
    for name, reason in others[:_MOST_LINES]:
        notify(f"{archive}: left out {name} ({reason})")
    if len(others) > _MOST_LINES:
        notify(f"{archive}: left out {len(others) - _MOST_LINES} more; `sml-logger reproduce` lists them")
