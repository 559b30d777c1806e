"""The named plot configurations of the workspace."""

from __future__ import annotations

from flask import Blueprint, Response

from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.saved import Configurations
from sml_viewer.errors import ConfigurationChangedError
from sml_viewer.i18n import translated
from sml_viewer.web.http.request import Body
from sml_viewer.web.http.responses import answer
from sml_viewer.web.i18n import language
from sml_viewer.web.library_pool import setup
from sml_viewer.web.schemas.session import (
    ConfigConflict,
    ConfigDone,
    ConfigNames,
    ConfigOpened,
    ConfigSaved,
    ConfigShown,
)
from sml_viewer.web.security.auth import session

configs = Blueprint("configs", __name__)

_ACTIONS = ("new", "copy", "rename", "delete", "restore", "merge", "reset", "split")


@configs.get("/api/v1/configs")
def names() -> Response:
    """The names, and what lies in the recycle bin."""
    kept = _kept()
    content: ConfigNames = {"names": kept.names(), "deleted": kept.deleted()}
    return answer(content)


@configs.get("/api/v1/configs/<name>")
def show(name: str) -> Response:
    """One configuration: what is set in it, its revision, what of an older tool's was not understood."""
    return answer(_shown(name))


@configs.post("/api/v1/configs/<name>")
def save(name: str) -> Response:
    """Save a configuration that was opened at a revision; 409 and the other one if somebody did before."""
    body = Body()
    try:
        _kept().save(name, body.configuration(), body.text("revision"))
    except ConfigurationChangedError as error:
        remedy = "load it again, or save yours under another name"
        conflict: ConfigConflict = {**_shown(name), "error": {"message": str(error), "remedy": remedy}}
        return answer(conflict, status=409)
    saved: ConfigSaved = {"name": name, "revision": _kept().revision(name)}
    return answer(saved)


@configs.post("/api/v1/configs/<name>/opened")
def opened(name: str) -> Response:
    """Remember that this user opened a configuration: the page opens with it the next time."""
    _kept().remember_opened(session().user, name)
    content: ConfigOpened = {"name": name}
    return answer(content)


@configs.post("/api/v1/configs")
def act() -> Response:
    """Do something to a configuration; answers the name to show next, the names, the recycle bin."""
    body = Body()
    action = body.choice("action", _ACTIONS)
    name = body.text("name")
    shown = {
        "new": _new,
        "copy": _copy,
        "rename": _rename,
        "delete": _delete,
        "restore": _restore,
        "merge": _merge,
        "reset": _reset,
        "split": _split,
    }[action](_kept(), name, body)
    content: ConfigDone = {"name": shown, "names": _kept().names(), "deleted": _kept().deleted()}
    return answer(content)


def _new(kept: Configurations, name: str, body: Body) -> str:
    kept.save(name, body.configuration(), "")
    return name


def _copy(kept: Configurations, name: str, body: Body) -> str:
    kept.copy(name, body.text("to"))
    return body.text("to")


def _rename(kept: Configurations, name: str, body: Body) -> str:
    kept.rename(name, body.text("to"))
    return body.text("to")


def _delete(kept: Configurations, name: str, _body: Body) -> str | None:
    kept.delete(name)
    return None


def _restore(kept: Configurations, name: str, _body: Body) -> str:
    return kept.restore(name)


def _merge(kept: Configurations, name: str, body: Body) -> str:
    kept.merge(name, body.text("other"))
    return name


def _reset(kept: Configurations, name: str, _body: Body) -> str:
    kept.reset(name)
    return name


def _split(kept: Configurations, name: str, body: Body) -> str:
    keys = body.texts("keys")
    kept.split_by_key(name, keys)
    return name


def _kept() -> Configurations:
    return Configurations(setup().workspace)


def _shown(name: str) -> ConfigShown:
    kept = _kept()
    if name not in kept.names():
        # What everybody finds before anything was kept, and whoever follows a link to one that was deleted.
        return {"name": name, "config": Configuration().as_json(), "revision": "", "old": False, "notes": []}
    found = kept.open(name)
    return {
        "name": name,
        "config": found.configuration.as_json(),
        "revision": found.revision,
        "old": found.old,
        "notes": [translated(note, language()) for note in found.configuration.notes],
    }
