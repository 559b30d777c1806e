"""Work on a second processor, by a forked child that reads files and ends: nothing is imported again.

A child of a process with threads could wait forever for a lock that one of them held, and one of a large
process costs more than it saves: for these, and wherever a fork is in doubt, there is none.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import marshal
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from sml_config.files import enlarge_pipe

_LENGTH_BYTES = 8
_PIPE_BYTES = 1 << 20
_KEPT_BYTES = 16 << 20
# Two bytes each: a pipe holds at least a page of them.
_MOST_TICKETS = 2_048
_MOST_RESIDENT = 500_000_000
# A handler of the parent must not run in the child, nor an interrupt be raised there.
_FOR_THE_PARENT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


Item = TypeVar("Item")
Value = TypeVar("Value")


class Tickets:
    """The numbers from 0 to `count`, each drawn once, by whichever process is the first to."""

    def __init__(self, count: int) -> None:
        self._count = count
        # A ticket is for several numbers where there are many of them.
        self._each = max(1, -(-count // _MOST_TICKETS))
        # A pipe is the box: one read takes one out, in a child of this process too.
        self._box, end = os.pipe()
        tickets = range(-(-count // self._each))
        os.write(end, b"".join(ticket.to_bytes(2, "little") for ticket in tickets))
        os.close(end)

    def __iter__(self) -> Iterator[int]:
        while ticket := os.read(self._box, 2):
            first = int.from_bytes(ticket, "little") * self._each
            yield from range(first, min(first + self._each, self._count))

    def close(self) -> None:
        """Throw those away that nobody drew."""
        os.close(self._box)


class ForkedWork:
    """What `work` returns, done by a child of this process from `__enter__` on, if `may_fork`.

    The child ends with the block at the latest. It may not print, and no file that it inherits is closed or
    flushed by it.
    """

    def __init__(self, work: Callable[[], bytes]) -> None:
        self._work = work
        # The number of the child, once there is one.
        self._children: list[int] = []
        self._answer = -1

    def __enter__(self) -> ForkedWork:
        if may_fork():
            try:
                self._fork()
            except BaseException:  # an interrupt: nothing of the child remains
                self.__exit__()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            with _signals_wait():
                self._end_child()
        finally:  # an interrupt that came just before the block
            self._end_child()

    def _end_child(self) -> None:
        if self._answer >= 0:
            os.close(self._answer)
            self._answer = -1
        if self._children:
            # Its number is not another's before it was waited for.
            os.kill(self._children[0], signal.SIGKILL)
            os.waitpid(self._children[0], 0)
            self._children.clear()

    def _fork(self) -> None:
        end = -1
        try:
            with _signals_wait():
                self._answer, end = os.pipe()
                enlarge_pipe(end, _PIPE_BYTES)  # the larger, the less often both wait for each other
                # In one call: an interrupt by way of a native thread cannot lose the child's number.
                self._children.extend(itertools.starmap(os.fork, [()]))
                if self._children == [0]:
                    _work_and_end(self._work, self._answer, end)
        except OSError:  # no more files or processes, or no memory for one
            pass
        finally:
            if end >= 0:
                os.close(end)

    def result(self) -> bytes | None:
        """What the child's work returned; None without a child, or if it did not end well."""
        if not self._children:
            return None
        with open(self._answer, "rb", closefd=False) as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            data = file.read(length)
        return data if length and len(data) == length else None


class SharedWork(Generic[Item, Value]):
    """Items that this process and a child of it, if it may have one, work off together.

    The child begins with the block, this process takes part from `results` on; each takes the next item that
    is left. `pack` and `unpack` bring what the child made of an item to this process.
    """

    def __init__(
        self,
        items: Sequence[Item],
        work: Callable[[Item], Value],
        pack: Callable[[Value], Any],
        unpack: Callable[[Any], Value],
    ) -> None:
        self._items = items
        self._work = work
        self._pack = pack
        self._unpack = unpack
        self._tickets = Tickets(len(items))
        self._parent = os.getpid()
        self._child = ForkedWork(self._packed)

    def __enter__(self) -> SharedWork[Item, Value]:
        # The C library of Linux keeps as much of the memory that is freed as it was once given back at once:
        # to touch new memory for each table would take a third of the time that reading takes.
        bytes(_KEPT_BYTES)
        try:
            self._child.__enter__()
        except BaseException:
            self._tickets.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._child.__exit__(*error)
        finally:
            self._tickets.close()

    def results(self) -> list[Value]:
        """What came of each item."""
        done = {number: self._work(self._items[number]) for number in self._tickets}
        if answer := self._child.result():
            packed = io.BytesIO(answer)
            while packed.tell() < len(answer):
                number, value = marshal.load(packed)  # noqa: S302 - our own child wrote it
                done[number] = self._unpack(value)
        # What a child drew before it failed is done here.
        return [
            done[number] if number in done else self._work(item) for number, item in enumerate(self._items)
        ]

    def _packed(self) -> bytes:
        # One by one: what is done after the last would be done while the other process waits.
        pack, work, items = self._pack, self._work, self._items
        # A parent that was killed asks for nothing more.
        numbers = itertools.takewhile(lambda _: os.getppid() == self._parent, self._tickets)
        return b"".join(marshal.dumps((number, pack(work(items[number])))) for number in numbers)


def may_fork() -> bool:
    """Whether a second processor is there, and a fork of this process safe and cheap."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    if signal.getsignal(signal.SIGCHLD) is not signal.SIG_DFL:  # somebody else waits for children
        return False
    processors = len(os.sched_getaffinity(0))
    try:
        # Numpy's own threads, one for each processor, are prepared for a fork; others need not be.
        threads = len(os.listdir("/proc/self/task"))
        resident = int(Path("/proc/self/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return False
    return processors > 1 and threads <= processors and resident < _MOST_RESIDENT


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """Signals that the parent handles come after the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        # Here: an interrupt that came just before is raised by this call, with signals blocked.
        signal.pthread_sigmask(signal.SIG_BLOCK, _FOR_THE_PARENT)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work_and_end(work: Callable[[], bytes], answer: int, end: int) -> None:
    """Write what `work` returns and end, whatever is raised: the parent sees that an answer is missing."""
    try:
        # Without a parent, nobody may be left who could read: to write fails then, and does not wait.
        os.close(answer)
        data = work()
        with open(end, "wb", closefd=False) as file:
            file.write(len(data).to_bytes(_LENGTH_BYTES, "little") + data)
    finally:
        os._exit(0)
