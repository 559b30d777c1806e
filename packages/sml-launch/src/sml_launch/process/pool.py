"""Pool of slots that run the tasks of a launch; each task is claimed, monitored and recorded.

Slurm, Dask and tmux panes start pools of one slot and one task, see worker.py.
"""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

from sml_config import Task
from sml_config.process import TASK_ID_VARIABLE
from sml_config.tasks.states import CANCELLED, TIMED_OUT
from sml_launch import processes as sessions
from sml_launch.backends.requeue import TIME_LIMIT, in_job, interrupted_result, restarts, time_limit_result
from sml_launch.state.claims import BEAT_SECONDS, Claims, Owner
from sml_launch.state.launch_file import Launch
from sml_launch.state.results import Journals, Result, record

from .attempt import Attempt, unrecorded_end

_TICK_SECONDS = 0.2
_ELSEWHERE_SECONDS = 1.0
# A task that fails so soon, so often in a row, is not retried.
CRASH_SECONDS = 10.0
PULSE_SECONDS = 60.0
# A scheduler signals worker and task at once: the task may end before the worker handles its signal.
_SIGNAL_DELAY_SECONDS = 1.0
CRASHES = 3
_LONGEST_PAUSE_SECONDS = 30.0

Report = Callable[[Task, Result], None]


@dataclass
class _Job:
    task: Task
    tries: int = 0
    crashes: int = 0
    not_before: float = 0.0


class Pool:
    """Runs the due tasks of a launch. `gpus` has one entry per slot."""

    def __init__(
        self,
        launch: Launch,
        gpus: Sequence[str | None],
        report: Report,
        pulse: Callable[[int, float], None] | None = None,
    ) -> None:
        self.launch = launch
        self.state_paths = launch.state_paths
        self.owner = Owner.me(launch.id)
        self.claims = Claims(self.state_paths, self.owner)
        self.journals = Journals(self.state_paths)
        self.results: list[Result] = []
        # Why no more tasks are started, or None.
        self.stopped: str | None = None
        self._gpus = list(gpus)
        self._report = report
        # Called each minute with the number of running tasks and the seconds since the start of the pool.
        self._pulse = pulse
        self._waiting: collections.deque[_Job] = collections.deque()
        # Tasks that another launcher is running.
        self._elsewhere: collections.deque[_Job] = collections.deque()
        self._running: dict[str, Attempt] = {}
        self._ended: list[Attempt] = []
        # An unexpected exception of a slot thread.
        self._broken: BaseException | None = None
        self._changed = threading.Condition()
        self._presses = 0
        self._several = False
        # Whether Slurm signalled that the time limit of the job is near.
        self._limit = False
        self._next_start = 0.0

    def run(self, tasks: Sequence[Task], *, watch_parent: bool = False) -> list[Result]:
        """Run the tasks; returns their results, without those of tasks that other launchers ran meanwhile.

        SIGINT, SIGTERM, SIGHUP, a stop file, or with `watch_parent` the end of the parent process stop the
        tasks, then the pool; a second SIGINT kills them. Signals that are ignored (nohup) stay ignored.
        """
        self.state_paths.create_folders()
        self.journals.refresh()
        self._waiting.extend(_Job(task) for task in tasks)
        self._several = len(tasks) > 1
        parent = os.getppid()
        with self._signals(), self._guard():
            threads = [threading.Thread(target=self._slot, args=(gpu,), daemon=True) for gpu in self._gpus]
            for thread in threads:
                thread.start()
            try:
                beat = began = pulse = time.monotonic()
                while any(thread.is_alive() for thread in threads):
                    with self._changed:
                        self._changed.wait(_TICK_SECONDS)
                    if watch_parent and os.getppid() != parent:
                        self.stop("its parent process has ended")
                    self._monitor()
                    if time.monotonic() - beat > BEAT_SECONDS:
                        self.claims.beat()
                        beat = time.monotonic()
                    if self._pulse is not None and time.monotonic() - pulse > PULSE_SECONDS:
                        pulse = time.monotonic()
                        self._pulse(len(self._running), pulse - began)
            finally:
                _end_leftovers(self._ended)
        if self._broken is not None:
            raise self._broken
        return self.results

    @property
    def near_limit(self) -> bool:
        """Whether it stopped because the time limit of its Slurm job was near."""
        return self._limit

    @property
    def signalled(self) -> bool:
        """Whether a signal stopped it."""
        return self._presses > 0

    def stop(self, why: str) -> None:
        """Start no more tasks and stop the running ones."""
        with self._changed:
            self.stopped = self.stopped or why
            attempts = list(self._running.values())
        for attempt in attempts:
            attempt.stop(CANCELLED)

    def _monitor(self) -> None:
        """Check time limits, stop files and signals; kill processes that ended tasks left."""
        if self._limit:
            self.stop(f"stopped {TIME_LIMIT}")
        elif self._presses:
            self.stop("stopped by a signal")
        elif self.state_paths.stop_mark(self.launch.id).exists():
            self.stop("stopped on request")
        with self._changed:
            running = dict(self._running)
            ended, self._ended = self._ended, []
        for task_id, attempt in running.items():
            if self.launch.timeout is not None and attempt.seconds > self.launch.timeout:
                attempt.stop(TIMED_OUT)
            if self.state_paths.stop_task(task_id).exists():
                attempt.stop(CANCELLED)
            attempt.escalate_signal(at_once=self._presses > 1)
        _end_leftovers(ended)

    def _slot(self, gpu: str | None) -> None:
        """Thread of a slot: run jobs until none is left."""
        try:
            while (job := self._next()) is not None:
                self._pause(self.launch.sleep_before)
                self._run(job, gpu)
                self._pause(self.launch.sleep_after)
        except OSError as error:
            # A full disk or a lost file server: tasks cannot be claimed or recorded.
            self.stop(f"the launcher cannot go on: {error}")
        except BaseException as error:  # noqa: BLE001  raised again by `run`
            self._broken = error
            self.stop("internal error of the launcher")

    def _run(self, job: _Job, gpu: str | None) -> None:
        """Run one attempt; its result is recorded before its claim is released."""
        last = self.journals.latest.get(job.task.id)
        if self._record_unrecorded(job, last):
            return
        attempt = Attempt(self.launch, job.task, self.owner, gpu, last.attempt if last else 0)
        with self._changed:
            self._running[job.task.id] = attempt
            if self.stopped:
                attempt.stop(CANCELLED)
        try:
            result = self._with_retry(job, self._classify_interruption(attempt.run()))
            record(self.state_paths, result)
        finally:
            self.claims.release(job.task.id)
            with self._changed:
                del self._running[job.task.id]
                self._ended.append(attempt)
                self._changed.notify_all()
        with self._changed:
            self._finish_attempt(job, result)
            self._changed.notify_all()

    def _classify_interruption(self, result: Result) -> Result:
        """The result; requeued, preempted or timed out if the scheduler ended the job of the worker."""
        if not in_job() or self.state_paths.stop_mark(self.launch.id).exists():
            return result
        if self._limit:
            return time_limit_result(self.launch, result) if result.outcome == CANCELLED else result
        if result.failed:
            with self._changed:
                self._changed.wait_for(lambda: self._presses, _SIGNAL_DELAY_SECONDS)
        return interrupted_result(self.launch, result) if self._presses else result

    def _record_unrecorded(self, job: _Job, last: Result | None) -> bool:
        """Record a task that finished after its launcher was killed, instead of running it again."""
        if job.tries:
            return False
        result = unrecorded_end(self.launch, job.task, last.attempt if last else 0)
        if result is None:
            return False
        try:
            record(self.state_paths, result)
        finally:
            self.claims.release(job.task.id)
        with self._changed:
            self._finish_attempt(job, result)
            self._changed.notify_all()
        return True

    def _pause(self, seconds: float) -> None:
        with self._changed:
            if seconds:
                self._changed.wait_for(lambda: self.stopped, seconds)

    def _with_retry(self, job: _Job, result: Result) -> Result:
        """The result with whether the task is retried, or why it is not."""
        job.tries += 1
        job.crashes = job.crashes + 1 if result.failed and result.seconds < CRASH_SECONDS else 0
        left = self.launch.retries - job.tries + 1
        if not result.failed or self.stopped or left <= 0:
            return result
        if job.crashes < CRASHES:
            return result._replace(retried=True)
        loop = f"crash loop: it failed within {CRASH_SECONDS:.0f} s {CRASHES} times in a row"
        return result._replace(reason=f"{result.reason}; {loop}, not retried ({left} retries left)")

    def _finish_attempt(self, job: _Job, result: Result) -> None:
        """Queue the job for a retry, or report its result."""
        if result.retried:
            job.not_before = time.monotonic() + min(2.0 ** (job.tries - 1), _LONGEST_PAUSE_SECONDS)
            self._waiting.append(job)
            return
        if result.failed and self.launch.fail_fast:
            why = f"task {result.task_id} failed; stopping because of --fail-fast"
            self.stopped = self.stopped or why
            for attempt in self._running.values():
                attempt.stop(CANCELLED)
        self.results.append(result)
        self._report(job.task, result)

    def _next(self) -> _Job | None:
        """Claim and return a job; waits while others may become due. None if no job is left."""
        with self._changed:
            while not self.stopped:
                now = time.monotonic()
                job = self._pop_due(now)
                if job is not None:
                    self._next_start = now + self.launch.interval
                    return job
                if not (self._waiting or self._elsewhere or (self._running and self.launch.retries)):
                    break
                self._changed.wait(_TICK_SECONDS if self._waiting else _ELSEWHERE_SECONDS)
        return None

    def _pop_due(self, now: float) -> _Job | None:
        if now < self._next_start:
            return None
        for queue in (self._waiting, self._elsewhere):
            for _ in range(len(queue)):
                job = queue.popleft()
                if now < job.not_before:
                    queue.append(job)
                elif not self.claims.take(job.task.id):
                    job.not_before = now + _ELSEWHERE_SECONDS
                    self._elsewhere.append(job)
                elif self._is_superseded(job):
                    self.claims.release(job.task.id)
                else:
                    return job
        return None

    def _is_superseded(self, job: _Job) -> bool:
        """Whether the task has finished, or another launcher has tried it, since the launch was created."""
        if job.tries:
            return False
        self.journals.refresh()
        # Compare attempt numbers: the clocks of two machines may differ.
        earlier = self.launch.attempts.get(job.task.id, 0)
        if self.journals.is_done(job.task.id, earlier if self.launch.rerun else 0):
            return True
        last = self.journals.latest.get(job.task.id)
        if last is None:
            return False
        if last.launch == self.launch.id:
            # A requeued job of several tasks continues after those that have ended.
            again = self._several and in_job() and restarts() > 0
            return again and last.failed and not last.retried
        return last.failed and last.attempt > earlier

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Count stop signals within the block; in the main thread only, as Python requires."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def pressed(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a handler
            if number == signal.SIGUSR1:
                self._limit = True
                return
            # When a terminal hangs up, SIGHUP arrives twice, from the system and from the shell.
            self._presses = self._presses + 1 if number == signal.SIGINT else max(self._presses, 1)
            if self._presses == 1 and sys.stderr.isatty():
                os.write(2, b"\nstopping the running tasks; Ctrl-C again kills them\n")

        numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
        numbers += [signal.SIGUSR1] if in_job() else []
        heard = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, pressed) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        """Run a process that ends the tasks if this one is killed, and holds its claims until they have."""
        name, _, mark = self.owner.environment_mark.partition("=")
        # Of no task, if this launcher itself is one.
        outer = (TASK_ID_VARIABLE, sessions.ATTEMPT_VARIABLE)
        environment = {key: value for key, value in os.environ.items() if key not in outer}
        marks = [self.owner.environment_mark]
        guard = sessions.start_guard(marks, {**environment, name: mark}, subprocess.PIPE)
        assert guard.stdin is not None  # noqa: S101  stdin is a pipe
        try:
            yield
        finally:
            with contextlib.suppress(BrokenPipeError):  # the guard was killed; the tasks have ended
                os.write(guard.stdin.fileno(), sessions.FAREWELL)
            guard.stdin.close()
            guard.wait()


def _end_leftovers(attempts: Sequence[Attempt]) -> None:
    """Kill processes that ended attempts left, in their sessions or in new ones."""
    left = sessions.orphans({attempt.session for attempt in attempts if attempt.session is not None})
    sessions.send({*left, *sessions.marked(*(attempt.mark for attempt in attempts))}, signal.SIGKILL)
