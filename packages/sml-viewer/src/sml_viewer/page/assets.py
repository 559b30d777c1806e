"""Scripts and styles: compressed once, and kept by the browser until the next release."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request

_FOLDER = Path(__file__).parent / "static"
_FILES = {path.relative_to(_FOLDER).as_posix(): path for path in sorted(_FOLDER.rglob("*")) if path.is_file()}
# Said here: what a system has to say of endings differs, and a script of a wrong kind does not run.
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


def _digest() -> str:
    digest = hashlib.sha256()
    for name, path in _FILES.items():
        digest.update(f"{name}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


# All files of one release lie below one address, so that modules find each other by relative names.
RELEASE = _digest()
URL = f"/static/v-{RELEASE}/"


def serve_assets(app: Flask) -> None:
    """Serve the files below `static`; `url_for("static", filename=…)` names this release's."""

    def send(filename: str, release: str = "") -> Response:
        path = _FILES.get(filename) or abort(404)
        zipped = path.suffix in _COMPRESSED and bool(request.accept_encodings["gzip"])
        response = Response(
            _content(path, zipped=zipped), mimetype=_KINDS.get(path.suffix, "application/octet-stream")
        )
        if zipped:
            response.headers["Content-Encoding"] = "gzip"
        if release == RELEASE:
            response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        else:  # a tab of an earlier release, or a fixed address
            response.set_etag(RELEASE, weak=True)
            response.headers["Cache-Control"] = "no-cache"
            response.make_conditional(request)
        return response

    app.add_url_rule("/static/v-<release>/<path:filename>", "static", send)
    app.add_url_rule("/static/<path:filename>", "static_fixed", send)

    @app.url_defaults
    def name_the_release(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static":
            values.setdefault("release", RELEASE)


@cache
def _content(path: Path, *, zipped: bool) -> bytes:
    content = path.read_bytes()
    return gzip.compress(content, 9, mtime=0) if zipped else content
