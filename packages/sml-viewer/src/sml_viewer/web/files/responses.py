"""Send files of runs so that their content cannot act as part of the page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import quote

from flask import Response

from sml_viewer.web.errors import NoSuchFileError

from .listing import IMAGE_TYPES
from .safe_paths import open_inside

_PIECE = 64 * 1024
# Images shown in place; scripts in SVG are blocked by the sandbox.
_IMAGES = {**IMAGE_TYPES, ".svg": "image/svg+xml"}
_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"


def send_download(folder: Path, relative: str) -> Response:
    """A file of a run as a download. Raises NoSuchFileError."""
    file = open_inside(folder, relative)
    return as_download(_sent(file), PurePosixPath(relative).name)


def send_image(folder: Path, relative: str) -> Response:
    """An image of a run for display. Raises NoSuchFileError also for other file endings."""
    kind = _IMAGES.get(PurePosixPath(relative).suffix.lower())
    if kind is None:
        raise NoSuchFileError(f"{relative[:200]!r} is not an image; expected one of {', '.join(_IMAGES)}")
    response = _sent(open_inside(folder, relative))
    response.mimetype = kind
    return sandboxed(response)


def as_download(response: Response, name: str) -> Response:
    """The same response as a download with a file name."""
    plain = "".join(letter if letter.isprintable() else "_" for letter in name)
    simple = plain.encode("ascii", "replace").decode("ascii").replace("?", "_")
    quoted = {"filename*": f"UTF-8''{quote(plain, safe='')}"} if simple != plain else {}
    response.headers.set("Content-Disposition", "attachment", filename=simple, **quoted)
    response.mimetype = "application/octet-stream"
    return sandboxed(response)


def sandboxed(response: Response) -> Response:
    """The same response; opened as a page, it would have no origin and run no scripts."""
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _sent(file: BinaryIO) -> Response:
    """The file at its current length; it may grow while it is sent."""
    size = os.fstat(file.fileno()).st_size
    response = Response(_pieces(file, size))
    response.content_length = size
    response.call_on_close(file.close)
    return response


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0:
        piece = file.read(min(_PIECE, size))
        if not piece:
            # Break the connection: a truncated file must not look complete.
            raise OSError("the file was truncated while it was sent")
        size -= len(piece)
        yield piece
