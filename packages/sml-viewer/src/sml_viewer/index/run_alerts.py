"""Alerts of the indexer, by the settings of the project whose runs it indexes."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import time
from pathlib import Path

from sml_config.project_settings.alerting import project_alerting

_LOOK_SECONDS = 30.0


class IndexerAlerts:
    """Looks at the runs that the store knows as running; without addresses beside the folder, does nothing.

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

    def look(self, connection: sqlite3.Connection) -> None:
        """Look at the runs that are running, or were at the last look; at most twice a minute."""
        if self._watcher is None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _LOOK_SECONDS
        rows = connection.execute("SELECT path FROM run WHERE state = 'running'").fetchall()
        running = {Path(path) for (path,) in rows}
        with contextlib.suppress(OSError):  # a file server that is away for a moment
            self._watcher.look(sorted(running | self._before))
        self._before = running


def _report(line: str) -> None:
    print(f"sml-viewer: {line}", file=sys.stderr, flush=True)  # noqa: T201  the error stream is the server's
