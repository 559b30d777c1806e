"""The HTML page behind all addresses of the tabs; its data comes from the JSON interface."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, TypedDict
from urllib.parse import parse_qsl, quote

from flask import Blueprint, current_app, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from sml_viewer.config.saved import Configurations
from sml_viewer.errors import SmlViewerError
from sml_viewer.web.frontend import frontend
from sml_viewer.web.http.responses import json_text, uncompressed
from sml_viewer.web.i18n import language
from sml_viewer.web.library_pool import library, library_pool, progress, setup
from sml_viewer.web.security.auth import session
from sml_viewer.web.security.hooks import redirect_to

from .account.session import session_answer
from .configs import config_names, config_shown

shell = Blueprint("shell", __name__)

_MOST_PAIRS, _LONGEST_PAIR = 8, 1_000
# What encodeURIComponent leaves, beside what `quote` does.
_UNQUOTED = "!*'()"


class FirstAnswer(TypedDict):
    """The answer to a request that the page would send first."""

    path: str
    query: dict[str, str]
    answer: Any


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
def show(run_id: str = "") -> Response:  # noqa: ARG001  read from the address by the front end
    """The shell, with the answers that the page needs before it can request anything else."""
    answers = json_text(_first_answers())
    text = answers if isinstance(answers, str) else answers.decode("utf-8")
    # No text in it can end the element that contains it.
    safe = Markup(text.replace("<", "\\u003c"))  # noqa: S704  JSON without a tag
    page = render_template(
        "shell.html", setup=setup(), language=language(), frontend=frontend(), answers=safe
    )
    return uncompressed(current_app.make_response(page))


def _first_answers() -> list[FirstAnswer]:
    """The session, the saved configurations, and the one that the page shows first.

    What that and the address draw is read first, where runs are still to be read.
    """
    path = request.args.get("path", "")
    opened = Configurations(setup().workspace).opened_last(session().user)
    name = request.args.get("config") or opened or "default"
    saved: Mapping[str, Any] = {}
    try:
        shown = config_shown(name)
    except SmlViewerError:  # the page requests it, and says why it cannot be shown
        configuration: list[FirstAnswer] = []
    else:
        saved = shown["config"]
        path = path or str(saved.get("PLOT_LOG_PATH") or "")
        configuration = [
            {"path": f"/api/v1/configs/{quote(name, safe=_UNQUOTED)}", "query": {}, "answer": shown}
        ]
    _ask_for_columns(path, saved)
    return [
        {"path": "/api/v1/session", "query": {"data": path}, "answer": session_answer(path)},
        {"path": "/api/v1/configs", "query": {}, "answer": config_names()},
        *configuration,
    ]


def _ask_for_columns(path: str, saved: Mapping[str, Any]) -> None:
    """Let the columns that the address and the saved view name be read before others."""
    named = [(request.args.get("x", ""), request.args.get("score", ""))]
    tabs = saved.get("VIEW_STATE") or {}
    for tab in ("", request.path):
        query = dict(parse_qsl(str(tabs.get(tab, ""))))
        named.append((query.get("x", ""), query.get("score", "")))
    named += [(str(x), str(y)) for x, y in saved.get("PLOTTING_XY") or ()]
    pairs = [(x, y) for x, y in named[:_MOST_PAIRS] if y and len(x) + len(y) < _LONGEST_PAIR]
    if pairs:
        with contextlib.suppress(SmlViewerError):  # no such folder: the page says so
            library_pool().ask_for(library(path or None), pairs)
