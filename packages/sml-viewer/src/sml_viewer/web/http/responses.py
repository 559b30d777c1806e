"""Answers in JSON: with an ETag, without a body where nothing changed, compressed where that pays."""

from __future__ import annotations

import gzip
import json
import math
from functools import cache
from importlib.metadata import version as version_of
from typing import Any

from flask import Response, request

from sml_config.hashing import short_hash

_LEAST_COMPRESSED = 1024
# Twice as quick as the default, and 5 % larger, for lists of runs.
_COMPRESSION = 4
# Numbers of curves hardly shrink, whatever one spends on it.
_NUMBERS = 1
_COMPRESSIBLE = (
    "text/",
    "application/json",
    "application/javascript",
    "application/octet-stream",
    "image/svg+xml",
)
# Compressing what holds a secret beside what a stranger chose tells its length.
_NEVER_COMPRESSED = "sml-uncompressed"


def json_response(value: Any, *, version: str | None = None, status: int = 200) -> Response:
    """A JSON answer; numbers that are not finite become null, which JSON has instead.

    `version` is a text that changes whenever the same request would be answered otherwise: the answer gets an
    ETag, also as "etag" in an object, and a later request may be answered with `not_modified`.
    """
    if version is not None and isinstance(value, dict):
        value = {"etag": etag_of(version), **value}
    try:
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), separators=(",", ":"), allow_nan=False)
    response = Response(text, status, mimetype="application/json")
    if version is not None:
        _mark(response, version)
    return response


def not_modified(version: str) -> Response | None:
    """304 if the one who asks has the answer of this version; ask before the work is done.

    A GET says what it has with If-None-Match, a POST with "etag" in its JSON object.
    """
    etag = etag_of(version)
    if request.method == "POST":
        body = request.get_json(silent=True)
        known = isinstance(body, dict) and body.get("etag") == etag
    else:
        known = request.if_none_match.contains_weak(etag)
    if not known:
        return None
    response = Response(status=304)
    _mark(response, version)
    return response


def uncompressed(response: Response) -> Response:
    """The same answer, never compressed: it holds a secret."""
    setattr(response, _NEVER_COMPRESSED, True)
    return response


def compress(response: Response) -> Response:
    """Compress an answer in one piece if the browser takes that and it pays."""
    response.vary.add("Accept-Encoding")
    if (
        response.direct_passthrough
        or response.is_streamed
        or response.status_code != 200
        or "Content-Encoding" in response.headers
        or hasattr(response, _NEVER_COMPRESSED)
        or not (response.mimetype or "").startswith(_COMPRESSIBLE)
        or not request.accept_encodings["gzip"]
    ):
        return response
    content = response.get_data()
    if len(content) >= _LEAST_COMPRESSED:
        response.set_data(
            gzip.compress(
                content,
                _NUMBERS if response.mimetype == "application/octet-stream" else _COMPRESSION,
                mtime=0,
            )
        )
        response.headers["Content-Encoding"] = "gzip"
    return response


def _mark(response: Response, version: str) -> None:
    # Weak: the same answer is sent compressed and not.
    response.set_etag(etag_of(version), weak=True)
    response.headers["Cache-Control"] = "private, no-cache"


def etag_of(version: str) -> str:
    """The tag of the answer that this request gets from this release at this version."""
    fields = {}
    if request.method == "POST" and isinstance(body := request.get_json(silent=True), dict):
        fields = {name: value for name, value in body.items() if name != "etag"}
    whole = json.dumps([_release(), request.full_path, fields, version])
    return short_hash(whole, 24)


@cache
def _release() -> str:
    return version_of("sml-viewer")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
