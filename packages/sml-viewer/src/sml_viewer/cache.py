"""What was made once is kept up to so many bytes; the least recently used goes first."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """Values by key, for several threads. What was put may be gone at the next look: keep what you need."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._items: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> tuple[Value] | None:
        """The value alone in a tuple, or None: a value may be None itself."""
        with self._lock:
            item = self._items.get(key)
            if item is None:
                return None
            self._items.move_to_end(key)
            return (item[0],)

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Keep a value of so many bytes, at the cost of others."""
        with self._lock:
            old = self._items.pop(key, None)
            self._bytes += size - (old[1] if old else 0)
            self._items[key] = (value, size)
            while self._bytes > self._most and self._items:
                _, (_, freed) = self._items.popitem(last=False)
                self._bytes -= freed


class _Collector:
    """Python's collector of garbage, off while anybody wants it off; it is one for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pauses = 0
        self._was_on = False

    def pause(self) -> None:
        with self._lock:
            if not self._pauses:
                self._was_on = gc.isenabled()
                gc.disable()
            self._pauses += 1

    def resume(self) -> None:
        with self._lock:
            self._pauses -= 1
            if not self._pauses and self._was_on:
                gc.enable()


_COLLECTOR = _Collector()


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Make many objects that stay, without the searches for garbage that so many set off."""
    _COLLECTOR.pause()
    try:
        yield
    finally:
        _COLLECTOR.resume()
