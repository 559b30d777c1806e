"""Which columns a figure will likely need, by their names."""

from __future__ import annotations

import pytest

from sml_viewer.columns.likely_names import likely_names


@pytest.mark.parametrize(
    ("names", "pairs", "likely"),
    [
        (("timestep", "episode_return", "loss", "fps"), (), {"timestep", "episode_return"}),
        (("timestep", "episode_return", "loss"), [["timestep", "loss"]], {"timestep", "loss"}),
        (("timestep", "episode_return", "loss"), [["", "loss"]], {"timestep", "loss"}),
        (("timestep", "episode_return", "loss"), [["loss", ""]], {"loss", "episode_return"}),
        (("timestep", "loss"), [["(hours)", "nothing"]], set()),
        (("seconds",), (), set()),
    ],
)
def test_likely_columns_are_the_configured_ones_else_the_best_by_name(
    names: tuple[str, ...], pairs: list[list[str]], likely: set[str]
) -> None:
    assert likely_names(names, pairs) == likely
