"""Alerts of `sml-sync watch`, by the settings of the project: the watcher outlives the runs that it sends."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sml_config.alerts.watch import RunWatcher
from sml_config.project_settings.alerting import project_alerting
from sml_config.run_folder import CONFIG, STATUS

_POLL_SECONDS = 30.0
_END_SECONDS = 5.0
# The maximal depth of a run: category folders and its own.
_PATTERNS = tuple(f"{'*/' * depth}{CONFIG}/{STATUS}" for depth in range(5))


class WatchAlerts:
    """Checks the runs in a folder, at most twice a minute; does nothing without recipients."""

    def __init__(self, project: Path, folder: Path) -> None:
        self._folder = folder
        self._alerting = project_alerting(project, _report)
        self._watcher = RunWatcher(*self._alerting) if self._alerting is not None else None
        self._due = 0.0

    def check_due(self) -> None:
        """Check all runs, if a check is due."""
        if self._watcher is not None and time.monotonic() >= self._due:
            self._due = time.monotonic() + _POLL_SECONDS
            self._watcher.check(self._runs())

    def finish(self) -> None:
        """Wait a moment for alerts that are being sent."""
        if self._alerting is not None:
            self._alerting.outbox.finish(_END_SECONDS)

    def _runs(self) -> Iterator[Path]:
        return (status.parent.parent for pattern in _PATTERNS for status in self._folder.glob(pattern))


def _report(line: str) -> None:
    print(f"sml-sync: {line}", file=sys.stderr, flush=True)  # noqa: T201  a command
