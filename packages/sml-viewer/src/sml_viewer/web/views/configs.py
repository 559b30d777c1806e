"""Named plot configurations of the workspace."""

from __future__ import annotations

from flask import Blueprint, Response

from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.saved import Configurations
from sml_viewer.errors import ConfigurationChangedError
from sml_viewer.i18n import Message, message_of, translated
from sml_viewer.web.http.request import Body
from sml_viewer.web.http.responses import json_response
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
    """The names, and the contents of the recycle bin."""
    return json_response(config_names())


@configs.get("/api/v1/configs/<name>")
def show(name: str) -> Response:
    """One configuration: its values, its revision, and notes on an older tool's unknown values."""
    return json_response(config_shown(name))


@configs.post("/api/v1/configs/<name>")
def save(name: str) -> Response:
    """Save a configuration opened at a revision; 409 and the current one if it was changed meanwhile."""
    body = Body()
    try:
        _configurations().save(name, body.configuration(), body.text("revision"))
    except ConfigurationChangedError as error:
        remedy = translated(Message("load it again, or save yours under another name"), language())
        conflict: ConfigConflict = {
            **config_shown(name),
            "error": {"message": message_of(error, language()), "remedy": remedy},
        }
        return json_response(conflict, status=409)
    saved: ConfigSaved = {"name": name, "revision": _configurations().revision(name)}
    return json_response(saved)


@configs.post("/api/v1/configs/<name>/opened")
def opened(name: str) -> Response:
    """Record that this user opened a configuration: the page opens with it the next time."""
    _configurations().remember_opened(session().user, name)
    content: ConfigOpened = {"name": name}
    return json_response(content)


@configs.post("/api/v1/configs")
def act() -> Response:
    """Apply an action to a configuration; answers the name to show next, the names, the recycle bin."""
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
    }[action](_configurations(), name, body)
    content: ConfigDone = {
        "name": shown,
        "names": _configurations().names(),
        "deleted": _configurations().deleted(),
    }
    return json_response(content)


def _new(configurations: Configurations, name: str, body: Body) -> str:
    configurations.save(name, body.configuration(), "")
    return name


def _copy(configurations: Configurations, name: str, body: Body) -> str:
    configurations.copy(name, body.text("to"))
    return body.text("to")


def _rename(configurations: Configurations, name: str, body: Body) -> str:
    configurations.rename(name, body.text("to"))
    return body.text("to")


def _delete(configurations: Configurations, name: str, _body: Body) -> str | None:
    configurations.delete(name)
    return None


def _restore(configurations: Configurations, name: str, _body: Body) -> str:
    return configurations.restore(name)


def _merge(configurations: Configurations, name: str, body: Body) -> str:
    configurations.merge(name, body.text("other"))
    return name


def _reset(configurations: Configurations, name: str, _body: Body) -> str:
    configurations.reset(name)
    return name


def _split(configurations: Configurations, name: str, body: Body) -> str:
    keys = body.texts("keys")
    configurations.split_by_key(name, keys)
    return name


def _configurations() -> Configurations:
    return Configurations(setup().workspace)


def config_names() -> ConfigNames:
    """The names of the saved configurations, and the recycle bin."""
    configurations = _configurations()
    return {"names": configurations.names(), "deleted": configurations.deleted()}


def config_shown(name: str) -> ConfigShown:
    """A configuration, empty if it is not saved. Raises SmlViewerError if it cannot be read."""
    configurations = _configurations()
    if name not in configurations.names():
        # Before anything was saved, and for links to deleted configurations.
        return {"name": name, "config": Configuration().as_json(), "revision": "", "old": False, "notes": []}
    loaded = configurations.open(name)
    return {
        "name": name,
        "config": loaded.configuration.as_json(),
        "revision": loaded.revision,
        "old": loaded.old,
        "notes": [translated(note, language()) for note in loaded.configuration.notes],
    }
