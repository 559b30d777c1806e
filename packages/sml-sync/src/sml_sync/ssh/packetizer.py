"""Data on its way out: many SSH packets are encrypted into one buffer and written in one call.

paramiko builds, copies, locks and writes each packet of 32 KB by itself, which takes more of a core than the
cipher, the digest and the kernel together. What it does for ciphers without GCM stays as it is.
"""

from __future__ import annotations

import os
import struct
import threading
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import paramiko
from paramiko.packet import Packetizer

# A line that neither brings nor takes anything for so long is dead.
IDLE_SECONDS = 30.0

_CHANNEL_DATA = 94  # RFC 4254 5.2
_BLOCK = 16
_TAG = 16
# A packet with everything around it, and as many of them as are written at a time.
_LARGEST = (1 << 15) + 256
_AT_A_TIME = 8


class Data(NamedTuple):
    """Content for a channel over there, to be cut into packets of these sizes."""

    channel: int
    content: memoryview
    sizes: list[int]

    def payloads(self) -> Iterable[tuple[bytes, memoryview]]:
        """Head and content of each packet."""
        at = 0
        for size in self.sizes:
            yield struct.pack(">BII", _CHANNEL_DATA, self.channel, size), self.content[at : at + size]
            at += size


class SwiftPacketizer(Packetizer):
    """paramiko's, with a road of its own for what AES-GCM encrypts (RFC 5647)."""

    def __init__(self, socket: Any) -> None:
        super().__init__(socket)
        self._socket = socket
        self._lock = threading.Lock()
        self._engine: Any = None
        self._fixed = b""
        self._count = 0
        self._sent_bytes = self._sent_packets = 0
        self._plain = memoryview(bytearray(_LARGEST))
        self._out = memoryview(bytearray(_LARGEST * _AT_A_TIME))

    def set_outbound_cipher(self, *arguments: Any, **settings: Any) -> None:
        """Change keys; paramiko calls it when both sides have agreed on them."""
        with self._lock:
            super().set_outbound_cipher(*arguments, **settings)
            self._sent_bytes = self._sent_packets = 0
            self._engine = None
            if settings.get("aead"):
                self._engine = settings["block_engine"] if "block_engine" in settings else arguments[0]
                self._fixed = settings["iv_out"][:4]
                self._count = int.from_bytes(settings["iv_out"][4:], "big")

    def send_message(self, data: paramiko.Message | Data) -> None:
        """Send a message, or content for a channel. Raises EOFError."""
        if self._engine is not None:
            self._send(data.payloads() if isinstance(data, Data) else [(b"", memoryview(data.asbytes()))])
        elif isinstance(data, Data):
            for head, content in data.payloads():
                super().send_message(paramiko.Message(head + content))
        else:
            super().send_message(data)

    def write_all(self, out: bytes | memoryview) -> None:  # type: ignore[override]  # takes more
        """Write bytes as they are; paramiko's tries for ever. Raises EOFError, TimeoutError."""
        left = memoryview(out)
        deadline = time.monotonic() + IDLE_SECONDS
        while left:
            if self.closed:
                raise EOFError
            try:
                sent = self._socket.send(left)
            except (TimeoutError, BlockingIOError):
                if time.monotonic() > deadline:
                    # Others who wait to write here need not find that out too.
                    self.close()
                    raise TimeoutError from None
                continue
            except OSError:
                raise EOFError from None
            if not sent:
                raise EOFError
            deadline = time.monotonic() + IDLE_SECONDS
            left = left[sent:]

    def _send(self, payloads: Iterable[tuple[bytes, memoryview]]) -> None:
        with self._lock:
            padding = os.urandom(2 * _BLOCK)
            end = 0
            for head, content in payloads:
                size = len(head) + len(content)
                if size + _LARGEST - (1 << 15) > len(self._out) - end:
                    self.write_all(self._out[:end])
                    end = 0
                if size + 1 + len(padding) > len(self._plain):
                    raise paramiko.SSHException(f"a packet of {size} bytes is too long")
                end = self._seal(end, head, content, padding)
                self._sent_packets += 1
                self._sent_bytes += size
            self.write_all(self._out[:end])
            # Both sides change keys before a counter comes near its end.
            if self._sent_bytes >= self.REKEY_BYTES or self._sent_packets >= self.REKEY_PACKETS:
                self._trigger_rekey()  # type: ignore[attr-defined]  # the stubs leave it out

    def _seal(self, at: int, head: bytes, content: memoryview, padding: bytes) -> int:
        """Encrypt a packet to a place of what is written; returns where it ends."""
        begin = 1 + len(head)
        end = begin + len(content)
        # At least 4 bytes, up to a whole block; the length itself is not encrypted, only signed.
        padded = -(-(end + 4) // _BLOCK) * _BLOCK
        plain = self._plain
        plain[0] = padded - end
        plain[1:begin] = head
        plain[begin:end] = content
        plain[end:padded] = padding[: padded - end]
        length = padded.to_bytes(4, "big")
        nonce = self._fixed + self._count.to_bytes(8, "big")
        self._count = (self._count + 1) & 0xFFFFFFFFFFFFFFFF
        sealed = self._out[at + 4 : at + 4 + padded + _TAG]
        self._out[at : at + 4] = length
        if hasattr(self._engine, "encrypt_into"):
            self._engine.encrypt_into(nonce, plain[:padded], length, sealed)
        else:
            sealed[:] = self._engine.encrypt(nonce, plain[:padded], length)
        return at + 4 + padded + _TAG
