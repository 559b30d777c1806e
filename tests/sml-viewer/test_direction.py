"""What is best is the largest or the smallest, everywhere the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sml_viewer.aggregate import make_aggregates
from sml_viewer.configuration import Configuration
from sml_viewer.curves import Curves, legend_order
from sml_viewer.direction import is_loss
from sml_viewer.figures import draw_bars
from sml_viewer.library import Library
from sml_viewer.scores import ScoreTable, make_tables
from sml_viewer.selection import select

SMALL = {"TABLE_BOLD_MAX": False}


@pytest.fixture
def two(make_run) -> Callable[[str], None]:
    """Two methods on two environments; b has the smaller values, Y's are the smaller ones."""

    def write(metric: str) -> None:
        for env, offset in (("X", 10), ("Y", 0)):
            for method, value in (("a", 3), ("b", 1)):
                table = f"step,{metric}\n0,{offset + value}\n1,{offset + value}\n"
                make_run(env + method, table, env_name=env, method=method, seed=1)

    return write


@pytest.mark.parametrize(("options", "left"), [({}, "method=a"), (SMALL, "method=b")])
def test_what_is_worst_is_left_out(
    two, curves: Callable[..., Curves], options: dict[str, Any], left: str
) -> None:
    two("reward")
    drawn = curves(MIN_RELATIVE_PERFORMANCE=0.5, **options)
    assert drawn.algorithms == [left]
    assert ("whose best is the smallest" in drawn.caption) is bool(options)


def test_the_legend_begins_with_the_best(two, curves: Callable[..., Curves]) -> None:
    two("reward")
    drawn = curves(SORT_BY_PERFORMANCE_ORDER=True, **SMALL)
    assert legend_order(drawn, drawn.pairs[0]) == ["method=b", "method=a"]


def test_aggregates_give_one_to_the_best(two, table: Callable[..., ScoreTable]) -> None:
    two("reward")
    configuration = Configuration().with_values(**SMALL)
    found = make_aggregates(table(**SMALL), configuration)
    assert {one.algorithm: one.intervals["mean"][0] for one in found.aggregates} == {
        "method=a": 0.0,
        "method=b": 1.0,
    }
    assert "of which the lowest is best" in found.caption


def test_bars_are_sorted_by_their_best(two, library: Library) -> None:
    two("reward")
    library.refresh()
    configuration = Configuration().with_values(BAR_SORT_X=True, BAR_NORMALIZE_VALUE=False, **SMALL)
    selection = select(library.runs(), configuration)
    (tabled,) = make_tables(library, selection, configuration)
    (area,) = draw_bars(tabled, selection, configuration).axes
    assert [label.get_text() for label in area.get_xticklabels()] == ["Y", "X"]


@pytest.mark.parametrize(
    ("options", "best"),
    [
        ({}, "method=b"),
        ({"TABLE_BOLD_MAX": True}, "method=a"),
        ({"PLOTTING_XY": [["step", "val_loss"]]}, "method=a"),
    ],
)
def test_of_a_loss_that_nobody_chose_the_smallest_is_best(
    two, table: Callable[..., ScoreTable], options: dict[str, Any], best: str
) -> None:
    two("val_loss")
    found = table(**options)
    assert {name for _, name, cell in found.cells() if cell.best} == {best}
    assert f"Bold: the {'smallest' if best == 'method=b' else 'largest'}" in found.caption


@pytest.mark.parametrize(
    ("metric", "small"),
    [("loss", True), ("test/RMSE", True), ("msec", False), ("error_return", False), ("accuracy", False)],
)
def test_a_loss_is_told_by_its_name(metric: str, small: bool) -> None:
    assert is_loss(metric) is small
