"""Series of one run: sorted by x, of equal x the row written last."""

from __future__ import annotations

import numpy as np
import pytest

from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.series.load import load_series, make_series


def test_x_that_goes_back_counts_as_it_was_written_last() -> None:
    series = make_series(None, np.array([0.0, 1, 2, 1, 2, 3]), np.array([0.0, 1, 2, 10, 20, 30]))  # type: ignore[arg-type]
    assert (series.x.tolist(), series.y.tolist()) == ([0, 1, 2, 3], [0, 10, 20, 30])
    assert series.note == "x goes back 1 time; the rows written last count"


def written_at(make_run, read_runs, times: list[float], loss: list[float | None]) -> Run:
    rows = [f"{step},{time},{'' if value is None else value},1\n" for step, (time, value) in
            enumerate(zip(times, loss, strict=True))]  # fmt: skip
    make_run("a", "step,wall_time,loss,iteration\n" + "".join(rows))
    return read_runs()[0]


@pytest.mark.parametrize(("late", "notes"), [(20.1, 0), (29.0, 0), (90.0, 1)])
def test_rows_behind_the_last_number_that_were_written_before_its_next_could_be_are_no_end(
    make_run, read_runs, library: Library, late: float, notes: int
) -> None:
    """As Keras counts epochs and batches in one column of steps."""
    times = [0.0, 10.0, 20.0, 20.0, 20.0, late]
    run = written_at(make_run, read_runs, times, [3.0, 2.0, 1.0, None, None, None])
    (series,) = load_series(library, [run], "step", "loss")
    assert sum("no number of loss in its last 3 row" in note for note in series.notes) == notes
