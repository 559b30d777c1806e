"""Files of a run, sent so that nothing in them can act as a part of the page."""

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
# What a browser may show in place, as an image; a drawing's scripts are stopped by the sandbox.
_IMAGES = {**IMAGE_TYPES, ".svg": "image/svg+xml"}
_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"


def send_download(folder: Path, relative: str) -> Response:
    """A file of a run as it is, to be saved. Raises NoSuchFileError."""
    file = open_inside(folder, relative)
    return as_download(_sent(file), PurePosixPath(relative).name)


def send_image(folder: Path, relative: str) -> Response:
    """An image of a run, to be shown. Raises NoSuchFileError for what is none by its ending too."""
    kind = _IMAGES.get(PurePosixPath(relative).suffix.lower())
    if kind is None:
        raise NoSuchFileError(f"{relative[:200]!r} is no image; those end in {', '.join(_IMAGES)}")
    response = _sent(open_inside(folder, relative))
    response.mimetype = kind
    return sandboxed(response)


def as_download(response: Response, name: str) -> Response:
    """The same answer, to be saved under a name."""
    plain = "".join(letter if letter.isprintable() else "_" for letter in name)
    simple = plain.encode("ascii", "replace").decode("ascii").replace("?", "_")
    quoted = {"filename*": f"UTF-8''{quote(plain, safe='')}"} if simple != plain else {}
    response.headers.set("Content-Disposition", "attachment", filename=simple, **quoted)
    response.mimetype = "application/octet-stream"
    return sandboxed(response)


def sandboxed(response: Response) -> Response:
    """The same answer; should a browser open it as a page, that page has no origin and runs no script."""
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _sent(file: BinaryIO) -> Response:
    """The file as long as it is now: it may grow while it is sent."""
    size = os.fstat(file.fileno()).st_size
    response = Response(_pieces(file, size))
    response.content_length = size
    response.call_on_close(file.close)
    return response


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0:
        piece = file.read(min(_PIECE, size))
        if not piece:
            # The connection breaks: a shorter file must not look whole.
            raise OSError("the file was cut while it was sent")
        size -= len(piece)
        yield piece
