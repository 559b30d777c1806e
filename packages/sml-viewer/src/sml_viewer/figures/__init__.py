"""Figures of curves."""

from .curves import draw_curves, figure_bytes

__all__ = ["draw_curves", "figure_bytes"]
