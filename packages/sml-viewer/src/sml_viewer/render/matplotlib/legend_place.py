"""Move a legend placed outside the axes off their labels, which the older tool let it cover."""

from __future__ import annotations

from typing import Any

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.transforms import Bbox, ScaledTranslation, Transform

_GAP = 2.0  # points between a legend and the nearest artist
_PASSES = 3  # a layout that makes room for the legend moves the axes, and so the legend
_NEAR = 0.5  # pixels


def keep_off_areas(figure: Figure, legend: Legend, anchor: tuple[float, float], within: Transform) -> None:
    """Move a legend away from axes, ticks, labels and titles, in the direction of its anchor.

    `anchor` is in units of `within`, in which the axes range from 0 to 1; a legend anchored inside them
    stays.
    """
    x, y = anchor
    across = 0 if 0 <= x <= 1 else 1 if x > 1 else -1
    up = 0 if 0 <= y <= 1 else 1 if y > 1 else -1
    if not (up or across):
        return
    moved = 0.0
    for _ in range(_PASSES if figure.get_layout_engine() is not None else 1):
        missing = _missing(figure, legend, up, across)
        if missing < _NEAR:
            return
        moved += missing / figure.dpi
        offset = (0.0, up * moved) if up else (across * moved, 0.0)
        shift = ScaledTranslation(*offset, figure.dpi_scale_trans)
        legend.set_bbox_to_anchor(anchor, transform=within + shift)


def _missing(figure: Figure, legend: Legend, up: int, across: int) -> float:
    """The number of pixels that a legend has to move to cover nothing."""
    canvas: Any = FigureCanvasAgg(figure)  # whose methods have no types
    renderer = canvas.get_renderer()
    figure.draw_without_rendering()
    mine = legend.get_window_extent(renderer)
    in_layout = legend.get_in_layout()
    legend.set_in_layout(False)  # or it would count as part of its axes
    boxes = [area.get_tightbbox(renderer) for area in figure.axes if area.get_visible()]
    legend.set_in_layout(in_layout)
    title: Artist | None = getattr(figure, "_suptitle", None)
    if title is not None:
        boxes.append(title.get_window_extent(renderer))
    gap = _GAP * figure.dpi / 72
    covered = [
        box for box in boxes if box is not None and Bbox.intersection(mine, box.padded(gap)) is not None
    ]
    if not covered:
        return 0.0
    if up:
        return (
            float(
                max(mine.y1 - box.y0 for box in covered)
                if up < 0
                else max(box.y1 - mine.y0 for box in covered)
            )
            + gap
        )
    return (
        float(
            max(box.x1 - mine.x0 for box in covered)
            if across > 0
            else max(mine.x1 - box.x0 for box in covered)
        )
        + gap
    )
