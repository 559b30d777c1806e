"""Targets: the addresses of remotes, and how to log in there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sml_config import Settings
from sml_config.ssh import ACCEPT_NEW, REFUSE, parse_address

from . import arguments
from .errors import ArgumentError, TargetError

AUTO, _, PARAMIKO = CLIENTS = ("auto", "ssh", "paramiko")
_HOST_KEYS = re.compile(rf"{REFUSE}|{ACCEPT_NEW}|SHA256:[A-Za-z0-9+/]+=*")


@dataclass(frozen=True)
class Target:
    """One address of a machine, and how to log in there; `repr` shows no passwords.

    What is None is taken from ~/.ssh/config, or is what ssh does without it. `host_key` is what to do about
    an unknown key: `refuse`, `accept-new`, or `SHA256:…`, the one fingerprint that is right. Files may be
    texts, `~` stands for the user's folder. `client` is `ssh`, `paramiko`, or `auto`: the system's ssh where
    there is one. Raises ArgumentError.
    """

    host: str
    port: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    key_filename: str | None = None
    known_hosts: Path | None = None
    host_key: str = REFUSE
    passphrase: str | None = field(default=None, repr=False)
    ssh_config: Path | None = None
    client: str = AUTO

    def __post_init__(self) -> None:
        if not isinstance(self.host, str):
            raise ArgumentError(f"invalid host {self.host!r}; expected a name or an address")
        if not isinstance(self.host_key, str) or not _HOST_KEYS.fullmatch(self.host_key):
            expected = f"{REFUSE}, {ACCEPT_NEW} or SHA256:…"
            raise ArgumentError(f"invalid host_key {self.host_key!r}; expected {expected}")
        if self.client not in CLIENTS:
            raise ArgumentError(f"invalid client {self.client!r}; expected {', '.join(CLIENTS)}")
        object.__setattr__(self, "port", arguments.port("port", self.port))
        for name in ("user", "password", "passphrase"):
            arguments.text(name, getattr(self, name))
        for name, kind in (("key_filename", str), ("known_hosts", Path), ("ssh_config", Path)):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, kind(arguments.file(name, getattr(self, name))))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user + '@' if self.user else ''}{host}{f':{self.port}' if self.port else ''}"


def targets_from(value: Any) -> tuple[Target, ...]:
    """Targets from one or several, each a Target or its text. Raises ArgumentError, TargetError."""
    items = [value] if isinstance(value, (str, Target)) else value
    if isinstance(items, Iterable) and not isinstance(items, (Mapping, bytes)):
        targets = [target_from(item) if isinstance(item, str) else item for item in items]
        if not targets:
            raise TargetError("no target given; expected at least one")
        if all(isinstance(item, Target) for item in targets):
            return tuple(targets)
    raise ArgumentError(f"invalid targets {value!r}; expected a Target or '[user@]host[:port]', or several")


def target_from(text: str, **login: Any) -> Target:
    """The target that `[user@]host[:port]` names; `login` are more fields of it. Raises TargetError."""
    user, host, port = parse_target(text)
    return Target(host, port, user, **login)


def targets_of(settings: Settings) -> list[Target]:
    """The targets of MAIN_MACHINE_IP and MAIN_MACHINE_PORT, in their order.

    Raises TargetError if none is set, the two lists differ in length, or the password's file is missing.
    """
    common = settings.common
    if not common.MAIN_MACHINE_IP:
        raise TargetError("MAIN_MACHINE_IP is empty; set it in common_config.yaml to send runs there")
    if len(common.MAIN_MACHINE_IP) != len(common.MAIN_MACHINE_PORT):
        raise TargetError(
            f"MAIN_MACHINE_IP has {len(common.MAIN_MACHINE_IP)} entries and MAIN_MACHINE_PORT "
            f"{len(common.MAIN_MACHINE_PORT)}; give each address its port, in the same order"
        )
    password = common.MAIN_MACHINE_PASSWD
    if password is None and common.MAIN_MACHINE_PASSWD_FILE:
        password = password_in(Path(common.MAIN_MACHINE_PASSWD_FILE))
    return [
        Target(
            host,
            port,
            common.MAIN_MACHINE_USER,
            password,
            common.MAIN_MACHINE_KEY_FILE,
            host_key=common.MAIN_MACHINE_HOST_KEY,
        )
        for host, port in zip(common.MAIN_MACHINE_IP, common.MAIN_MACHINE_PORT, strict=True)
    ]


def remote_home_of(settings: Settings) -> str:
    """The remote folder of all runs, MAIN_MACHINE_LOG_PATH. Raises TargetError, ArgumentError."""
    path = settings.common.MAIN_MACHINE_LOG_PATH
    if not path:
        raise TargetError(
            "MAIN_MACHINE_LOG_PATH is not set; set it to the remote folder in common_config.yaml"
        )
    return arguments.remote_path("MAIN_MACHINE_LOG_PATH", path)


def password_in(path: Path) -> str:
    """The first line of a file. Raises TargetError."""
    try:
        lines = path.expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise TargetError(f"the password file {path} cannot be read ({reason})") from None
    if not lines or not lines[0]:
        raise TargetError(f"the password file {path} is empty; expected the password in its first line")
    return lines[0]


def parse_target(text: str) -> tuple[str | None, str, int | None]:
    """`[user@]host[:port]`, `[IPv6]:port` or `ssh://…` to its parts. Raises TargetError."""
    try:
        return parse_address(text)
    except ValueError:
        raise TargetError(f"{text!r} is not a target; expected [user@]host[:port]") from None
