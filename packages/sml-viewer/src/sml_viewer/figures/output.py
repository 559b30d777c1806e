"""Figures as files: PNG, PDF, SVG, each knowing what it was drawn from."""

from __future__ import annotations

import io
import warnings
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from .fonts import font_families

KINDS = ("png", "pdf", "svg")
# Where each format has room for a text that no viewer shows.
_PLACE = {"png": "sml-viewer", "pdf": "Keywords", "svg": "Description"}


def figure_bytes(figure: Figure, kind: str, *, provenance: str | None = None, dpi: int = 150) -> bytes:
    """The figure as a file of one of KINDS; fonts are embedded as Type 42, never Type 3."""
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {_PLACE[kind]: provenance} if provenance else {}
    if kind == "svg":
        metadata["Date"] = None
    rc: dict[Any, Any] = {
        "font.family": list(font_families()),
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.hashsalt": "sml",
    }
    with rc_context(rc), warnings.catch_warnings():
        # No font has all characters; the reader sees a box, and the name is in caption and table.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        # A constrained layout fills the figure exactly; what was placed by hand may reach beyond it.
        cut = "tight" if figure.get_layout_engine() is None else None
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=metadata, bbox_inches=cut)
    return buffer.getvalue()
