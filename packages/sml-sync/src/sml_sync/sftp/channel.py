"""SFTP on a channel, asked for in one breath: nothing waits for an answer before the first request."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable

import paramiko

from sml_sync.errors import ConnectError, LineError
from sml_sync.ssh.faults import describe, translated
from sml_sync.ssh.packetizer import IDLE_SECONDS, Data

SESSION_SECONDS = 10.0

# What a channel may have on its way to us: more than is ever asked for at once, so that neither side waits.
_WINDOW = 1 << 26
_PACKET = 1 << 15
# The version that everybody speaks; draft-ietf-secsh-filexfer-02.
_HELLO = struct.pack(">IBI", 5, 1, 3)
_VERSION = 2
_REFUSED = (
    "sftp does not start there; is it allowed, and has sshd_config a line Subsystem sftp internal-sftp?"
)
# OpenSSH's own is of 200 bytes.
_LONGEST_GREETING = 1 << 16


class Channel:
    """Carries packets both ways; the server's greeting is taken off before its first answer."""

    def __init__(self, transport: paramiko.Transport, when_greeted: Callable[[], None]) -> None:
        """Raises ConnectError."""
        self._when_greeted: Callable[[], None] | None = when_greeted
        self._head = b""
        self._transport = transport
        # Bytes of SFTP that went and came.
        self.sent = self.received = 0
        with translated("session"):
            self._start(transport)

    def _start(self, transport: paramiko.Transport) -> None:
        started = time.monotonic()
        try:
            self._channel = transport.open_session(
                window_size=_WINDOW, max_packet_size=_PACKET, timeout=SESSION_SECONDS
            )
        except paramiko.ChannelException as error:
            raise ConnectError("session", f"{_REFUSED} ({error})") from None
        # One way there and back, whatever lies between.
        self.seconds_there = time.monotonic() - started
        self._channel.settimeout(SESSION_SECONDS)
        asked = paramiko.Message()
        asked.add_byte(b"\x62")  # SSH_MSG_CHANNEL_REQUEST, RFC 4254 5.4
        asked.add_int(self._channel.remote_chanid)
        asked.add_string("subsystem")
        asked.add_boolean(True)
        asked.add_string("sftp")
        # Its own `invoke_subsystem` waits for the answer, and its SFTP client for the greeting.
        transport._send_user_message(asked)  # type: ignore[attr-defined]  # the stubs leave it out
        try:
            self._channel.sendall(_HELLO)
        except OSError as error:
            raise self._no_greeting(error) from None

    def send(self, data: memoryview) -> None:
        """Send all of it. Raises LineError."""
        with translated():
            while data:
                sizes = self._room(len(data))
                content = data[: sum(sizes)]
                # Its own `send` locks, copies and writes for each packet.
                self._transport._send_user_message(  # type: ignore[attr-defined]  # the stubs leave it out
                    Data(self._channel.remote_chanid, content, sizes)
                )
                self.sent += len(content)
                data = data[len(content) :]

    def _room(self, wanted: int) -> list[int]:
        """Sizes of packets that may be sent now; waits until it is one. Raises TimeoutError, EOFError."""
        channel, sizes = self._channel, list[int]()
        with channel.lock:
            while wanted and (not sizes or channel.out_window_size):
                # Some servers take larger packets; the packetizer has room for this.
                size = channel._wait_for_send_window(min(wanted, _PACKET))  # type: ignore[attr-defined]  # likewise
                if not size:
                    raise EOFError("the connection was closed over there")
                sizes.append(size)
                wanted -= size
        return sizes

    def recv(self) -> bytes:
        """What has come, at least a byte. Raises ConnectError if it is not SFTP, else LineError."""
        with translated():
            while self._when_greeted is not None:
                self._greet(self._when_greeted)
                if self._when_greeted is None and self._head:
                    return self._head
            data = self._channel.recv(1 << 20)
            if not data:
                raise LineError(self._fault() or "the connection was closed over there")
            self.received += len(data)
            return data

    def recv_ready(self) -> bool:
        """Whether something has come."""
        return self._channel.recv_ready()

    def _greet(self, when_greeted: Callable[[], None]) -> None:
        try:
            data = self._channel.recv(1 << 20)
        except TimeoutError:
            raise ConnectError("session", f"no answer within {SESSION_SECONDS:.0f} s") from None
        if not data:
            raise self._no_greeting()
        self._head += data
        if len(self._head) < 5:
            return
        length, kind = struct.unpack_from(">IB", self._head)
        if kind != _VERSION or length > _LONGEST_GREETING:
            said = self._head[:60].decode("utf-8", "backslashreplace")
            remedy = "does a start-up file like ~/.bashrc print it? It must be silent without a terminal"
            raise ConnectError("session", f"instead of sftp there came {said!r}; {remedy}")
        if len(self._head) < length + 4:
            return
        self._head = self._head[length + 4 :]
        self._channel.settimeout(IDLE_SECONDS)
        self._when_greeted = None
        when_greeted()

    def _no_greeting(self, error: Exception | None = None) -> ConnectError | LineError:
        """Why sftp did not start: the line broke, or the server closed the channel alone."""
        if not self._transport.is_active() or self._transport.saved_exception is not None:
            return LineError(self._fault() or "it broke before sftp had started")
        return ConnectError("session", f"{_REFUSED} ({(error and str(error)) or 'it hung up'})")

    def _fault(self) -> str:
        """What paramiko's thread met, if anything."""
        error = self._transport.saved_exception
        return "" if error is None else describe(error)
