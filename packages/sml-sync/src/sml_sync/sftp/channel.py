"""An SFTP channel that sends its first requests without waiting for the server's greeting."""

from __future__ import annotations

import struct
import threading
import time
from typing import Protocol

from sml_sync import limits
from sml_sync.errors import ConnectError, LineError
from sml_sync.faults import translated

# The version that everybody speaks; draft-ietf-secsh-filexfer-02.
_HELLO = struct.pack(">IBI", 5, 1, 3)
_VERSION = 2
REFUSED = "sftp does not start there; is it allowed, and has sshd_config a line Subsystem sftp internal-sftp?"
# OpenSSH's own is of 200 bytes.
_LONGEST_GREETING = 1 << 16
# Of a greeting's time: the machine has to start sftp, too.
_WAYS_OF_A_GREETING = 3
_MOST_AT_ONCE = 1 << 20
_PACED_BYTES = 1 << 15


class Line(Protocol):
    """Bytes to and from the program that serves SFTP: a socket, nearly."""

    def settimeout(self, seconds: float | None, /) -> None:
        """How long `send` and `recv` wait before they raise TimeoutError."""

    def send(self, data: memoryview, /) -> int:
        """Send the beginning of data; returns how much."""

    def recv(self, size: int, /) -> bytes:
        """What has come, at least a byte; none if the program has ended."""

    def ready(self) -> bool:
        """Whether something has come."""

    def reason(self) -> tuple[str, bool]:
        """Why the program has ended, as far as is known, and whether the whole connection has."""


class Pace:
    """Lets all that shares it move only so many bytes in a second."""

    def __init__(self, bytes_per_second: int) -> None:
        self._seconds = 1 / max(bytes_per_second, 1)
        self._free_at = 0.0
        self._lock = threading.Lock()

    def wait(self, size: int) -> None:
        """Take note of bytes that travel, and wait until the next may."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + size * self._seconds
            pause = self._free_at - now
        time.sleep(pause)


class Channel:
    """Carries packets both ways; the server's greeting is taken off before its first answer."""

    def __init__(self, line: Line, pace: Pace | None = None) -> None:
        """Raises ConnectError."""
        self._line = line
        self._greeted = False
        self._head = b""
        self._started = self._sent_at = time.monotonic()
        self._is_measured = False
        self.pace = pace
        # One way there and back, whatever lies between; the shortest that was seen.
        self.seconds_there = 0.0
        # Bytes of SFTP that went and came.
        self.sent = self.received = 0
        line.settimeout(limits.SESSION)
        try:
            with translated():
                line.send(memoryview(_HELLO))
        except LineError:
            raise self._no_greeting() from None

    def send(self, data: memoryview, *, alone: bool = False) -> None:
        """Send all of it; `alone` if no answer is waited for. Raises LineError."""
        self._is_measured = alone and self._greeted
        self._sent_at = time.monotonic()
        with translated():
            while data:
                count = self._line.send(data if self.pace is None else data[:_PACED_BYTES])
                if not count:
                    raise EOFError("the connection was closed over there")
                self.sent += count
                data = data[count:]
                if self.pace is not None:
                    self.pace.wait(count)

    def recv(self) -> bytes:
        """What has come, at least a byte. Raises ConnectError if it is not SFTP, else LineError."""
        self.greet()
        if self._head:
            data, self._head = self._head, b""
            return data
        with translated():
            data = self._line.recv(_MOST_AT_ONCE if self.pace is None else _PACED_BYTES)
        if not data:
            raise LineError(self._line.reason()[0] or "the connection was closed over there")
        if self._is_measured:
            self._is_measured = False
            self.seconds_there = min(self.seconds_there, time.monotonic() - self._sent_at)
        self.received += len(data)
        if self.pace is not None:
            self.pace.wait(len(data))
        return data

    def recv_ready(self) -> bool:
        """Whether something has come."""
        return bool(self._head) or self._line.ready()

    def greet(self) -> None:
        """Wait for the server's greeting, if it has not come. Raises ConnectError, LineError."""
        while not self._greeted:
            try:
                with translated():
                    data = self._line.recv(_MOST_AT_ONCE)
            except LineError as error:
                if isinstance(error.__cause__ or error.__context__, TimeoutError):
                    raise ConnectError("session", f"no answer within {limits.SESSION:.0f} s") from None
                raise self._no_greeting() from None
            if not data:
                raise self._no_greeting()
            self._head += data
            self._take_greeting()

    def _take_greeting(self) -> None:
        if len(self._head) < 5:
            return
        length, kind = struct.unpack_from(">IB", self._head)
        if kind != _VERSION or length > _LONGEST_GREETING:
            text = self._head[:60].decode("utf-8", "backslashreplace")
            remedy = "does a start-up file like ~/.bashrc print it? It must be silent without a terminal"
            raise ConnectError("session", f"instead of sftp there came {text!r}; {remedy}")
        if len(self._head) < length + 4:
            return
        self._head = self._head[length + 4 :]
        self._greeted = True
        self.seconds_there = (time.monotonic() - self._started) / _WAYS_OF_A_GREETING
        self._line.settimeout(limits.IDLE)

    def _no_greeting(self) -> ConnectError | LineError:
        """Why sftp did not start: the line broke, or the server closed the channel alone."""
        reason, is_line = self._line.reason()
        if is_line:
            return LineError(reason or "it broke before sftp had started")
        return ConnectError("session", f"{REFUSED} ({reason or 'it hung up'})")
