"""What went wrong, said to whoever asked: as JSON below /api/, as a page elsewhere; never a traceback."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response as BaseResponse

from sml_viewer.errors import NoRunsError, QueryError, SmlViewerError
from sml_viewer.i18n import message_of, translated
from sml_viewer.web.errors import PageError
from sml_viewer.web.i18n import language

from .responses import json_response

# Where the JSON interface is; another version would be another prefix beside it.
API = "/api/v1/"
# What our library says to whoever runs a web site, said to whoever reads one.
_MESSAGES = {str(NotFound.description): "there is no page at this address"}


def error_response(status: int, message: str, **more: Any) -> Response:
    """`{"error": {"message": …, "remedy": …, "where": …}}`, or a page that says the same."""
    if request.path.startswith("/api/"):
        return json_response({"error": {"message": message, **more}}, status=status)
    return Response(render_template("fault.html", message=message, **more), status, mimetype="text/html")


def _remedy_for_old_address(error: HTTPException) -> dict[str, str]:
    """Where the interface is now, for scripts and open pages that still ask below /api/ without a version."""
    if isinstance(error, NotFound) and request.path.startswith("/api/") and not request.path.startswith(API):
        return {"remedy": f"the addresses begin with {API} (docs/page-api.md); reload an open page"}
    return {}


def register_error_handlers(app: Flask) -> None:
    """Let an application answer errors so."""

    @app.errorhandler(QueryError)
    def not_understood(error: QueryError) -> Response:
        return error_response(400, translated(error.message, language()), where=error.column)

    @app.errorhandler(NoRunsError)
    def nothing_there(error: NoRunsError) -> Response:
        return error_response(404, message_of(error, language()))

    @app.errorhandler(SmlViewerError)
    def not_possible(error: SmlViewerError) -> Response:
        return error_response(
            error.status if isinstance(error, PageError) else 400, message_of(error, language())
        )

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> BaseResponse:
        if isinstance(error.response, BaseResponse):  # `abort` was given a whole answer
            return error.response
        message = _MESSAGES.get(error.description or "", error.description or error.name)
        response = error_response(error.code or 500, message, **_remedy_for_old_address(error))
        for name, value in error.get_headers():
            if name not in ("Content-Type", "Content-Length"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def internal_error(error: Exception) -> Response:
        number = secrets.token_hex(4)
        current_app.logger.error("fault %s", number, exc_info=error)
        return error_response(500, f"a mistake of ours, number {number}", remedy="the server's log says more")
