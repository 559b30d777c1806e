"""Security hooks: checks before every request, headers of every response."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from sml_viewer.i18n import Message, translated
from sml_viewer.web.http.base_path import WITHOUT_SLASH
from sml_viewer.web.http.error_handlers import error_response
from sml_viewer.web.http.responses import compress
from sml_viewer.web.i18n import language
from sml_viewer.web.settings import Setup

from .auth import auth, session

# Endpoints without login.
_ASSETS = ("static", "static_fixed")
_OPEN = ("login.show", "login.enter", *_ASSETS)
_LOOPBACK_NAMES = ("localhost", "localhost.localdomain")
_CHANGING = ("POST", "PUT", "PATCH", "DELETE")
_MOST_BODY = 4_000_000
_MOST_FORM = 10_000
_MOST_ADDRESS = 8_000

_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # With no-referrer a browser would not send the Origin of forms to this page either.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def install_security_hooks(app: Flask, setup: Setup, scripts: Callable[[str], str]) -> None:
    """Register the security hooks with an application.

    `scripts` gives the script sources allowed by the CSP of a page below a base path.

    It is longer than other functions because the hooks are in the order in which a request passes them.
    """
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BODY
    named = {name.lower().strip("[]") for name in setup.hosts}

    @app.before_request
    def check_host() -> None:
        if len(request.full_path) > _MOST_ADDRESS:
            abort(414)
        most = _MOST_BODY if request.path.startswith("/api/") else _MOST_FORM
        if (request.content_length or 0) > most:
            abort(413)
        if not _is_known_host(request.host, named):
            host = repr(request.host[:200])
            abort(403, Message("host {host} is not allowed; restart the page with --host NAME", host=host))

    @app.before_request
    def check_origin() -> None:
        # Refuse forms and images of other sites, but not links.
        is_link = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.method in ("GET", "HEAD")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and not is_link:
            abort(403, "request from another site refused")
        origin = request.headers.get("Origin")
        if request.method in _CHANGING and origin is not None and urlsplit(origin).netloc != request.host:
            abort(403, "request from another site refused")

    @app.before_request
    def require_session() -> BaseResponse | None:
        known = auth().read(request.cookies.get(auth().cookie_name()))
        g.session = known or auth().open(setup.user if setup.login == "free" else None)
        g.has_session = known is not None
        # Only the login form creates sessions without login: a late response to another tab must not replace
        # the session of a login.
        lasting = request.endpoint == "login.show" or (
            session().user is not None and request.endpoint not in _ASSETS
        )
        g.write_session = lasting and (known is None or auth().is_stale(known))
        if known is None and request.headers.get("Sec-Fetch-Site") == "cross-site":
            # On links from other sites the browser sends the cookie only after a page of ours redirects.
            return Response(render_template("again.html", address=page_address(_requested_address())))
        if session().user is not None or request.endpoint in _OPEN:
            return None
        if request.path.startswith("/api/") or request.method not in ("GET", "HEAD"):
            return error_response(
                401,
                translated(Message("not logged in, or the session expired"), language()),
                remedy=translated(Message("log in"), language()),
                login=url_for("login.show"),
            )
        following = quote(local_target(_requested_address()), safe="/?:@!$'()*,;~")
        return redirect_to(f"/login?next={following}")

    @app.before_request
    def check_csrf() -> None:
        if request.method not in _CHANGING:
            return
        token = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
        if not g.has_session or not auth().check_csrf(session(), token):
            abort(403, "CSRF token missing or expired; reload the page")

    @app.after_request
    def set_security_headers(response: Response) -> Response:
        policy = _POLICY.format(scripts=scripts(request.script_root))
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if g.get("write_session"):
            auth().write(response, session())
        return compress(response)


def _requested_address() -> str:
    """The requested address in ASCII, without the base path."""
    query = request.query_string.decode("latin-1")
    return quote(request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")


def local_target(address: str | None) -> str:
    """An address of this page, without the base path; `/` for what a browser may take for another site's."""
    if not address or not address.startswith("/") or address.startswith("//"):
        return "/"
    if "\\" in address or " " in address or not address.isprintable():
        return "/"
    return address


def page_address(target: str | None) -> str:
    """The address of a target within this page, below the base path."""
    return request.script_root + local_target(target)


def redirect_to(target: str | None) -> BaseResponse:
    """Redirect to a target within this page.

    Below a base path the location is relative, because some proxies prepend the path to absolute ones.
    """
    address = page_address(target)
    if request.script_root and not request.environ.get(WITHOUT_SLASH):
        # Never without dots: `https:` at the start of a target would be another site.
        up = "../" * (request.path.count("/") - 1) or "./"
        address = up + local_target(target).removeprefix("/")
    return redirect(address, 303)


def _is_known_host(host: str, named: Iterable[str]) -> bool:
    """Whether a host name is one of this page.

    Another site can point a name of its own at this machine, but not an address, and it cannot change the
    Host header. The port is not compared: a tunnel has another one at its far end.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if name in _LOOPBACK_NAMES or name in named:
            return True
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
