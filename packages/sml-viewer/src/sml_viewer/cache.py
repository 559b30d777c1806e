"""Thread-safe LRU cache bounded by total size in bytes; pausing the garbage collector."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LRUCache(Generic[Value]):
    """An LRU cache for several threads. An entry may be evicted at any time: keep values in use."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._items: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> tuple[Value] | None:
        """The value in a tuple of one, or None if absent: the value itself may be None."""
        with self._lock:
            item = self._items.get(key)
            if item is None:
                return None
            self._items.move_to_end(key)
            return (item[0],)

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Store a value of `size` bytes, evicting the least recently used ones if needed."""
        with self._lock:
            old = self._items.pop(key, None)
            self._bytes += size - (old[1] if old else 0)
            self._items[key] = (value, size)
            while self._bytes > self._most and self._items:
                _, (_, freed) = self._items.popitem(last=False)
                self._bytes -= freed


class _Collector:
    """Reference-counted switch of Python's garbage collector, which all threads share."""

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
def gc_paused() -> Iterator[None]:
    """Pause garbage collection while many lasting objects are created, which would trigger it often."""
    _COLLECTOR.pause()
    try:
        yield
    finally:
        _COLLECTOR.resume()
