"""Receive and send buffers of a connection, so that no thread waits for a client.

Both work on a non-blocking socket, plain or TLS; the TLS handshake is part of reading.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections import deque

_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding:", re.IGNORECASE | re.MULTILINE)
_EXPECT = re.compile(rb"^expect:[^\r\n]*\r\n", re.IGNORECASE | re.MULTILINE)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_PIECE = 1 << 16
# Pieces per read of one connection, for fairness to others.
_AT_ONCE = 4
# Bytes beyond the limit of a head that are received before it is refused.
_BEYOND = 10_000
WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Inbox:
    """Receive buffer; a file for the parser once a request is complete."""

    def __init__(self, sock: socket.socket, most_head: int, most_body: int) -> None:
        self._socket = sock
        self._most_head, self._most_body = most_head, most_body
        self._data = bytearray()
        self._position = 0
        self._needed: int | None = None
        self.bytes_read = 0
        self.closed = False

    @property
    def size(self) -> int:
        """Number of bytes in the buffer."""
        return len(self._data)

    @property
    def has_begun(self) -> bool:
        """Whether a request has begun."""
        return bool(self._data)

    @property
    def has_head(self) -> bool:
        """Whether the head of a request is complete."""
        return self._needed is not None

    def has_data(self) -> bool:
        """Whether a request is complete, or enough of it is received to refuse it."""
        if self._needed is None:
            self._find_head()
        return self._needed is not None and len(self._data) >= self._needed

    def receive(self) -> bool:
        """Receive available data; False if the client closed the connection. Raises OSError."""
        for _ in range(_AT_ONCE):
            try:
                piece = self._socket.recv(_PIECE)
            except WOULD_BLOCK:
                break
            if not piece:
                return False
            self._data += piece
            self.bytes_read += len(piece)
            if self.has_data():
                break
        return True

    def begin(self) -> None:
        """Start to read a request; unread data belongs to the next one."""
        self._needed = None

    def end(self) -> None:
        """Discard the request that was read."""
        del self._data[: self._position]
        self._position = 0

    def read(self, size: int | None = None) -> bytes:
        """At most `size` bytes from the buffer."""
        end = len(self._data) if size is None or size < 0 else self._position + size
        part = bytes(self._data[self._position : end])
        self._position += len(part)
        return part

    def readline(self, size: int | None = None) -> bytes:
        """A line from the buffer, at most `size` bytes of it."""
        end = self._data.find(b"\n", self._position) + 1 or len(self._data)
        if size is not None and size >= 0:
            end = min(end, self._position + size)
        return self.read(end - self._position)

    def close(self) -> None:
        """Discard the buffer."""
        self._data.clear()
        self.closed = True

    def _find_head(self) -> None:
        data = self._data
        while data.startswith(b"\r\n"):  # some clients send an extra line end after a body
            del data[:2]
        end = data.find(b"\r\n\r\n") + 4
        first = data.find(b"\n")
        if end < 4 and first > 0 and data[first - 1 : first] != b"\r":
            self._needed = len(data)  # not HTTP; refused by the parser
        elif end < 4:
            if len(data) > self._most_head + _BEYOND:
                self._needed = len(data)
        else:
            head = bytes(data[:end])
            lengths = _LENGTH.findall(head)
            length = int(lengths[-1]) if lengths and not _CHUNKED.search(head) else 0
            self._needed = end + (length if length <= self._most_body else 0)
            if length and _EXPECT.search(head):
                self._answer_expectation(head, end)

    def _answer_expectation(self, head: bytes, end: int) -> None:
        """Send 100 Continue to a client that waits for it."""
        shorter = _EXPECT.sub(b"", head)
        self._data[:end] = shorter
        self._needed = (self._needed or 0) - (end - len(shorter))
        if len(self._data) < self._needed:
            self._socket.send(_CONTINUE)


class Outbox:
    """Send buffer."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._pieces: deque[memoryview] = deque()
        self.size = 0
        self.bytes_written = 0

    def write(self, data: bytes) -> int:
        """Append data to the buffer."""
        if data:
            self._pieces.append(memoryview(data))
            self.size += len(data)
        return len(data)

    def flush(self) -> int:
        """Send as much as the client takes; returns the number of bytes. Raises OSError."""
        before = self.bytes_written
        while self._pieces:
            piece = self._pieces[0]
            try:
                sent = self._socket.send(piece[:_PIECE])
            except WOULD_BLOCK:
                break
            self.size -= sent
            self.bytes_written += sent
            if sent == len(piece):
                self._pieces.popleft()
            else:
                self._pieces[0] = piece[sent:]
        return self.bytes_written - before

    def close(self) -> None:
        """Discard unsent data."""
        self._pieces.clear()
        self.size = 0
