"""The page as a Flask application; it gets all data from the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from . import background_plots, library_pool
from .assets import serve_assets
from .frontend import EXTENSION as FRONTEND
from .frontend import make_frontend
from .http.base_path import BasePath
from .http.error_handlers import register_error_handlers
from .security import auth
from .security.hooks import install_security_hooks
from .settings import Setup
from .views import BLUEPRINTS


def create_app(
    setup: Setup,
    password: str = "",
    *,
    indexing: bool = True,
    announce: Callable[[str], None] | None = None,
) -> Flask:
    """Create the application that shows runs.

    `password` is that of `setup.login == "password"`; `announce` is called with each one-time token of
    `setup.login == "token"`. With `indexing=False` the caller reads the runs into the workspace's store,
    with a Library of its own.
    """
    app = Flask(__name__, static_folder=None)
    app.json = _Json(app)
    app.config["DATA_PATH"] = ", ".join(map(str, setup.folders))
    app.extensions[auth.EXTENSION] = auth.Auth(setup, password, announce)
    app.extensions[library_pool.EXTENSION] = library_pool.LibraryPool(setup, indexing=indexing)
    app.extensions[background_plots.EXTENSION] = background_plots.BackgroundPlotter(
        app.extensions[library_pool.EXTENSION]
    )
    library_pool.install_release_hook(app)
    register_error_handlers(app)
    app.extensions[FRONTEND] = frontend = make_frontend()
    install_security_hooks(app, setup, frontend.policy)
    app.wsgi_app = BasePath(app.wsgi_app, setup.base_path, setup.trusted_proxies)  # type: ignore[method-assign]
    serve_assets(app, frontend)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


class _Json(DefaultJSONProvider):
    def loads(self, s: str | bytes, **options: Any) -> Any:
        """Parse JSON. Raises ValueError if it is invalid or nested too deeply."""
        try:
            return super().loads(s, **options)
        except RecursionError as error:
            raise ValueError("nested too deep") from error
