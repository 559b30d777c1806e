"""The HTML page behind all addresses of the tabs; its data comes from the JSON interface."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from sml_viewer.errors import SmlViewerError
from sml_viewer.web.frontend import frontend
from sml_viewer.web.i18n import language
from sml_viewer.web.library_pool import library, progress, setup
from sml_viewer.web.security.hooks import redirect_to

shell = Blueprint("shell", __name__)


@shell.get("/")
def home() -> Response:
    """The charts; the list where there are no runs, which says what to do."""
    return redirect_to("/charts" if _may_have_runs() else "/experiment")


def _may_have_runs() -> bool:
    try:
        return any(not run.superseded for run in library().current()[1]) or not progress()["ready"]
    except SmlViewerError:  # no such folder, or none chosen: the page says so
        return False


@shell.get("/charts")
@shell.get("/experiment")
@shell.get("/hyperparameters")
@shell.get("/param_adjust")
@shell.get("/plot")
@shell.get("/table")
@shell.get("/run/<run_id>")
def show(run_id: str = "") -> str:  # noqa: ARG001  read from the address by the front end
    """The shell."""
    return render_template("shell.html", setup=setup(), language=language(), frontend=frontend())
