"""Logging in and out, without a script."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from sml_viewer.page.answers import uncompressed
from sml_viewer.page.auth import auth, session
from sml_viewer.page.data import setup
from sml_viewer.page.words import words

login = Blueprint("login", __name__)


@login.get("/login")
def show() -> BaseResponse:
    """The form; a one-time token in the address is spent for a session."""
    target = _inside(request.args.get("next"))
    token = request.args.get("token")
    if session().user is not None:
        return redirect(target, 303)
    if token is not None and request.method == "GET" and auth().spend_token(token):
        return _enter(setup().user, target)
    return _form(target, "login.wrong_token" if token is not None else None)


@login.post("/login")
def enter() -> BaseResponse:
    """Exchange a password for a session."""
    target = _inside(request.form.get("next"))
    user, password = request.form.get("user", ""), request.form.get("password", "")
    if not auth().check_password(user, password):
        return _form(target, "login.wrong", 403)
    return _enter(user, target)


@login.post("/logout")
def leave() -> BaseResponse:
    """End the session, everywhere its cookie may be."""
    response = redirect(url_for("login.show"), 303)
    auth().end(response, session())
    g.write_session = False
    return response


def _enter(user: str, target: str) -> BaseResponse:
    # A new session: the one from before the login may be known to whoever prepared this browser.
    g.session, g.write_session = auth().open(user), True
    return redirect(target, 303)


def _form(target: str, fault: str | None, status: int = 200) -> Response:
    page = render_template(
        "login.html", words=words(), fault=fault, target=target, csrf=auth().csrf(session()), setup=setup()
    )
    return uncompressed(Response(page, status, mimetype="text/html"))


def _inside(target: str | None) -> str:
    """An address of this page; the first one for anything that a browser could take for another site's."""
    plain = target is not None and target.startswith("/") and not target.startswith("//")
    if target is None or not plain or "\\" in target or not target.isprintable() or " " in target:
        return "/"
    return target
