"""Check the rows of this process's run against the rules of alerts, from a thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from sml_config import RunFolder, Settings, run_states
from sml_config.alerts.alert import ERROR, INFO, WARNING, Alert
from sml_config.alerts.from_settings import Alerting, alerting
from sml_config.alerts.row_checks import RowChecks
from sml_config.alerts.rules import FAILED, FINISHED
from sml_config.alerts.watch import DiskWatcher, ended_alert, sent_alerts_file
from sml_logger.errors import SmlLoggerError

if TYPE_CHECKING:
    from sml_logger.lifecycle.endings import Ending
    from sml_logger.messages.run_messages import RunMessages
    from sml_logger.row import Row

_POLL_SECONDS = 1.0
_DISK_SECONDS = 60.0
# Rows of at most so many are checked in a second; of more, the last ones.
_MOST_WAITING = 100_000
# The end of the process waits this long for alerts on their way.
_END_SECONDS = 3.0
# Alerts of the script with the same title are sent once in this time.
_SAME_TITLE_SECONDS = 60.0
_LEVELS = {"info": INFO, "warn": WARNING, "warning": WARNING, "error": ERROR}


def alerting_of(settings: Settings, messages: RunMessages) -> Alerting | None:
    """Rules and outbox of the settings, None without addresses. Raises SmlLoggerError."""
    common = settings.common
    if not common.ALERT_TO:
        return None
    try:
        return alerting(
            common.ALERT_TO,
            common.ALERT_RULES,
            common.ALERT_QUIET,
            lambda line: messages.note(f"WARNING: {line}"),
            messages.redacted,
        )
    except ValueError as error:  # AddressError and RuleError, which never contain an address
        raise SmlLoggerError(f"ALERT_TO, ALERT_RULES or ALERT_QUIET: {error}") from None


def level_of(level: object) -> str:
    """A level of alerts, also as an enum or in capitals. Raises SmlLoggerError."""
    name = str(getattr(level, "value", level)).lower()
    if name not in _LEVELS:
        raise SmlLoggerError(f"invalid level {level!r}; expected info, warning or error")
    return _LEVELS[name]


class RunAlerts:
    """Alerts of one run. Rows are only taken; a thread checks them once a second."""

    def __init__(self, folder: RunFolder, alerting: Alerting) -> None:
        self._folder = folder
        self._rules, self._outbox = alerting
        self._sent_file = sent_alerts_file(folder)
        self._checks = RowChecks(self._rules, str(folder.path), folder.path.name)
        self._rows: deque[Row] = deque(maxlen=_MOST_WAITING)
        # Called for every row.
        self.queue_row = self._rows.append
        self._disk = DiskWatcher(self._rules, self._outbox)
        self._checking = threading.Lock()
        self._stopped = threading.Event()
        self._sent_at: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name="sml-logger alerts", daemon=True)
        self._thread.start()

    def tell(self, title: str, text: str, level: str) -> None:
        """Send an alert of the script, at most once a minute for each title."""
        now = time.monotonic()
        if now - self._sent_at.get(title, -_SAME_TITLE_SECONDS) < _SAME_TITLE_SECONDS:
            return
        self._sent_at[title] = now
        self._outbox.put(Alert(f"script {title}", title, text, level, str(self._folder.path)))

    def end(self, ending: Ending) -> None:
        """Check the last rows, tell how the run ended, and wait a moment for what is on its way."""
        self._stopped.set()
        self._check()
        plain, name = self._rules.plain, self._folder.path.name
        if ending.state in (run_states.FAILED, run_states.KILLED) and FAILED in plain:
            self._outbox.put(ended_alert(ending.state, ending.error or "", self._folder), self._sent_file)
        elif ending.state == run_states.FINISHED and FINISHED in plain:
            finished = Alert(FINISHED, f"finished: {name}", "", INFO, str(self._folder.path))
            self._outbox.put(finished, self._sent_file)
        self._outbox.finish(_END_SECONDS)

    def _run(self) -> None:
        disk_due = 0.0
        while not self._stopped.wait(_POLL_SECONDS):
            self._check()
            if time.monotonic() >= disk_due:
                disk_due = time.monotonic() + _DISK_SECONDS
                self._disk.check(self._folder.path)

    def _check(self) -> None:
        with self._checking:
            while self._rows:
                row = self._rows.popleft()
                columns = row.shape.columns
                step = row.x if row.x is not None else row.step
                for alert in self._checks.check(columns, row.values, step):
                    self._outbox.put(alert, self._sent_file)
