"""A legend that an older configuration puts somewhere covers no axis, tick, label or title."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.transforms import Bbox

from sml_viewer.analysis.curves import Curves
from sml_viewer.config.older_workspace import legacy_style_defaults
from sml_viewer.render.matplotlib import draw_curves

pytestmark = pytest.mark.usefixtures("grid")
GAPS = {"SUBPLOT_WSPACE": 0.2, "SUBPLOT_HSPACE": 0.4}


def legend_and_areas(figure: Figure) -> tuple[Bbox, list[Bbox]]:
    """Where the legend is, and each area with all that belongs to it."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    found = [*figure.legends, *(area.get_legend() for area in figure.axes)]
    (legend,) = [one for one in found if isinstance(one, Legend)]
    place = legend.get_window_extent(renderer)
    legend.set_in_layout(False)
    return place, [area.get_tightbbox(renderer) for area in figure.axes]


def covers(figure: Figure) -> bool:
    place, areas = legend_and_areas(figure)
    return any(Bbox.intersection(place, area) is not None for area in areas)


@pytest.mark.parametrize("gaps", [{}, GAPS])
@pytest.mark.parametrize(
    "place",
    [
        {"LEGEND_POSITION_X": 0.0, "LEGEND_POSITION_Y": -0.18},
        {"LEGEND_POSITION_Y": -0.05, "LEGEND_WHICH_POSITION": "lower left"},
        {"LEGEND_POSITION_Y": -0.2, "LEGEND_WHICH_POSITION": "center left", "MAX_COLUMN": 1},
        {"LEGEND_POSITION_X": 0.0, "LEGEND_POSITION_Y": 1.05, "LEGEND_WHICH_POSITION": "lower left"},
        {"LEGEND_POSITION_X": 1.02, "LEGEND_POSITION_Y": 0.5, "MAX_COLUMN": 1, "LEGEND_COLUMN": 1},
        {"LEGEND_POSITION_X": -0.1, "LEGEND_POSITION_Y": 0.9, "LEGEND_WHICH_POSITION": "upper right"},
        {},
    ],
)
def test_a_legend_beside_the_areas_covers_nothing_of_them(
    curves: Callable[..., Curves], place: dict[str, Any], gaps: dict[str, Any]
) -> None:
    (figure,) = draw_curves(curves(**{**legacy_style_defaults(), "X_AXIS_SCI_FORM": True, **place, **gaps}))
    assert not covers(figure)


def test_a_legend_that_is_put_inside_an_area_stays_there(curves: Callable[..., Curves]) -> None:
    place = {"LEGEND_POSITION_X": 0.02, "LEGEND_POSITION_Y": 0.98}
    (figure,) = draw_curves(curves(**{**legacy_style_defaults(), **place, **GAPS}))
    assert covers(figure)


def test_a_legend_that_covers_nothing_stays_where_it_was_put(curves: Callable[..., Curves]) -> None:
    tops = []
    for y in (-1.0, -1.5):
        (figure,) = draw_curves(curves(LEGEND_POSITION_Y=y, **GAPS))
        place, areas = legend_and_areas(figure)
        tops.append((place.y1 - figure.axes[0].bbox.y0) / figure.axes[0].bbox.height)
        assert not any(Bbox.intersection(place, area) for area in areas)
    assert tops == pytest.approx([-1.0, -1.5], abs=0.02)


@pytest.mark.parametrize("gaps", [{}, GAPS])
@pytest.mark.parametrize("legend", [{}, {"LEGEND_POSITION_Y": 1.05, "LEGEND_WHICH_POSITION": "lower left"}])
def test_the_title_of_a_figure_covers_neither_areas_nor_legend(
    curves: Callable[..., Curves], legend: dict[str, Any], gaps: dict[str, Any]
) -> None:
    options = {**legacy_style_defaults(), "NEED_SUP_TITLE": True, **legend, **gaps}
    (figure,) = draw_curves(curves(**options))
    place, areas = legend_and_areas(figure)
    title = figure._suptitle.get_window_extent(FigureCanvasAgg(figure).get_renderer())
    assert not [box for box in (place, *areas) if Bbox.intersection(title, box) is not None]
