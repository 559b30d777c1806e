"""Write figures as PNG, PDF and SVG with embedded provenance."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import image as images
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sml_viewer.cache import gc_paused

from .fonts import font_families

KINDS = ("png", "pdf", "svg")
# Compression: a seventh larger than the default 6, in half the time; higher levels save little.
_PNG_LEVEL = 3
# The metadata field of each format that viewers do not show.
_METADATA_KEY = {"png": "sml-viewer", "pdf": "Keywords", "svg": "Description"}


@gc_paused()
@np.errstate(over="ignore", invalid="ignore")  # of values near the largest there are
def figure_bytes(figure: Figure, kind: str, *, provenance: str | None = None, dpi: int = 150) -> bytes:
    """The figure as a file of one of KINDS; fonts are embedded as Type 42, never Type 3."""
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {_METADATA_KEY[kind]: provenance} if provenance else {}
    if kind == "svg":
        metadata["Date"] = None
    rc: dict[Any, Any] = {
        "font.family": list(font_families()),
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.hashsalt": "sml",
    }
    with rc_context(rc), warnings.catch_warnings():
        # No font has all characters; missing ones are drawn as boxes, and caption and table have the name.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        if figure.get_layout_engine() is None:
            # Manually placed artists may extend beyond the figure, which a constrained layout fills exactly.
            figure.savefig(buffer, format=kind, dpi=dpi, metadata=metadata, bbox_inches="tight")
        elif kind == "png":
            _draw_once(figure, buffer, metadata, dpi)
        else:
            figure.savefig(buffer, format=kind, dpi=dpi, metadata=metadata)
    return buffer.getvalue()


def stacked_png(figures: Sequence[bytes], *, provenance: str | None = None) -> bytes:
    """Stack PNG figures vertically into one PNG with provenance."""
    pixels = [np.asarray(images.imread(io.BytesIO(figure), format="png")) for figure in figures]
    width = max(part.shape[1] for part in pixels)
    page = np.ones((sum(part.shape[0] for part in pixels), width, 4), np.float32)
    top = 0
    for part in pixels:
        page[top : top + part.shape[0], : part.shape[1], : part.shape[2]] = part
        top += part.shape[0]
    buffer = io.BytesIO()
    metadata = {_METADATA_KEY["png"]: provenance} if provenance else {}
    images.imsave(buffer, page, format="png", metadata=metadata, pil_kwargs={"compress_level": _PNG_LEVEL})
    return buffer.getvalue()


def _draw_once(figure: Figure, buffer: io.BytesIO, metadata: dict[str, Any], dpi: int) -> None:
    """Write a PNG like `savefig`, without its second drawing, which these layouts do not need."""
    before = figure.get_dpi()
    figure.set_dpi(dpi)
    canvas: Any = FigureCanvasAgg(figure)  # whose methods have no types
    canvas.print_png(buffer, metadata=metadata, pil_kwargs={"compress_level": _PNG_LEVEL})
    figure.set_dpi(before)
