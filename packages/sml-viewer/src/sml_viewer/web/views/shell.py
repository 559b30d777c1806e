"""The one HTML page behind all addresses of the tabs; what it shows is asked of the JSON endpoints."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from sml_viewer.web.frontend import frontend
from sml_viewer.web.i18n import language
from sml_viewer.web.library_pool import setup

shell = Blueprint("shell", __name__)


@shell.get("/")
def home() -> Response:
    """The first tab."""
    return redirect("/experiment", 303)


@shell.get("/charts")
@shell.get("/experiment")
@shell.get("/param_adjust")
@shell.get("/plot")
@shell.get("/table")
@shell.get("/run/<run_id>")
def show(run_id: str = "") -> str:  # noqa: ARG001  read from the address by the front end
    """The shell."""
    return render_template("shell.html", setup=setup(), language=language(), frontend=frontend())
