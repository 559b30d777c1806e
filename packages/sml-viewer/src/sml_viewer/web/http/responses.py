"""JSON responses with ETag, conditional responses, and compression."""

from __future__ import annotations

import gzip
import json
import math
from functools import cache
from importlib.metadata import version as version_of
from typing import Any

import orjson
from flask import Response, request

from sml_config.hashing import short_hash

_LEAST_COMPRESSED = 1024
# Twice as fast as the default, and 5 % larger, for run lists.
_COMPRESSION = 4
# Arrays of curves hardly compress at any level.
_NUMBERS = 1
_COMPRESSIBLE = (
    "text/",
    "application/json",
    "application/javascript",
    "application/octet-stream",
    "image/svg+xml",
)
# Compressing a secret together with foreign input reveals the secret by length (BREACH).
_NEVER_COMPRESSED = "sml-uncompressed"


def json_response(value: Any, *, version: str | None = None, status: int = 200) -> Response:
    """A JSON response; numbers that are not finite become null.

    `version` is a text that changes whenever the answer to the same request would change: the response gets
    an ETag, also as "etag" in an object, and a later request may be answered with `not_modified`.
    """
    if version is not None and isinstance(value, dict):
        value = {"etag": etag_of(version), **value}
    response = Response(json_text(value), status, mimetype="application/json")
    if version is not None:
        _mark(response, version)
    return response


def json_text(value: Any) -> bytes | str:
    """The value as JSON; numbers that are not finite become null."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # long integers, keys that are not text, lone surrogates
        return json.dumps(_finite(value), separators=(",", ":"), allow_nan=False)


def not_modified(version: str) -> Response | None:
    """304 if the client has this version; call it before computing the answer.

    A GET has the client's version in If-None-Match, a POST in "etag" of its JSON object.
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
    """The same response, never compressed: it contains a secret."""
    setattr(response, _NEVER_COMPRESSED, True)
    return response


def compress(response: Response) -> Response:
    """Compress a response that is not streamed, if the browser accepts it and it saves space."""
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
    # Weak, because the same answer is sent compressed and uncompressed.
    response.set_etag(etag_of(version), weak=True)
    response.headers["Cache-Control"] = "private, no-cache"


def etag_of(version: str) -> str:
    """The ETag of this request's answer in this release at this version."""
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
