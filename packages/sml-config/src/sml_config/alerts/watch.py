"""Watch run folders that other processes write: their state, their heartbeat and their rows."""

from __future__ import annotations

import csv
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sml_config.files import private_folder
from sml_config.process import SILENCE_SECONDS, Process, host_name
from sml_config.run_folder import RunFolder, read_json

from .alert import ERROR, INFO, WARNING, Alert
from .outbox import Outbox, recovered
from .row_checks import RowChecks
from .rules import DEAD, FAILED, FINISHED, Rules

SENT_ALERTS = "alerts.jsonl"
# A run is not stalled sooner than this, however often it wrote rows.
_SHORTEST_STALL = 120.0
_MOST_TAIL = 4 << 20
_LEAST_ROWS = 3


def sent_alerts_file(folder: RunFolder) -> Path:
    """The file of a run that says which alerts were sent about it."""
    return folder.config / SENT_ALERTS


@dataclass
class _Seen:
    """What a watcher knows of a run."""

    checks: RowChecks
    status_time: int = -1
    record: dict[str, Any] = field(default_factory=dict)
    was_running: bool = False
    active: dict[str, Alert] = field(default_factory=dict)
    # The table: bytes that were read, its columns, rows, and when the first and the last row were seen.
    offset: int = 0
    columns: tuple[str, ...] = ()
    rows: int = 0
    rows_seen: int = 0
    first: float = 0.0
    last: float = 0.0


class RunWatcher:
    """Checks runs; those that ended before the watcher was created are not reported."""

    def __init__(self, rules: Rules, outbox: Outbox, *, reads_rows: bool = True) -> None:
        self._rules = rules
        self._outbox = outbox
        self._reads_rows = reads_rows
        self._begun = time.time()
        self._runs: dict[Path, _Seen] = {}

    def check(self, folders: Iterable[Path]) -> None:
        """Check run folders and put their alerts into the outbox."""
        for path in folders:
            folder = RunFolder(path)
            seen = self._runs.get(path)
            if seen is None:
                seen = self._runs[path] = _Seen(RowChecks(self._rules, str(path), path.name))
            for alert in self._alerts(folder, seen):
                self._outbox.put(alert, sent_alerts_file(folder))

    def _alerts(self, folder: RunFolder, seen: _Seen) -> Iterator[Alert]:
        try:
            status = folder.status.stat()
        except OSError:
            return
        if status.st_mtime_ns != seen.status_time:
            seen.status_time = status.st_mtime_ns
            record = read_json(folder.status)
            seen.record = record if isinstance(record, dict) else {}
        state = seen.record.get("state")
        if state != "running":
            if seen.was_running or status.st_mtime >= self._begun:
                yield from self._ended(folder, seen, state)
            seen.was_running = False
            return
        is_dead = self._is_dead(seen, status.st_mtime)
        if not seen.was_running and is_dead and status.st_mtime < self._begun - SILENCE_SECONDS:
            return  # died before anybody watched
        seen.was_running = True
        name = folder.path.name
        if DEAD in self._rules.plain:
            quiet = f"no heartbeat for {(time.time() - status.st_mtime) / 60:.0f} minutes"
            yield from self._changed(
                seen,
                Alert(DEAD, f"the process has died: {name}", quiet, ERROR, str(folder.path)),
                f"the run goes on: {name}",
                is_dead,
            )
        if not is_dead and self._reads_rows:
            yield from self._rows(folder, seen)
            yield from self._stall(folder, seen)

    def _ended(self, folder: RunFolder, seen: _Seen, state: Any) -> Iterator[Alert]:
        name, error = folder.path.name, str(seen.record.get("error") or "")
        if state in ("failed", "killed") and FAILED in self._rules.plain:
            yield ended_alert(str(state), error, folder)
        elif state == "finished" and FINISHED in self._rules.plain:
            yield Alert(FINISHED, f"finished: {name}", "", INFO, str(folder.path))

    @staticmethod
    def _is_dead(seen: _Seen, modified: float) -> bool:
        process = Process.from_record(seen.record)
        lives = process.lives_here() if process is not None else None
        return time.time() - modified > SILENCE_SECONDS if lives is None else not lives

    @staticmethod
    def _changed(seen: _Seen, alert: Alert, recovery: str, holds: bool) -> Iterator[Alert]:
        """The alert if a cause begins to hold, or that it is gone."""
        if holds and alert.cause not in seen.active:
            seen.active[alert.cause] = alert
            yield alert
        elif not holds and alert.cause in seen.active:
            yield recovered(seen.active.pop(alert.cause), recovery)

    def _stall(self, folder: RunFolder, seen: _Seen) -> Iterator[Alert]:
        if self._rules.stalled is None or seen.rows_seen < _LEAST_ROWS:
            return
        gap = (seen.last - seen.first) / seen.rows_seen
        silence = time.time() - seen.last
        alert = Alert(
            "stalled",
            f"no new row for {silence / 60:.0f} minutes: {folder.path.name}",
            f"a row took {gap:.1f} s before; {seen.rows} rows",
            WARNING,
            str(folder.path),
        )
        stalls = silence > max(self._rules.stalled * gap, _SHORTEST_STALL)
        yield from self._changed(seen, alert, f"rows come again: {folder.path.name}", stalls)

    @staticmethod
    def _rows(folder: RunFolder, seen: _Seen) -> Iterator[Alert]:
        try:
            modified, lines = _new_lines(folder.table, seen)
        except OSError:
            return
        rows = [row for row in csv.reader(lines) if len(row) == len(seen.columns)]
        if not rows:
            return
        if seen.first:
            seen.rows_seen += len(rows)
        else:
            seen.first = modified
        seen.last = modified
        step_index = seen.columns.index("step") if "step" in seen.columns else None
        for row in rows:
            seen.rows += 1
            numbers = [_number(cell) for cell in row]
            step = numbers[step_index] if step_index is not None else seen.rows - 1
            yield from seen.checks.check(seen.columns, numbers, step if step is not None else seen.rows - 1)


def ended_alert(state: str, error: str, folder: RunFolder) -> Alert:
    """The alert about a run that failed or was killed."""
    return Alert(FAILED, f"{state}: {folder.path.name}", error, ERROR, str(folder.path))


class DiskWatcher:
    """Reports a disk that is nearly full, once for all processes of this user and host."""

    def __init__(self, rules: Rules, outbox: Outbox) -> None:
        self._rules = rules
        self._outbox = outbox
        self._active: Alert | None = None

    def check(self, folder: Path) -> None:
        """Check the free space on the disk of a folder."""
        if self._rules.disk_share is None and self._rules.disk_bytes is None:
            return
        try:
            use = shutil.disk_usage(folder)
            device = folder.stat().st_dev
        except OSError:
            return
        share, least = self._rules.disk_share or 0.0, self._rules.disk_bytes or 0.0
        is_full = use.free < max(share * use.total, least)
        if is_full == (self._active is not None):
            return
        cause = f"disk {device}"
        free = f"{use.free / 1e9:.1f} GB of {use.total / 1e9:.0f} GB are free"
        sent_file = private_folder(f"sml-alerts-{os.getuid()}") / "disks.jsonl"
        if is_full:
            self._active = Alert(
                cause, f"the disk of {host_name()} is nearly full", f"{folder}: {free}", ERROR
            )
            self._outbox.put(self._active, sent_file)
        elif self._active is not None:
            self._outbox.put(recovered(self._active, f"the disk of {host_name()} has space again"), sent_file)
            self._active = None


def _new_lines(path: Path, seen: _Seen) -> tuple[float, list[str]]:
    """The time of the last change, and the complete lines since the last check. Raises OSError."""
    with path.open("rb") as table:
        status = os.fstat(table.fileno())
        columns = tuple(next(csv.reader([table.readline().decode("utf-8", "replace")]), []))
        body = table.tell()
        if columns != seen.columns or status.st_size < seen.offset:
            seen.columns = columns
            # A rewritten table: its rows were seen, all but perhaps the last ones.
            seen.offset = body if not seen.offset else status.st_size
        table.seek(max(seen.offset, body, status.st_size - _MOST_TAIL))
        data = table.read(_MOST_TAIL)
        end = data.rfind(b"\n") + 1
        seen.offset = table.tell() - len(data) + end
    return status.st_mtime, data[:end].decode("utf-8", "replace").splitlines()


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
