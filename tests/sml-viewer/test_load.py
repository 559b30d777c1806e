"""Series of one run: sorted by x, of equal x the row written last."""

from __future__ import annotations

import numpy as np

from sml_viewer.series.load import make_series


def test_x_that_goes_back_counts_as_it_was_written_last() -> None:
    series = make_series(None, np.array([0.0, 1, 2, 1, 2, 3]), np.array([0.0, 1, 2, 10, 20, 30]))  # type: ignore[arg-type]
    assert (series.x.tolist(), series.y.tolist()) == ([0, 1, 2, 3], [0, 10, 20, 30])
    assert series.note == "x goes back 1 time; the rows written last count"
