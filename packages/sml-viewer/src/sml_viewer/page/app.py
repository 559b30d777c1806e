"""The page as a Flask application; everything it shows is asked of the engine."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from sml_viewer.naming import differing

from . import auth, data
from .doors import guard
from .faults import tell_faults
from .setup import Setup
from .views import BLUEPRINTS


def create_app(
    setup: Setup,
    password: str = "",
    *,
    indexing: bool = True,
    announce: Callable[[str], None] | None = None,
) -> Flask:
    """An application that shows runs.

    `password` is that of `setup.login == "password"`; `announce` is told each one-time token of
    `setup.login == "token"`. With `indexing=False` the caller reads the runs into
    the workspace's store, by a Library of its own.
    """
    app = Flask(__name__)
    app.config["DATA_PATH"] = ", ".join(map(str, setup.folders))
    app.jinja_env.globals["differing"] = differing
    app.extensions[auth.EXTENSION] = auth.Auth(setup, password, announce)
    app.extensions[data.EXTENSION] = data.Data(setup, indexing=indexing)
    data.give_back(app)
    tell_faults(app)
    guard(app, setup)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
