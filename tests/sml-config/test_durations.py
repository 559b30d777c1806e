"""Durations are read alike wherever a package takes one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from sml_config.durations import seconds_of


@pytest.mark.parametrize(
    "value", [7200, 7200.0, "7200", "2h", "120m", " 7200s", timedelta(hours=2), np.float32(7200)]
)
def test_a_duration_is_a_number_a_text_or_a_timedelta(value: Any) -> None:
    assert seconds_of(value) == 7200.0


@pytest.mark.parametrize(
    "value",
    [
        "2 hours",
        "",
        "nan",
        "-1",
        "1e400",
        0,
        -1,
        float("nan"),
        float("inf"),
        None,
        True,
        [],
        10**400,
        np.ones(3),
    ],
)
def test_anything_else_is_none(value: Any) -> None:
    assert seconds_of(value) is None
