"""Handle of a submitted launch, returned by `plan.submit`: status, results, wait, cancel."""

from __future__ import annotations

import time
from functools import cached_property

from sml_config.tasks.states import PREEMPTED, REQUEUED, RUNNING, TO_RUN

from .backends import Backend, get_backend, plugin_errors
from .state.launch_file import Launch
from .state.results import Journals, Result
from .status.status import Status, status_of

_SHORTEST_SECONDS = 0.1
_LONGEST_SECONDS = 5.0


class Run:
    """A submitted launch and its backend; any process may create one for the same launch."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.id = launch.id

    def __repr__(self) -> str:
        return f"<Run {self.id}: {len(self.launch.task_ids)} tasks, {self.launch.backend}>"

    def status(self) -> Status:
        """The state of its tasks."""
        return status_of(self.launch.state_paths, self.launch.task_ids, self.launch)

    def results(self) -> dict[str, Result]:
        """Last result of each task that has ended, by task id: outcome, seconds, host, `run_folder`."""
        journals = Journals(self.launch.state_paths)
        journals.refresh()
        return {
            task_id: journals.latest[task_id]
            for task_id in self.launch.task_ids
            if task_id in journals.latest
        }

    def is_active(self) -> bool:
        """Whether any of its tasks may still run. Raises BackendError."""
        if not self._pending():
            return False
        with plugin_errors(self._backend, "is_active"):
            return self._backend.is_active(self.launch)

    def wait(self, timeout: float | None = None) -> Status:
        """Wait until all tasks or the backend have ended. Raises TimeoutError after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = _SHORTEST_SECONDS
        while True:
            active = self.is_active()
            if not active:
                return self._settled()
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(
                    f"{len(self._pending())} tasks of {self.id} have not ended after {timeout} s"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_SECONDS)

    def cancel(self) -> None:
        """Start no more tasks and stop the running ones; returns at once. Raises BackendError."""
        with plugin_errors(self._backend, "cancel"):
            self._backend.cancel(self.launch)

    @cached_property
    def _backend(self) -> Backend:
        """Loaded lazily: results of ended launches need no plugin."""
        return get_backend(self.launch.backend)

    def _settled(self) -> Status:
        """The status once the claims of ended tasks are released, shortly after their results."""
        status = self.status()
        for _ in range(20):
            if RUNNING not in status.states.values():
                break
            time.sleep(_SHORTEST_SECONDS)
            status = self.status()
        return status

    def _pending(self) -> list[str]:
        """Ids of tasks that have not ended since this launch was created, or are being retried."""
        journals = Journals(self.launch.state_paths)
        journals.refresh()
        done = journals.done()
        return [task_id for task_id in self.launch.task_ids if not self._has_ended(task_id, journals, done)]

    def _has_ended(self, task_id: str, journals: Journals, done: set[str]) -> bool:
        last = journals.latest.get(task_id)
        if last is None:
            return False
        if last.launch == self.launch.id:
            # Tasks that a scheduler interrupted run again, by its queue or another launch.
            return not last.retried and last.outcome not in (PREEMPTED, REQUEUED)
        if task_id in done and not self.launch.rerun:
            return True
        # Another launcher ran it meanwhile.
        return last.outcome not in TO_RUN and last.attempt > self.launch.attempts.get(task_id, 0)
