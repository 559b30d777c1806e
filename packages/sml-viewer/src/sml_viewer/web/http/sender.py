"""A thread that sends responses to slow clients, so that no other thread waits for them."""

from __future__ import annotations

import contextlib
import queue
import selectors
import socket
import threading
import time
from typing import Protocol

from .buffers import Outbox

_POLL_SECONDS = 0.5


class Receiver(Protocol):
    """A connection with an unsent response."""

    socket: socket.socket
    wfile: Outbox

    def resume(self) -> None:
        """Produce more of the response, or end it; called when most of the buffer is sent."""

    def close(self) -> None:
        """Close the connection."""


class Sender:
    """Sends to connections as they become writable; closes those without progress for a time."""

    def __init__(self, idle: float, low: int) -> None:
        """`low`: number of unsent bytes at which more is requested; `idle`: time limit in seconds."""
        self._idle, self._low = idle, low
        self._selector = selectors.DefaultSelector()
        self._new: queue.SimpleQueue[Receiver] = queue.SimpleQueue()
        self._wake, self._woken = socket.socketpair()
        for end in (self._wake, self._woken):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._progress: dict[Receiver, float] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sml-viewer-send", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def add(self, connection: Receiver) -> None:
        """Send the connection's buffer; the sender owns the connection until it calls `resume` or `close`."""
        self._new.put(connection)
        with contextlib.suppress(OSError):  # full: the thread wakes anyway
            self._wake.send(b"x")

    def stop(self) -> None:
        """Close all connections with unsent data."""
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._wake.send(b"x")
        if self._thread.is_alive():
            self._thread.join()
        for connection in [*self._progress, *self._taken()]:
            connection.close()
        self._selector.close()
        self._wake.close()
        self._woken.close()

    def _taken(self) -> list[Receiver]:
        connections = []
        with contextlib.suppress(queue.Empty):
            while True:
                connections.append(self._new.get_nowait())
        return connections

    def _run(self) -> None:
        while not self._stopped.is_set():
            ready = self._selector.select(_POLL_SECONDS)
            now = time.monotonic()
            for key, _ in ready:
                if key.data is None:
                    with contextlib.suppress(OSError):
                        self._woken.recv(4096)
                else:
                    self._send(key.data, now)
            for connection in self._taken():
                try:
                    self._selector.register(connection.socket, selectors.EVENT_WRITE, connection)
                    self._progress[connection] = now
                except (OSError, ValueError, KeyError):
                    connection.close()
            for connection in [
                receiver for receiver, last in self._progress.items() if last < now - self._idle
            ]:
                self._forget(connection)
                connection.close()

    def _send(self, connection: Receiver, now: float) -> None:
        try:
            if connection.wfile.flush():
                self._progress[connection] = now
        except (OSError, ValueError):
            self._forget(connection)
            connection.close()
            return
        if connection.wfile.size <= self._low:
            self._forget(connection)
            connection.resume()

    def _forget(self, connection: Receiver) -> None:
        self._progress.pop(connection, None)
        with contextlib.suppress(KeyError, ValueError, OSError):
            self._selector.unregister(connection.socket)
