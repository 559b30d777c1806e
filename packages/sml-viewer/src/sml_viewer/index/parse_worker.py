"""Parse tables here and, where there is much to do, in one more process; the store is written by one."""

from __future__ import annotations

import itertools
import os
import pickle
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import IO, TYPE_CHECKING

from .table_parser import ParseResult, ParseTask, parse_table

if TYPE_CHECKING:
    import subprocess

# How many results may wait to be written: they hold the columns.
_WAITING = 32
_BATCH = 4
# Batches that the helper has at a time: while this process is at a table of its own, it hands out nothing.
_AHEAD = 3
# A batch of usual tables passes without waiting, where the system lets a pipe be so large.
_PIPE_BYTES = 1 << 20
# What every pipe takes, on any system.
_SURE_BYTES = 4096


class ParseWorker:
    """A second process that parses, if there is a second processor; ends with the context.

    Starting it takes half a second, in which other things can be done.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ParseWorker:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def start(self) -> subprocess.Popen[bytes] | None:
        """The process, started unless it is there."""
        if self._process is None and (os.cpu_count() or 1) > 1:
            # Not multiprocessing, which would run an unguarded script again.
            command = [sys.executable, "-m", "sml_viewer.index.parser_main"]
            try:
                self._process = _started(command, _PIPE_BYTES)
            except PermissionError:  # more than this user's pipes may have
                self._process = _started(command, -1)
        return self._process


def _started(command: Sequence[str], pipe_bytes: int) -> subprocess.Popen[bytes]:
    import subprocess  # late, as little that is read needs a helper

    # A terminal's Ctrl-C is for us.
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pipesize=pipe_bytes, start_new_session=True
    )


def parsing(
    jobs: Sequence[ParseTask], helper: ParseWorker | None = None, first: Callable[[], object] = lambda: None
) -> Iterator[ParseResult]:
    """Parse every job, in any order; the helper takes part if one is given.

    `first` is called before this process parses, while the helper does.
    """
    process = helper.start() if helper is not None else None
    if process is None:
        first()
        yield from map(parse_table, jobs)
        return
    waiting: queue.SimpleQueue[ParseTask] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    results: queue.Queue[ParseResult | None] = queue.Queue(_WAITING)
    stopped = threading.Event()
    thread = threading.Thread(target=_feed, args=(process, waiting, results, stopped), daemon=True)
    thread.start()
    try:
        first()
        yield from _both(waiting, results)
    finally:
        stopped.set()
        process.kill()
        while thread.is_alive():
            _drain(results)
            thread.join(0.01)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """The helper's side: lists of jobs in, lists of results out, until the pipe closes."""
    while True:
        try:
            jobs = pickle.load(requests)  # noqa: S301  from the process that started this one
        except EOFError:
            return
        pickle.dump([parse_table(job) for job in jobs], answers, protocol=5)
        answers.flush()


def _both(
    waiting: queue.SimpleQueue[ParseTask], results: queue.Queue[ParseResult | None]
) -> Iterator[ParseResult]:
    """What the helper has ready, else a job done here, until both are through."""
    helping = True
    while True:
        try:
            while helping:
                result = results.get_nowait()
                if result is None:
                    helping = False
                else:
                    yield result
        except queue.Empty:
            pass
        try:
            yield parse_table(waiting.get_nowait())
        except queue.Empty:
            break
    while helping and (result := results.get()) is not None:
        yield result


def _feed(
    process: subprocess.Popen[bytes],
    waiting: queue.SimpleQueue[ParseTask],
    results: queue.Queue[ParseResult | None],
    stopped: threading.Event,
) -> None:
    """Give the helper jobs and take its results; a helper that dies leaves its jobs to this process."""
    requests, answers = process.stdin, process.stdout
    given: deque[tuple[list[ParseTask], int]] = deque()
    batch, request = _take(waiting)
    try:
        while requests and answers:
            while batch and (not given or _fits(len(request), [size for _, size in given])):
                requests.write(request)
                requests.flush()
                given.append((batch, len(request)))
                batch, request = _take(waiting)
            if not given:
                break
            for result in pickle.load(answers):  # noqa: S301  from our own helper
                results.put(result)
            given.popleft()
    except (OSError, EOFError, pickle.UnpicklingError):
        if not stopped.is_set():
            for job in itertools.chain(*(jobs for jobs, _ in given), batch):
                results.put(parse_table(job))
    results.put(None)


def _take(waiting: queue.SimpleQueue[ParseTask]) -> tuple[list[ParseTask], bytes]:
    """The next jobs, and the request for them; no job if none is left."""
    batch: list[ParseTask] = []
    while len(batch) < _BATCH:
        try:
            batch.append(waiting.get_nowait())
        except queue.Empty:
            break
    return batch, pickle.dumps(batch, protocol=5)


def _fits(size: int, given: Sequence[int]) -> bool:
    """Whether a request fits into the pipe before those given are answered.

    Were it full, we would wait for the helper to read, and it for us to take its answer.
    """
    return len(given) < _AHEAD and sum(given) + size <= _SURE_BYTES


def _drain(results: queue.Queue[ParseResult | None]) -> None:
    while not results.empty():
        results.get_nowait()
