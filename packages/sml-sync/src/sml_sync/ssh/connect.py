"""Connect to a target by the system's `ssh` or by paramiko, and open SFTP channels."""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Protocol, TypeVar

from sml_config.ssh import SshError, missing_program
from sml_config.ssh.sftp import pipeline
from sml_config.ssh.sftp.channel import ByteStream, Channel, RateLimit
from sml_sync.errors import ConnectError, RemoteError, TargetError
from sml_sync.targets import AUTO, CLIENTS, PARAMIKO, Target

from .host_key import HostKey

# A longer round trip gets more channels: each has at most 2 MB in flight.
_SLOW_SECONDS = 0.01
_CHANNELS_FAST, _CHANNELS_SLOW = 2, 4

T = TypeVar("T")
StepCallback = Callable[[str, str], None]


class Login(Protocol):
    """An open login at a target."""

    @property
    def alive(self) -> bool:
        """Whether the connection is open, as far as is known locally."""

    def channel(self, *, subsystem: str) -> ByteStream:
        """Start a subsystem of the remote host. Raises SshError, ConnectionLostError."""

    def close(self) -> None:
        """Close the connection."""


class Connection:
    """A login that carries SFTP channels."""

    def __init__(self, target: Target, login: Login) -> None:
        self.target = target
        self._login = login
        self._channels: dict[int, Channel] = {}
        self._most_channels = _CHANNELS_SLOW
        self._rate_limit: RateLimit | None = None

    @property
    def alive(self) -> bool:
        """Whether the connection is open, as far as is known locally."""
        return self._login.alive

    def limit(self, bytes_per_second: int | None) -> None:
        """Limit the bytes per second; None for unlimited."""
        self._rate_limit = None if bytes_per_second is None else RateLimit(bytes_per_second)
        for channel in self._channels.values():
            channel.rate_limit = self._rate_limit

    def traffic(self) -> tuple[int, int]:
        """Bytes sent and received since the login."""
        channels = list(self._channels.values())
        return sum(channel.sent for channel in channels), sum(channel.received for channel in channels)

    def channels(self, *, many: bool) -> list[Callable[[], Channel]]:
        """Functions that return an SFTP channel, opened when first needed: one, or as many as are worthwhile.

        Each raises SshError, ConnectionLostError; a server may allow fewer.
        """
        number = 1
        if many:
            is_slow = self._channel(0).round_trip > _SLOW_SECONDS
            number = min(self._most_channels, _CHANNELS_SLOW if is_slow else _CHANNELS_FAST)
        return [functools.partial(self._channel, index) for index in range(number)]

    def run(
        self, path: str, jobs: Iterable[pipeline.Job[T]], *, many: bool = False, width: int = pipeline.WIDTH
    ) -> list[T]:
        """Results of jobs, all of which have to succeed; an error without a path names `path`.

        Raises RemoteError, SshError, ConnectionLostError.
        """
        results: list[T] = []
        for result in pipeline.run(self.channels(many=many), jobs, width):
            if isinstance(result, OSError):
                raise RemoteError(f"{result.filename or path}: {result.strerror or result}")
            results.append(result)
        return results

    def _channel(self, number: int) -> Channel:
        if number not in self._channels:
            try:
                channel = Channel(self._login.channel(subsystem="sftp"), self._rate_limit)
                if number:
                    # Jobs are only given to a channel that the server has accepted.
                    channel.greet()
            except SshError:
                self._most_channels = max(number, 1)
                raise
            self._channels[number] = channel
        return self._channels[number]

    def close(self) -> None:
        """Close the connection."""
        self._login.close()


def connect(
    target: Target, *, interactive: bool = False, on_step: StepCallback = lambda *_: None
) -> Connection:
    """Log in at a target; `on_step` is called with each step and its result.

    Raises ConnectError, TargetError.
    """
    return Connection(target, _client(target).log_in(target, interactive=interactive, on_step=on_step))


def fetch_host_key(target: Target) -> HostKey:
    """The key that a host shows, without logging in. Raises ConnectError, TargetError."""
    key: HostKey = _client(target).fetch_host_key(target)
    return key


def _client(target: Target) -> ModuleType:
    """The module that the target or SML_SSH_CLIENT selects; else that of the system's ssh if it can be used.

    Raises TargetError, and ConnectError for a host that is no name or address.
    """
    if not target.host or not target.host.isprintable() or " " in target.host:
        raise ConnectError("resolve", f"invalid host name {target.host!r}")
    client = target.client if target.client != AUTO else os.environ.get("SML_SSH_CLIENT", AUTO)
    if client not in CLIENTS:
        raise TargetError(f"invalid SML_SSH_CLIENT {client!r}; expected {', '.join(CLIENTS)}")
    missing = missing_program() if client != PARAMIKO else ""
    if missing and client != AUTO:
        raise TargetError(f"{missing}; install an OpenSSH client, or choose the client {PARAMIKO}")
    name = "by_paramiko" if missing or client == PARAMIKO else "by_ssh"
    # Imported late: paramiko takes 20 MB, and half a second on a slow disk.
    return importlib.import_module(f"sml_sync.ssh.{name}")
