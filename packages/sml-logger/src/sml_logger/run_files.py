"""The files of one run: opened, written in step, closed with a state."""

from __future__ import annotations

import contextlib
import errno
import filecmp
import functools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace

from sml_config import RunFolder, Settings
from sml_config.files import private_folder
from sml_config.run_folder import TABLE, temporary_beside, write_whole
from sml_config.run_record.record import record_run
from sml_config.tasks.tasks import announce_run_folder

from .errors import RunFolderError
from .lifecycle.endings import Ending
from .lifecycle.status import FAILED, RUNNING, LastWords, Owner, StatusFile
from .messages.run_messages import Voice
from .output_supervisor import Health
from .outputs import CsvOutput, Output, TensorBoardOutput, TextOutput
from .outputs.durability import Disk
from .row import Row
from .run_folder.folder_claim import Claim, claim
from .run_folder.presence import Presence
from .run_folder.resume import Continuation, continue_table, gaps_of, prefixes_of, set_table_aside
from .run_folder.run_path import ExactPlace, Place

# With these the disk is at fault; with others the place that was chosen.
_DISK_FAILURES = (errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO)
_NAMED = 5
_MOST_LINES = 20


@dataclass(frozen=True)
class Wishes:
    """How a run wants to be written."""

    log_to_file: bool
    signature: str | None
    backup_code: bool
    # False, True for the last row, or the number of rows to go on after.
    resume: bool | int


class RunFiles:
    """Writes rows and text of one run into its folder, and tells how the run is."""

    def __init__(self, place: Place, owner: Owner, wishes: Wishes, settings: Settings, voice: Voice) -> None:
        self._voice = voice
        claimed, place = _claimed(place, owner, wishes, voice.note)
        self.folder = claimed.folder
        self._owner = owner
        self._status = StatusFile(self.folder, owner)
        self._disk = Disk(self.folder)
        self._is_closed = False
        self._text: TextOutput | None = None
        self._outputs: list[Output] = []
        try:
            self.start = _start(claimed, place, wishes)
            self._health = self._open(wishes)
            announce_run_folder(self.folder.path)
            record_run(self.folder)
            self._watch_table()
            gaps = self._health.gaps
            self._status.write(state=RUNNING, step=self.start.step, missing=gaps, is_durable=False)
            voice.write_to(self._health.write_text)
            self._report(claimed, place)
            _sign(self.folder, wishes.signature, voice.note)
            self.archive_code = functools.partial(_archive, claimed, settings, place, voice.note)
            if wishes.backup_code:
                self.archive_code()
        except BaseException as error:
            self._give_up(error)
            if not isinstance(error, OSError):
                raise
            reason = error.strerror or str(error)
            remedy = "make room, or choose another base_path"
            raise RunFolderError(self.folder.path, f"cannot be written ({reason}); {remedy}") from error

    def write_row(self, row: Row) -> None:
        """Write a row to every output; a failing one is reported, never raised."""
        if self._health.write_row(row):
            with contextlib.suppress(OSError):
                self._status.write(step=row.step + 1, missing=self._health.gaps)

    def add_event(self, event: bytes, step: int) -> None:
        """Write an event that is no row, an image or a text; a failure is reported, never raised."""
        try:
            self._events.add_event(event, step)
        except OSError as error:
            self._health.warn(
                self._events.name, f"an event could not be written to {self._events.name}", error
            )

    def note_prefixes(self, prefixes: dict[str, str]) -> None:
        """Keep for a later process under which TensorBoard prefix each column was logged."""
        with contextlib.suppress(OSError):
            self._status.write(tb_prefixes=prefixes, is_durable=False)

    def beat(self, step: int) -> None:
        """Say that the run lives."""
        self._status.beat(step)

    def flush_to_disk(self) -> None:
        """Wait until all that was written survives a power cut; from any thread. Raises OSError."""
        if self._is_closed:
            self._disk.finish()
        else:
            self._disk.flush([*self._outputs, *([self._text] if self._text is not None else [])])

    def close(self, ending: Ending, step: int) -> None:
        """Close every file and record how the run ended."""
        if ending.traceback:
            self._health.write_text(ending.traceback)
        self._health.close(step)
        self._is_closed = True
        self._voice.write_to(self._write_late)
        self.amend(ending, step)

    def amend(self, ending: Ending, step: int) -> None:
        """Record how the run ended."""
        try:
            self._status.write(
                state=ending.state,
                step=step,
                error=ending.error,
                exit_status=ending.exit_status,
                traceback=ending.traceback,
                missing=self._health.gaps,
            )
        except OSError as failure:
            self._voice.note(f"WARNING: the end of the run is not recorded ({failure.strerror or failure})")

    def _open(self, wishes: Wishes) -> Health:
        if wishes.log_to_file:
            self._text = TextOutput(self.folder.log, self.start.step)
        self._table = CsvOutput(self.folder.table, self.start.columns, self.start.step)
        self._outputs.append(self._table)
        self._events = TensorBoardOutput(self.folder.events, self.start.step)
        self._outputs.append(self._events)
        gaps = {TABLE: list(self.start.gaps)}
        say = self._voice.note
        return Health(self._outputs, self._text, step=self.start.step, gaps=gaps, say=say)

    def _watch_table(self) -> None:
        every = [*self._outputs, *([self._text] if self._text is not None else [])]
        presence = Presence(self.folder, self._owner, self._table, every, self._voice.note)
        self._table.when_gone = presence.check

    def _give_up(self, error: BaseException) -> None:
        """Leave a folder that says what happened, and no open files."""
        for output in [*self._outputs, *([self._text] if self._text is not None else [])]:
            with contextlib.suppress(OSError):
                output.close()
        with contextlib.suppress(OSError):
            self._status.write(state=FAILED, error=f"{type(error).__name__}: {error}")

    def _write_late(self, text: str) -> None:
        if self._text is not None:
            with contextlib.suppress(OSError):
                self._text.write_late(text)

    def _report(self, claimed: Claim, place: Place) -> None:
        if claimed.rival is not None:
            self._voice.note(f"WARNING: {place.path} {claimed.rival}; this run is in {self.folder.path}")
        if claimed.earlier is not None:
            self._voice.note(f"the earlier run of this name is in {claimed.earlier.path}")
        for note in self.start.notes:
            self._voice.note(note)
        where = f"resumed at row {self.start.step}" if claimed.resumed else "logging"
        self._voice.note(f"{where} in {self.folder.path}")


def _claimed(place: Place, owner: Owner, wishes: Wishes, say: Callable[[str], None]) -> tuple[Claim, Place]:
    """The run folder; below the system's folder for temporary files where the disk takes nothing.

    Raises RunFolderError for a folder that this user may not write, or that is none.
    """
    resume = wishes.resume is not False or isinstance(place, ExactPlace)
    try:
        return claim(place, owner, resume=resume), place
    except RunFolderError as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno not in _DISK_FAILURES:
            raise
        try:
            elsewhere = place.under(private_folder(f"sml-logger-{os.getuid()}"))
            claimed = claim(elsewhere, owner, resume=resume)
        except OSError:
            raise error from cause
        say(
            f"WARNING: {place.path}: {cause.strerror}; this run is in {claimed.folder.path} until you move it"
        )
        return claimed, elsewhere


def _start(claimed: Claim, place: Place, wishes: Wishes) -> Continuation:
    folder = claimed.folder
    folder.events.mkdir(exist_ok=True)
    at = None if isinstance(wishes.resume, bool) else wishes.resume
    if isinstance(place, ExactPlace) and wishes.resume is False:
        return Continuation(notes=set_table_aside(folder))
    if claimed.resumed:
        record = LastWords.of(folder).record
        continuation = continue_table(folder, gaps_of(record, TABLE), at)
        return replace(continuation, prefixes=prefixes_of(record, continuation.columns))
    if claimed.earlier is not None and claimed.earlier.log.is_file():
        try:
            folder.previous_log.hardlink_to(claimed.earlier.log)
        except OSError:  # a file system without hard links
            shutil.copyfile(claimed.earlier.log, folder.previous_log)
    return continue_table(folder, (), at)


def _sign(folder: RunFolder, signature: str | None, say: Callable[[str], None]) -> None:
    if signature is None:
        return
    with contextlib.suppress(OSError):
        if folder.signature.exists() and folder.signature.read_text(encoding="utf-8") != signature:
            say("WARNING: the parameters differ from those that the resumed run began with")
        write_whole(folder.signature, signature)


def _archive(claimed: Claim, settings: Settings, place: Place, say: Callable[[str], None]) -> None:
    from .code_archive.archive import (
        store_archive,  # late: the slowest import, and not everybody keeps the code
    )

    target = claimed.folder.archive
    try:
        if not target.exists():
            _tell(target.name, store_archive(target, settings, place.root).left_out, say)
            return
        # A resumed run keeps the code that it began with.
        now = temporary_beside(target)
        try:
            store_archive(now, settings, place.root)
            if not filecmp.cmp(now, target, shallow=False):
                say(f"WARNING: the code has changed; {target.name} holds what the run began with")
        finally:
            now.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        say(f"WARNING: the code could not be archived ({reason}): {error.filename or os.fspath(target)}")


def _tell(archive: str, left_out: list[tuple[str, str]], say: Callable[[str], None]) -> None:
    """Tell what the archive lacks: what git ignores in one line, what the settings name not at all."""
    from .code_archive.project_files import GIT_IGNORED, IGNORED

    ignored = [name for name, reason in left_out if reason == GIT_IGNORED]
    if ignored:
        names = ", ".join(ignored[:_NAMED]) + (
            f" and {len(ignored) - _NAMED} more" if len(ignored) > _NAMED else ""
        )
        say(f"{archive}: left out {names} ({GIT_IGNORED})")
    others = [(name, reason) for name, reason in left_out if reason not in (IGNORED, GIT_IGNORED)]
    for name, reason in others[:_MOST_LINES]:
        say(f"{archive}: left out {name} ({reason})")
    if len(others) > _MOST_LINES:
        say(f"{archive}: left out {len(others) - _MOST_LINES} more; `sml-logger reproduce` lists them")
