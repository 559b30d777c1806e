"""Log in and out, without scripts."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from sml_viewer.web.http.responses import uncompressed
from sml_viewer.web.i18n import server_texts
from sml_viewer.web.library_pool import setup
from sml_viewer.web.security.auth import auth, session
from sml_viewer.web.security.hooks import local_target, redirect_to

login = Blueprint("login", __name__)


@login.get("/login")
def show() -> BaseResponse:
    """The login form; a one-time token in the address is exchanged for a session."""
    target = local_target(request.args.get("next"))
    token = request.args.get("token")
    if session().user is not None:
        return redirect_to(target)
    if token is not None and _is_meant() and auth().spend_token(token):
        current_app.logger.info("%s logged in with the one-time address", setup().user)
        return _enter(setup().user, target)
    return _form(target, "login.wrong_token" if token is not None else None)


@login.post("/login")
def enter() -> BaseResponse:
    """Exchange a password for a session."""
    target = local_target(request.form.get("next"))
    user, password = request.form.get("user", ""), request.form.get("password", "")
    if setup().login != "password":
        return _form(target, None, 403)
    address = request.remote_addr or ""
    wait = auth().throttle.begin(address)
    if wait:
        response = _form(target, "login.wait", 429)
        response.headers["Retry-After"] = str(wait)
        return response
    if not auth().check_password(user, password):
        current_app.logger.warning("wrong login from %s as %r", address, user[:100])
        return _form(target, "login.wrong", 403)
    auth().throttle.succeeded(address)
    current_app.logger.info("%r logged in from %s", user, address)
    return _enter(user, target)


@login.post("/logout")
def leave() -> BaseResponse:
    """Revoke the session, including copies of its cookie."""
    response = redirect_to("/login")
    auth().end(response, session())
    g.write_session = False
    return response


def _enter(user: str, target: str) -> BaseResponse:
    # A new session id, against session fixation.
    g.session, g.write_session = auth().open(user), True
    return redirect_to(target)


def _form(target: str, fault: str | None, status: int = 200) -> Response:
    page = render_template(
        "login.html",
        words=server_texts(),
        fault=fault,
        target=target,
        csrf=auth().csrf(session()),
        setup=setup(),
    )
    return uncompressed(Response(page, status, mimetype="text/html"))


def _is_meant() -> bool:
    """Whether the address is really opened: a prefetch must not spend the token."""
    looks_ahead = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    return request.method == "GET" and not looks_ahead
