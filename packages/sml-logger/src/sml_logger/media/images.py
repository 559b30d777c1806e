"""Images and figures as files: arrays by our own PNG writer, images of Pillow, figures of Matplotlib."""

from __future__ import annotations

import io
from typing import Any

from sml_logger.errors import MediaError

from .arrays import Pixels, pixels_of
from .png import png, size_of
from .sources import file_of
from .store import MediaFile

# Modes of Pillow whose bytes are pixels, with their channels.
_MODES = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
_SIGNATURES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp"}


def image_file(key: str, image: Any, caption: str | None = None, order: str | None = None) -> MediaFile:
    """An image: an array or tensor, an image of Pillow, an encoded one as bytes, or the path of a file.

    Raises MediaError. See `pixels_of` for arrays and `order`.
    """
    if isinstance(image, bytes):
        return _encoded(key, image, caption)
    given = file_of(key, "image", image, caption)
    if given is not None:
        return given
    pixels = _pixels_of_pillow(image) if hasattr(image, "mode") and hasattr(image, "tobytes") else None
    if pixels is None:
        pixels = pixels_of(key, image, order)
    return MediaFile(
        "image",
        "png",
        content=png(*pixels),
        caption=caption,
        facts={"width": pixels.width, "height": pixels.height},
    )


def figure_file(key: str, figure: Any, caption: str | None = None) -> MediaFile:
    """A figure of Matplotlib, or anything with `savefig`, as PNG. Raises MediaError."""
    if not hasattr(figure, "savefig"):
        figure = getattr(figure, "figure", figure)  # axes, and what seaborn returns
    if not hasattr(figure, "savefig"):
        if hasattr(figure, "write_html"):  # Plotly
            html = figure.to_html(include_plotlyjs="cdn")
            return MediaFile("figure", "html", content=html.encode(), caption=caption)
        raise MediaError(key, f"not a figure: {type(figure).__name__}; expected one of Matplotlib")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    content = buffer.getvalue()
    width, height = size_of(content) or (0, 0)
    return MediaFile(
        "figure", "png", content=content, caption=caption, facts={"width": width, "height": height}
    )


def _encoded(key: str, image: bytes, caption: str | None) -> MediaFile:
    for signature, ending in _SIGNATURES.items():
        if image.startswith(signature):
            return MediaFile("image", ending, content=image, caption=caption)
    raise MediaError(key, "bytes that are no PNG, JPEG, GIF or WebP; pass arrays for raw pixels")


def _pixels_of_pillow(image: Any) -> Pixels:
    if image.mode not in _MODES:
        image = image.convert("RGBA" if "transparency" in getattr(image, "info", {}) else "RGB")
    width, height = image.size
    return Pixels(image.tobytes(), width, height, _MODES[image.mode])
