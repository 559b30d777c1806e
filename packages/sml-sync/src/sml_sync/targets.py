"""Addresses that runs may be sent to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sml_config import Settings

from .errors import TargetError

REFUSE = "refuse"
ACCEPT_NEW = "accept-new"


@dataclass(frozen=True)
class Target:
    """One address of a machine with what is needed to log in there; passwords show in no `repr`.

    What is None is taken from ~/.ssh/config, or is what ssh does without it. `host_key` is what to do about
    an unknown key: `refuse`, `accept-new`, or `SHA256:…`, the one fingerprint that is right.
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

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user + '@' if self.user else ''}{host}{f':{self.port}' if self.port else ''}"


def targets_of(settings: Settings) -> list[Target]:
    """The targets of MAIN_MACHINE_IP and MAIN_MACHINE_PORT, in their order.

    Raises TargetError if none is set, the two lists differ in length, or the password's file is missing.
    """
    common = settings.common
    if not common.MAIN_MACHINE_IP:
        raise TargetError("MAIN_MACHINE_IP names no machine; set it in common_config.yaml to send runs there")
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
    """`[user@]host[:port]` to its parts; IPv6 with a port is `[address]:port`. Raises TargetError."""
    user, _, address = text.rpartition("@")
    if address.startswith("["):
        host, closing, rest = address[1:].partition("]")
        colon, port = rest[:1], rest[1:]
        wrong = not closing or (rest and colon != ":")
    elif address.count(":") > 1:
        host, port, wrong = address, "", False
    else:
        host, _, port = address.partition(":")
        wrong = False
    if wrong or not host or host.startswith("-") or (port and not (port.isdigit() and 0 < int(port) < 65536)):
        raise TargetError(f"{text!r} is no target; expected [user@]host[:port]")
    return user or None, host, int(port) if port else None
