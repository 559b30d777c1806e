"""The page as a Flask application; everything it shows is asked of the engine."""

from __future__ import annotations

from flask import Flask, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from sml_viewer.errors import SmlViewerError
from sml_viewer.library import Library
from sml_viewer.naming import differing

from .views import plots, runs

_LOCAL_NAMES = ("127.0.0.1", "localhost")
_HEADERS = {
    # Pages are ours alone: no script runs, nothing is loaded from elsewhere.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; "
    "img-src 'self' data:; style-src 'self'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


def create_app(library: Library) -> Flask:
    """An application that shows the runs of a library to this machine."""
    app = Flask(__name__)
    app.config["LIBRARY"] = library
    app.config["DATA_PATH"] = ", ".join(map(str, library.roots))
    app.jinja_env.globals["differing"] = differing
    app.register_blueprint(runs)
    app.register_blueprint(plots)
    app.add_url_rule("/", "home", lambda: redirect(url_for("runs.experiment")))

    @app.before_request
    def only_by_a_local_name() -> None:
        # A web page elsewhere can point a name of its own at 127.0.0.1; it cannot change the Host header.
        if request.host.rpartition(":")[0] not in _LOCAL_NAMES and request.host not in _LOCAL_NAMES:
            abort(403)

    @app.after_request
    def closed_by_default(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.errorhandler(SmlViewerError)
    def nothing_to_show(error: SmlViewerError) -> tuple[str, int]:
        return render_template("empty.html", message=str(error)), 200

    @app.errorhandler(404)
    def not_found(_error: Exception) -> tuple[BaseResponse | str, int]:
        return render_template("empty.html", message="There is nothing at this address."), 404

    return app
