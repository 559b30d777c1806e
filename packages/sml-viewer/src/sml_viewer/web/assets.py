"""Serve scripts and styles: compressed once, and cached by the browser until the next release."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from flask import Flask, Response, request

from .frontend import Frontend

# Not from the system, whose types vary: a browser refuses scripts of a wrong type.
_KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
_COMPRESSED = (".css", ".js", ".json", ".map", ".mjs", ".svg", ".txt")
_YEAR = 365 * 24 * 3600


def _absent() -> Response:
    text = "no such file; if sml-viewer was updated, restart it and reload the page\n"
    return Response(text, 404, {"Cache-Control": "no-store"}, mimetype="text/plain")


def serve_assets(app: Flask, frontend: Frontend) -> None:
    """Serve the files of a release; `url_for("static", filename=…)` gives the address of one."""

    @cache
    def content(path: Path, *, zipped: bool) -> bytes:
        data = path.read_bytes()
        return gzip.compress(data, 9, mtime=0) if zipped else data

    def send(filename: str, release: str = "") -> Response:
        path = frontend.files.get(filename)
        if path is None:
            return _absent()
        zipped = path.suffix in _COMPRESSED and bool(request.accept_encodings["gzip"])
        try:
            data = content(path, zipped=zipped)
        except FileNotFoundError:  # an upgrade or a new build replaced the files of this release
            return _absent()
        response = Response(data, mimetype=_KINDS.get(path.suffix, "application/octet-stream"))
        if zipped:
            response.headers["Content-Encoding"] = "gzip"
        if release == frontend.release:
            response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        else:  # a tab of an earlier release, or a fixed address
            response.set_etag(frontend.release, weak=True)
            response.headers["Cache-Control"] = "no-cache"
            response.make_conditional(request)
        return response

    app.add_url_rule("/static/v-<release>/<path:filename>", "static", send)
    app.add_url_rule("/static/<path:filename>", "static_fixed", send)

    @app.url_defaults
    def name_the_release(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static":
            values.setdefault("release", frontend.release)
