"""Scores of runs by each rule, and the tables made of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sml_viewer.model.results import ScoreTable
from sml_viewer.render.tables.layout import layout


@pytest.mark.parametrize(
    ("options", "mean"),
    [
        ({}, 2.0),
        ({"TABLE_SCORE": "best"}, 9.0),
        ({"TABLE_SCORE": "best", "TABLE_BOLD_MAX": False}, 1.0),
        ({"TABLE_SCORE": "average"}, 4.0),
        ({"TABLE_SHOW_AVERAGE": True}, 4.0),
        ({"TABLE_SCORE": "last_k", "TABLE_LAST_K": 2}, 5.5),
        ({"TABLE_SCORE": "at_x", "XMAX": 1}, 9.0),
        ({"XMAX": 0}, 1.0),
    ],
)
def test_each_score_rule(make_run, table: Callable[..., ScoreTable], options: dict, mean: float) -> None:
    make_run("a", "step,reward\n0,1\n1,9\n2,2\n")
    cell = table(**options).rows[0][0]
    assert cell is not None
    assert cell.mean == mean


def test_a_run_that_did_not_reach_x_has_no_score_there(make_run, table: Callable[..., ScoreTable]) -> None:
    make_run("a", "step,reward\n0,1\n1,9\n", seed=1)
    make_run("b", "step,reward\n0,1\n1,9\n5,3\n", seed=2)
    scores = table(TABLE_SCORE="at_x", XMAX=4)
    assert scores.rows[0][0].n == 1
    assert "a: no row at step 4; left out" in scores.notes


@pytest.mark.usefixtures("grid")
def test_the_average_needs_a_normalisation_of_every_environment(table: Callable[..., ScoreTable]) -> None:
    assert table(TABLE_NORMALIZE={"CartPole-v1": [0, 10]}).average == ()
    both = table(TABLE_NORMALIZE={"CartPole-v1": [0, 10], "Acrobot-v1": [0, 10]})
    assert both.average[0][0] == pytest.approx(0.22)
    assert "stratified bootstrap" in both.caption


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1e-4, 3e-4], "0.00020 ± 0.00010 (n=2)"),
        ([0.00123], "0.0012 (n=1)"),
        ([0.3, 0.3], "0.30 ± 0.00 (n=2)"),
        ([100.0, 300.0], "200.00 ± 100.00 (n=2)"),
        ([0.0, 0.0], "0.00 ± 0.00 (n=2)"),
        ([1e300], "1e+300 (n=1)"),
        ([1e20, 3e20], "2e+20 ± 1e+20 (n=2)"),
        ([3e-14], "3e-14 (n=1)"),
    ],
)
def test_a_cell_has_the_digits_that_its_error_needs(
    make_run, table: Callable[..., ScoreTable], values: list[float], text: str
) -> None:
    for seed, value in enumerate(values):
        make_run(f"r{seed}", f"step,reward\n0,{value}\n", seed=seed)
    assert table().cells()[0][2].text == text
    assert "." not in table(TABLE_VALID_BITS=0).cells()[0][2].text


def test_an_interval_in_a_table_has_the_digits_that_tell_its_ends_apart(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for seed, end in enumerate((0.9165, 0.9192, 0.921, 0.9245)):
        make_run(f"a{seed}", f"step,reward\n0,0\n1,{end}\n", env_name="E", seed=seed)
    (_, ((text, _),)) = layout(table(TABLE_NORMALIZE={"E": [0, 1]})).rows[-1]
    value, low, high = (
        float(part) for part in text.replace("[", "").replace("]", "").replace(",", "").split()
    )
    assert low < value < high
    assert len(text.split()[0]) == len("0.9201")


def test_best_is_bold_with_what_is_not_significantly_worse(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for name, base in (("good", 10.0), ("near", 9.9), ("bad", 1.0)):
        for seed in range(5):
            make_run(f"{name}{seed}", f"step,reward\n0,0\n1,{base + seed / 10}\n", method=name, seed=seed)
    scores = table()
    marks = {name: (cell.best, cell.with_best) for _, name, cell in scores.cells()}
    assert marks == {"method=good": (True, True), "method=near": (False, True), "method=bad": (False, False)}


@pytest.mark.filterwarnings("error")
def test_tables_of_nearly_equal_scores_cause_no_warning(make_run, table: Callable[..., ScoreTable]) -> None:
    for method, end in (("a", 1000), ("b", 999.9999999), ("c", 1000)):
        for seed in range(3):
            make_run(
                f"{method}{seed}", f"step,reward\n0,0\n1,{end + seed * 1e-10}\n", method=method, seed=seed
            )
    assert {cell.n for _, _, cell in table().cells()} == {3}
