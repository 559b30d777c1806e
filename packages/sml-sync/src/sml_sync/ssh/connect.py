"""An SSH connection to a target: host key checked, every step within its limit."""

from __future__ import annotations

import contextlib
import functools
import logging
import shlex
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import paramiko

from sml_sync.errors import ConnectError
from sml_sync.sftp.channel import Channel
from sml_sync.targets import Target

from . import host_keys
from .faults import translated
from .login import log_in
from .packetizer import IDLE_SECONDS, SwiftPacketizer
from .ssh_config import Endpoint, resolve

CONNECT_SECONDS = 5.0
BANNER_SECONDS = 5.0
LOGIN_SECONDS = 10.0
# What paramiko says of silence, of an end and, with more behind it, of a broken line.
_NO_BANNER = "Error reading SSH protocol banner"
# Somebody types a password.
_TYPING_SECONDS = 120.0

_FAST = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
# A line with a longer way there gets more channels: each carries 2 MB at a time.
_FAR_SECONDS = 0.01
_CHANNELS_NEAR, _CHANNELS_FAR = 2, 4
_READ_AHEAD = 1 << 15

# paramiko writes tracebacks of its own thread; what matters in them reaches the caller as an exception.
_log = logging.getLogger("sml_sync.ssh")
_log.addHandler(logging.NullHandler())
_log.propagate = False

Watch = Callable[[str, str], None]
# As getaddrinfo gives it.
_Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


class Connection:
    """A login that carries SFTP channels; closes what it went through too."""

    def __init__(self, target: Target, transports: list[paramiko.Transport]) -> None:
        self.target = target
        self._transports = transports
        self._channels: dict[int, Channel] = {}
        self._most = _CHANNELS_FAR

    @property
    def alive(self) -> bool:
        """Whether nobody has hung up, as far as is known here."""
        return self._transports[-1].is_active()

    def traffic(self) -> tuple[int, int]:
        """Bytes that went and came since the login."""
        channels = list(self._channels.values())
        return sum(one.sent for one in channels), sum(one.received for one in channels)

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
                self._channels[number] = Channel(self._transports[-1], self._settle)
            except ConnectError:
                self._most = max(number, 1)
                raise
        return self._channels[number]

    def _settle(self) -> None:
        if isinstance(line := self._transports[-1].sock, _Line):
            line.settle()

    def close(self) -> None:
        """Hang up."""
        for transport in reversed(self._transports):
            transport.close()


def connect(target: Target, *, interactive: bool = False, watch: Watch = lambda *_: None) -> Connection:
    """Log in at a target; `watch` hears each step and what came of it. Raises ConnectError, TargetError."""
    endpoint = resolve(target)
    transports: list[paramiko.Transport] = []
    try:
        for hop in (*endpoint.jumps, endpoint):
            transport = _reach(hop, transports, watch)
            shown = _shown_key(transport)
            host_keys.check(hop, shown)
            watch("host key", f"{shown.kind} {shown.fingerprint}")
            seconds = _TYPING_SECONDS if interactive else LOGIN_SECONDS
            with _limit(transport, seconds, "login"), translated("login"):
                watch("login", f"{hop.user} with {log_in(transport, hop, interactive=interactive)}")
        # Starting sftp is not waited for: its failure is the first request's.
        return Connection(target, transports)
    except BaseException:
        for transport in reversed(transports):
            transport.close()
        raise


def fetch_host_key(target: Target) -> tuple[Endpoint, host_keys.HostKey]:
    """The key that a host shows, without logging in. Raises ConnectError, TargetError."""
    endpoint = resolve(target)
    transports: list[paramiko.Transport] = []
    try:
        for hop in endpoint.jumps:
            transport = _reach(hop, transports, lambda *_: None)
            host_keys.check(hop, _shown_key(transport))
            with translated("login"):
                log_in(transport, hop, interactive=False)
        return endpoint, _shown_key(_reach(endpoint, transports, lambda *_: None))
    finally:
        for transport in reversed(transports):
            transport.close()


def _reach(hop: Endpoint, transports: list[paramiko.Transport], watch: Watch) -> paramiko.Transport:
    """Bytes to and from a host, keys and ciphers agreed on."""
    made: list[str] = []

    def hear(step: str, how: str) -> None:
        # A port that hangs up is no connection: that step is told once an SSH server has answered.
        if step == "connect":
            made.append(how)
        else:
            watch(step, how)

    with translated("connect"):
        transport = _greet(_line_to(hop, transports, hear), hop, transports)
    for how in made:
        watch("connect", how)
    return transport


def _line_to(
    hop: Endpoint, through: list[paramiko.Transport], watch: Watch
) -> paramiko.Channel | socket.socket:
    """Bytes to and from a host."""
    started = time.monotonic()
    if through:
        try:
            channel = through[-1].open_channel(
                "direct-tcpip", (hop.host, hop.port), ("", 0), timeout=CONNECT_SECONDS
            )
        except (paramiko.SSHException, EOFError) as error:
            raise ConnectError("connect", f"{hop.host}:{hop.port} by way of the jump host: {error}") from None
        channel.settimeout(IDLE_SECONDS)
        watch("connect", f"by way of the jump host, {(time.monotonic() - started) * 1000:.1f} ms")
        return channel
    if hop.proxy_command is not None:
        watch("connect", f"by {hop.proxy_command}")
        return _by_command(hop.proxy_command)
    addresses = _addresses(hop)
    watch("resolve", ", ".join(dict.fromkeys(address[4][0] for address in addresses)))
    started = time.monotonic()
    connection = _dial(hop, addresses)
    watch("connect", f"port {hop.port}, {(time.monotonic() - started) * 1000:.1f} ms")
    return connection


def _addresses(
    hop: Endpoint,
) -> list[_Address]:
    """Addresses of a name; a resolver that is silent is given up, which it does not offer by itself."""
    found: list[_Address] = []
    failure: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(hop.host, hop.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failure.append(error)

    if not hop.host or not hop.host.isprintable() or " " in hop.host:
        raise ConnectError("resolve", f"{hop.host!r} is no name of a machine")
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(CONNECT_SECONDS)
    if not found:
        reason = (
            (getattr(failure[0], "strerror", None) or str(failure[0]))
            if failure
            else f"the name server was silent for {CONNECT_SECONDS:.0f} s"
        )
        raise ConnectError("resolve", f"{hop.host} has no address: {reason}")
    return list(found)


def _dial(
    hop: Endpoint,
    addresses: list[_Address],
) -> socket.socket:
    deadline = time.monotonic() + CONNECT_SECONDS
    failure = ""
    for family, kind, protocol, _, address in addresses:
        connection = _Line(family, kind, protocol)
        try:
            connection.settimeout(max(deadline - time.monotonic(), 0.1))
            connection.connect(address)
            # paramiko never sets it; without it every small file waits 40 ms for an acknowledgement.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except TimeoutError:
            connection.close()
            failure = f"no answer within {CONNECT_SECONDS:.0f} s"
        except OSError as error:
            connection.close()
            failure = error.strerror or str(error)
        else:
            return connection
    raise ConnectError("connect", f"{hop.host} port {hop.port}: {failure}")


def _by_command(command: str) -> socket.socket:
    """The line that a ProxyCommand offers on its input and output."""
    ours, theirs = socket.socketpair()
    try:
        words = shlex.split(command.removeprefix("exec "))
        with theirs:
            process = subprocess.Popen(
                words, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL
            )
    except (OSError, ValueError) as error:
        ours.close()
        theirs.close()
        raise ConnectError("connect", f"ProxyCommand {command!r}: {error}") from None
    # It ends when its line closes; somebody has to take note of that.
    threading.Thread(target=process.wait, daemon=True).start()
    return ours


def _greet(
    line: paramiko.Channel | socket.socket, hop: Endpoint, transports: list[paramiko.Transport]
) -> paramiko.Transport:
    """Agree on keys and ciphers."""
    try:
        transport = paramiko.Transport(line, packetizer_class=SwiftPacketizer)
    except (paramiko.SSHException, OSError) as error:
        line.close()
        raise ConnectError("connect", str(error)) from None
    transports.append(transport)
    transport.daemon = True
    transport.set_log_channel(_log.name)
    transport.banner_timeout = BANNER_SECONDS
    transport.auth_timeout = LOGIN_SECONDS
    options = transport.get_security_options()
    options.ciphers = [name for name in _FAST if name in options.ciphers]
    options.key_types = _wanted_kinds(hop, list(options.key_types))
    started = time.monotonic()
    try:
        transport.start_client(timeout=BANNER_SECONDS + CONNECT_SECONDS)
    except (paramiko.SSHException, EOFError, OSError) as error:
        text = str(error) or "it hung up at once"
        if text.startswith(_NO_BANNER):
            reason = text.removeprefix(_NO_BANNER) or "it hung up at once"
            late = time.monotonic() - started >= BANNER_SECONDS
            said = f"answered within {BANNER_SECONDS:.0f} s" if late else f"is there: {reason}"
            text = f"no SSH server {said}"
        raise ConnectError("connect", f"{hop.host} port {hop.port}: {text}") from None
    return transport


def _wanted_kinds(hop: Endpoint, offered: list[str]) -> list[str]:
    """Kinds of host key in the order to ask for: those on record first."""
    known = host_keys.known_kinds(hop)
    known += ["rsa-sha2-512", "rsa-sha2-256"] if "ssh-rsa" in known else []
    return sorted(offered, key=lambda kind: kind not in known)


def _shown_key(transport: paramiko.Transport) -> host_keys.HostKey:
    with translated("connect"):
        key = transport.get_remote_server_key()
        return host_keys.HostKey(key.get_name(), key.asbytes())


@contextlib.contextmanager
def _limit(transport: paramiko.Transport, seconds: float, step: str) -> Iterator[None]:
    """Hang up on a server that lets a step take longer; paramiko waits for some answers for ever."""
    late = threading.Event()

    def hang_up() -> None:
        late.set()
        transport.close()

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except ConnectError:
        if late.is_set():
            raise ConnectError(step, f"no answer within {seconds:.0f} s") from None
        raise
    finally:
        timer.cancel()


class _Line(socket.socket):
    """A TCP socket that reads ahead, and acknowledges at once while the connection is set up.

    The first channel would otherwise wait 40 ms for an acknowledgement that is held back. paramiko asks for
    each packet in two parts; many short answers come at a time.
    """

    def __init__(self, family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self._quick = hasattr(socket, "TCP_QUICKACK")
        self._read = b""

    def recv(self, size: int, flags: int = 0) -> bytes:
        """What has arrived, at most `size` bytes."""
        if not self._read:
            self._read = super().recv(_READ_AHEAD, flags)
            if self._quick:
                with contextlib.suppress(OSError):
                    self.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        data, self._read = self._read[:size], self._read[size:]
        return data

    def settle(self) -> None:
        """Acknowledge as TCP does by itself."""
        self._quick = False
