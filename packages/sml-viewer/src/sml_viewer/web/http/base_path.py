"""The path of a reverse proxy below which the page is served, such as /user/alice/sml-viewer.

It becomes SCRIPT_NAME of a request (PEP 3333), to which links, redirects, assets and cookies are relative.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

# Segments as they are in an address; a backslash, a quote or `//` would lead elsewhere.
_PATH = re.compile(r"(/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~!$&()*+,=:@%-]+)+")
_LONGEST = 500
# Set in the environment of a request for the base path itself, to which no address is relative.
WITHOUT_SLASH = "sml_viewer.without_slash"
_HEADER = "HTTP_X_FORWARDED_PREFIX"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def normal_base_path(text: str) -> str:
    """A base path without a slash at its end, "" for none. Raises ValueError if it is not a path."""
    path = text.strip().rstrip("/")
    if path and (len(path) > _LONGEST or not _PATH.fullmatch(path)):
        raise ValueError(f"invalid base path {text!r}; expected e.g. /user/alice/sml-viewer")
    return path


class BasePath:
    """WSGI middleware that sets SCRIPT_NAME, and removes the base path from PATH_INFO if the proxy kept it.

    The base path is X-Forwarded-Prefix of a request from a trusted address, else the configured one. From
    other addresses the header is ignored: whoever can set it would choose where links and redirects lead.
    """

    def __init__(self, application: Application, base_path: str = "", trusted: Collection[str] = ()) -> None:
        self._application = application
        self._base_path = base_path
        self._trusted = {ipaddress.ip_address(address) for address in trusted}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Handle a request."""
        base = self._forwarded(environ)
        environ["SCRIPT_NAME"] = base
        path = environ.get("PATH_INFO", "")
        for prefix in {base, _decoded(base)} - {""}:
            if path == prefix or path.startswith(f"{prefix}/"):
                environ["PATH_INFO"] = path[len(prefix) :] or "/"
                environ[WITHOUT_SLASH] = path == prefix
                break
        return self._application(environ, start_response)

    def _forwarded(self, environ: dict[str, Any]) -> str:
        header = environ.pop(_HEADER, None)
        if header is None or not self._trusts(environ.get("REMOTE_ADDR", "")):
            return self._base_path
        try:
            return normal_base_path(header)
        except ValueError:
            return self._base_path

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        # On dual-stack sockets, IPv4 addresses are mapped to IPv6.
        return (getattr(parsed, "ipv4_mapped", None) or parsed) in self._trusted


def _decoded(path: str) -> str:
    """The path as servers put it into PATH_INFO."""
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), path)
