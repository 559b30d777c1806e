"""Connect to a target by the system's `ssh` or by paramiko, and open SFTP channels."""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Callable
from typing import Protocol

from sml_config.ssh import missing_program
from sml_sync.errors import ConnectError, TargetError
from sml_sync.sftp.channel import Channel, Line, Pace
from sml_sync.targets import AUTO, CLIENTS, PARAMIKO, Target

from .host_key import HostKey

# A line with a longer way there and back gets more channels: each carries 2 MB at a time.
_FAR_SECONDS = 0.01
_CHANNELS_NEAR, _CHANNELS_FAR = 2, 4

Watch = Callable[[str, str], None]


class Login(Protocol):
    """An open login at a target."""

    @property
    def alive(self) -> bool:
        """Whether nobody has hung up, as far as is known here."""

    def sftp(self) -> Line:
        """Start sftp over there. Raises ConnectError, LineError."""

    def close(self) -> None:
        """Hang up."""


class Connection:
    """A login that carries SFTP channels."""

    def __init__(self, target: Target, login: Login) -> None:
        self.target = target
        self._login = login
        self._channels: dict[int, Channel] = {}
        self._most = _CHANNELS_FAR
        self._pace: Pace | None = None

    @property
    def alive(self) -> bool:
        """Whether nobody has hung up, as far as is known here."""
        return self._login.alive

    def limit(self, bytes_per_second: int | None) -> None:
        """Let no more than this travel in a second; None is no limit."""
        self._pace = None if bytes_per_second is None else Pace(bytes_per_second)
        for channel in self._channels.values():
            channel.pace = self._pace

    def traffic(self) -> tuple[int, int]:
        """Bytes that went and came since the login."""
        channels = list(self._channels.values())
        return sum(channel.sent for channel in channels), sum(channel.received for channel in channels)

    def channels(self, *, many: bool) -> list[Callable[[], Channel]]:
        """What opens a channel with SFTP on it, or gives the one that is open: one, or as many as pay here.

        Each raises ConnectError; a server may allow fewer than are asked for.
        """
        number = 1
        if many:
            far = self._channel(0).seconds_there > _FAR_SECONDS
            number = min(self._most, _CHANNELS_FAR if far else _CHANNELS_NEAR)
        return [functools.partial(self._channel, index) for index in range(number)]

    def _channel(self, number: int) -> Channel:
        if number not in self._channels:
            try:
                channel = Channel(self._login.sftp(), self._pace)
                if number:
                    # Work is only given to one that the server has let start.
                    channel.greet()
            except ConnectError:
                self._most = max(number, 1)
                raise
            self._channels[number] = channel
        return self._channels[number]

    def close(self) -> None:
        """Hang up."""
        self._login.close()


def connect(target: Target, *, interactive: bool = False, watch: Watch = lambda *_: None) -> Connection:
    """Log in at a target; `watch` hears each step and what came of it. Raises ConnectError, TargetError."""
    return Connection(target, _road(target).log_in(target, interactive=interactive, watch=watch))


def fetch_host_key(target: Target) -> HostKey:
    """The key that a host shows, without logging in. Raises ConnectError, TargetError."""
    return _road(target).fetch_host_key(target)


class _Road(Protocol):
    def log_in(self, target: Target, *, interactive: bool, watch: Watch) -> Login: ...

    def fetch_host_key(self, target: Target) -> HostKey: ...


def _road(target: Target) -> _Road:
    """The program that the target, or SML_SSH_CLIENT, names; else the system's ssh if it can be used."""
    client = target.client if target.client != AUTO else os.environ.get("SML_SSH_CLIENT", AUTO)
    if client not in CLIENTS:
        raise TargetError(f"invalid SML_SSH_CLIENT {client!r}; expected {', '.join(CLIENTS)}")
    missing = missing_program() if client != PARAMIKO else ""
    if missing and client != AUTO:
        raise TargetError(f"{missing}; install an OpenSSH client, or choose the client {PARAMIKO}")
    name = "by_paramiko" if missing or client == PARAMIKO else "by_ssh"
    # paramiko takes 20 MB, and half a second where the disk is slow: only who needs it pays.
    module: _Road = importlib.import_module(f"sml_sync.ssh.{name}")
    return module
