"""Options of `sml-viewer serve`: login, address, proxy."""

from __future__ import annotations

import argparse
import ipaddress
from pathlib import Path
from typing import Any

_MOST_HOURS = 1_000_000


def add_serve_options(serve: argparse.ArgumentParser) -> None:
    """Add the options of `serve`; `-d` and `-wks` belong to every command."""
    known: list[tuple[str, str, dict[str, Any]]] = [
        ("-p", "--port", {"type": _port, "default": 7005, "help": "port (default 7005)"}),
        ("-u", "--user_name", {"default": "user", "help": "name to log in with (default user)"}),
        (
            "-pw",
            "--password",
            {"help": "password, or - to read it from standard input (default: a one-time address)"},
        ),
        ("-lf", "--login_free", {"action": "store_true", "help": "no login, even with -pw"}),
        ("-t", "--title", {"default": "", "help": "put before the page's title"}),
        (
            "-cp",
            "--cookie_period",
            {
                "type": _hours,
                "default": 24.0,
                "metavar": "HOURS",
                "help": "hours without a visit after which a new login is needed (default 24)",
            },
        ),
        (
            "-ltf",
            "--log_to_file",
            {"action": "store_true", "help": "log each request to page.log in the workspace"},
        ),
        (
            "-crt",
            "--certfile",
            {"type": Path, "metavar": "FILE", "help": "certificate in PEM: serve over TLS, with -key"},
        ),
        (
            "-key",
            "--keyfile",
            {"type": Path, "metavar": "FILE", "help": "the certificate's private key in PEM"},
        ),
    ]
    for short, long, more in known:
        # Names in older releases.
        older = {"-crt": ["--ssl_crt"], "-key": ["--ssl_key"]}.get(short, [])
        serve.add_argument(short, long, *older, **more)
    _add_address_options(serve)


def _add_address_options(serve: argparse.ArgumentParser) -> None:
    """Where the page listens, and what is in front of it."""
    serve.add_argument(
        "--host",
        action="append",
        metavar="ADDRESS",
        help="address to listen on (default 127.0.0.1, this machine only); repeat for further host names",
    )
    serve.add_argument(
        "--base-path",
        type=_base_path,
        default="",
        metavar="PATH",
        help="path below which a proxy serves the page, such as /user/alice/sml-viewer",
    )
    serve.add_argument(
        "--trusted-proxy",
        action="append",
        type=_address,
        metavar="ADDRESS",
        help="address of a proxy that may name the base path in X-Forwarded-Prefix; repeatable",
    )
    serve.add_argument(
        "--figures",
        action="append",
        type=Path,
        metavar="DIR",
        help="folder that PLOT_FIGURE_SAVING_PATH may name outside the workspace; repeatable",
    )
    serve.add_argument(
        "--force", action="store_true", help="allow -lf on an address that other machines reach"
    )


def _base_path(text: str) -> str:
    from sml_viewer.web.http.base_path import normal_base_path

    try:
        return normal_base_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"invalid address {text!r}; expected that of a proxy, e.g. 127.0.0.1"
        ) from None


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else 0
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(
            f"invalid port {text!r}; expected a number from 1 to 65535 (below 1024 only for root)"
        )
    return port


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= _MOST_HOURS:
        raise argparse.ArgumentTypeError(
            f"invalid number of hours {text!r}; expected more than 0, at most {_MOST_HOURS}"
        )
    return hours
