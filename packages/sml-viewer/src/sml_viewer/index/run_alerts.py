"""Alerts of the indexer, by the settings of the project whose runs it indexes."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import time
from pathlib import Path

from sml_config.project_settings.alerting import project_alerting

_POLL_SECONDS = 30.0


class IndexerAlerts:
    """Checks the runs that the index knows as running; does nothing without recipients in the settings.

    The settings are `common_config/common_config.yaml` in the folder that holds the root, e.g. `logfile`.
    """

    def __init__(self, root: Path) -> None:
        alerting = project_alerting(root.absolute().parent, _report)
        self._watcher = None
        if alerting is not None:
            from sml_config.alerts.watch import RunWatcher  # late: few projects have alerts

            self._watcher = RunWatcher(*alerting)
        self._due = 0.0
        self._before: set[Path] = set()

    def check_due(self, connection: sqlite3.Connection) -> None:
        """Check the runs that are running, or were at the last check; at most twice a minute."""
        if self._watcher is None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _POLL_SECONDS
        rows = connection.execute("SELECT path FROM run WHERE state = 'running'").fetchall()
        running = {Path(path) for (path,) in rows}
        with contextlib.suppress(OSError):  # a file server that is briefly unavailable
            self._watcher.check(sorted(running | self._before))
        self._before = running


def _report(line: str) -> None:
    print(f"sml-viewer: {line}", file=sys.stderr, flush=True)  # noqa: T201  the error stream is the server's
