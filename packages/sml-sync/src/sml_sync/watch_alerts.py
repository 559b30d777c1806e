"""Alerts of `sml-sync watch`, by the settings of the project: the watcher outlives the runs that it sends."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sml_config.alerts.watch import RunWatcher
from sml_config.project_settings.alerting import project_alerting
from sml_config.run_folder import CONFIG, STATUS

_LOOK_SECONDS = 30.0
_END_SECONDS = 5.0
# A run lies at most so deep: category folders and its own.
_PATTERNS = tuple(f"{'*/' * depth}{CONFIG}/{STATUS}" for depth in range(5))


class WatchAlerts:
    """Looks at the runs in a folder, at most twice a minute; without addresses, does nothing."""

    def __init__(self, project: Path, folder: Path) -> None:
        self._folder = folder
        self._alerting = project_alerting(project, _report)
        self._watcher = RunWatcher(*self._alerting) if self._alerting is not None else None
        self._due = 0.0

    def look(self) -> None:
        """Look at all runs, if it is time."""
        if self._watcher is not None and time.monotonic() >= self._due:
            self._due = time.monotonic() + _LOOK_SECONDS
            self._watcher.look(self._runs())

    def finish(self) -> None:
        """Wait a moment for alerts on their way."""
        if self._alerting is not None:
            self._alerting.outbox.finish(_END_SECONDS)

    def _runs(self) -> Iterator[Path]:
        for pattern in _PATTERNS:
            for status in self._folder.glob(pattern):
                yield status.parent.parent


def _report(line: str) -> None:
    print(f"sml-sync: {line}", file=sys.stderr, flush=True)  # noqa: T201  a command
