"""Connect by paramiko, for machines without `ssh`: keys, agent, password, ProxyJump, ProxyCommand.

What ssh_config says beyond that is refused by its name where it would change how to connect.
"""

from __future__ import annotations

import contextlib
import getpass
import logging
import re
import shlex
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import paramiko

from sml_config.ssh import ACCEPT_NEW, REFUSE, ConnectionLostError, agent_is_silent, limits
from sml_config.ssh.errors import describe
from sml_config.ssh.sftp.channel import REFUSED
from sml_sync.errors import ConnectError, TargetError
from sml_sync.targets import Target, parse_target

from . import host_key, known_hosts
from .config_tokens import with_tokens
from .connect import StepCallback
from .paramiko_errors import translated
from .sockets import TcpSocket, start_proxy_command

_UNSUPPORTED = re.compile(
    r"^\s*(Include|Match|CanonicalizeHostname|CertificateFile|IdentityAgent|KnownHostsCommand|PKCS11Provider)\b",
    re.IGNORECASE | re.MULTILINE,
)
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
_WINDOW, _PACKET = 1 << 26, 1 << 15
_TYPING_SECONDS = 120.0
_NO_BANNER = "Error reading SSH protocol banner"

# paramiko writes tracebacks of its own thread; what matters in them reaches the caller as an exception.
_log = logging.getLogger("sml_sync.ssh")
_log.addHandler(logging.NullHandler())
_log.propagate = False


class _ChannelStream:
    """sftp on the remote host, on a channel of paramiko."""

    def __init__(self, channel: paramiko.Channel, transport: paramiko.Transport) -> None:
        self._channel = channel
        self._transport = transport
        self.settimeout = channel.settimeout
        self.ready = channel.recv_ready

    def send(self, data: Any) -> int:
        """Send the beginning of data; returns how much. Raises ConnectionLostError."""
        with translated():
            return self._channel.send(data)

    def recv(self, size: int) -> bytes:
        """Received bytes, none if the program has ended. Raises ConnectionLostError."""
        with translated():
            return self._channel.recv(size)

    def reason(self) -> tuple[str, bool]:
        """Why it has ended, and whether the whole connection has."""
        error = self._transport.get_exception()
        return ("" if error is None else describe(error)), not self._transport.is_active()


class _Login:
    def __init__(self, target: Target, on_step: StepCallback, *, interactive: bool) -> None:
        """Raises TargetError."""
        self.clients: list[paramiko.SSHClient] = []
        self.on_step = on_step
        # Whether somebody can answer questions.
        self.has_terminal = interactive and sys.stdin.isatty()
        self.hops = [_Hop(hop, options, self) for hop, options in _hops(target)]

    @property
    def transport(self) -> paramiko.Transport:
        """Of the last host that was logged into. Raises ConnectionLostError."""
        transport = self.clients[-1].get_transport()
        if transport is None:
            raise ConnectionLostError("the server closed the connection")
        return transport

    @property
    def alive(self) -> bool:
        """Whether the connection is open."""
        return self.transport.is_active()

    def channel(self, *, subsystem: str) -> _ChannelStream:
        """Start a subsystem of the remote host. Raises ConnectError, ConnectionLostError."""
        transport = self.transport
        try:
            with translated("session"):
                channel = transport.open_session(_WINDOW, _PACKET, limits.SESSION)
                channel.settimeout(limits.SESSION)
                channel.invoke_subsystem(subsystem)
        except ConnectError as error:
            if transport.is_active():
                raise ConnectError("session", f"{REFUSED} ({error})") from None
            raise ConnectionLostError(str(error)) from None
        return _ChannelStream(channel, transport)

    def close(self) -> None:
        """Close the connection."""
        for client in reversed(self.clients):
            client.close()


def log_in(target: Target, *, interactive: bool, on_step: StepCallback) -> _Login:
    """Log in. Raises ConnectError, TargetError."""
    login = _Login(target, on_step, interactive=interactive)
    try:
        for hop in login.hops:
            hop.enter()
    except BaseException:
        login.close()
        raise
    return login


def fetch_host_key(target: Target) -> host_key.HostKey:
    """The key that a host shows. Raises ConnectError, TargetError."""
    with contextlib.closing(_Login(target, lambda *_: None, interactive=False)) as login:
        *before, last = login.hops
        for hop in before:
            hop.enter()
        with translated("connect"), contextlib.closing(paramiko.Transport(last.open_stream())) as transport:
            transport.start_client(timeout=limits.CONNECT + limits.BANNER)
            return last.shown(transport.get_remote_server_key())


def _hops(target: Target, below: tuple[str, ...] = ()) -> list[tuple[Target, Mapping[str, Any]]]:
    """The target with what ssh_config says of it, and before it the hosts to go through."""
    if target.host in below:
        raise TargetError(f"ProxyJump of {below[0]} leads back to {target.host}; correct ~/.ssh/config")
    options = _lookup(target)
    hops: list[tuple[Target, Mapping[str, Any]]] = []
    for word in options.get("proxyjump", "").split(","):
        if word not in ("", "none"):
            # A password is for the target alone; hosts on the way are logged into with keys.
            user, host, port = parse_target(word)
            hop = replace(target, host=host, port=port, user=user, password=None, key_filename=None)
            hops += _hops(replace(hop, host_key=REFUSE), (*below, target.host))
    return [*hops, (target, options)]


def _lookup(target: Target) -> Mapping[str, Any]:
    path = target.ssh_config or Path("~/.ssh/config").expanduser()
    try:
        text = path.read_text(encoding="utf-8")
        if unsupported := _UNSUPPORTED.search(text):
            remedy = "install an OpenSSH client, or name a file without it: --ssh-config"
            reason = f"has {unsupported[1]}, which paramiko does not support"
            raise TargetError(f"{path} {reason}; {remedy}")
        options: dict[str, Any] = {**paramiko.SSHConfig.from_text(text).lookup(target.host)}
    except (OSError, paramiko.SSHException, ValueError, KeyError) as error:
        if isinstance(error, OSError) and target.ssh_config is None:
            return {}  # most machines without ssh have none
        raise TargetError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not str(options.get("port", 22)).isdigit():
        raise TargetError(f"{path} gives {target.host} the port {options['port']!r}; expected a number")
    return with_tokens(options, target)


class _Hop(paramiko.MissingHostKeyPolicy):
    """One host on the way, or the target."""

    def __init__(self, target: Target, options: Mapping[str, Any], login: _Login) -> None:
        self._target = target
        self._options = options
        self._login = login
        self._host = str(options.get("hostname", target.host))
        self._port = target.port or int(options.get("port", 22))
        self._user = target.user or str(options.get("user") or getpass.getuser())
        plain = self._host if self._port == 22 else f"[{self._host}]:{self._port}"
        self._key_name = str(options.get("hostkeyalias", plain))
        own = shlex.split(options.get("userknownhostsfile", "~/.ssh/known_hosts"))
        common = shlex.split(options.get("globalknownhostsfile", "/etc/ssh/ssh_known_hosts"))
        self._files = [Path(name).expanduser() for name in (*own, *common)]
        if target.known_hosts:
            self._files = [target.known_hosts]
        # New keys are written to the first, as ssh does.
        self._known_hosts = self._files[0]
        self._tried: list[str] = []

    def shown(self, key: paramiko.PKey) -> host_key.HostKey:
        """The key that the host shows, as it is written down."""
        line = f"{self._key_name} {key.get_name()} {key.get_base64()}"
        return host_key.HostKey(f"{key.get_name()} {key.fingerprint}", line, self._known_hosts)

    def missing_host_key(self, client: Any, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002  as it is called
        """Accept the host's key or raise HostKeyError; paramiko calls it, as it was given no list of keys."""
        shown, policy = self.shown(key), self._target.host_key
        lines = known_hosts.lines_of(self._files)
        if any(key.get_base64() in line for line in known_hosts.marked(lines, "@revoked")):
            raise host_key.refused(self._target, "revoked", self._key_name, shown.shown)
        if policy not in (REFUSE, ACCEPT_NEW):
            if policy.rstrip("=") != shown.fingerprint:
                raise host_key.refused(self._target, "pin", self._key_name, shown.shown)
        elif not (known := known_hosts.keys_in(lines)).check(self._key_name, key):
            reason = "changed" if known.lookup(self._key_name) else "unknown"
            if reason == "unknown" and policy == REFUSE and known_hosts.marked(lines, "@cert-authority"):
                text = f"the key of {self._key_name} is not known: {shown.shown}; paramiko does not support "
                remedy = "install an OpenSSH client, or add the key"
                raise ConnectError("host key", f"{text}@cert-authority: {remedy}")
            if reason == "changed" or policy == REFUSE:
                raise host_key.refused(self._target, reason, self._key_name, shown.shown)
            try:
                shown.remember()
            except OSError as error:
                raise host_key.unwritten(self._key_name, shown.shown, self._known_hosts, error) from None
        self._login.on_step("connect", f"port {self._port}, by paramiko")
        self._login.on_step("host key", shown.shown)

    def open_stream(self) -> Any:
        """Bytes to and from the host. Raises ConnectError."""
        command = self._options.get("proxycommand", "none")
        with translated("connect"):
            if self._login.clients:
                address = (self._host, self._port)
                return self._login.transport.open_channel(
                    "direct-tcpip", address, ("", 0), timeout=limits.CONNECT
                )
            if command != "none":
                return start_proxy_command(command)
        self._login.on_step("resolve", self._host)
        try:
            return TcpSocket(self._host, self._port)
        except (OSError, ValueError) as error:  # ValueError for what is no host name at all
            reason = getattr(error, "strerror", None) or str(error)
            if isinstance(error, (socket.gaierror, ValueError)):
                raise ConnectError("resolve", f"{self._host} cannot be resolved: {reason}") from None
            if isinstance(error, TimeoutError):
                reason = f"no answer within {limits.CONNECT:.0f} s"
            raise ConnectError("connect", f"{self._host} port {self._port}: {reason}") from None

    def enter(self) -> None:
        """Log in and become the last of the clients. Raises ConnectError."""
        stream = self.open_stream()
        client = paramiko.SSHClient()
        client.set_log_channel(_log.name)
        client.set_missing_host_key_policy(self)
        started = time.monotonic()
        # paramiko waits for some answers for ever.
        most = (
            limits.CONNECT
            + limits.BANNER
            + limits.LOGIN
            + (_TYPING_SECONDS if self._login.has_terminal else 0)
        )
        timer = threading.Timer(most, client.close)
        timer.daemon = True
        timer.start()
        try:
            self._log_in(client, stream)
        except BaseException as error:
            client.close()
            stream.close()
            if isinstance(error, ConnectError) or not isinstance(error, Exception):
                raise
            # Of its own thread, of any class; see `translated`.
            raise self._translate(error, time.monotonic() - started) from None
        finally:
            timer.cancel()
        self._login.clients.append(client)
        self._login.on_step("login", f"{self._user} with {self._tried[-1] if self._tried else 'a key'}")

    def _log_in(self, client: paramiko.SSHClient, stream: Any) -> None:
        password, passphrase = self._target.password, self._target.passphrase
        keys = self._keys()
        agent = not agent_is_silent() and (
            not self._has_key_file or any(Path(f"{key}.pub").is_file() for key in keys)
        )
        while True:
            try:
                client.connect(
                    self._host, self._port, self._user, password, key_filename=keys or None,  # type: ignore[arg-type]  # several are taken
                    sock=stream, passphrase=passphrase, allow_agent=agent,
                    look_for_keys=not self._has_key_file,
                    timeout=limits.CONNECT + limits.BANNER, banner_timeout=limits.BANNER,
                    auth_timeout=limits.LOGIN, transport_factory=self._transport,
                )  # fmt: skip
            except paramiko.PasswordRequiredException:
                key = keys[0] if keys else "your key"
                if not self._login.has_terminal or passphrase is not None:
                    remedy = f"ssh-add {key}, or export SML_PASSPHRASE"
                    raise paramiko.SSHException(f"key {key} (needs its passphrase: {remedy})") from None
                passphrase = getpass.getpass(f"passphrase of {key}: ")
            except paramiko.SSHException as error:
                # The second is what it says with neither key nor password.
                is_requested = isinstance(
                    error, paramiko.AuthenticationException
                ) or "No authentication" in str(error)
                if not self._login.has_terminal or password is not None or not is_requested:
                    raise
                password = getpass.getpass(f"password of {self._user}@{self._host}: ")
            else:
                return
            stream = self.open_stream()

    @property
    def _has_key_file(self) -> bool:
        return bool(self._target.key_filename) or "identityfile" in self._options

    def _keys(self) -> list[str]:
        """Files of keys that are named and can be read."""
        named = self._target.key_filename
        names = [named] if named else self._options.get("identityfile", [])
        readable = []
        for path in (Path(name).expanduser() for name in names):
            problem = ""
            try:
                path.open("rb").close()
                readable.append(str(path))
            except OSError as error:
                problem = f" ({error.strerror})"
            self._tried.append(f"key {path}{problem}")
        self._tried += ["password"] if self._target.password is not None else []
        return readable

    def _transport(self, stream: Any, **settings: Any) -> paramiko.Transport:
        transport = _Transport(stream, **settings)
        transport.daemon = True
        transport.answer = self._answer
        options = transport.get_security_options()
        # What is on record is asked for, whatever else the host has.
        known_keys = known_hosts.keys_in(known_hosts.lines_of(self._files))
        on_record: Any = known_keys.lookup(self._key_name) or {}
        known = {*on_record, *(["rsa-sha2-512", "rsa-sha2-256"] if "ssh-rsa" in on_record else [])}
        options.key_types = sorted(options.key_types, key=lambda kind: kind not in known)
        options.ciphers = [name for name in _CIPHERS if name in options.ciphers]
        return transport

    def _answer(self, title: str, instructions: str, prompts: list[tuple[str, bool]]) -> list[str]:
        """Answers of a user to keyboard-interactive; the password is given by SSHClient itself."""
        if not self._login.has_terminal:
            for prompt, _ in prompts:
                self._tried.append(f"{prompt.strip()!r} was asked, and there is no terminal")
            raise paramiko.AuthenticationException("keyboard-interactive is also required")
        sys.stderr.write("".join(f"{text}\n" for text in (title, instructions) if text))
        return [input(text) if echo else getpass.getpass(text) for text, echo in prompts]

    def _translate(self, error: Exception, seconds: float) -> ConnectError:
        address = f"{self._host} port {self._port}"
        text = str(error) or "the connection was closed at once"
        if text.startswith(_NO_BANNER) or text == "No existing session":
            reason = text.removeprefix(_NO_BANNER) or "the connection was closed at once"
            is_late = seconds >= limits.BANNER
            reason = f"answered within {limits.BANNER:.0f} s" if is_late else f"responds: {reason}"
            return ConnectError("connect", f"{address}: no SSH server {reason}")
        if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
            return ConnectError("connect", f"{address}: {text}")
        tried = "; ".join([*self._tried, describe(error)])
        remedy = "check user and password, or add your public key to ~/.ssh/authorized_keys on that host"
        return ConnectError("login", f"{self._user} could not log in; tried: {tried}; {remedy}")


class _Transport(paramiko.Transport):
    """A transport that answers keyboard-interactive questions by `answer`, not by reading stdin."""

    answer: Callable[..., list[str]]

    def auth_interactive_dumb(self, username: str, handler: Any = None, submethods: str = "") -> list[str]:  # noqa: ARG002
        """Answer the questions by `answer`."""
        return self.auth_interactive(username, self.answer, submethods)
