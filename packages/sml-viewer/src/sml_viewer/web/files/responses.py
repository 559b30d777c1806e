"""Send files of runs so that their content cannot act as part of the page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, request

from sml_viewer.i18n import Message
from sml_viewer.security.find_secrets import mask_of
from sml_viewer.web.errors import NoSuchFileError

from .listing import IMAGE_TYPES
from .safe_paths import open_inside

_PIECE = 64 * 1024
# Images shown in place; scripts in SVG are blocked by the sandbox.
_IMAGES = {**IMAGE_TYPES, ".svg": "image/svg+xml"}
_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"


def send_download(folder: Path, relative: str) -> Response:
    """A file of a run as a download; secrets of an old run are masked. Raises NoSuchFileError."""
    file = open_inside(folder, relative)
    mask = mask_of(folder)
    if not mask.changes(relative):
        return as_download(_sent(file), PurePosixPath(relative).name)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    response = Response(mask.stream(relative, file, size))
    response.call_on_close(file.close)
    return as_download(response, PurePosixPath(relative).name)


def send_in_place(folder: Path, relative: str, kind: str) -> Response:
    """A file of a run for display as this media type, or the part of it that the request's Range asks for.

    Raises NoSuchFileError.
    """
    file = open_inside(folder, relative)
    size = os.fstat(file.fileno()).st_size
    start, end = _requested_range(size)
    file.seek(start)
    response = Response(_pieces(file, end - start), 206 if (start, end) != (0, size) else 200, mimetype=kind)
    if response.status_code == 206:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response.headers["Accept-Ranges"] = "bytes"
    response.content_length = end - start
    response.call_on_close(file.close)
    return sandboxed(response)


def _requested_range(size: int) -> tuple[int, int]:
    """The bytes that a player asks for; all of them for several ranges, or for an invalid one."""
    requested = request.range.range_for_length(size) if request.range is not None else None
    return (0, size) if requested is None else requested


def send_image(folder: Path, relative: str) -> Response:
    """An image of a run for display. Raises NoSuchFileError also for other file endings."""
    kind = _IMAGES.get(PurePosixPath(relative).suffix.lower())
    if kind is None:
        raise NoSuchFileError(
            Message(
                "{name} is not an image; expected one of {endings}",
                name=repr(relative[:200]),
                endings=", ".join(_IMAGES),
            )
        )
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
