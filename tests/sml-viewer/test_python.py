"""What scripts call takes what scripts have, and says in one error what it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sml_viewer
from sml_viewer.errors import OptionError


@pytest.mark.usefixtures("grid")
def test_overrides_are_taken_as_the_command_line_takes_them(logs: Path) -> None:
    overrides = {"same_title": {"Acrobot-v1": {"XMAX": 10}}}
    for given in (
        {"ADDITIONAL_PLOT_CONFIGS": overrides},
        {"config": {"ADDITIONAL_PLOT_CONFIGS": overrides}},
    ):
        drawn = sml_viewer.plot(logs, **given)
        assert drawn.configuration.get("XMAX", None, "Acrobot-v1") == 10


@pytest.mark.usefixtures("grid")
def test_numbers_of_numpy_are_numbers_and_none_is_nothing_given(logs: Path) -> None:
    drawn = sml_viewer.plot(
        logs, where=None, config=None, SMOOTH_RADIUS=np.int64(3), XMAX=np.float32(10), USE_SMOOTH=np.True_
    )
    assert drawn.configuration.values == {"SMOOTH_RADIUS": 3, "XMAX": 10.0, "USE_SMOOTH": True}
    with pytest.raises(OptionError, match="expected a whole number"):
        sml_viewer.plot(logs, SMOOTH_RADIUS=np.float64(3.5))


@pytest.mark.usefixtures("grid")
def test_arguments_of_a_wrong_type_are_told_at_once(logs: Path) -> None:
    wrong: dict[str, Any] = {"x": 1, "y": 3, "where": 4, "config": 5, "workspace": 6}
    for function in (sml_viewer.plot, sml_viewer.bar, sml_viewer.table):
        with pytest.raises(OptionError) as error:
            function(logs, 7, **wrong)
        for name, value in {**wrong, "output": 7}.items():
            assert f"{name}: invalid value {value}; expected" in str(error.value)
    with pytest.raises(OptionError, match=r"data: invalid value 3; .*; where: invalid value 4"):
        sml_viewer.runs(3, where=4)  # type: ignore[arg-type]
