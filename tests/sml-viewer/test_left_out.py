"""What was left out, bridged or never tested is said beside the numbers, and no number is made of it."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sml_viewer.analysis.aggregate import make_aggregates
from sml_viewer.analysis.curves import Curves
from sml_viewer.cli.main import main
from sml_viewer.config.plot_config import Configuration
from sml_viewer.model.results import ScoreTable
from sml_viewer.render.csv import aggregates_csv, curves_csv


def test_nothing_is_drawn_across_infinite_values(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "step,ret\n0,0\n2,2\n4,inf\n6,6\n8,8\n", seed=1)
    make_run("b", "step,ret\n0,0\n1,1\n3,3\n5,5\n7,7\n8,8\n", seed=2)
    drawn = curves()
    (curve,) = drawn.panels[0].curves
    assert curve.interpolated
    center_at = dict(zip(curve.x.tolist(), curve.center.tolist(), strict=True))
    assert (center_at[0], center_at[8]) == (0, 8)
    assert all(math.isinf(value) == (2 < x < 6) for x, value in center_at.items())
    assert any(2 < x < 6 for x in center_at)
    assert "1 run has infinite values, where no centre is drawn" in drawn.caption


def test_blanks_between_numbers_are_bridged_and_the_caption_says_so(
    make_run, curves: Callable[..., Curves]
) -> None:
    make_run("a", "step,ret\n0,0\n1,1\n2,2\n", seed=1)
    make_run("b", "step,ret\n0,0\n1,nan\n2,4\n", seed=2)
    drawn = curves()
    assert drawn.panels[0].curves[0].center.tolist() == [0, 1.5, 3]
    assert "interpolated linearly where not all have a value at the same x" in drawn.caption


def test_resampled_seeds_are_drawn_to_the_end_of_the_shortest(
    make_run, curves: Callable[..., Curves]
) -> None:
    for seed in range(3):
        rows = (f"{100 * step + 7 * seed},{step}\n" for step in range(50))
        make_run(f"a{seed}", "step,ret\n" + "".join(rows), seed=seed)
    (curve,) = curves().panels[0].curves
    assert (curve.x[0], curve.x[-1]) == (14, 4900)
    assert curve.truncated_by == "a0 ends at 4900"


@pytest.mark.parametrize(
    ("options", "every"), [({"PLOT_FOR_EVERY": 30}, 30), ({"CURVE_ERROR": "bootstrap"}, 3)]
)
def test_a_curve_of_some_points_has_the_last_and_says_how_many(
    make_run, curves: Callable[..., Curves], options: dict, every: int
) -> None:
    for seed in range(2):
        make_run(f"a{seed}", "step,ret\n" + "".join(f"{step},{step}\n" for step in range(501)), seed=seed)
    drawn = curves(**options)
    (curve,) = drawn.panels[0].curves
    assert curve.x.tolist() == [*range(0, 500, every), 500]
    assert f", one point in {every}." in drawn.caption


def test_the_drawn_numbers_end_where_the_figure_does(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "step,ret\n" + "".join(f"{step},{step}\n" for step in range(9)))
    drawn = curves_csv(curves(XMIN=2, XMAX=4.5))
    assert [line.split(",")[4] for line in drawn.splitlines()] == ["x", "2.0", "3.0", "4.0"]


def test_a_run_that_went_to_nan_is_said_to_have_no_number_at_its_end(
    make_run, curves: Callable[..., Curves], table: Callable[..., ScoreTable]
) -> None:
    for seed in range(3):
        rows = (f"{step},{'nan' if seed == 2 and step > 4 else step}\n" for step in range(10))
        make_run(f"a{seed}", "step,ret\n" + "".join(rows), seed=seed)
    note = "a2: no number of ret in its last 5 rows, up to 9"
    assert note in curves().notes
    scores = table()
    assert scores.rows[0][0].scores.tolist() == [9, 9, 4]
    assert note in scores.notes
    assert note in scores.caption


def test_a_metric_that_is_written_every_few_rows_is_not_said_to_end_early(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    rows = (f"{step},{step if step % 5 == 4 else ''}\n" for step in range(13))
    make_run("a", "step,ret\n" + "".join(rows))
    assert table().notes == ()


def test_rows_that_share_an_x_and_rows_without_one_are_counted(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    make_run("a", "step,ret\n1,9\n1,1\n2,9\n2,2\n,5\n")
    scores = table(PLOTTING_XY=[["step", "ret"]])
    assert scores.rows[0][0].mean == 2
    assert "a: 2 rows have the same x as a later row, which counts" in scores.notes
    assert "a: 1 row with ret has no x; left out" in scores.notes


def test_lost_cells_are_reported_for_each_drawn_column_whatever_the_columns_are_called(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    names = [f"loss_{n}" for n in range(6)] + ["ret, mean"]
    header = ",".join(["step", *names[:6], '"ret, mean"'])
    cells = ",".join(["x"] * 7)
    make_run("a", f"{header}\n0,{cells}\n1,1,1,1,1,1,1,1\n")
    assert "a: 1 cell of ret, mean is not a number" in table(PLOTTING_XY=[["step", "ret, mean"]]).notes


def test_what_diverged_is_neither_the_best_nor_with_it(make_run, table: Callable[..., ScoreTable]) -> None:
    for name, ends in (("up", (9, 10, 11)), ("wild", (9, 10, "inf")), ("low", (1, 2, 3))):
        for seed, end in enumerate(ends):
            make_run(f"{name}{seed}", f"step,ret\n0,0\n1,{end}\n", method=name, seed=seed)
    scores = table()
    marks = {name: (cell.best, cell.with_best) for _, name, cell in scores.cells()}
    assert marks == {"method=up": (True, True), "method=low": (False, False), "method=wild": (False, False)}
    assert "Means that are not finite are not compared." in scores.caption


def test_a_caption_says_that_single_runs_were_not_tested(make_run, table: Callable[..., ScoreTable]) -> None:
    words = "Groups with a single run are left out of the test."
    for seed, end in enumerate((9, 10, 11)):
        make_run(f"a{seed}", f"step,ret\n0,0\n1,{end}\n", method="a", seed=seed)
        make_run(f"b{seed}", f"step,ret\n0,0\n1,{end}.5\n", method="b", seed=seed)
    assert words not in table().caption
    make_run("c", "step,ret\n0,0\n1,9.9\n", method="c", seed=0)
    assert words in table().caption
    assert words not in table(TABLE_TEST="none").caption


@pytest.fixture
def diverged(make_run) -> None:
    """Four seeds of two methods, one of which ends at inf."""
    for method in ("a", "b"):
        for seed in range(4):
            end = "inf" if (method, seed) == ("b", 3) else seed
            make_run(f"{method}{seed}", f"step,ret\n0,0\n1,{end}\n", method=method, seed=seed, env_name="E")


@pytest.mark.usefixtures("diverged")
def test_aggregates_count_the_runs_that_are_in_them(table: Callable[..., ScoreTable]) -> None:
    aggregated = make_aggregates(table(), Configuration())
    assert {aggregate.algorithm: len(aggregate.runs) for aggregate in aggregated.aggregates} == {
        "method=a": 4,
        "method=b": 3,
    }
    assert [row.rpartition(",")[2] for row in aggregates_csv([aggregated]).splitlines()[1:]] == ["4"] * 4 + [
        "3"
    ] * 4
    assert "n = 3 to 4 seeds each" in aggregated.caption
    assert "1 run without a finite score is left out." in aggregated.caption


@pytest.mark.usefixtures("diverged")
def test_the_last_row_of_a_table_is_the_aggregate_of_the_same_runs(table: Callable[..., ScoreTable]) -> None:
    ranges = Configuration().with_values(TABLE_NORMALIZE={"E": [0, 2]})
    scores = table(TABLE_NORMALIZE={"E": [0, 2]})
    aggregates = make_aggregates(scores, ranges).aggregates
    assert scores.average == tuple(aggregate.intervals["iqm"] for aggregate in aggregates)
    assert np.isfinite(scores.average).all()
    assert "1 run without a finite score is left out of it." in scores.caption


def test_scores_that_are_all_infinite_have_no_aggregate(make_run, logs: Path, tmp_path: Path, capsys) -> None:
    make_run("a", "step,ret\n0,0\n1,inf\n")
    assert main(["aggregate", "-d", str(logs), "-o", str(tmp_path / "a.csv")]) == 2
    assert "no run has a finite score of ret" in capsys.readouterr().err


def test_a_caption_says_where_the_runs_of_a_group_ended_if_that_differs(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for name, last in (("a1", 5), ("a2", 100), ("b1", 100), ("b2", 98)):
        rows = "".join(f"{step},{step}\n" for step in range(last + 1))
        make_run(name, f"step,ret\n{rows}", method=name[0], seed=int(name[1]))
    assert "Runs of one group end at different step (method=a: 5 to 100)." in table().caption
    for even in ({"TABLE_SCORE": "at_x", "XMAX": 90}, {"XMAX": 5}):
        assert "end at different" not in table(**even).caption


def test_what_has_no_finite_score_is_said_to_have_no_bar(
    diverged, logs: Path, tmp_path: Path, capsys
) -> None:
    assert main(["bar", "-d", str(logs), "-o", str(tmp_path / "a.svg")]) == 0
    assert "Values that are not finite have no bar and no dot." in capsys.readouterr().out


def test_a_table_before_the_first_row_says_who_has_none(make_run, logs: Path, capsys) -> None:
    for seed in (1, 2):
        make_run(f"a{seed}", "step,ret\n20,1\n30,2\n", seed=seed)
    for more in ([], ["--set", "TABLE_SCORE=at_x"]):
        assert main(["table", "-d", str(logs), "--set", "XMAX=10", *more]) == 2
        message = capsys.readouterr().err
        assert "no run has a score of ret over step" in message
        assert "a1 and a2: no row at step 10; left out" in message


def test_a_metric_without_a_score_is_named_below_the_table_of_the_other(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    make_run("a", "step,ret,late\n10,1,\n30,2,5\n")
    scores = table(PLOTTING_XY=[["step", "late"], ["step", "ret"]], XMAX=20)
    assert scores.y_column == "ret"
    assert "no run has a score of late over step" in scores.caption


def test_the_drawn_numbers_of_bars_are_their_heights(make_run, logs: Path, tmp_path: Path, capsys) -> None:
    for env, scale in (("A", -1), ("B", -100)):
        for method, value in (("x", 1), ("y", 5)):
            for seed, off in enumerate((-0.5, 0.5)):
                rows = f"step,ret\n0,0\n1,{scale * (value + off)}\n"
                make_run(f"{env}{method}{seed}", rows, env_name=env, method=method, seed=seed)
    output = tmp_path / "bars.csv"
    assert main(["bar", "-d", str(logs), "-o", str(output)]) == 0
    assert "divided by its largest absolute mean" in capsys.readouterr().out
    drawn = list(csv.DictReader(output.read_text().splitlines()))
    assert [float(row["mean"]) for row in drawn] == [-1, -5, -100, -500]
    assert [float(row["height"]) for row in drawn] == [-0.2, -1, -0.2, -1]
    assert [float(row["height_error"]) for row in drawn] == pytest.approx([0.1, 0.1, 0.1, 0.1])


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ("3,\0\n", "1 line with NUL bytes left out"),
        ("3,3,3\n4,4,4\n", "2 lines with more cells than the header left out"),
        ("3\n4,4\n", "1 line cut short left out"),
        ('3,"4\n5,5\n', "1 line with an open quote left out"),
        ("3,much\n4,4\n", "1 cell of ret is not a number"),
    ],
)
def test_what_a_file_lost_is_said_of_its_numbers(
    make_run, curves: Callable[..., Curves], table: Callable[..., ScoreTable], rows: str, note: str
) -> None:
    make_run("a", "step,ret\n0,0\n1,1\n2,2\n" + rows)
    assert f"a: {note}" in table().caption
    assert f"a: {note}" in curves().caption


def test_what_was_mended_or_is_not_drawn_is_no_loss(make_run, table: Callable[..., ScoreTable]) -> None:
    make_run("a", "\ufeffstep,ret,word\n0,0,4\nstep,ret,word\n1,50%,up\n2,2,down\n3,3")
    (cell,) = table().rows[0]
    assert len(cell.runs[0].notes) == 5
    assert table().notes == ()


def test_the_losses_of_several_runs_are_one_sentence(make_run, table: Callable[..., ScoreTable]) -> None:
    for seed in (1, 2, 3):
        make_run(f"a{seed}", "step,ret\n0,0\n1,1\n" + "9,9,9\n" * 4 * seed, seed=seed)
    words = "4 to 12 lines with more cells than the header left out: nothing says which is which"
    assert table().notes == (f"a1, a2 and a3: {words}",)
