"""Connect by the system's `ssh`, which handles ssh_config, agents, certificates and open connections."""

from __future__ import annotations

import select
import time
from pathlib import Path

from sml_config import ssh
from sml_sync import limits
from sml_sync.errors import ConnectError, LineError, TargetError
from sml_sync.targets import Target

from . import host_key
from .connect import Watch

_DYING_SECONDS = 0.5


class _Line:
    """sftp over there, by a process of ssh."""

    def __init__(self, connection: ssh.Connection, channel: ssh.Channel) -> None:
        self._connection = connection
        self._channel = channel
        self._poll = select.poll()
        self._poll.register(channel.line, select.POLLIN)
        self.settimeout = channel.line.settimeout
        self.send = channel.line.send
        self.recv = channel.line.recv

    def ready(self) -> bool:
        """Whether something has come."""
        return bool(self._poll.poll(0))

    def reason(self) -> tuple[str, bool]:
        """Why it has ended, and whether the whole connection has."""
        complaint = self._channel.complaint()
        deadline = time.monotonic() + _DYING_SECONDS
        # Of a line that breaks, channels end before ssh itself does.
        while not complaint and self._connection.alive and time.monotonic() < deadline:
            time.sleep(0.01)
        return complaint, not self._connection.alive


class _Login:
    def __init__(self, connection: ssh.Connection) -> None:
        self._connection = connection
        self.close = connection.close

    @property
    def alive(self) -> bool:
        """Whether nobody has hung up."""
        return self._connection.alive

    def sftp(self) -> _Line:
        """Start sftp over there. Raises ConnectError."""
        if not self._connection.alive:
            raise LineError("the connection was closed over there")
        try:
            return _Line(self._connection, self._connection.channel(subsystem="sftp"))
        except ssh.SshError as error:
            raise ConnectError(error.step, str(error)) from None


def log_in(target: Target, *, interactive: bool, watch: Watch) -> _Login:
    """Log in. Raises ConnectError, TargetError."""
    _check(target)
    file = target.known_hosts
    if target.host_key == ssh.ACCEPT_NEW and file is not None:
        # ssh would say that it cannot write the key, and go on.
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.open("ab").close()
        except OSError as error:
            shown = fetch_host_key(target)
            raise host_key.unwritten(shown.host, shown.shown, file, error) from None
    try:
        connection = ssh.connect(
            _destination(target),
            interactive=interactive,
            watch=watch,
            connect_seconds=limits.CONNECT,
            login_seconds=limits.LOGIN,
        )
    except ssh.SshError as error:
        raise _translated(target, error) from None
    return _Login(connection)


def fetch_host_key(target: Target) -> host_key.HostKey:
    """The key that a host shows. Raises ConnectError, TargetError."""
    _check(target)
    try:
        line, shown, file = ssh.shown_host_key(_destination(target))
    except ssh.SshError as error:
        raise _translated(target, error) from None
    return host_key.HostKey(shown, line, file)


def _destination(target: Target) -> ssh.Destination:
    return ssh.Destination(
        target.host,
        target.port,
        target.user,
        Path(target.key_filename).expanduser() if target.key_filename is not None else None,
        target.known_hosts,
        target.host_key,
        target.ssh_config,
        target.password,
        target.passphrase,
    )


def _check(target: Target) -> None:
    if not target.host or not target.host.isprintable() or " " in target.host:
        raise ConnectError("resolve", f"{target.host!r} is no name of a machine")


def _translated(target: Target, error: ssh.SshError) -> ConnectError | TargetError:
    if isinstance(error, ssh.HostKeyError):
        return host_key.refused(target, error.reason, error.host, error.key)
    return TargetError(str(error)) if error.step == "settings" else ConnectError(error.step, str(error))
