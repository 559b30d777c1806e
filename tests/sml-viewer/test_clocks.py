"""Hours since the start and clock time: clocks in any unit, set back, and columns that are not clocks."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable

import pytest

from sml_viewer.analysis.curves import Curves
from sml_viewer.columns.axes import TIME
from sml_viewer.errors import ColumnError
from sml_viewer.render.csv import curves_csv
from sml_viewer.render.matplotlib.curves import draw_curves
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


@pytest.mark.parametrize(
    ("clock", "times"),
    [
        ("time", [12_345.5, 12_347.5, 12_350.5]),
        ("timestamp", [987_654.25, 987_656.25, 987_659.25]),
        ("time_ns", [12_345_000_000_000, 12_347_000_000_000, 12_350_000_000_000]),
        ("wall_time", [40_000, 40_002, 40_005]),
    ],
)
def test_a_monotonic_clock_counts_from_the_first_row_and_is_told(
    make_run, curves: Callable[..., Curves], clock: str, times: list[float | str]
) -> None:
    make_run("a", table_of(times, clock))
    drawn = curves(PLOTTING_XY=[[HOURS, "episode_return"]])
    assert hours(drawn) == [0, 2, 5]
    assert drawn.notes == ("a: its clock did not begin with the run; hours are since its first row",)


def test_a_machine_that_was_started_again_in_between_goes_on(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", table_of([90_000, 90_010, 50, 70], "time"))
    drawn = curves(PLOTTING_XY=[[HOURS, "episode_return"]])
    assert hours(drawn) == [0, 10, 30]
    assert "goes back 1 time" in drawn.notes[0]


@pytest.mark.parametrize(
    ("clock", "times"),
    [
        ("time_elapsed", [12_345, 12_347, 12_350]),  # of a run that was resumed
        ("time_total_s", [40_000, 40_002, 40_005]),
        ("time", [300, 310, 320]),  # compiled first
        ("time", [5000]),
    ],
)
def test_elapsed_seconds_that_begin_late_stay_as_they_are(
    make_run, curves: Callable[..., Curves], clock: str, times: list[float | str]
) -> None:
    make_run("a", table_of(times, clock))
    drawn = curves(PLOTTING_XY=[[HOURS, "episode_return"]])
    assert hours(drawn) == times
    assert not drawn.notes


def test_blank_times_leave_their_rows_out(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", table_of([_START, "", _START + 4]))
    assert hours(curves(PLOTTING_XY=[[HOURS, "episode_return"]])) == [0, 4]


CLOCK_TIME = {"PLOTTING_XY": [[TIME, "episode_return"]]}


def moments(drawn: Curves, curve: int = 0) -> list[float]:
    return drawn.panels[0].curves[curve].x.tolist()


@pytest.mark.parametrize("parts", [1, 10**3, 10**6, 10**9], ids=["s", "ms", "µs", "ns"])
def test_clock_time_is_that_of_the_clock_in_seconds(
    make_run, curves: Callable[..., Curves], parts: int
) -> None:
    make_run("a", table_of([(_START + second) * parts for second in range(3)]))
    assert moments(curves(**CLOCK_TIME)) == [_START, _START + 1, _START + 2]


def test_clock_time_is_taken_from_the_clock_beside_elapsed_seconds(
    make_run, curves: Callable[..., Curves]
) -> None:
    rows = "".join(f"{second},{_START + second},{second},{second}\n" for second in (0, 5, 9))
    make_run("a", f"time_elapsed,timestamp,step,episode_return\n{rows}")
    assert moments(curves(**CLOCK_TIME)) == [_START, _START + 5, _START + 9]


@pytest.mark.parametrize("times", [[10, 20, 40], [3, _START, _START + 10], [0, 2e9, 4e9]])
def test_clock_time_is_not_computed_from_elapsed_seconds(
    make_run, curves: Callable[..., Curves], times: list[float | str]
) -> None:
    make_run("a", table_of(times))
    with pytest.raises(ColumnError, match=r"\(time\) is not known: no run has a column of clock times"):
        curves(**CLOCK_TIME)


def test_a_run_without_clock_times_is_left_out_and_told(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", table_of([_START, _START + 1]), policy_lr=0.1)
    make_run("b", table_of([1, 2]), policy_lr=0.2)
    drawn = curves(**CLOCK_TIME)
    assert [run.name for panel in drawn.panels for curve in panel.curves for run in curve.runs] == ["a"]
    assert any("b" in note for note in drawn.notes)


def test_runs_of_a_group_are_drawn_one_by_one_over_clock_time_and_told(
    make_run, curves: Callable[..., Curves]
) -> None:
    for seed in (1, 2, 3):
        make_run(f"a{seed}", table_of([_START + 100 * seed + row for row in range(4)]), seed=seed)
    drawn = curves(**CLOCK_TIME)
    assert [moments(drawn, seed)[0] for seed in range(3)] == [_START + 100 * seed for seed in (1, 2, 3)]
    assert {len(curve.runs) for curve in drawn.panels[0].curves} == {1}
    assert any("its 3 runs are drawn one by one" in note for note in drawn.notes)
    assert "single runs" in drawn.caption
    rows = list(csv.DictReader(curves_csv(drawn).splitlines()))
    assert [row["run"] for row in rows[::4]] == ["a1", "a2", "a3"]
    over_steps = curves(PLOTTING_XY=[["step", "episode_return"]])
    assert [len(curve.runs) for curve in over_steps.panels[0].curves] == [3]
    assert "run" not in curves_csv(over_steps).splitlines()[0].split(",")


def test_an_axis_of_clock_time_has_dates_and_names_its_zone(
    make_run, curves: Callable[..., Curves], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    noon = 1_790_049_600  # 2026-09-22 12:00 there
    make_run("a", table_of([noon, noon + 3600, noon + 4 * 3600]))
    (figure,) = draw_curves(curves(**CLOCK_TIME, XMAX=noon + 4 * 3600))
    area = figure.axes[0]
    assert area.get_xlabel() == "clock time (UTC+08:00)"
    figure.canvas.draw()
    labels = [label.get_text() for label in area.get_xticklabels()]
    assert {"12:00", "14:00", "16:00"} <= set(labels)
    assert area.get_xlim()[1] * 86400 == pytest.approx(noon + 4 * 3600)
    monkeypatch.undo()
    time.tzset()
