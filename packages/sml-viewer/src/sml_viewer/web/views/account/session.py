"""The session: user, language, data folders, and the first state of the page."""

from __future__ import annotations

from importlib.metadata import version

from flask import Blueprint, Response, request

from sml_config.hashing import short_hash
from sml_viewer.config.saved import Configurations
from sml_viewer.errors import SmlViewerError
from sml_viewer.i18n import Message, message_of, translated
from sml_viewer.web.data_folders import folders_below
from sml_viewer.web.http.error_handlers import error_response
from sml_viewer.web.http.responses import json_response, uncompressed
from sml_viewer.web.i18n import LANGUAGE_COOKIE, LANGUAGES, language
from sml_viewer.web.library_pool import library, progress, setup
from sml_viewer.web.schemas.session import DataFolders, FoldersAnswer, LanguageChosen, SessionAnswer
from sml_viewer.web.security.auth import auth, cookie_path
from sml_viewer.web.security.auth import session as current_session

session = Blueprint("session", __name__)

_YEAR = 365 * 24 * 3600


@session.get("/api/v1/session")
def describe() -> Response:
    """User, data folders and their progress, and the CSRF token."""
    return uncompressed(json_response(session_answer()))


def session_answer(data_path: str | None = None) -> SessionAnswer:
    """The session, with the folders of the request or of a data path; it contains a secret."""
    return {
        "user": current_session().user,
        "login": setup().login,
        "csrf": auth().csrf(current_session()),
        "title": setup().title,
        "language": language(),
        "version": version("sml-viewer"),
        "config": Configurations(setup().workspace).opened_last(current_session().user),
        "workspace": short_hash(str(setup().workspace.resolve()).encode(), 16),
        "data": _shown(data_path),
    }


@session.get("/api/v1/folders")
def list_folders() -> Response:
    """The folders in a folder that PLOT_LOG_PATH may name: `?path=`, absolute."""
    folder, names = folders_below(setup(), request.args.get("path", ""))
    content: FoldersAnswer = {"path": str(folder), "folders": names}
    return json_response(content)


@session.post("/api/v1/language")
def remember_language() -> Response:
    """Store the chosen language: {"language": "zh" | "en"}."""
    body = request.get_json()
    chosen = body.get("language") if isinstance(body, dict) else None
    if chosen not in LANGUAGES:
        return error_response(
            400,
            translated(Message("no such language: {name}", name=repr(chosen)), language()),
            remedy=translated(Message("choose one of {names}", names=", ".join(LANGUAGES)), language()),
        )
    content: LanguageChosen = {"language": chosen}
    response = json_response(content)
    response.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=_YEAR,
        path=cookie_path(),
        samesite="Strict",
        secure=setup().secure,
    )
    return response


def _shown(data_path: str | None) -> DataFolders:
    """The folders of the request or the data path, and their progress, or why there are none."""
    folders: DataFolders = {
        "roots": [str(folder) for folder in setup().folders],
        "changeable": setup().changeable,
        "shown": [],
        "indexing": None,
        "fault": None,
    }
    try:
        return {
            **folders,
            "shown": [str(root) for root in library(data_path).roots],
            "indexing": progress(data_path),
        }
    except SmlViewerError as error:
        return {**folders, "fault": message_of(error, language())}
