"""Seeds on a common x: exact where they agree, interpolated where they do not."""

from __future__ import annotations

import numpy as np

from sml_viewer.model.run import Run
from sml_viewer.series.align import align, smooth
from sml_viewer.series.load import Series, make_series


def series(x: list[float], y: list[float], run: Run | None = None) -> Series:
    return make_series(run, np.array(x, float), np.array(y, float))  # type: ignore[arg-type]


def test_seeds_with_the_same_x_are_not_interpolated() -> None:
    aligned = align([series([0, 1, 5], [1, 2, 3]), series([0, 1, 5], [4, 5, 6])])
    assert (aligned.x.tolist(), aligned.values.tolist(), aligned.interpolated) == (
        [0, 1, 5],
        [[1, 2, 3], [4, 5, 6]],
        False,
    )


def test_a_seed_that_is_shorter_on_the_same_x_is_not_interpolated_either(read_runs, make_run) -> None:
    make_run("a", "x\n1\n")
    (run,) = read_runs()
    seeds = [series([0, 1, 2], [1, 2, 3], run), series([0, 1], [4, 5], run)]
    cut, union = align(seeds), align(seeds, union=True)
    assert (cut.x.tolist(), cut.interpolated, cut.truncated_by) == ([0, 1], False, "a ends at 1")
    assert union.x.tolist() == [0, 1, 2]
    assert np.isnan(union.values[1, 2])


def test_seeds_with_other_x_are_interpolated_where_all_have_data(read_runs, make_run) -> None:
    make_run("a", "x\n1\n")
    (run,) = read_runs()
    aligned = align([series([0, 2, 4], [0, 2, 4], run), series([1, 3], [10, 30], run)])
    assert aligned.interpolated
    assert all(1 <= x <= 3 for x in aligned.x)
    assert aligned.values[0].tolist() == aligned.x.tolist()
    assert aligned.values[1].tolist() == [10 * x for x in aligned.x]


def test_smoothing_takes_fewer_points_at_the_ends_and_keeps_blanks() -> None:
    assert smooth(np.array([1.0, 2.0, 6.0]), 1).tolist() == [1.5, 3, 4]
    assert smooth(np.array([[1.0, np.nan, 5.0]]), 1)[0].tolist()[::2] == [1, 5]
    assert np.isnan(smooth(np.array([1.0, np.nan, 5.0]), 1)[1])
    assert smooth(np.array([1.0, 2.0]), 100).tolist() == [1.5, 1.5]
