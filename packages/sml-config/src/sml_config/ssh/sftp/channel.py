"""An SFTP channel that sends its first requests without waiting for the server's greeting."""

from __future__ import annotations

import contextlib
import struct
import threading
import time
from collections.abc import Iterator
from typing import Protocol

from sml_config.ssh import limits
from sml_config.ssh.errors import ConnectionLostError, SshError, describe

# Version 3, which all servers support; draft-ietf-secsh-filexfer-02.
_INIT = struct.pack(">IBI", 5, 1, 3)
_VERSION = 2
REFUSED = (
    "the server did not start sftp; is it allowed, and does its sshd_config have the line "
    "Subsystem sftp internal-sftp?"
)
# That of OpenSSH has 200 bytes.
_LONGEST_GREETING = 1 << 16
# The time until the greeting counts as so many: the host also has to start sftp.
_ROUND_TRIPS_OF_A_GREETING = 3
_RECEIVE_BYTES = 1 << 20
_LIMITED_BYTES = 1 << 15


class ByteStream(Protocol):
    """Bytes to and from an SFTP server, with the methods of a socket."""

    def settimeout(self, seconds: float | None, /) -> None:
        """How long `send` and `recv` wait before they raise TimeoutError."""

    def send(self, data: memoryview, /) -> int:
        """Send the beginning of data; returns how much."""

    def recv(self, size: int, /) -> bytes:
        """Received bytes, at least one; none if the program has ended. Both raise OSError, EOFError."""

    def ready(self) -> bool:
        """Whether data can be received."""

    def reason(self) -> tuple[str, bool]:
        """Why the program has ended, as far as is known, and whether the whole connection has."""


class RateLimit:
    """Limits the bytes per second of all channels that share it."""

    def __init__(self, bytes_per_second: int) -> None:
        self._seconds = 1 / max(bytes_per_second, 1)
        self._free_at = 0.0
        self._lock = threading.Lock()

    def wait(self, size: int) -> None:
        """Count bytes, and wait until more may be transferred."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + size * self._seconds
            pause = self._free_at - now
        time.sleep(pause)


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError) as error:
        raise ConnectionLostError(describe(error)) from error


class Channel:
    """Carries SFTP packets both ways; consumes the server's greeting before its first reply."""

    def __init__(self, stream: ByteStream, rate_limit: RateLimit | None = None) -> None:
        """Raises SshError."""
        self._stream = stream
        self._greeted = False
        self._head = b""
        self._started = self._sent_at = time.monotonic()
        self._is_measured = False
        self.rate_limit = rate_limit
        # Seconds of the shortest round trip so far.
        self.round_trip = 0.0
        # Bytes of SFTP sent and received.
        self.sent = self.received = 0
        stream.settimeout(limits.SESSION)
        try:
            with _failures():
                stream.send(memoryview(_INIT))
        except ConnectionLostError:
            raise self._no_greeting() from None

    def send(self, data: memoryview, *, alone: bool = False) -> None:
        """Send all of it; `alone` if no reply is outstanding. Raises SshError, ConnectionLostError."""
        self._is_measured = alone and self._greeted
        self._sent_at = time.monotonic()
        try:
            with _failures():
                self._send(data)
        except ConnectionLostError:
            # What was received before tells why sftp did not start.
            self.greet()
            raise

    def _send(self, data: memoryview) -> None:
        while data:
            count = self._stream.send(data if self.rate_limit is None else data[:_LIMITED_BYTES])
            if not count:
                raise EOFError("the server closed the connection")
            self.sent += count
            data = data[count:]
            if self.rate_limit is not None:
                self.rate_limit.wait(count)

    def recv(self) -> bytes:
        """Received bytes, at least one. Raises SshError if it is not SFTP, else ConnectionLostError."""
        self.greet()
        if self._head:
            data, self._head = self._head, b""
            return data
        with _failures():
            data = self._stream.recv(_RECEIVE_BYTES if self.rate_limit is None else _LIMITED_BYTES)
        if not data:
            raise ConnectionLostError(self._stream.reason()[0] or "the server closed the connection")
        if self._is_measured:
            self._is_measured = False
            self.round_trip = min(self.round_trip, time.monotonic() - self._sent_at)
        self.received += len(data)
        if self.rate_limit is not None:
            self.rate_limit.wait(len(data))
        return data

    def recv_ready(self) -> bool:
        """Whether data can be received."""
        return bool(self._head) or self._stream.ready()

    def greet(self) -> None:
        """Wait for the server's greeting. Raises SshError, ConnectionLostError."""
        while not self._greeted:
            try:
                with _failures():
                    data = self._stream.recv(_RECEIVE_BYTES)
            except ConnectionLostError as error:
                if isinstance(error.__cause__, TimeoutError):
                    raise SshError("session", f"no answer within {limits.SESSION:.0f} s") from None
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
            remedy = (
                "does a start-up file such as ~/.bashrc print it? It must print nothing without a terminal"
            )
            raise SshError("session", f"the server sent {text!r} instead of sftp; {remedy}")
        if len(self._head) < length + 4:
            return
        self._head = self._head[length + 4 :]
        self._greeted = True
        self.round_trip = (time.monotonic() - self._started) / _ROUND_TRIPS_OF_A_GREETING
        self._stream.settimeout(limits.IDLE)

    def _no_greeting(self) -> SshError | ConnectionLostError:
        """The error if sftp did not start: the connection was lost, or only the channel was closed."""
        reason, is_line = self._stream.reason()
        if is_line:
            return ConnectionLostError(reason or "the connection was lost before sftp started")
        return SshError("session", f"{REFUSED} ({reason or 'the server closed the connection'})")
