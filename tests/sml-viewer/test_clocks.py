"""Hours since the start, from clocks in any unit, clocks that were set back, and what is no clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sml_viewer.analysis.curves import Curves
from sml_viewer.errors import ColumnError
from sml_viewer.series.load import HOURS

_START = 1_790_000_000


def table_of(times: list[float | str], clock: str = "timestamp") -> str:
    rows = "".join(f"{time},{row},{row}\n" for row, time in enumerate(times))
    return f"{clock},step,episode_return\n{rows}"


def hours(drawn: Curves) -> list[float]:
    return [round(3600 * value, 3) for value in drawn.panels[0].curves[0].x.tolist()]


@pytest.mark.parametrize("parts", [1, 10**3, 10**6, 10**9], ids=["s", "ms", "µs", "ns"])
def test_a_clock_is_read_in_its_unit(make_run, curves: Callable[..., Curves], parts: int) -> None:
    make_run("a", table_of([(_START + second) * parts for second in range(3)]))
    drawn = curves(PLOTTING_XY=[[HOURS, "episode_return"]])
    assert hours(drawn) == [0, 1, 2]
    assert not drawn.notes


@pytest.mark.parametrize(
    ("clock", "times", "wanted"),
    [
        ("time_elapsed", [10, 20, 40], [10, 20, 40]),
        ("elapsed_ms", [500, 1000, 2000], [0.5, 1, 2]),
        ("TimeElapsed", [0.5, 1.5, 3.5], [0.5, 1.5, 3.5]),
        ("_runtime", [1, 2, 3], [1, 2, 3]),
    ],
)
def test_seconds_since_the_start_are_taken_as_they_are(
    make_run, curves: Callable[..., Curves], clock: str, times: list[float | str], wanted: list[float]
) -> None:
    make_run("a", table_of(times, clock))
    assert hours(curves(PLOTTING_XY=[[HOURS, "episode_return"]])) == wanted


@pytest.mark.parametrize(
    ("times", "wanted"),
    [
        # Set back by an hour between two rows; the clock of a resumed run begins anew.
        ([_START, _START + 10, _START - 3590, _START - 3570], [0, 10, 30]),
        ([10, 20, 5, 15], [10, 20, 30]),
    ],
)
def test_a_clock_that_goes_back_goes_on_from_there_and_is_told(
    make_run, curves: Callable[..., Curves], times: list[float | str], wanted: list[float]
) -> None:
    make_run("a", table_of(times))
    drawn = curves(PLOTTING_XY=[[HOURS, "episode_return"]])
    assert hours(drawn) == wanted
    assert "a: its clock goes back 1 time; hours go on from there" in drawn.notes


@pytest.mark.parametrize(
    "times",
    [
        [5e8, 6e8, 7e8],  # a machine's uptime in ns
        [0, 2e9, 4e9],
        [3, _START, _START + 10],  # the clock was set for the first time
        [-5, 0, 5],
        [20260101, 20260102, 20301231e3],
    ],
)
def test_times_in_an_unknown_unit_are_not_turned_into_hours(
    make_run, curves: Callable[..., Curves], times: list[float | str]
) -> None:
    make_run("a", table_of(times))
    with pytest.raises(ColumnError, match=r"\(hours\) are not known: timestamp is neither .* ms, µs or ns"):
        curves(PLOTTING_XY=[[HOURS, "episode_return"]])


def test_blank_times_leave_their_rows_out(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", table_of([_START, "", _START + 4]))
    assert hours(curves(PLOTTING_XY=[[HOURS, "episode_return"]])) == [0, 4]
