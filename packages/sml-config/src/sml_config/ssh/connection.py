"""A login by the system's ssh, shared by channels, commands and port forwards."""

from __future__ import annotations

import contextlib
import select
import shlex
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from .errors import SshError
from .private import PrivateFolder, wait_or_kill

_BUFFER = 1 << 20
_CONTROL_SECONDS = 10.0
_DYING_SECONDS = 0.5
# For a client of a master: no configuration is read, and without the master it does not connect.
_CLIENT = ("-F", "none", "-T", "-x", "-a", "-o", "ControlMaster=no", "-o", "ProxyCommand=exec false")


class Channel:
    """A remote program: it reads what is sent, and what it writes is received."""

    def __init__(
        self,
        stream: socket.socket,
        process: subprocess.Popen[bytes],
        errors: IO[bytes],
        is_connected: Callable[[], bool],
    ) -> None:
        self._stream = stream
        self._process = process
        self._errors = errors
        self._is_connected = is_connected
        self._poll = select.poll()
        self._poll.register(stream, select.POLLIN)
        self.settimeout = stream.settimeout
        self.send = stream.send
        self.recv = stream.recv

    def ready(self) -> bool:
        """Whether data can be received."""
        return bool(self._poll.poll(0))

    def reason(self) -> tuple[str, bool]:
        """Why the program ended, empty if unknown, and whether the whole connection was lost."""
        message = self.error_message()
        deadline = time.monotonic() + _DYING_SECONDS
        # When a connection breaks, its channels end before ssh itself does.
        while not message and self._is_connected() and time.monotonic() < deadline:
            time.sleep(0.01)
        return message, not self._is_connected()

    def error_message(self, patience: float = 1.0) -> str:
        """The last line that ssh wrote about it, if it has ended or ends within `patience` seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self._errors.seek(0)
        lines = self._errors.read(1 << 16).decode("utf-8", "replace").splitlines()
        # Lines after it are about the attempt of ssh to connect without the master.
        texts = [line.strip() for line in lines if "UNKNOWN port" not in line and "disabling mul" not in line]
        return next((text for text in reversed(texts) if text), "")

    def hang_up(self) -> None:
        """Ask the program to end, without waiting for it."""
        self._stream.close()
        self._process.terminate()

    def close(self) -> None:
        """Close the connection."""
        self.hang_up()
        wait_or_kill(self._process)
        self._errors.close()

    def close_copies(self) -> None:
        """Close a copy in a forked process."""
        self._stream.close()
        self._process.returncode = 0


class Connection:
    """An open login; `close` ends whatever was started for it."""

    def __init__(
        self,
        folder: PrivateFolder,
        environment: dict[str, str],
        control: Path,
        master: subprocess.Popen[bytes] | None,
    ) -> None:
        """`master` is None if `control` is the socket of a connection that the user has opened."""
        self._folder = folder
        self._environment = environment
        self._control = control
        self._master = master
        self._channels: list[Channel] = []
        self._lock = threading.Lock()
        folder.on_fork(self._close_copies)

    @property
    def alive(self) -> bool:
        """Whether the connection is open, as far as is known locally."""
        return self._folder.is_owner and (self._master is None or self._master.poll() is None)

    def channel(self, words: Sequence[str] = (), *, subsystem: str | None = None) -> Channel:
        """Start a subsystem, or the command of these words, on the remote host. Raises SshError.

        It may fail to start later: nothing is received then, and `Channel.reason` says why.
        """
        arguments = (
            ["--", "host", shlex.join(words)] if subsystem is None else ["-s", "--", "host", subsystem]
        )
        local_end, remote_end = socket.socketpair()
        for end in (local_end, remote_end):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        errors = tempfile.TemporaryFile(dir=self._folder.path)  # noqa: SIM115  the channel closes it
        try:
            process = subprocess.Popen(
                self._command(arguments), stdin=remote_end.fileno(), stdout=remote_end.fileno(),
                stderr=errors, env=self._environment, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            local_end.close()
            errors.close()
            raise SshError("session", f"ssh cannot be started: {error}") from None
        finally:
            remote_end.close()
        self._folder.guard(process)
        channel = Channel(local_end, process, errors, lambda: self.alive)
        with self._lock:
            self._channels.append(channel)
        return channel

    def run(
        self, words: Sequence[str], data: bytes = b"", timeout: float | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the command of these words on the remote host to its end. Raises subprocess.TimeoutExpired."""
        return self._run_to_end(self._command(["--", "host", shlex.join(words)]), data, timeout)

    def forward(self, port: int, host: str, remote_port: int) -> None:
        """Let `port` of 127.0.0.1 lead to a port that is reached from on the remote host. Raises SshError."""
        forwarding = f"127.0.0.1:{port}:{f'[{host}]' if ':' in host else host}:{remote_port}"
        words = ["-O", "forward", "-L", forwarding, "--", "host"]
        done = self._run_to_end(self._command(words), b"", _CONTROL_SECONDS)
        if done.returncode:
            raise SshError("session", done.stderr.decode("utf-8", "replace").strip())

    def close(self) -> None:
        """Hang up; in a process that was forked meanwhile only the copies are closed."""
        if not self._folder.is_owner:
            return
        # All end at the same time.
        for channel in self._channels:
            channel.hang_up()
        if self._master is not None:
            self._master.terminate()
        for channel in self._channels:
            channel.close()
        if self._master is not None:
            wait_or_kill(self._master)
        self._folder.close()

    def _close_copies(self) -> None:
        for channel in self._channels:
            channel.close_copies()
        if self._master is not None:
            self._master.returncode = 0

    def _command(self, words: list[str]) -> list[str]:
        # Contains the folder's path, by which the guard recognises the process.
        known_hosts = f"UserKnownHostsFile={self._folder.path}/none"
        return ["ssh", *_CLIENT, "-o", known_hosts, "-S", str(self._control), *words]

    def _run_to_end(
        self, command: list[str], data: bytes, timeout: float | None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command, input=data, capture_output=True, env=self._environment, timeout=timeout,
            check=False, start_new_session=True,
        )  # fmt: skip
