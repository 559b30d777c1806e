"""Run many SFTP requests concurrently on a few channels.

A *job* is a generator that yields requests and is sent the replies, so that a transfer is straight code
although hundreds of them share a channel. It yields a list of requests, or a `Stream`, and continues when all
of them are answered; therefore no request of a job is in flight when it ends.
"""

from __future__ import annotations

import itertools
import struct
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from sml_config.ssh.errors import ConnectionLostError, SshError

from .channel import Channel
from .packets import LONGEST, Reply, Request, is_answer

T = TypeVar("T")

AHEAD = 8
# Jobs at a time over all channels; each may hold a file open here and there.
WIDTH = 256
_STARTED = 16
_BATCH = 256 << 10


class Stream(NamedTuple):
    """Requests that are made one by one while earlier ones are on their way, at most `ahead` of them.

    `sink` gets each reply with its number; without it the job gets them all.
    """

    requests: Iterator[Request]
    ahead: int = AHEAD
    sink: Callable[[int, Reply], None] | None = None


Job = Generator["list[Request] | Stream", list[Reply], T]


def run(
    openings: Sequence[Callable[[], Channel]], jobs: Iterable[Job[T]], width: int = WIDTH
) -> list[T | OSError]:
    """Run jobs to their ends over these channels; a job's OSError takes its result's place, in order.

    No more than `width` jobs run at a time.

    The first channel starts while the others are still opened; one of those that is refused is done without.
    Other exceptions of a job end all. Raises SshError, or ConnectionLostError when the connection breaks or
    the server sends an invalid reply; then some jobs are done and some are not.
    """
    results: dict[int, T | OSError] = {}
    source = _JobQueue(jobs)
    failures: list[BaseException] = []

    def work(opening: Callable[[], Channel], is_first: bool) -> None:
        try:
            try:
                channel = opening()
            except SshError:
                if is_first:
                    raise
                return
            _ChannelWorker(channel, source, results, max(width // len(openings), 1)).run()
        except BaseException as error:  # noqa: BLE001  raised again below, in the thread of the caller
            failures.append(error)
            source.stop()

    others = [threading.Thread(target=work, args=(opening, False), daemon=True) for opening in openings[1:]]
    for thread in others:
        thread.start()
    work(openings[0], True)
    for thread in others:
        thread.join()
    if failures:
        raise next((error for error in failures if not isinstance(error, ConnectionLostError)), failures[0])
    return [results[number] for number in sorted(results)]


class _JobQueue(Generic[T]):
    """Hands jobs to the lanes."""

    def __init__(self, jobs: Iterable[Job[T]]) -> None:
        self._jobs = enumerate(jobs)
        self._lock = threading.Lock()
        self._stopped = False

    def take(self) -> tuple[int, Job[T]] | None:
        """The next job with its number; None if there is none."""
        with self._lock:
            return None if self._stopped else next(self._jobs, None)

    def stop(self) -> None:
        """Give out no more."""
        self._stopped = True


@dataclass(eq=False, slots=True)
class _RunningJob(Generic[T]):
    """A job between two of its questions."""

    number: int
    job: Job[T]
    requests: Iterator[Request]
    ahead: int
    sink: Callable[[int, Reply], None] | None
    replies: dict[int, Reply]
    sent: int = 0
    waiting: int = 0
    exhausted: bool = False


class _ChannelWorker(Generic[T]):
    """One channel with the jobs on it."""

    def __init__(
        self, channel: Channel, source: _JobQueue[T], results: dict[int, T | OSError], width: int
    ) -> None:
        self._channel = channel
        self._width = width
        self._source = source
        self._results = results
        self._numbers = itertools.count(1)
        self._sent: dict[int, tuple[_RunningJob[T], int, Request]] = {}
        self._ready: deque[_RunningJob[T]] = deque()
        self._running = 0
        self._buffer = bytearray()
        # Laid out in one place again and again: fresh memory for each batch costs more than the copy.
        self._out = bytearray(_BATCH)

    def run(self) -> None:
        """Work until there is nothing left."""
        try:
            while (started := self._start_jobs()) or self._running:
                self._send()
                if self._sent and (self._channel.recv_ready() or not (started or self._ready)):
                    self._receive()
        finally:
            # Now, and not when the memory is freed: each removes what it has staged.
            for running in {
                id(running): running for running in (*(sent[0] for sent in self._sent.values()), *self._ready)
            }.values():
                running.job.close()

    def _start_jobs(self) -> bool:
        started = False
        # A few at a time: what the first ones ask is on its way while the next ones read and hash.
        for _ in range(_STARTED):
            if self._running >= self._width or (taken := self._source.take()) is None:
                break
            number, job = taken
            self._running += 1
            started = True
            self._advance(_RunningJob(number, job, iter(()), 0, None, {}, exhausted=True), None)
        return started

    def _advance(self, running: _RunningJob[T], replies: list[Reply] | None) -> None:
        """Let a job go on until it asks something that is not nothing."""
        try:
            while True:
                yielded = next(running.job) if replies is None else running.job.send(replies)
                if isinstance(yielded, Stream):
                    running.requests, running.ahead, running.sink = yielded
                else:
                    running.requests, running.ahead, running.sink = iter(yielded), len(yielded), None
                running.replies, running.sent, running.waiting = {}, 0, 0
                running.exhausted = False
                first = next(running.requests, None)
                if first is not None:
                    running.requests = itertools.chain((first,), running.requests)
                    self._ready.append(running)
                    return
                replies = []
        except StopIteration as end:
            self._finish(running, end.value)
        except OSError as error:
            self._finish(running, error)

    def _finish(self, running: _RunningJob[T], result: T | OSError) -> None:
        self._results[running.number] = result
        self._running -= 1

    def _send(self) -> None:
        size = 0
        alone = not self._sent
        while self._ready and size < _BATCH:
            running = self._ready.popleft()
            request = next(running.requests, None)
            if request is None:
                running.exhausted = True
                if not running.waiting:
                    self._resume(running)
                continue
            number = next(self._numbers) & 0xFFFFFFFF
            self._sent[number] = (running, running.sent, request)
            running.sent += 1
            running.waiting += 1
            size = self._append_packet(size, number, request)
            if running.waiting < running.ahead:
                self._ready.append(running)
        if size:
            self._channel.send(memoryview(self._out)[:size], alone=alone)

    def _append_packet(self, at: int, number: int, request: Request) -> int:
        """Put a request behind what is sent with it; returns where it ends."""
        _, body, _, data = request
        length = 9 + len(body) + len(data)
        if at + length > len(self._out):
            self._out += bytes(at + length - len(self._out))
        view = memoryview(self._out)
        struct.pack_into(">IBI", view, at, length - 4, request.kind, number)
        view[at + 9 : at + 9 + len(body)] = body
        view[at + 9 + len(body) : at + length] = data
        return at + length

    def _receive(self) -> None:
        buffer = self._buffer
        buffer += self._channel.recv()
        at = 0
        while len(buffer) - at >= 9:
            length, kind, number = struct.unpack_from(">IBI", buffer, at)
            if not 5 <= length <= LONGEST:
                raise ConnectionLostError(f"the server sent an SFTP packet of type {kind} and {length} bytes")
            if len(buffer) - at < length + 4:
                break
            body = bytes(memoryview(buffer)[at + 9 : at + 4 + length])
            at += 4 + length
            self._answer(number, kind, body)
        del buffer[:at]

    def _answer(self, number: int, kind: int, body: bytes) -> None:
        sent = self._sent.pop(number, None)
        if sent is None:
            raise ConnectionLostError(f"the server answered a request {number} that nothing is waiting for")
        running, index, request = sent
        if not is_answer(request.kind, kind):
            raise ConnectionLostError(
                f"the server answered a request of type {request.kind} with type {kind}"
            )
        reply = Reply(kind, body, request.about)
        if running.sink is None:
            running.replies[index] = reply
        else:
            running.sink(index, reply)
        full = running.waiting >= running.ahead
        running.waiting -= 1
        if not running.exhausted and full:
            self._ready.append(running)
        elif running.exhausted and not running.waiting:
            self._resume(running)

    def _resume(self, running: _RunningJob[T]) -> None:
        replies = running.replies
        self._advance(running, [replies[index] for index in sorted(replies)])
