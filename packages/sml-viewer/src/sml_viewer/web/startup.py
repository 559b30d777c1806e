"""Start-up of `sml-viewer serve`: options to settings, refused combinations, and printed messages."""

from __future__ import annotations

import argparse
import getpass
import ipaddress
import socket
import sys

from sml_viewer.discovery import existing_folder, usual_folders
from sml_viewer.index.location import default_workspace

from .errors import StartError
from .settings import Login, Setup

_LEAST_PASSWORD = 8
# Common default passwords.
_KNOWN_PASSWORDS = {
    "12345678", "123456789", "1234567890", "admin123", "changeme", "iloveyou", "letmein1", "password",
    "password1", "passw0rd", "qwertyui", "qwerty123", "smart_logger", "smartlogger", "sml-viewer",
}  # fmt: skip


def make_setup(options: argparse.Namespace) -> tuple[Setup, str]:
    """The page's settings and password from parsed options.

    Raises StartError and NoRunsError with the remedy.
    """
    hosts = tuple(options.host or ["127.0.0.1"])
    public = not is_loopback(hosts[0])
    password = _read_password(options.password)
    login: Login = "free" if options.login_free else "token" if password is None else "password"
    if public:
        _refuse_on_a_public_address(hosts[0], login, options.user_name, password or "", force=options.force)
    if bool(options.certfile) != bool(options.keyfile):
        raise StartError("-crt and -key belong together: pass the certificate and its key")
    folders = tuple(options.data_path or usual_folders())
    if public and not folders:
        raise StartError(f"listening on {hosts[0]} needs -d DIR: a folder that everyone with access may see")
    setup = Setup(
        workspace=(options.workspace_path or default_workspace()).expanduser().absolute(),
        folders=tuple(existing_folder(folder).absolute() for folder in folders),
        changeable=not public and not options.data_path,
        login=login,
        user=options.user_name,
        title=options.title,
        hosts=(*hosts, *_own_names()) if public else hosts,
        port=options.port,
        secure=options.certfile is not None,
        period=options.cookie_period,
        figures=tuple(folder.expanduser().absolute() for folder in options.figures or ()),
        base_path=options.base_path,
        trusted_proxies=tuple(options.trusted_proxy or ()),
    )
    return setup, password or ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    # On dual-stack sockets, IPv4 addresses are mapped to IPv6.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def page_url(setup: Setup) -> str:
    """The page's address for a browser on this machine, or anywhere if the page is public."""
    host = setup.hosts[0].strip("[]")
    if host in ("0.0.0.0", "::"):  # noqa: S104  compared, not bound
        host = socket.gethostname()
    origin = f"{'https' if setup.secure else 'http'}://{f'[{host}]' if ':' in host else host}:{setup.port}"
    return origin + setup.base_path


def startup_lines(setup: Setup) -> list[str]:
    """Lines printed before the address."""
    lines = [f"looking at {', '.join(map(str, setup.folders))}"] if setup.folders else []
    if not setup.folders:
        lines = [
            "no folder of runs here (logfile, logs, runs, wandb, …): "
            "choose one in the page, or start sml-viewer FOLDER"
        ]
    if is_loopback(setup.hosts[0]):
        if setup.login == "free":
            lines.append("no login: every user of this machine can open the page")
    else:
        lines.append(
            f"listening on {setup.hosts[0]}: every machine with access to this one can open the page"
        )
        if setup.login == "free":
            lines.append("WARNING: no login: everyone can see these runs and change tags and configurations")
        elif not setup.secure:
            lines.append("WARNING: without -crt and -key (TLS) password and session are sent unencrypted")
    return lines


def tunnel_lines(setup: Setup) -> list[str]:
    """Lines printed after the address: how to reach the page from elsewhere."""
    if not is_loopback(setup.hosts[0]):
        return []
    host, port = setup.hosts[0], setup.port
    return [
        f"listening on {host}, this machine only; stop with Ctrl-C",
        f"from elsewhere, first: ssh -L {port}:{host}:{port} {getpass.getuser()}@{socket.gethostname()}",
    ]


def _read_password(given: str | None) -> str | None:
    """The password of -pw; `-` reads the first line of standard input."""
    if given != "-":
        if given == "":
            raise StartError("-pw is empty; omit it for a one-time address, or pass -lf for no login")
        return given
    line = getpass.getpass("password of the page: ") if sys.stdin.isatty() else sys.stdin.readline()
    password = line.rstrip("\r\n")
    if not password:
        raise StartError("-pw - reads the password from standard input, which is empty")
    return password


def _refuse_on_a_public_address(host: str, login: Login, user: str, password: str, *, force: bool) -> None:
    if login == "free" and not force:
        raise StartError(
            f"without a login everyone with access to {host} would see your runs: "
            "set a password with -pw, or confirm with --force"
        )
    if login != "password":
        return
    known = password.lower() in _KNOWN_PASSWORDS or password.lower() == user.lower() or len(set(password)) < 4
    if known or len(password) < _LEAST_PASSWORD:
        raise StartError(
            f"this password is too easy to guess for a page on {host}: "
            f"choose another of at least {_LEAST_PASSWORD} characters, or omit -pw for a one-time address"
        )


def _own_names() -> list[str]:
    name = socket.gethostname()
    return sorted({name, name.partition(".")[0], socket.getfqdn()})
