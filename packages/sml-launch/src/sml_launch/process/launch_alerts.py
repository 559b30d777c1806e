"""Alerts about the tasks of a launch, by the settings of its project."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from sml_config import RunFolder, Task
from sml_config.alerts.alert import ERROR, INFO, Alert
from sml_config.alerts.from_settings import Alerting
from sml_config.alerts.rules import FAILED, SWEEP_DONE
from sml_config.alerts.watch import RunWatcher, sent_alerts_file
from sml_config.project_settings.alerting import project_alerting
from sml_config.tasks.tasks import announced_run_folder
from sml_launch.state.launch_file import Launch
from sml_launch.state.results import Result
from sml_launch.terminal import say

_POLL_SECONDS = 30.0
_END_SECONDS = 5.0


class LaunchAlerts:
    """Watches the runs of these tasks from a thread; without addresses, does nothing."""

    def __init__(self, launch: Launch, tasks: Sequence[Task]) -> None:
        self._launch = launch
        self._folders = [launch.state_paths.task(task.id) for task in tasks]
        self._over = threading.Event()

    @contextlib.contextmanager
    def watching(self) -> Iterator[LaunchAlerts]:
        """Watch until the block ends, and wait a moment for alerts on their way."""
        self._alerting = _alerting_of(self._launch)
        if self._alerting is None:
            yield self
            return
        thread = threading.Thread(target=self._watch, args=(self._alerting,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join(_END_SECONDS)
            self._alerting.outbox.finish(_END_SECONDS)

    def ended(self, task: Task, result: Result) -> None:
        """Tell that a task failed, unless its run has told so."""
        if self._alerting is None or FAILED not in self._alerting.rules.plain:
            return
        if not result.failed or result.retried:
            return
        run = Path(result.run_folder) if result.run_folder else None
        name = run.name if run is not None else task.id
        alert = Alert(FAILED, f"{result.outcome}: {name}", result.reason, ERROR, str(run or ""))
        sent_file = sent_alerts_file(RunFolder(run)) if run is not None and run.is_dir() else None
        self._alerting.outbox.put(alert, sent_file)

    def done(self, results: Sequence[Result]) -> None:
        """Tell that the sweep is done, with how its tasks ended."""
        if self._alerting is None or SWEEP_DONE not in self._alerting.rules.plain or not results:
            return
        counts = Counter("failed" if result.failed else result.outcome for result in results)
        shown = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        name = Path(self._launch.file or self._launch.directory).name
        level = ERROR if counts["failed"] else INFO
        self._alerting.outbox.put(
            Alert(SWEEP_DONE, f"sweep done: {name}", shown, level, self._launch.directory)
        )

    def _watch(self, alerting: Alerting) -> None:
        watcher = RunWatcher(*alerting)
        while not self._over.wait(_POLL_SECONDS):
            with contextlib.suppress(OSError):  # a file server that is away for a moment
                watcher.check(filter(None, map(announced_run_folder, self._folders)))


def _alerting_of(launch: Launch) -> Alerting | None:
    return project_alerting(Path(launch.directory), lambda line: say(f"sml-launch: {line}"))
