"""Monitors: episodes of parallel environments, in the order of their ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sml_viewer.analysis.curves import Curves
from sml_viewer.cli.main import main
from sml_viewer.columns.axes import HOURS, ROW, TIMESTEPS
from sml_viewer.library import Library
from sml_viewer.model.results import ScoreTable

HEAD = '#{"t_start": 1700000000.0, "env_id": "CartPole-v1"}\nr,l,t\n'


@pytest.fixture
def monitors(logs: Path) -> Path:
    """Two environments: episodes of 10, 20, 30 and 500 steps end after 1, 2, 3 and 9 seconds."""
    folder = logs / "ppo"
    folder.mkdir()
    (folder / "0.monitor.csv").write_text(HEAD + "10.0,10,1.0\n500.0,500,9.0\n")
    (folder / "1.monitor.csv").write_text(HEAD + "20.0,20,2.0\n30.0,30,3.0\n")
    return folder


@pytest.fixture(params=["monitors alone", "beside a progress table"])
def episodes(monitors: Path, request: pytest.FixtureRequest) -> Path:
    if request.param != "monitors alone":
        (monitors / "progress.csv").write_text(
            "time/total_timesteps,rollout/ep_rew_mean\n256,10\n512,20\n768,30\n"
        )
    return monitors


@pytest.mark.usefixtures("episodes")
@pytest.mark.parametrize(
    ("x", "wanted"),
    [
        (TIMESTEPS, [10, 30, 60, 560]),
        ("timesteps", [10, 30, 60, 560]),
        (ROW, [0, 1, 2, 3]),
        (HOURS, [1 / 3600, 2 / 3600, 3 / 3600, 9 / 3600]),
    ],
)
def test_episodes_are_drawn_in_the_order_of_their_ends(
    curves: Callable[..., Curves], x: str, wanted: list[float]
) -> None:
    drawn = curves(PLOTTING_XY=[[x, "r"]], USE_SMOOTH=False)
    curve = drawn.panels[0].curves[0]
    assert curve.x.tolist() == wanted
    assert curve.center.tolist() == [10, 20, 30, 500]
    assert not drawn.notes


@pytest.mark.usefixtures("episodes")
def test_of_r_alone_timesteps_are_chosen(curves: Callable[..., Curves]) -> None:
    assert curves(PLOTTING_XY=[["", "r"]]).pairs == [(TIMESTEPS, "r")]


@pytest.mark.usefixtures("episodes")
def test_the_last_value_of_a_run_is_that_of_the_last_episode_to_end(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["list", "-d", str(logs), "--json"])
    assert json.loads(capsys.readouterr().out)[0]["last"]["r"] == 500
    main(["list", "-d", str(logs), "--where", "last.r > 100"])
    assert "1 of 1 runs" in capsys.readouterr().out


@pytest.mark.usefixtures("monitors")
def test_before_all_monitors_are_read_no_episode_counts_as_the_last(library: Library) -> None:
    library.index()
    assert "r" not in library.runs()[0].last
    library.refresh()
    assert library.runs()[0].last["r"] == 500


@pytest.fixture
def long_monitor(logs: Path) -> None:
    rows = "".join(f"{episode},1,{episode}\n" for episode in range(1, 201))
    (logs / "sac").mkdir()
    (logs / "sac" / "0.monitor.csv").write_text(HEAD + rows)


@pytest.mark.usefixtures("long_monitor")
@pytest.mark.parametrize(
    ("options", "score"),
    [
        ({}, 150.5),
        ({"TABLE_LAST_K": 10}, 195.5),
        ({"TABLE_SCORE": "last"}, 200),
        ({"TABLE_SCORE": "last_k"}, 195.5),
        ({"TABLE_SCORE": "best"}, 200),
    ],
)
def test_a_monitor_scores_the_mean_of_its_last_hundred_episodes_unless_told_otherwise(
    table: Callable[..., ScoreTable], options: dict[str, object], score: float
) -> None:
    found = table(**options)
    assert found.cells()[0][2].mean == score
    assert ("Means of the last 100 rows of r" in found.caption) is (score == 150.5)
    assert ("Rows are episodes" in found.caption) is ("TABLE_SCORE" not in options)


def test_other_tables_score_their_last_row(make_run, table: Callable[..., ScoreTable]) -> None:
    make_run("a", "step,reward\n0,1\n1,5\n", seed=1)
    assert table().cells()[0][2].mean == 5


def test_of_many_monitors_figure_and_table_show_the_same_ten(
    logs: Path, curves: Callable[..., Curves], table: Callable[..., ScoreTable]
) -> None:
    for number in range(15):
        run = logs / f"m{number:02}"
        run.mkdir()
        (run / "config.json").write_text(json.dumps({"method": f"m{number:02}", "seed": 1}))
        # The last episode says the opposite of the last hundred.
        rewards = [number] * 150 + [-10 * number]
        rows = "".join(f"{reward},1,{place}\n" for place, reward in enumerate(rewards))
        (run / "0.monitor.csv").write_text(HEAD + rows)
    shown = {name for _, name, _ in table().cells()}
    assert shown == {f"method=m{number:02}" for number in range(5, 15)}
    assert {curve.algorithm for panel in curves().panels for curve in panel.curves} == shown
