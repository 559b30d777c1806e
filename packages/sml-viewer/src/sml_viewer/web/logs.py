"""Logs of the server: warnings and errors on the terminal, and with -ltf every request in a file."""

from __future__ import annotations

import logging
import os
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

from flask import Flask, Response, g, request

NAME = "page.log"
_BYTES = 5_000_000
_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_LOGGER = "sml_viewer.web"


def log_to_terminal() -> None:
    """Write warnings and errors to stderr."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("sml-viewer: %(message)s"))
    _attach(handler)


def log_to_file(app: Flask, workspace: Path) -> Path:
    """Log everything to a file that only this user can read; returns its path. Raises OSError."""
    path = workspace / NAME
    workspace.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    handler = RotatingFileHandler(
        path, maxBytes=_BYTES, backupCount=3, encoding="utf-8", errors="backslashreplace"
    )
    handler.setFormatter(logging.Formatter(_FORMAT))
    _attach(handler)
    logging.getLogger(_LOGGER).setLevel(logging.INFO)

    @app.before_request
    def begin() -> None:
        g.begun = time.perf_counter()

    @app.after_request
    def tell(response: Response) -> Response:
        # Without the query, which may contain a one-time token. Quoted, because it may contain line breaks.
        seconds = time.perf_counter() - g.get("begun", time.perf_counter())
        who = getattr(g.get("session"), "user", None)
        app.logger.info(
            "%s %r %s %r %d %.0f ms",
            request.remote_addr,
            who,
            request.method,
            request.path,
            response.status_code,
            1000 * seconds,
        )
        return response

    return path


def _attach(handler: logging.Handler) -> None:
    logger = logging.getLogger(_LOGGER)
    logger.addHandler(handler)
    logger.propagate = False
