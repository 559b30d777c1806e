"""Settings that the page is started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Login = Literal["free", "token", "password"]


@dataclass(frozen=True)
class Setup:
    """Settings of the page.

    `folders` are shown unless a request names another. `changeable`: PLOT_LOG_PATH may be any folder of
    this machine except system folders; otherwise it must be inside `folders`. `hosts` are names and
    addresses of the page besides this machine's loopback. `secure`: served over TLS. `period`: hours until
    an unused session expires. `figures` are folders besides the workspace in which figures may be saved.
    `base_path` is the path below which a proxy serves the page, without a slash at its end; requests from
    the addresses `trusted_proxies` may name another one in X-Forwarded-Prefix.
    """

    workspace: Path
    folders: tuple[Path, ...] = ()
    changeable: bool = False
    login: Login = "free"
    user: str = "user"
    title: str = ""
    hosts: tuple[str, ...] = ()
    port: int = 7005
    secure: bool = False
    period: float = 24.0
    figures: tuple[Path, ...] = ()
    base_path: str = ""
    trusted_proxies: tuple[str, ...] = ()
