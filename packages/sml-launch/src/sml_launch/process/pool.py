"""The one worker: runs a launch's tasks in slots, each task claimed, watched, recorded.

A pool of one slot and one task is what Slurm, Dask and tmux panes start; see worker.py.
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
from pathlib import Path
from types import FrameType

from sml_config import Task
from sml_config.tasks.states import CANCELLED, TIMED_OUT
from sml_launch import processes as sessions
from sml_launch.backends.requeue import TIME_LIMIT, in_job, near_limit, restarts, taken_away
from sml_launch.state.claims import BEAT_SECONDS, Claims, Owner
from sml_launch.state.launch_file import Launch
from sml_launch.state.results import Journals, Result, record

from .attempt import Attempt, unrecorded_end

_TICK_SECONDS = 0.2
_ELSEWHERE_SECONDS = 1.0
# A task that ends so soon, so often in a row, will not be mended by another try.
CRASH_SECONDS = 10.0
PULSE_SECONDS = 60.0
# A scheduler signals the worker and its task at once: the task may have ended before the worker hears of it.
_HEARD_SECONDS = 1.0
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
        self.places = launch.places
        self.owner = Owner.me(launch.id)
        self.claims = Claims(self.places, self.owner)
        self.journals = Journals(self.places)
        self.results: list[Result] = []
        # Why nothing more is started, or None.
        self.stopped: str | None = None
        self._gpus = list(gpus)
        self._report = report
        # Told each minute how many tasks run, and since when the pool does, in seconds.
        self._pulse = pulse
        self._waiting: collections.deque[_Job] = collections.deque()
        # Tasks that another launcher runs now.
        self._elsewhere: collections.deque[_Job] = collections.deque()
        self._running: dict[str, Attempt] = {}
        self._ended: list[Attempt] = []
        # A fault of ours in one of the threads.
        self._broken: BaseException | None = None
        self._changed = threading.Condition()
        self._presses = 0
        self._several = False
        # Whether a scheduler said that the job's time is nearly over.
        self._limit = False
        self._next_start = 0.0

    def run(self, tasks: Sequence[Task], *, watch_parent: bool = False) -> list[Result]:
        """Run them; returns how each ended. Results of tasks that others ran meanwhile are not among them.

        SIGINT, SIGTERM, SIGHUP, a stop mark, or (`watch_parent`) the parent's end stop the tasks, then
        the pool; a second SIGINT kills them. A signal that is ignored already (nohup) stays ignored.
        """
        self.places.make()
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
                        self.stop("the process that started the worker has ended")
                    self._look_after()
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
        """Whether it stopped because the time of its job was nearly over."""
        return self._limit

    @property
    def signalled(self) -> bool:
        """Whether a signal stopped it."""
        return self._presses > 0

    def stop(self, why: str) -> None:
        """Start nothing more and end what runs."""
        with self._changed:
            self.stopped = self.stopped or why
            attempts = list(self._running.values())
        for attempt in attempts:
            attempt.stop(CANCELLED)

    def _look_after(self) -> None:
        """Time limits, stop marks, and processes that ended tasks left behind."""
        if self._limit:
            self.stop(f"stopped {TIME_LIMIT}")
        elif self._presses:
            self.stop("stopped by a signal")
        elif self.places.stop_mark(self.launch.id).exists():
            self.stop("stopped on request")
        with self._changed:
            running = dict(self._running)
            ended, self._ended = self._ended, []
        for task_id, attempt in running.items():
            if self.launch.timeout is not None and attempt.seconds > self.launch.timeout:
                attempt.stop(TIMED_OUT)
            if self.places.stop_task(task_id).exists():
                attempt.stop(CANCELLED)
            attempt.press(at_once=self._presses > 1)
        _end_leftovers(ended)

    def _slot(self, gpu: str | None) -> None:
        """One thread: takes jobs until there is none left."""
        try:
            while (job := self._next()) is not None:
                self._pause(self.launch.sleep_before)
                self._run(job, gpu)
                self._pause(self.launch.sleep_after)
        except OSError as error:
            # A disk that is full, a file server that is gone: nothing could be claimed or recorded.
            self.stop(f"the launcher cannot go on: {error}")
        except BaseException as error:  # noqa: BLE001  raised again by `run`
            self._broken = error
            self.stop("a fault of the launcher")

    def _run(self, job: _Job, gpu: str | None) -> None:
        """One attempt, recorded before the claim is given back."""
        last = self.journals.latest.get(job.task.id)
        if self._was_unrecorded(job, last):
            return
        attempt = Attempt(self.launch, job.task, self.owner, gpu, last.attempt if last else 0)
        with self._changed:
            self._running[job.task.id] = attempt
            if self.stopped:
                attempt.stop(CANCELLED)
        try:
            result = self._judged(job, self._as_stopped(attempt.run()))
            record(self.places, result)
        finally:
            self.claims.release(job.task.id)
            with self._changed:
                del self._running[job.task.id]
                self._ended.append(attempt)
                self._changed.notify_all()
        with self._changed:
            self._settle(job, result)
            self._changed.notify_all()

    def _as_stopped(self, result: Result) -> Result:
        """The result; not failed, if a scheduler took the job from worker and task at once."""
        if not in_job() or self.places.stop_mark(self.launch.id).exists():
            return result
        if self._limit:
            return near_limit(self.launch, result) if result.outcome == CANCELLED else result
        if result.failed:
            with self._changed:
                self._changed.wait_for(lambda: self._presses, _HEARD_SECONDS)
        return taken_away(self.launch, result) if self._presses else result

    def _was_unrecorded(self, job: _Job, last: Result | None) -> bool:
        """Record a task that finished when its launcher was killed, in place of running it again."""
        if job.tries or self.launch.rerun:
            return False
        result = unrecorded_end(self.launch, job.task, last.attempt if last else 0)
        if result is None:
            return False
        try:
            record(self.places, result)
        finally:
            self.claims.release(job.task.id)
        with self._changed:
            self._settle(job, result)
            self._changed.notify_all()
        return True

    def _pause(self, seconds: float) -> None:
        with self._changed:
            if seconds:
                self._changed.wait_for(lambda: self.stopped, seconds)

    def _judged(self, job: _Job, result: Result) -> Result:
        """The result with whether the task is tried again, or why it is not."""
        job.tries += 1
        job.crashes = job.crashes + 1 if result.failed and result.seconds < CRASH_SECONDS else 0
        left = self.launch.retries - job.tries + 1
        if not result.failed or self.stopped or left <= 0:
            return result
        if job.crashes < CRASHES:
            return result._replace(retried=True)
        loop = f"a crash loop: it ended within {CRASH_SECONDS:.0f} s {CRASHES} times in a row"
        return result._replace(reason=f"{result.reason}; {loop}, given up with {left} retries left")

    def _settle(self, job: _Job, result: Result) -> None:
        """After an attempt: try again, or it is over."""
        if result.retried:
            job.not_before = time.monotonic() + min(2.0 ** (job.tries - 1), _LONGEST_PAUSE_SECONDS)
            self._waiting.append(job)
            return
        if result.failed and self.launch.fail_fast:
            why = f"task {result.task_id} failed, and the launch is to stop then (--fail-fast)"
            self.stopped = self.stopped or why
            for attempt in self._running.values():
                attempt.stop(CANCELLED)
        self.results.append(result)
        self._report(job.task, result)

    def _next(self) -> _Job | None:
        """A job that this launcher has claimed; waits while others may become due. None: nothing is left."""
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
                elif self._is_done_meanwhile(job):
                    self.claims.release(job.task.id)
                else:
                    return job
        return None

    def _is_done_meanwhile(self, job: _Job) -> bool:
        """Whether it has finished, or somebody else has tried it, since the launch was made."""
        if job.tries:
            return False
        self.journals.refresh()
        if self.journals.is_done(job.task.id, self.launch.id if self.launch.rerun else None):
            return True
        last = self.journals.latest.get(job.task.id)
        if last is None:
            return False
        if last.launch == self.launch.id:
            # A job of several tasks that runs again goes on behind those that ended before.
            again = self._several and in_job() and restarts() > 0
            return again and last.failed and not last.retried
        # Attempts are counted; the clocks of two machines may differ.
        return last.failed and last.attempt > self.launch.attempts.get(job.task.id, 0)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Count signals that ask to stop; only a main thread may."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def pressed(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a handler
            if number == signal.SIGUSR1:
                self._limit = True
                return
            # Of a terminal that hangs up one hears twice, from the system and from the shell.
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
        """A process that ends the tasks if this one is killed."""
        guard = subprocess.Popen(
            [sys.executable, "-S", "-E", str(Path(sessions.__file__)), self.owner.environment_mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert guard.stdin is not None  # noqa: S101  a pipe was asked for
        try:
            yield
        finally:
            with contextlib.suppress(
                BrokenPipeError
            ):  # somebody killed the guard: the tasks are done all the same
                os.write(guard.stdin.fileno(), sessions.FAREWELL)
            guard.stdin.close()
            guard.wait()


def _end_leftovers(attempts: Sequence[Attempt]) -> None:
    """Kill what ended attempts left behind, in their sessions or in ones of its own."""
    left = sessions.orphans({attempt.session for attempt in attempts if attempt.session is not None})
    sessions.send({*left, *sessions.marked(*(attempt.mark for attempt in attempts))}, signal.SIGKILL)
