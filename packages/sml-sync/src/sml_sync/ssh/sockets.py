"""Sockets for paramiko: a TCP connection, and the input and output of a ProxyCommand."""

from __future__ import annotations

import shlex
import socket
import subprocess
import threading
import time
from typing import Any

from sml_config.ssh import limits
from sml_sync.errors import ConnectError


class TcpSocket(socket.socket):
    """A TCP connection that times out if the peer accepts no data for long, which paramiko does not do."""

    def __init__(self, host: str, port: int) -> None:
        with socket.create_connection((host, port), limits.CONNECT) as connected:
            super().__init__(connected.family, connected.type, connected.proto, connected.detach())
        # paramiko never sets it; without it every small file waits 40 ms for an acknowledgement.
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._last_sent = time.monotonic()

    def send(self, data: Any, flags: int = 0) -> int:
        """Send what the peer accepts. Raises TimeoutError, after which paramiko retries; at last OSError."""
        try:
            count = super().send(data, flags)
        except TimeoutError:
            if time.monotonic() - self._last_sent > limits.IDLE:
                raise ConnectionAbortedError(f"no answer for {limits.IDLE:.0f} s") from None
            raise
        self._last_sent = time.monotonic()
        return count


def start_proxy_command(command: str) -> socket.socket:
    """Start a ProxyCommand; returns a socket to its input and output. Raises ConnectError."""
    local_end, remote_end = socket.socketpair()
    with remote_end:
        try:
            words, end = shlex.split(command.removeprefix("exec ")), remote_end.fileno()
            process = subprocess.Popen(words, stdin=end, stdout=end, stderr=subprocess.DEVNULL)
        except (OSError, ValueError) as error:
            local_end.close()
            raise ConnectError("connect", f"ProxyCommand {command!r}: {error}") from None
    # It ends when its socket closes; without a wait it would stay a zombie.
    threading.Thread(target=process.wait, daemon=True).start()
    return local_end
