"""Error handlers: errors as JSON below /api/, as a page elsewhere; never a traceback."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response as BaseResponse

from sml_viewer.errors import NoRunsError, QueryError, SmlViewerError
from sml_viewer.i18n import Message, message_of, phrase, translated
from sml_viewer.web.errors import PageError
from sml_viewer.web.i18n import language

from .responses import json_response

# Prefix of the JSON interface; another version would have another prefix.
API = "/api/v1/"
# Replacements for texts of werkzeug that address site owners.
_MESSAGES = {str(NotFound.description): Message("there is no page at this address")}


def error_response(status: int, message: str, **more: Any) -> Response:
    """`{"error": {"message": …, "remedy": …, "where": …}}`, or a page with the same content."""
    if request.path.startswith("/api/"):
        return json_response({"error": {"message": message, **more}}, status=status)
    return Response(
        render_template("fault.html", message=message, language=language(), **more),
        status,
        mimetype="text/html",
    )


def _remedy_for_old_address(error: HTTPException) -> dict[str, str]:
    """The current prefix of the interface, for requests below /api/ without a version."""
    if isinstance(error, NotFound) and request.path.startswith("/api/") and not request.path.startswith(API):
        remedy = Message(
            "the addresses begin with {start} (docs/page-api.md); reload an open page", start=API
        )
        return {"remedy": translated(remedy, language())}
    return {}


def register_error_handlers(app: Flask) -> None:
    """Register the handlers with an application."""

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
        if isinstance(error.response, BaseResponse):  # `abort` was called with a response
            return error.response
        text = error.description or error.name
        known = text if isinstance(text, Message) else _MESSAGES.get(text) or phrase(text)
        message = translated(known, language())
        response = error_response(error.code or 500, message, **_remedy_for_old_address(error))
        for name, value in error.get_headers():
            if name not in ("Content-Type", "Content-Length"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def internal_error(error: Exception) -> Response:
        number = secrets.token_hex(4)
        current_app.logger.error("internal error %s", number, exc_info=error)
        message = translated(Message("internal error {number}", number=number), language())
        remedy = translated(Message("see the server log for details"), language())
        return error_response(500, message, remedy=remedy)
