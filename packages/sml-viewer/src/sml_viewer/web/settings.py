"""What the page was started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Login = Literal["free", "token", "password"]


@dataclass(frozen=True)
class Setup:
    """How the page runs.

    `folders` are shown as long as nobody asks for another one. `changeable` says that PLOT_LOG_PATH may be
    any folder of this machine but a system one; otherwise it must lie inside `folders`. `hosts` are the names
    and addresses, besides this machine's loopback, by which a browser may call the page. `secure` says that
    it is served over TLS. `period` is how many hours a session lives without a visit.
    `figures` are folders besides the workspace that figures may be saved in.
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
