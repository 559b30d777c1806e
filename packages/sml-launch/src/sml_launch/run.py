"""What `plan.submit` returns: look at it, wait for it, cancel it."""

from __future__ import annotations

import time

from sml_config.tasks.states import PREEMPTED, REQUEUED, RUNNING, TO_RUN

from .backends import backend
from .state.launch_file import Launch
from .state.results import Journals, Result
from .status.status import Status, status_of

_SHORTEST_SECONDS = 0.1
_LONGEST_SECONDS = 5.0


class Run:
    """A launch and the backend that runs it. Several may look at the same one, in any process."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.id = launch.id
        self._backend = backend(launch.backend)

    def __repr__(self) -> str:
        return f"<Run {self.id}: {len(self.launch.task_ids)} tasks, {self.launch.backend}>"

    def status(self) -> Status:
        """Where its tasks stand."""
        return status_of(self.launch.places, self.launch.task_ids, self.launch)

    def results(self) -> dict[str, Result]:
        """The last result of each task that has ended, by its id: outcome, seconds, host, `run_folder`."""
        journals = Journals(self.launch.places)
        journals.refresh()
        return {
            task_id: journals.latest[task_id]
            for task_id in self.launch.task_ids
            if task_id in journals.latest
        }

    def is_active(self) -> bool:
        """Whether anything of it may still run."""
        return bool(self._pending()) and self._backend.is_active(self.launch)

    def wait(self, timeout: float | None = None) -> Status:
        """Until each task has ended or its backend has; raises TimeoutError after `timeout` seconds."""
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
        """Start nothing more and end what runs; returns at once."""
        self._backend.cancel(self.launch)

    def _settled(self) -> Status:
        """The status once the claims of ended tasks are given back, which is a moment after the results."""
        status = self.status()
        for _ in range(20):
            if RUNNING not in status.states.values():
                break
            time.sleep(_SHORTEST_SECONDS)
            status = self.status()
        return status

    def _pending(self) -> list[str]:
        """Tasks that have not ended since this launch was made, or are being tried again."""
        journals = Journals(self.launch.places)
        journals.refresh()
        done = journals.done()
        return [task_id for task_id in self.launch.task_ids if not self._has_ended(task_id, journals, done)]

    def _has_ended(self, task_id: str, journals: Journals, done: set[str]) -> bool:
        last = journals.latest.get(task_id)
        if last is None:
            return False
        if last.launch == self.launch.id:
            # What a scheduler took away is to be run again, by its queue or by another launch.
            return not last.retried and last.outcome not in (PREEMPTED, REQUEUED)
        if task_id in done and not self.launch.rerun:
            return True
        # Somebody else had it meanwhile.
        return last.outcome not in TO_RUN and last.attempt > self.launch.attempts.get(task_id, 0)
