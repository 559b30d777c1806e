"""Worker processes that read archives of runs: a crafted archive costs a worker, not the page.

A worker limits its own memory and processor time, is killed if it takes too long, and ends with this process,
however that ends. It is reused for the next archive, since a start takes 0.3 s.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from sml_viewer.i18n import Message, message_from_json

from .frames import pieces_of, receive_json, receive_pieces, send_json, send_pieces
from .reading import MOST_MEMORY, MOST_SECONDS, TooLargeError

# Wall time, for a worker that hangs: the machine may be busy with other work.
_MOST_WAIT = 60.0
_WORKERS = 2
# How long a request may wait for a free worker, and how long an archive that ended one is refused.
_QUEUE_SECONDS, _REFUSED_SECONDS = 30.0, 600.0
_MOST_REFUSED = 1000
_IN_MEMORY = 1 << 20
_TOO_MUCH = Message(
    "takes more than {seconds} s or {most} MB to read", seconds=MOST_SECONDS, most=MOST_MEMORY // 1_000_000
)

Answer = tuple[Any, BinaryIO]


class ArchiveError(ValueError):
    """An archive could not be read."""


class TooCostlyError(TooLargeError):
    """The worker was ended by its limits; the content is unknown."""


def run_job(job: str, files: Sequence[BinaryIO], **arguments: Any) -> Answer:
    """Run a job of `archive_jobs` on whole files; returns its JSON result and a file of bytes.

    Raises TooLargeError, TooCostlyError, and ArchiveError for archives that cannot be read.
    """
    known = [key for file in files if (key := _identity(file)) is not None]
    _refused.check(known)
    try:
        reply, body = _pool.ask({"job": job, "arguments": arguments, "files": len(files)}, files)
    except _EndedError as error:
        if not error.by_clock:
            _refused.add(known)
        raise TooCostlyError(_TOO_MUCH) from error
    if "error" in reply:
        body.close()
        raise (TooLargeError if reply["too_large"] else ArchiveError)(message_from_json(reply["error"]))
    return reply["result"], body


def close() -> None:
    """End the idle workers."""
    _pool.close()


class _EndedError(Exception):
    """The worker ended before it answered, or was killed after the time limit (`by_clock`)."""

    def __init__(self, *, by_clock: bool) -> None:
        super().__init__()
        self.by_clock = by_clock


class _Worker:
    """One process; ended after any failure."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sml_viewer.run_views.archives_main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in a terminal is for the parent
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, job: Any, files: Sequence[BinaryIO]) -> Answer:
        """Raises _EndedError if the process ends or is killed meanwhile."""
        requests, answers = cast("BinaryIO", self._process.stdin), cast("BinaryIO", self._process.stdout)
        body = cast("BinaryIO", tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  the caller's
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(_MOST_WAIT, end)
        timer.daemon = True
        timer.start()
        try:
            send_json(requests, job)
            for file in files:
                file.seek(0)
                send_pieces(requests, pieces_of(file))
            reply = receive_json(answers)
            for piece in receive_pieces(answers):
                body.write(piece)
        except BaseException as error:
            self.close()
            body.close()
            if isinstance(error, (BrokenPipeError, EOFError)):
                raise _EndedError(by_clock=late.is_set()) from error
            raise
        finally:
            timer.cancel()
        body.seek(0)
        return reply, body

    def close(self) -> None:
        self._process.kill()
        with contextlib.suppress(OSError):  # unsent input
            self._process.communicate()


class _Pool:
    """A thread-safe pool of workers."""

    def __init__(self) -> None:
        self._slots = threading.BoundedSemaphore(_WORKERS)
        self._free: list[_Worker] = []
        self._lock = threading.Lock()

    def ask(self, job: Any, files: Sequence[BinaryIO]) -> Answer:
        if not self._slots.acquire(timeout=_QUEUE_SECONDS):
            raise ArchiveError(Message("not read: all workers are busy; try again in a moment"))
        try:
            worker = self._free_worker()
            reply, body = worker.ask(job, files)
            if reply["last"]:
                worker.close()
            else:
                with self._lock:
                    self._free.append(worker)
            return reply, body
        finally:
            self._slots.release()

    def close(self) -> None:
        with self._lock:
            workers, self._free = self._free, []
        for worker in workers:
            worker.close()

    def _free_worker(self) -> _Worker:
        while True:
            with self._lock:
                worker = self._free.pop() if self._free else None
            if worker is None:
                return _Worker()
            if worker.is_alive:
                return worker
            worker.close()


class _Refused:
    """Archives that recently ended a worker: reading them again would cost as much."""

    def __init__(self) -> None:
        self._until: OrderedDict[tuple[int, ...], float] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, keys: Sequence[tuple[int, ...]]) -> None:
        with self._lock:
            if any(self._until.get(key, 0.0) > time.monotonic() for key in keys):
                raise TooCostlyError(_TOO_MUCH)

    def add(self, keys: Sequence[tuple[int, ...]]) -> None:
        with self._lock:
            for key in keys:
                self._until[key] = time.monotonic() + _REFUSED_SECONDS
            while len(self._until) > _MOST_REFUSED:
                self._until.popitem(last=False)


def _identity(file: BinaryIO) -> tuple[int, ...] | None:
    """Identifies one version of a file on disk; None for a file in memory."""
    try:
        status = os.fstat(file.fileno())
    except OSError:  # only in memory
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


_pool = _Pool()
_refused = _Refused()
atexit.register(close)
