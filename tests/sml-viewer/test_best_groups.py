"""Of more algorithms than a person can read the best are shown; continuous parameters are binned."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from sml_viewer.analysis.curves import Curves
from sml_viewer.model.parameter_table import ParameterTable
from sml_viewer.model.results import ScoreTable
from sml_viewer.naming.bins import bin_texts, is_continuous
from sml_viewer.render.matplotlib import draw_curves
from sml_viewer.web.http.array_codec import unpack

MORE = "The 10 best of {total} algorithms in ret, {more} more are not shown (all: MAX_ALGORITHMS = 0)."


def rows(end: float) -> str:
    return f"step,ret\n0,0\n1,{end}\n"


def write_methods(make_run, count: int) -> None:
    for number in range(count):
        make_run(f"r{number}", rows(number), method=f"m{number:02}", seed=1)


def write_search(make_run, count: int, **fixed: object) -> None:
    """A random search: a learning rate, a weight decay and a seed of its own for each run."""
    drawn = random.Random(1)
    for number in range(count):
        lr, decay = 10 ** drawn.uniform(-5, -2), drawn.uniform(0, 0.3)
        make_run(f"s{number:04}", rows(drawn.gauss(5, 1)), lr=lr, decay=decay, seed=number, **fixed)


def shown(curves: Callable[..., Curves], table: Callable[..., ScoreTable], page) -> list[list[str]]:
    """The algorithms of a figure, the live charts, a table and the page's bars."""
    bars = page.post("/api/v1/bars", {"config": {}}).get_json()["tables"][0]["algorithms"]
    live = unpack(page.post("/api/v1/curves", {"config": {}}).data)[0]
    return [
        curves().algorithms,
        [algorithm["name"] for algorithm in live["algorithms"]],
        list(table().algorithms),
        bars,
    ]


def test_a_dozen_algorithms_are_all_shown_everywhere(make_run, curves, table, page, library) -> None:
    write_methods(make_run, 12)
    library.refresh()
    assert [len(each) for each in shown(curves, table, page)] == [12] * 4
    assert "not shown" not in curves().caption + table().caption


def test_of_thirteen_the_same_ten_best_are_shown_everywhere_and_the_rest_counted(
    make_run, curves, table, page, library
) -> None:
    write_methods(make_run, 13)
    library.refresh()
    best = [f"method=m{number:02}" for number in range(3, 13)]
    assert shown(curves, table, page) == [best] * 4
    note = MORE.format(total=13, more=3)
    assert note in curves().caption
    assert note in curves(live=True).caption
    assert note in table().caption
    assert len(table(MAX_ALGORITHMS=0).algorithms) == len(curves(MAX_ALGORITHMS=0).algorithms) == 13
    assert len(table(MAX_ALGORITHMS=5).algorithms) == 5


def test_chosen_keys_are_never_limited_unless_the_limit_is_chosen(make_run, table) -> None:
    write_methods(make_run, 13)
    assert len(table(DATA_MERGER=["method"]).algorithms) == 13
    assert len(table(DATA_MERGER=["method"], MAX_ALGORITHMS=10).algorithms) == 10


def test_of_losses_the_smallest_are_the_best(make_run, table) -> None:
    for number in range(13):
        make_run(f"r{number}", f"step,loss\n0,9\n1,{number}\n", method=f"m{number:02}", seed=1)
    assert table().algorithms[0] == "method=m00"
    assert "method=m12" not in table().algorithms


def test_a_table_shows_the_best_by_its_own_score(make_run, table) -> None:
    for number in range(13):
        make_run(
            f"r{number}", f"step,ret\n0,{100 if number == 0 else 0}\n1,{number}\n", method=f"m{number:02}"
        )
    scores = table(TABLE_SCORE="best")
    assert "method=m00" in scores.algorithms
    assert "method=m00" not in table().algorithms


def test_a_grid_is_not_binned_its_ten_best_are_shown(make_run, table) -> None:
    values = [[0.1, 0.2, 0.3, 0.4, 0.5], [0.01, 0.02, 0.03, 0.04, 0.05], [0.9, 0.95, 0.98, 0.99, 0.999]]
    for number, (lr, decay, gamma) in enumerate(product(*values)):
        make_run(f"g{number}", rows(number), lr=lr, decay=decay, gamma=gamma, seed=1)
    scores = table()
    assert len(scores.algorithms) == 10
    assert all(cell.n == 1 and cell.mixed is None for _, _, cell in scores.cells())
    assert MORE.format(total=125, more=115) in scores.caption


def test_a_random_search_is_binned_marked_and_said(make_run, curves, table) -> None:
    write_search(make_run, 40)
    scores = table()
    assert 4 <= len(scores.algorithms) <= 12
    assert all(".." in name for name in scores.algorithms)
    assert sum(cell.n for _, _, cell in scores.cells()) == 40
    assert all(cell.mixed for _, _, cell in scores.cells() if cell.n > 1)
    note = "Continuous, so binned; runs of a bin differ (†): lr and decay"
    assert note in scores.caption
    assert note in curves().caption
    assert "seed" not in scores.caption.split("\n")[0]
    whole = curves(MAX_ALGORITHMS=0)
    assert len(whole.algorithms) == 40
    assert all(len(curve.runs) == 1 for curve in whole.panels[0].curves)


def test_bins_never_pool_methods(make_run, table) -> None:
    for method in ("adam", "sgd"):
        for number, rate in enumerate(np.geomspace(1e-5, 1e-2, 12).tolist()):
            lr = rate * (1.01 if method == "sgd" else 1)
            make_run(f"{method}{number}", rows(number), optimizer=method, lr=lr, seed=number)
    for _, algorithm, cell in table().cells():
        assert len({run.flat["optimizer"] for run in cell.runs}) == 1
        assert f"optimizer={cell.runs[0].flat['optimizer']}, lr=" in algorithm


def test_a_query_changes_no_bin(make_run, table) -> None:
    write_search(make_run, 40)
    whole = set(table(MAX_ALGORITHMS=40).algorithms)
    assert set(table("lr < 0.001").algorithms) <= whole


def test_few_runs_and_repeated_values_are_not_binned(make_run, read_runs) -> None:
    write_search(make_run, 8)
    assert not is_continuous(ParameterTable(read_runs()), "lr")
    for number in range(20):
        for seed in (1, 2, 3):
            make_run(f"t{number}_{seed}", rows(1), lr=0.1 + number / 100, rate=number + 0.5, seed=seed)
    values = ParameterTable([run for run in read_runs() if run.name.startswith("t")])
    assert not is_continuous(values, "lr")
    assert not is_continuous(values, "rate")


def test_whole_numbers_and_words_are_not_binned(make_run, read_runs) -> None:
    for number in range(20):
        make_run(f"t{number}", rows(1), variant=number, word=f"w{number}", flag=number % 2 == 0, seed=1)
    values = ParameterTable(read_runs())
    assert not any(is_continuous(values, name) for name in ("variant", "word", "flag"))


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize(
    ("low", "high"), [(1e-5, 1e-2), (0.1, 0.5), (-3.5, 2.5), (0.0, 1.5), (1000.01, 1000.02)]
)
def test_each_value_lies_in_the_bin_that_names_it(
    make_run, read_runs, low: float, high: float, count: int
) -> None:
    drawn = random.Random(2)
    numbers = [low, high, *(drawn.uniform(low, high) for _ in range(20))]
    for number, value in enumerate(numbers):
        make_run(f"r{number}", rows(1), value=value, seed=1)
    values = ParameterTable(read_runs())
    texts = bin_texts(values, "value", count)
    for text, label in texts.items():
        start, end = map(float, label.split(".."))
        slack = 1e-9 * max(1, abs(high))
        assert start - slack <= float(text) <= end + slack
    assert len(set(texts.values())) <= count


def test_the_shown_of_many_algorithms_all_look_different(make_run, curves) -> None:
    for number in range(60):  # the best are 28 places apart, where looks begin anew
        make_run(f"r{number}", rows(99 if number % 28 < 2 else number / 100), method=f"m{number:02}")
    drawn = curves()
    assert len(drawn.algorithms) == 10
    assert len({drawn.line_styles[name] for name in drawn.algorithms}) == 10
    assert "repeat" not in drawn.caption


def test_live_charts_say_where_their_looks_repeat(make_run, curves) -> None:
    write_methods(make_run, 29)
    live = curves(live=True, MAX_ALGORITHMS=0)
    assert (
        "There are 29 algorithms but only 28 styles on the screen: colours and lines repeat." in live.caption
    )
    assert "repeat" not in curves(MAX_ALGORITHMS=0).caption


def test_bars_on_the_page_say_where_their_looks_repeat(make_run, page, library) -> None:
    write_methods(make_run, 29)
    library.refresh()
    answer = page.post("/api/v1/bars", {"config": {"MAX_ALGORITHMS": 0}, "language": "zh"}).get_json()
    assert "28 种样式" in answer["tables"][0]["caption"]
    assert "repeat" not in page.post("/api/v1/bars", {"config": {}}).get_json()["tables"][0]["caption"]


def test_the_page_has_short_names_and_knows_which_score_is_best(make_run, page, library) -> None:
    for method, lr in product(("ppo", "sac"), (0.1, 0.2)):
        make_run(f"{method}{lr}", "step,loss\n0,1\n9,2\n", method=method, lr=lr, gamma=0.9, seed=1)
    library.refresh()
    live = unpack(page.post("/api/v1/curves", {"config": {}}).data)[0]
    assert live["common"] == "method · lr"
    assert live["algorithms"][0]["label"] == "ppo · 0.1"
    assert (live["pairs"], live["largest"]) == ([["step", "loss"]], [False])
    assert live["reduced"] is False
    table = page.post("/api/v1/table", {"config": {"TABLE_BOLD_MAX": True}}).get_json()
    assert table["largest"] == [True]


def test_a_wide_table_says_how_wide_it_is(make_run, table) -> None:
    for environment, method in product(range(12), range(12)):
        make_run(f"r{environment}_{method}", rows(1), env_name=f"E{environment}", method=f"m{method}", seed=1)
    assert "Wide table: 12 columns of scores." in table().caption


@pytest.mark.serial
def test_three_thousand_runs_of_a_random_search_are_drawn_in_two_seconds(make_run, curves, library) -> None:
    write_search(make_run, 3000, method="ppo")
    library.refresh()
    draw_curves(curves())  # reads the runs
    begin = time.process_time()
    (figure,) = draw_curves(curves())
    assert time.process_time() - begin < 2
    assert figure.axes
