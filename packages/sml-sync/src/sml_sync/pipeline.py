"""Many SFTP requests on their way at once: the one place that frames them by hand.

A *job* is a generator that yields what it asks and is sent the replies, so that a transfer reads like a
straight line although hundreds of them share a channel. It yields a list of requests, or a `Stream`; it
goes on when all of them are answered, so that nothing of a job is on its way when it ends.

It is longer than other modules because the wire format and the queue that feeds it are one concern: nothing
else of this distribution knows either.
"""

from __future__ import annotations

import errno
import itertools
import os
import struct
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import paramiko

T = TypeVar("T")

# Packet types and flags of SFTP version 3 (draft-ietf-secsh-filexfer-02).
_OPEN, _CLOSE, _READ, _WRITE, _LSTAT, _FSTAT, _FSETSTAT = 3, 4, 5, 6, 7, 8, 10
_OPENDIR, _READDIR, _REMOVE, _MKDIR, _RMDIR, _EXTENDED = 11, 12, 13, 14, 15, 200
_STATUS, _HANDLE, DATA, _NAME, ATTRIBUTES, _EXTENDED_REPLY = 101, 102, 103, 104, 105, 201
READ, WRITE, CREATE, TRUNCATE, EXCLUSIVE = 1, 2, 8, 16, 32
_HAS_SIZE, _HAS_IDS, _HAS_MODE, _HAS_TIMES, _HAS_EXTENDED = 1, 2, 4, 8, 1 << 31
_OK, _EOF, _NO_SUCH_FILE, _DENIED = 0, 1, 2, 3

# What OpenSSH takes in one request is 256 KB with its frame.
BLOCK = 255 << 10
_AHEAD = 8
# Jobs at a time over all channels; each may hold a file open here and there.
_WIDTH = 256
_BATCH = 256 << 10


class FarFailureError(OSError):
    """The server said no more than `failure`: disk full, quota, a file in the way."""


class Attributes(NamedTuple):
    """What the server tells about a file; whole seconds."""

    size: int
    mode: int
    mtime: int

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode & 0o170000 == 0o100000

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.mode & 0o170000 == 0o040000


class Request(NamedTuple):
    """A packet without its number; `about` is what a failure of it names."""

    kind: int
    body: bytes
    about: bytes = b""


class Reply(NamedTuple):
    """The answer to a request."""

    kind: int
    body: bytes
    about: bytes

    def check(self) -> None:
        """Raise OSError unless the answer is a status of success."""
        if self.kind == _STATUS and int.from_bytes(self.body[:4], "big") == _OK:
            return
        raise self._failure()

    @property
    def is_missing(self) -> bool:
        """Whether there is no such file."""
        return self.kind == _STATUS and int.from_bytes(self.body[:4], "big") == _NO_SUCH_FILE

    @property
    def is_end(self) -> bool:
        """Whether the end of the file or folder was reached."""
        return self.kind == _STATUS and int.from_bytes(self.body[:4], "big") == _EOF

    def handle(self) -> bytes:
        """The handle of what was opened. Raises OSError."""
        return self._string(_HANDLE)

    def data(self) -> bytes:
        """The bytes that were read, none at the end. Raises OSError."""
        return b"" if self.is_end else self._string(DATA)

    def attributes(self) -> Attributes:
        """Size, mode and time. Raises OSError."""
        if self.kind != ATTRIBUTES:
            raise self._failure()
        return _attributes(self.body, 0)[0]

    def attributes_if_there(self) -> Attributes | None:
        """None if there is no such file. Raises OSError."""
        return None if self.is_missing else self.attributes()

    def names(self) -> list[tuple[bytes, Attributes]]:
        """Some entries of a folder, none at its end. Raises OSError."""
        if self.is_end:
            return []
        if self.kind != _NAME:
            raise self._failure()
        entries, at = [], 4
        for _ in range(int.from_bytes(self.body[:4], "big")):
            name, at = _string(self.body, at)
            _, at = _string(self.body, at)  # as `ls -l` prints it
            attributes, at = _attributes(self.body, at)
            entries.append((name, attributes))
        return entries

    def free_bytes(self) -> int:
        """Of the answer to `space`: what an ordinary user may still write. Raises OSError."""
        if self.kind != _EXTENDED_REPLY:
            raise self._failure()
        values = struct.unpack_from(">11Q", self.body)
        return int(values[1] * values[4])

    def _string(self, kind: int) -> bytes:
        if self.kind != kind:
            raise self._failure()
        return self.body[4:]

    def _failure(self) -> OSError:
        about = os.fsdecode(self.about)
        if self.kind != _STATUS:
            return OSError(errno.EPROTO, f"the server answered with packet type {self.kind}", about)
        code = int.from_bytes(self.body[:4], "big")
        text = _string(self.body, 4)[0].decode("utf-8", "replace") if len(self.body) > 8 else f"code {code}"
        if code == _NO_SUCH_FILE:
            return FileNotFoundError(errno.ENOENT, "no such file over there", about)
        if code == _DENIED:
            return PermissionError(errno.EACCES, "permission denied over there", about)
        return FarFailureError(errno.EIO, f"the server answered: {text}", about)


class Stream(NamedTuple):
    """Requests that are made one by one while earlier ones are on their way, at most `ahead` of them.

    `sink` gets each reply with its number; without it the job gets them all.
    """

    requests: Iterator[Request]
    ahead: int = _AHEAD
    sink: Callable[[int, Reply], None] | None = None


Job = Generator["list[Request] | Stream", list[Reply], T]


def lstat(path: bytes) -> Request:
    """Ask for attributes, of a link itself."""
    return Request(_LSTAT, _packed(path), path)


def open_file(path: bytes, flags: int) -> Request:
    """Open a file for READ, WRITE; CREATE, TRUNCATE, EXCLUSIVE."""
    return Request(_OPEN, _packed(path) + struct.pack(">II", flags, 0), path)


def read(handle: bytes, offset: int, length: int, about: bytes = b"") -> Request:
    """Read at an offset."""
    return Request(_READ, _packed(handle) + struct.pack(">QI", offset, length), about)


def write(handle: bytes, offset: int, data: bytes, about: bytes = b"") -> Request:
    """Write at an offset."""
    return Request(_WRITE, b"".join((_packed(handle), struct.pack(">QI", offset, len(data)), data)), about)


def fstat(handle: bytes, about: bytes = b"") -> Request:
    """Ask for the attributes of an open file."""
    return Request(_FSTAT, _packed(handle), about)


def set_mtime(handle: bytes, mtime: int, about: bytes = b"") -> Request:
    """Set the time of an open file."""
    return Request(_FSETSTAT, _packed(handle) + struct.pack(">III", _HAS_TIMES, mtime, mtime), about)


def close(handle: bytes, about: bytes = b"") -> Request:
    """Close a file or folder."""
    return Request(_CLOSE, _packed(handle), about)


def mkdir(path: bytes) -> Request:
    """Make a folder."""
    return Request(_MKDIR, _packed(path) + struct.pack(">I", 0), path)


def remove(path: bytes) -> Request:
    """Remove a file."""
    return Request(_REMOVE, _packed(path), path)


def rmdir(path: bytes) -> Request:
    """Remove an empty folder."""
    return Request(_RMDIR, _packed(path), path)


def rename_over(source: bytes, target: bytes) -> Request:
    """Rename; what has the target's name goes in the same moment."""
    name = _packed(b"posix-rename@openssh.com")
    return Request(_EXTENDED, name + _packed(source) + _packed(target), target)


def space(path: bytes) -> Request:
    """Ask for the free space around a path."""
    return Request(_EXTENDED, _packed(b"statvfs@openssh.com") + _packed(path), path)


def open_folder(path: bytes) -> Request:
    """Open a folder for `read_folder`."""
    return Request(_OPENDIR, _packed(path), path)


def read_folder(handle: bytes, about: bytes = b"") -> Request:
    """Read some entries."""
    return Request(_READDIR, _packed(handle), about)


def run(channels: Sequence[paramiko.Channel], jobs: Iterable[Job[T]]) -> list[T | OSError]:
    """Run jobs to their ends over these channels; a job's OSError takes its result's place, in order.

    Other exceptions of a job end all. Raises EOFError, TimeoutError, paramiko.SSHException or an OSError of
    the line when the connection is lost; then some jobs are done and some are not.
    """
    results: dict[int, T | OSError] = {}
    source = _Source(jobs)
    lanes = [_Lane(channel, source, results, max(_WIDTH // len(channels), 1)) for channel in channels]
    failures: list[BaseException] = []

    def work(lane: _Lane[T]) -> None:
        try:
            lane.run()
        except BaseException as error:  # noqa: BLE001  raised again below, in the thread of the caller
            failures.append(error)
            source.stop()

    others = [threading.Thread(target=work, args=(lane,), daemon=True) for lane in lanes[1:]]
    for thread in others:
        thread.start()
    work(lanes[0])
    for thread in others:
        thread.join()
    if failures:
        raise next((error for error in failures if not isinstance(error, (EOFError, OSError))), failures[0])
    return [results[number] for number in sorted(results)]


class _Source(Generic[T]):
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
class _Running(Generic[T]):
    """A job between two of its questions."""

    number: int
    job: Job[T]
    requests: Iterator[Request]
    ahead: int
    sink: Callable[[int, Reply], None] | None
    replies: dict[int, Reply]
    asked: int = 0
    waiting: int = 0
    exhausted: bool = False


class _Lane(Generic[T]):
    """One channel with the jobs on it."""

    def __init__(
        self, channel: paramiko.Channel, source: _Source[T], results: dict[int, T | OSError], width: int
    ) -> None:
        self._channel = channel
        self._width = width
        self._source = source
        self._results = results
        self._numbers = itertools.count(1)
        self._sent: dict[int, tuple[_Running[T], int, bytes]] = {}
        self._ready: deque[_Running[T]] = deque()
        self._running = 0
        self._buffer = bytearray()

    def run(self) -> None:
        """Work until there is nothing left."""
        try:
            while self._start_jobs() or self._running:
                self._send()
                if self._sent and (not self._ready or self._channel.recv_ready()):
                    self._receive()
        finally:
            for running in {id(entry[0]): entry[0] for entry in self._sent.values()}.values():
                running.job.close()

    def _start_jobs(self) -> bool:
        started = False
        while self._running < self._width and (taken := self._source.take()) is not None:
            number, job = taken
            self._running += 1
            started = True
            self._advance(_Running(number, job, iter(()), 0, None, {}, exhausted=True), None)
        return started

    def _advance(self, running: _Running[T], replies: list[Reply] | None) -> None:
        """Let a job go on until it asks something that is not nothing."""
        try:
            while True:
                asks = next(running.job) if replies is None else running.job.send(replies)
                if isinstance(asks, Stream):
                    running.requests, running.ahead, running.sink = asks
                else:
                    running.requests, running.ahead, running.sink = iter(asks), len(asks), None
                running.replies, running.asked, running.waiting = {}, 0, 0
                running.exhausted = False
                first = next(running.requests, None)
                if first is not None:
                    running.requests = itertools.chain((first,), running.requests)
                    self._ready.append(running)
                    return
                replies = []
        except StopIteration as end:
            self._finish(running, end.value)
        except (EOFError, paramiko.SSHException):
            raise
        except OSError as error:
            self._finish(running, error)

    def _finish(self, running: _Running[T], result: T | OSError) -> None:
        self._results[running.number] = result
        self._running -= 1

    def _send(self) -> None:
        parts: list[bytes] = []
        size = 0
        while self._ready and size < _BATCH:
            running = self._ready.popleft()
            request = next(running.requests, None)
            if request is None:
                running.exhausted = True
                if not running.waiting:
                    self._resume(running)
                continue
            number = next(self._numbers) & 0xFFFFFFFF
            self._sent[number] = (running, running.asked, request.about)
            running.asked += 1
            running.waiting += 1
            parts.append(struct.pack(">IBI", len(request.body) + 5, request.kind, number))
            parts.append(request.body)
            size += len(request.body) + 9
            if running.waiting < running.ahead:
                self._ready.append(running)
        if parts:
            _send_all(self._channel, b"".join(parts))

    def _receive(self) -> None:
        data = self._channel.recv(1 << 20)
        if not data:
            raise EOFError("the connection was closed over there")
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= 9:
            length, kind, number = struct.unpack_from(">IBI", buffer, at)
            if len(buffer) - at < length + 4:
                break
            body = bytes(memoryview(buffer)[at + 9 : at + 4 + length])
            at += 4 + length
            self._answer(number, kind, body)
        del buffer[:at]

    def _answer(self, number: int, kind: int, body: bytes) -> None:
        running, index, about = self._sent.pop(number)
        reply = Reply(kind, body, about)
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

    def _resume(self, running: _Running[T]) -> None:
        replies = running.replies
        self._advance(running, [replies[index] for index in sorted(replies)])


def _send_all(channel: paramiko.Channel, data: bytes) -> None:
    at, step = 0, 1 << 15
    while at < len(data):
        sent = channel.send(data[at : at + step])
        if not sent:
            raise EOFError("the connection was closed over there")
        at += sent


def _packed(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


def _string(body: bytes, at: int) -> tuple[bytes, int]:
    end = at + 4 + int.from_bytes(body[at : at + 4], "big")
    return body[at + 4 : end], end


def _attributes(body: bytes, at: int) -> tuple[Attributes, int]:
    (flags,) = struct.unpack_from(">I", body, at)
    at += 4
    size = mode = mtime = 0
    if flags & _HAS_SIZE:
        (size,) = struct.unpack_from(">Q", body, at)
        at += 8
    if flags & _HAS_IDS:
        at += 8
    if flags & _HAS_MODE:
        (mode,) = struct.unpack_from(">I", body, at)
        at += 4
    if flags & _HAS_TIMES:
        (_, mtime) = struct.unpack_from(">II", body, at)
        at += 8
    if flags & _HAS_EXTENDED:
        (count,) = struct.unpack_from(">I", body, at)
        at += 4
        for _ in range(2 * count):
            _, at = _string(body, at)
    return Attributes(size, mode, mtime), at
