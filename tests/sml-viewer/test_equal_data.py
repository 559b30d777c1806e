"""Runs with equal parameters are one only if their data are; else repeats or segments."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sml_viewer.analysis.curves import Curves
from sml_viewer.cli.main import main
from sml_viewer.library import Library
from sml_viewer.model.results import ScoreTable
from sml_viewer.select.duplicates import without_duplicates


def rows(first: int, last: int, scale: float = 1.0) -> str:
    return "".join(f"{step},{scale * (step % 7) + step / 100}\n" for step in range(first, last + 1))


HEADER = "step,reward\n"


def test_repeats_without_a_recorded_seed_are_counted_and_marked(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for number in (1, 2, 3):
        make_run(f"run_{number}", f"{HEADER}0,0\n1,{30 + number}\n", algo="a", env="Hopper")
    (cell,) = table().rows[0]
    assert cell.text == "32.00 ± 0.58 (n=3)‡"
    assert "‡ 3 runs have equal parameters and other data" in table().caption
    assert "sml-config modify-config" in table().caption


def test_the_strict_rule_of_the_tutorial_is_an_option(make_run, table: Callable[..., ScoreTable]) -> None:
    for number in (1, 2, 3):
        make_run(f"run_{number}", f"{HEADER}0,0\n1,{30 + number}\n", algo="a")
    (cell,) = table(EQUAL_PARAMETERS="one").rows[0]
    assert cell.n == 1
    assert "have equal parameters and count as one run" in table(EQUAL_PARAMETERS="one").caption


@pytest.mark.parametrize("given", [{"lr": 0.1}, {}])
def test_copies_are_one_run(make_run, table: Callable[..., ScoreTable], given: dict[str, float]) -> None:
    for name in ("a", "copy_of_a"):
        make_run(name, HEADER + rows(0, 40), **given)
    (cell,) = table().rows[0]
    assert cell.n == 1
    assert "hold the same measurements and count as one run" in table().caption


def test_runs_whose_columns_end_alike_are_compared_row_by_row(make_run, library: Library, read_runs) -> None:
    for name, middle in (("a", "1,2\n2,1\n"), ("b", "1,1\n2,2\n")):
        make_run(name, f"{HEADER}0,0\n{middle}3,3\n", lr=0.1)
    counted, duplicates = without_duplicates(read_runs(), library)
    assert len(counted) == 2
    assert not duplicates


def test_a_beginning_of_another_run_is_that_run(make_run, library: Library, read_runs) -> None:
    make_run("short", HEADER + rows(0, 20), lr=0.1)
    make_run("long", HEADER + rows(0, 40), lr=0.1)
    make_run("other", HEADER + rows(0, 40, 2.0), lr=0.1)
    counted, (group,) = without_duplicates(read_runs(), library)
    assert sorted(run.name for run in counted) == ["long", "other"]
    assert [run.name for run in group.others] == ["short"]


@pytest.mark.parametrize("begins", [21, 16])
def test_segments_of_one_run_are_joined(make_run, curves: Callable[..., Curves], begins: int) -> None:
    make_run("it_0_20", HEADER + rows(0, 20), lr=0.1, seed=1)
    make_run("it_21_40", HEADER + rows(begins, 40, 2.0), lr=0.1, seed=1)
    make_run("seed2", HEADER + rows(0, 40), lr=0.1, seed=2)
    drawn = curves(USE_SMOOTH=False)
    (curve,) = drawn.panels[0].curves
    assert len(curve.runs) == 2
    assert curve.x.tolist() == list(range(41))
    expected = [(1.5 if step >= begins else 1) * (step % 7) + step / 100 for step in range(41)]
    assert curve.center.tolist() == pytest.approx(expected)
    assert "continue where another ends and are joined into one run" in drawn.caption


@pytest.mark.parametrize("added", ["_resumed", "-cont", "_restarted"])
def test_segments_of_a_run_without_parameters_are_joined(
    make_run, table: Callable[..., ScoreTable], added: str
) -> None:
    make_run("Exp1-s7", HEADER + rows(0, 20))
    make_run(f"Exp1-s7{added}", HEADER + rows(18, 40))
    make_run("Exp1-s8", HEADER + rows(0, 40, 2.0))
    (cell,) = table().rows[0]
    assert (cell.n, cell.ends) == (2, (40, 40))


def test_a_segment_is_joined_to_the_run_of_its_name_among_repeats(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for number in (1, 2, 3):
        make_run(f"r{number}", HEADER + rows(0, 20, number), lr=0.1)
    make_run("r2_resumed", HEADER + rows(15, 40, 2.0), lr=0.1)
    (cell,) = table().rows[0]
    assert (cell.n, cell.ends) == (3, (20, 40))


def test_repeats_of_some_runs_give_no_other_run_another_environment(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for lr in (0.1, 0.2):
        for number in range(2 if lr == 0.1 else 1):
            make_run(f"sac_Ant-v4_{lr}/{number}", HEADER + rows(0, 30, 1 + number), lr=lr)
    assert table().titles == ("",)


def test_environments_of_folders_are_those_of_all_runs(make_run, table: Callable[..., ScoreTable]) -> None:
    for env in ("hopper-medium-v0", "walker2d-medium-v0"):
        for number in (1, 2):
            make_run(f"CQL_{env}_{number}_20220511120001", HEADER + rows(0, 30, number), batch_size=256)
        make_run(f"CQL_{env}_9_20220511120001", HEADER + rows(0, 30), batch_size=64)
    assert table().titles == ("hopper-medium-v0", "walker2d-medium-v0")
    assert sorted(cell.n for _, _, cell in table().cells()) == [1, 1, 2, 2]


@pytest.mark.parametrize("added", [" (1)", "_copy", "_backup"])
def test_an_earlier_copy_of_a_run_without_parameters_is_that_run(
    make_run, table: Callable[..., ScoreTable], added: str
) -> None:
    make_run("ppo-seed1", HEADER + rows(0, 40))
    make_run(f"ppo-seed1{added}", HEADER + rows(0, 20))
    make_run("ppo-seed2", HEADER + rows(0, 40, 2.0))
    assert [(name, cell.n) for _, name, cell in table().cells()] == [("all runs", 2)]


@pytest.mark.parametrize("added", ["_old", ".2", " of monday"])
def test_a_beginning_of_a_run_that_is_named_after_it_counts_once(
    make_run, table: Callable[..., ScoreTable], added: str
) -> None:
    make_run("ppo-seed1", HEADER + rows(0, 40))
    make_run(f"ppo-seed1{added}", HEADER + rows(0, 20))
    make_run("ppo-seed2", HEADER + rows(0, 40, 2.0))

    assert [cell.n for _, _, cell in table().cells()] == [2]


def test_a_run_named_after_another_with_other_data_is_counted(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    make_run("ppo-seed1", HEADER + rows(0, 40))
    make_run("ppo-seed1_old", HEADER + rows(0, 20, 5.0))

    assert sum(cell.n for _, _, cell in table().cells()) == 2


def test_runs_of_different_environments_are_never_segments_of_one(
    logs: Path, table: Callable[..., ScoreTable]
) -> None:
    for env, stride in (("Ant-v4", 100), ("Hopper-v4", 10)):
        folder = logs / f"ppo_{env}_seed1"
        folder.mkdir()
        lines = "".join(f"{stride * row},{row}\n" for row in range(1, 16))
        (folder / "progress.csv").write_text(f"total_timesteps,ep_rew_mean\n{lines}")
        head = '#{"t_start": 0.0, "env_id": "' + env + '"}\nr,l,t\n'
        (folder / "0.monitor.csv").write_text(head + "1,9,1\n2,9,2\n")

    assert table().titles == ("Ant-v4", "Hopper-v4")


def test_columns_under_other_names_are_compared(make_run, table: Callable[..., ScoreTable]) -> None:
    make_run("a", HEADER + rows(0, 40), lr=0.1)
    make_run("b", HEADER.replace("reward", "rew") + rows(0, 40, 2.0), lr=0.1)
    make_run("c", HEADER.replace("reward", "rew") + rows(0, 40), lr=0.1)
    (cell,) = table(DATA_KEY_RENAME_CONFIG={"rew": "reward"}).rows[0]
    assert cell.n == 2


def test_runs_that_begin_alike_are_no_segments(make_run, table: Callable[..., ScoreTable]) -> None:
    make_run("a", HEADER + rows(0, 20), lr=0.1)
    make_run("b", HEADER + rows(1, 40, 2.0), lr=0.1)
    (cell,) = table().rows[0]
    assert cell.n == 2


def test_a_filter_leaves_each_run_as_it_is_counted(make_run, table: Callable[..., ScoreTable]) -> None:
    for name in ("a", "b"):
        make_run(name, HEADER + rows(0, 40), lr=0.1)
    assert [table(f"name = {name}").rows[0][0].n for name in "ab"] == [1, 1]


def test_the_list_says_what_is_one_run(make_run, logs: Path, capsys) -> None:
    for name in ("a", "b"):
        make_run(name, HEADER + rows(0, 40), lr=0.1)
    make_run("c", HEADER + rows(0, 40, 2.0), lr=0.1)
    assert main(["list", "-d", str(logs), "--json"]) == 0
    duplicates = {run["name"]: run["duplicate"] for run in json.loads(capsys.readouterr().out)}
    assert sorted(name for name, note in duplicates.items() if note) in (["a"], ["b"])
    assert "hold the same measurements" in (duplicates["a"] or duplicates["b"])


def test_a_seed_that_ran_twice_is_told_as_such(make_run, table: Callable[..., ScoreTable]) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make_run(name, f"{HEADER}0,0\n1,{ord(name)}\n", lr=0.1, seed=seed)
    assert "‡ 2 runs have equal parameters, the seed too, and other data" in table().caption


def test_a_copy_with_its_columns_in_another_order_is_a_copy(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    make_run("a", "step,reward\n0,1\n1,3\n", lr=0.1)
    make_run("b", "reward,step\n1,0\n3,1\n", lr=0.1)
    (cell,) = table().rows[0]
    assert cell.n == 1
