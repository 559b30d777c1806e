"""Addresses that a run folder may be sent to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sml_config import Settings

from .errors import TargetError


@dataclass(frozen=True)
class Target:
    """One address of a machine with what is needed to log in there; the password shows in no `repr`."""

    host: str
    port: int = 22
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    key_filename: str | None = None
    known_hosts: Path = field(default_factory=lambda: Path("~/.ssh/known_hosts").expanduser())

    def __str__(self) -> str:
        return f"{self.user + '@' if self.user else ''}{self.host}:{self.port}"


def targets_of(settings: Settings) -> list[Target]:
    """The targets of MAIN_MACHINE_IP and MAIN_MACHINE_PORT, in their order.

    Raises TargetError if none is set or the two lists differ in length.
    """
    common = settings.common
    if not common.MAIN_MACHINE_IP:
        raise TargetError("MAIN_MACHINE_IP names no machine; set it in common_config.yaml to send runs there")
    if len(common.MAIN_MACHINE_IP) != len(common.MAIN_MACHINE_PORT):
        raise TargetError(
            f"MAIN_MACHINE_IP has {len(common.MAIN_MACHINE_IP)} entries and MAIN_MACHINE_PORT "
            f"{len(common.MAIN_MACHINE_PORT)}; give each address its port, in the same order"
        )
    return [
        Target(host, port, common.MAIN_MACHINE_USER, common.MAIN_MACHINE_PASSWD)
        for host, port in zip(common.MAIN_MACHINE_IP, common.MAIN_MACHINE_PORT, strict=True)
    ]


def parse_target(text: str) -> tuple[str | None, str, int]:
    """`[user@]host[:port]` to its parts. Raises TargetError."""
    user, _, address = text.rpartition("@")
    host, _, port = address.partition(":")
    if not host or (port and not (port.isdigit() and 0 < int(port) < 65536)):
        raise TargetError(f"{text!r} is no target; expected [user@]host[:port]")
    return user or None, host, int(port or 22)
