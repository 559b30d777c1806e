"""Folders of strangers: with nothing set the figure says what one would ask, and nothing that is not so."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from sml_viewer.analysis.curves import Curves
from sml_viewer.cli.main import main
from sml_viewer.columns.axes import HOURS, ROW, TIME, TIMESTEPS
from sml_viewer.errors import ColumnError
from sml_viewer.model.results import ScoreTable
from sml_viewer.readers.tfevents.records import masked_crc
from sml_viewer.series.load import choose_y

ROWS = "step,reward\n0,1\n1,2\n"


def test_the_fewest_parameters_that_tell_runs_apart_name_the_algorithms(
    make_run, curves: Callable[..., Curves]
) -> None:
    for algo, folder, threads in (("ppo", "a/", 2), ("sac", "b/", 4)):
        for seed in (1, 2):
            make_run(f"{algo}{seed}", ROWS, algo=algo, log_folder=folder, num_threads=threads, seed=seed)
    drawn = curves()
    assert drawn.algorithms == ["algo=ppo", "algo=sac"]
    assert "(auto: algo; log_folder and num_threads differ along with them)" in drawn.caption


def test_what_differs_only_between_sub_figures_names_no_algorithm(
    make_run, curves: Callable[..., Curves]
) -> None:
    for env, steps in (("Hopper", 100), ("Ant", 300)):
        for algo in ("ppo", "sac"):
            make_run(f"{env}{algo}", ROWS, env_name=env, n_timesteps=steps, algo=algo, seed=1)
    assert curves().algorithms == ["algo=ppo", "algo=sac"]


def test_a_sweep_of_one_seed_is_not_averaged(make_run, curves: Callable[..., Curves]) -> None:
    for lr in (0.1, 0.01, 0.001):
        make_run(f"r{lr}", ROWS, lr=lr, log_dir=f"/data/{lr}", seed=1)
    assert curves().algorithms == ["lr=0.001", "lr=0.01", "lr=0.1"]


def test_what_is_unique_to_each_run_is_not_averaged_also_where_seeds_differ(
    make_run, curves: Callable[..., Curves]
) -> None:
    for seed, lr in enumerate((0.1, 0.01, 0.001)):
        make_run(f"r{seed}", ROWS, lr=lr, log_dir=f"/data/{seed}", started=f"2024-01-0{seed}", seed=seed)
    assert curves().algorithms == ["lr=0.001", "lr=0.01", "lr=0.1"]
    (curve,) = curves(DATA_MERGER=["env"]).panels[0].curves
    assert curve.mixed == "lr 0.1 ×1, 0.01 ×1, 0.001 ×1"


def test_numbered_variants_are_compared_and_not_averaged(make_run, curves: Callable[..., Curves]) -> None:
    for number in range(3):
        make_run(f"r{number}", ROWS, variant=f"v{number}")
    assert curves().algorithms == ["variant=v0", "variant=v1", "variant=v2"]


def test_a_name_that_holds_the_seed_is_no_difference(make_run, curves: Callable[..., Curves]) -> None:
    for seed in (7, 8, 9):
        make_run(f"r{seed}", ROWS, exp_name=f"ppo_s{seed}", wandb=f"3f9a{seed}b2c11", seed=seed)
    (curve,) = curves().panels[0].curves
    assert (curve.algorithm, curve.mixed) == ("all runs", None)


def test_runs_without_parameters_are_not_averaged(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", ROWS)
    make_run("b", ROWS + "2,3\n")
    drawn = curves()
    assert drawn.algorithms == ["folder=a", "folder=b"]
    assert "2 runs are named by their folders" in drawn.caption


def test_runs_without_rows_take_no_part_in_naming(make_run, curves: Callable[..., Curves]) -> None:
    make_run("empty", "", algo="crashed", seed=1)
    make_run("a", ROWS, algo="ppo", seed=1)
    make_run("b", ROWS, algo="ppo", seed=2)
    assert "all runs" in curves().algorithms


def test_every_kind_of_seed_is_a_seed(make_run, curves: Callable[..., Curves]) -> None:
    for seed in (1, 2):
        make_run(f"r{seed}", ROWS, env_seed=seed, **{"algo.seed": seed}, seed_interval=3)
    assert curves().algorithms == ["all runs"]


def test_the_same_letter_in_two_encodings_is_one_name(
    make_run, curves: Callable[..., Curves], logs: Path, capsys
) -> None:
    for seed, name in enumerate(("caf\u00e9", "cafe\u0301")):
        make_run(f"r{seed}", ROWS, method=name, seed=seed)
    make_run("other", ROWS, method="tea", seed=0)
    assert [len(curve.runs) for curve in curves().panels[0].curves] == [2, 1]
    main(["list", "-d", str(logs), "--where", "method = cafe\u0301"])
    assert "2 of 3 runs" in capsys.readouterr().out


def test_monitors_of_parallel_environments_are_drawn_over_timesteps(
    logs: Path, curves: Callable[..., Curves]
) -> None:
    folder = logs / "ppo"
    folder.mkdir()
    head = '#{"t_start": 1.0, "env_id": "CartPole-v1"}\nr,l,t\n'
    (folder / "0.monitor.csv").write_text(head + "1,10,1.0\n3,30,3.0\n")
    (folder / "1.monitor.csv").write_text(head + "2,20,2.0\n4,40,4.0\n")
    drawn = curves()
    assert drawn.pairs == [(TIMESTEPS, "r")]
    curve = drawn.panels[0].curves[0]
    assert (curve.x.tolist(), curve.center.tolist()) == ([10, 30, 60, 100], [1, 2, 3, 4])
    assert "of r over timesteps" in drawn.caption
    assert not drawn.notes


def test_a_resumed_monitor_goes_on_where_it_was(logs: Path, curves: Callable[..., Curves]) -> None:
    (logs / "ppo").mkdir()
    # The clock of the second process begins anew.
    (logs / "ppo" / "monitor.csv").write_text("#{}\nr,l,t\n1,10,50\n2,20,90\n3,30,5\n")
    assert curves().panels[0].curves[0].x.tolist() == [10, 30, 60]


def event(step: int, time: float, field: int = 0x2A) -> bytes:
    data = struct.pack("<Bd", 0x09, time) + bytes([0x10, step, field, 0])
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + bytes(4)


def test_hours_come_from_the_event_file_where_no_column_says_them(
    make_run, curves: Callable[..., Curves]
) -> None:
    run = make_run("a", "step,reward\n0,1\n1,2\n2,3\n", seed=1)
    (run / "tbfile").mkdir()
    first = event(0, 1.7e9) + event(1, 1.7e9 + 3600) + event(2, 1.7e9 + 7200)
    (run / "tbfile" / "events.out.tfevents.1").write_bytes(first)
    # Resumed at step 2, an hour later; its last event is cut.
    again = event(2, 1.7e9 + 9999, 0x3A) + event(2, 1.7e9 + 10800) + event(3, 0)[:-3]
    (run / "tbfile" / "events.out.tfevents.2").write_bytes(again)
    assert curves(PLOTTING_XY=[[HOURS, "reward"]]).panels[0].curves[0].x.tolist() == [0, 1, 3]
    moments = curves(PLOTTING_XY=[[TIME, "reward"]]).panels[0].curves[0].x.tolist()
    assert moments == [1.7e9, 1.7e9 + 3600, 1.7e9 + 10800]


def test_hours_that_nothing_says_are_refused_with_what_there_is(
    make_run, curves: Callable[..., Curves]
) -> None:
    run = make_run("a", ROWS, seed=1)
    with pytest.raises(ColumnError, match=r"hours\) are not known.*take \(row\)"):
        curves(PLOTTING_XY=[[HOURS, "reward"]])
    (run / "tbfile").mkdir()
    (run / "tbfile" / "events.out.tfevents.1").write_bytes(event(0, 1.7e9))
    with pytest.raises(ColumnError):
        curves(PLOTTING_XY=[[HOURS, "reward"]])


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ("step,rollout/ep_rew_mean,loss", "rollout/ep_rew_mean"),
        ("step,samples,grad_norm,loss", "loss"),
        ("step,AverageDiscountedReturn,AverageReturn", "AverageReturn"),
        ("epoch,lr,val_accuracy,loss", "val_accuracy"),
        ("epoch,time,quality", "quality"),
    ],
)
def test_y_is_what_one_would_ask_for(make_run, read_runs, columns: str, wanted: str) -> None:
    names = columns.split(",")
    make_run("a", f"{columns}\n" + "".join(f"{row}{',1' * (len(names) - 1)}\n" for row in range(3)))
    assert choose_y(read_runs(), names[0]) == wanted


def test_a_return_that_hardly_any_run_has_is_not_what_the_folder_is_about(make_run, read_runs) -> None:
    make_run("odd", ROWS)
    for number in range(9):
        make_run(f"r{number}", "step,mse\n0,1\n1,2\n")
    assert choose_y(read_runs(), "step") == "mse"


def test_training_steps_come_before_those_of_evaluation(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "evaluation/num steps total,Epoch,reward\n5,0,1\n10,1,2\n")
    assert curves().pairs[0][0] == "Epoch"


def test_many_groups_that_were_cut_are_said_in_one_sentence(make_run, curves: Callable[..., Curves]) -> None:
    for method in range(9):
        for seed in (1, 2):
            make_run(f"m{method}_{seed}", ROWS + "2,3\n" * (seed == 2), method=method, seed=seed)
    drawn = curves()
    assert all(curve.truncated_by for panel in drawn.panels for curve in panel.curves)
    assert drawn.caption.count(" ends at 1") == 2
    assert "and 7 more groups" in drawn.caption


def test_many_runs_that_are_left_out_are_said_in_one_sentence(
    make_run, curves: Callable[..., Curves], table: Callable[..., ScoreTable]
) -> None:
    make_run("good", ROWS, seed=0)
    for seed in range(1, 10):
        make_run(f"{'deep/' * 20}{seed}", "step\n0\n", seed=seed)
    said = "7 more: no row with both step and reward; left out."
    assert said in curves().caption
    assert said in table().caption
    assert max(map(len, curves().caption.split())) < 60


def test_parameters_that_no_run_has_are_named(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", ROWS, lr=0.1)
    assert "no run has the parameter nope." in curves(DATA_MERGER=["nope"]).caption
    assert "no run has the parameter nope." in curves(DATA_IGNORE=[{"nope": 1}]).caption


def test_short_runs_are_left_out_of_tables_too(make_run, table: Callable[..., ScoreTable]) -> None:
    make_run("long", "step,reward\n0,1\n1,2\n2,5\n", seed=1)
    make_run("short", ROWS, seed=2)
    assert table(MINIMUM_DATA_POINT_NUM=3).rows[0][0].n == 1
    assert "short: fewer than 3 points; left out" in table(MINIMUM_DATA_POINT_NUM=3).notes


def test_rows_are_there_whatever_the_run_has(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", ROWS, seed=1)
    assert curves(PLOTTING_XY=[[ROW, "reward"]]).panels[0].curves[0].x.tolist() == [0, 1]


def test_names_of_columns_may_hold_commas_and_line_breaks(make_run, read_runs) -> None:
    make_run("a", '"a,b","c\nd",step\n1,2,0\n3,4,1\n')
    (run,) = read_runs()
    assert run.last == {"a,b": 3, "c\nd": 4, "step": 1}


def test_a_link_to_itself_hides_nothing(make_run, read_runs, logs: Path) -> None:
    make_run("a", ROWS)
    (logs / "self").symlink_to("self")
    assert [run.name for run in read_runs()] == ["a"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("flag = True", 1),
        ("flag = false", 1),
        ("none = None", 2),
        ("layers = [64,64]", 2),
        ('layers = "[64, 64]"', 2),
        ("seed = 1 or seed = 2 and flag = true", 1),
        ("not seed = 1 and not seed = 2", 0),
        ("not (seed = 1 and seed = 2)", 2),
    ],
)
def test_values_are_compared_as_people_write_them(
    make_run, logs: Path, capsys, query: str, count: int
) -> None:
    for seed in (1, 2):
        make_run(f"r{seed}", ROWS, seed=seed, flag=seed == 1, layers=[64, 64], none=None)
    assert main(["list", "-d", str(logs), "--json", "--where", query]) == 0
    assert len(json.loads(capsys.readouterr().out)) == count


@pytest.mark.parametrize(
    ("query", "column", "words"),
    [
        ('name ~ "a["', 10, "unterminated character set"),
        ("SEED = 1", 1, "did you mean seed?"),
        ("modified = 2026-01-31", 10, "modified is a time"),
        ("seed = 1 )", 10, "unexpected ')'"),
        ("(seed = 1", 1, "unclosed bracket"),
    ],
)
def test_a_wrong_query_points_at_its_column(
    make_run, logs: Path, capsys, query: str, column: int, words: str
) -> None:
    make_run("r", ROWS, seed=1)
    assert main(["list", "-d", str(logs), "--where", query]) == 2
    message, _, pointer = capsys.readouterr().err.rstrip("\n").split("\n")
    assert f"column {column}: " in message
    assert words in message
    assert pointer.index("^") == column + 1


def test_where_no_column_of_steps_is_common_x_and_y_are_of_the_same_runs(
    make_run, curves: Callable[..., Curves]
) -> None:
    for number in range(3):
        make_run(f"a{number}", "timestep,quality\n1,1\n2,2\n", seed=number, of="a")
        make_run(f"b{number}", "update,eval/reward\n1,1\n2,2\n", seed=number, of="b")
    for number in range(2):
        make_run(f"c{number}", "epoch,accuracy\n1,1\n2,2\n", seed=number, of="c")
    assert curves().pairs == [("update", "eval/reward")]
