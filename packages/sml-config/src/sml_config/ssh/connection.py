"""A login by the system's ssh, shared by channels, commands and port forwards."""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from .errors import SshError
from .private import PrivateFolder, ended

_BUFFER = 1 << 20
_CONTROL_SECONDS = 10.0
# For a client of a master: no configuration is read, and without the master nothing is begun.
_CLIENT = ("-F", "none", "-T", "-x", "-a", "-o", "ControlMaster=no", "-o", "ProxyCommand=exec false")


class Channel:
    """A program over there: what is sent to `line` it reads, what it writes comes back."""

    def __init__(self, line: socket.socket, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
        self.line = line
        self._process = process
        self._errors = errors

    def complaint(self, patience: float = 1.0) -> str:
        """The last thing that ssh wrote about it, if it has ended or does so now."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self._errors.seek(0)
        lines = self._errors.read(1 << 16).decode("utf-8", "replace").splitlines()
        # What follows is of ssh's try without the master.
        ours = [line.strip() for line in lines if "UNKNOWN port" not in line and "disabling mul" not in line]
        return next((line for line in reversed(ours) if line), "")

    def close(self) -> None:
        """Hang up."""
        self.line.close()
        self._process.terminate()
        ended(self._process)
        self._errors.close()

    def let_go(self) -> None:
        """Close a copy that a fork has made."""
        self.line.close()
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
        """`master` is None if the user has opened the connection whose socket `control` is."""
        self._folder = folder
        self._environment = environment
        self._control = control
        self._master = master
        self._channels: list[Channel] = []
        self._lock = threading.Lock()
        folder.when_forked(self._let_go)

    @property
    def alive(self) -> bool:
        """Whether nobody has hung up, as far as is known here."""
        return self._folder.is_ours and (self._master is None or self._master.poll() is None)

    def channel(self, words: Sequence[str] = (), *, subsystem: str | None = None) -> Channel:
        """Start a subsystem, or the command of these words, over there. Raises SshError.

        Whether it starts is seen by what comes: `Channel.complaint` tells the reason if nothing does.
        """
        arguments = (
            ["--", "host", shlex.join(words)] if subsystem is None else ["-s", "--", "host", subsystem]
        )
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        errors = tempfile.TemporaryFile(dir=self._folder.path)  # noqa: SIM115  the channel closes it
        try:
            process = subprocess.Popen(
                self._command(arguments), stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=errors,
                env=self._environment, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            ours.close()
            errors.close()
            raise SshError("session", f"ssh cannot be started: {error}") from None
        finally:
            theirs.close()
        self._folder.guard(process)
        channel = Channel(ours, process, errors)
        with self._lock:
            self._channels.append(channel)
        return channel

    def run(
        self, words: Sequence[str], data: bytes = b"", timeout: float | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the command of these words over there to its end. Raises subprocess.TimeoutExpired."""
        return self._finished(self._command(["--", "host", shlex.join(words)]), data, timeout)

    def forward(self, port: int, host: str, remote_port: int) -> None:
        """Let `port` of 127.0.0.1 lead to a port that is reached from over there. Raises SshError."""
        way = f"127.0.0.1:{port}:{f'[{host}]' if ':' in host else host}:{remote_port}"
        words = ["-O", "forward", "-L", way, "--", "host"]
        done = self._finished(self._command(words), b"", _CONTROL_SECONDS)
        if done.returncode:
            raise SshError("session", done.stderr.decode("utf-8", "replace").strip())

    def close(self) -> None:
        """Hang up; in a process that was forked meanwhile only the copies are closed."""
        if not self._folder.is_ours:
            return
        for channel in self._channels:
            channel.close()
        if self._master is not None:
            self._master.terminate()
            ended(self._master)
        self._folder.close()

    def _let_go(self) -> None:
        for channel in self._channels:
            channel.let_go()
        if self._master is not None:
            self._master.returncode = 0

    def _command(self, words: list[str]) -> list[str]:
        # The folder's name is in it so that the guard knows it.
        own = f"UserKnownHostsFile={self._folder.path}/none"
        return ["ssh", *_CLIENT, "-o", own, "-S", str(self._control), *words]

    def _finished(
        self, command: list[str], data: bytes, timeout: float | None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command, input=data, capture_output=True, env=self._environment, timeout=timeout,
            check=False, start_new_session=True,
        )  # fmt: skip
