"""Each statistic against numbers worked out by hand, and against scipy where a hand is too short."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from sml_viewer.analysis.curves import Curves
from sml_viewer.errors import OptionError
from sml_viewer.model.results import ScoreTable
from sml_viewer.model.run import Run
from sml_viewer.render.tables.layout import layout
from sml_viewer.series.align import align, smooth
from sml_viewer.series.load import Series, make_series
from sml_viewer.stats.estimators import band, center, half_width, stratified_iqm
from sml_viewer.stats.hypothesis import holm, least_p, not_worse, p_value


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def test_mean_median_and_interquartile_mean() -> None:
    values = column(1, 2, 3, 4, 5, 6, 7, 100)
    assert center(values, "mean")[0] == 16
    assert center(values, "median")[0] == 4.5
    assert center(values, "iqm")[0] == (3 + 4 + 5 + 6) / 4


def test_standard_error_and_deviation_have_one_degree_less() -> None:
    values = column(1, 2, 3)
    assert half_width(values, "sd")[0] == 1
    assert half_width(values, "se")[0] == pytest.approx(1 / math.sqrt(3))


def test_the_t_interval_is_that_of_the_tables() -> None:
    # t(0.975, 2) = 4.302653
    assert half_width(column(1, 2, 3), "t")[0] == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)


def test_one_seed_has_no_band_but_its_own_extremes() -> None:
    for kind in ("se", "sd", "t", "bootstrap"):
        assert np.isnan(band(column(5), "mean", kind)).all()
    assert [end.tolist() for end in band(column(5), "mean", "minmax")] == [[5], [5]]


def test_blanks_are_left_out_point_by_point() -> None:
    values = np.array([[1.0, 1.0, 1.0], [3.0, np.nan, 3.0], [5.0, np.nan, np.nan]])
    assert center(values, "mean").tolist() == [3, 1, 2]
    low, high = band(values, "mean", "se")
    assert (high - low)[[0, 2]] == pytest.approx([2 * stats.sem([1, 3, 5]), 2 * stats.sem([1, 3])])
    assert np.isnan(low[1])


@pytest.mark.parametrize("middle", ["mean", "median", "iqm"])
def test_the_bootstrap_is_scipys_percentile_interval(middle: str) -> None:
    sample = np.random.default_rng(3).normal(size=12)
    statistic = {
        "mean": np.mean,
        "median": np.median,
        "iqm": lambda a, axis: stats.trim_mean(a, 0.25, axis=axis),
    }
    wanted = stats.bootstrap(
        (sample,), statistic[middle], method="percentile", n_resamples=20_000, vectorized=True
    ).confidence_interval
    low, high = band(sample[:, None], middle, "bootstrap")
    assert [low[0], high[0]] == pytest.approx([wanted.low, wanted.high], abs=0.07)


def test_the_bootstrap_is_the_same_each_time() -> None:
    values = np.random.default_rng(0).normal(size=(5, 30))
    assert np.array_equal(band(values, "mean", "bootstrap"), band(values, "mean", "bootstrap"))


def test_the_aggregate_is_the_interquartile_mean_of_all_runs_with_a_stratified_interval() -> None:
    tasks = [np.array([0.0, 0.2, 0.4, 0.6]), np.array([0.5, 0.7, 0.9, 1.1])]
    middle, low, high = stratified_iqm(tasks)
    assert middle == pytest.approx(np.mean([0.4, 0.5, 0.6, 0.7]))
    assert low < middle < high
    constant = stratified_iqm([np.array([0.0, 0.0, 0.0]), np.array([1.0, 1.0, 1.0])])
    # Resampling within tasks cannot change these; resampling over all of them would.
    assert constant == (0.5, 0.5, 0.5)


def test_holm_multiplies_by_what_is_left_and_never_falls() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})


def test_p_values_are_those_of_the_named_tests() -> None:
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0, 7.0, 9.0])
    assert p_value(a, b, "welch") == stats.ttest_ind(a, b, equal_var=False).pvalue
    assert p_value(a, b, "mannwhitney") == stats.mannwhitneyu(a, b).pvalue
    # All 8 over 4 divisions, two of them as extreme: the groups as they are, and exchanged.
    assert p_value(a, b, "permutation") == pytest.approx(2 / 70)


def test_equal_groups_differ_by_chance_and_constant_unequal_ones_do_not() -> None:
    same = np.array([1.0, 1.0])
    assert [p_value(same, same, test) for test in ("welch", "mannwhitney", "permutation")] == [1, 1, 1]
    assert p_value(same, same + 1, "welch") == 0


@pytest.mark.parametrize("test", ["mannwhitney", "permutation"])
def test_the_least_p_value_is_that_of_groups_that_do_not_overlap(test: str) -> None:
    assert least_p({"a": 3, "b": 3}, "a", test) == pytest.approx({"b": 2 / 20})
    assert least_p({"a": 4, "b": 5}, "a", test) == pytest.approx({"b": 2 / math.comb(9, 4)})
    four = least_p({"a": 4, "b": 4, "c": 4, "d": 4, "e": 1}, "a", test)
    assert four == pytest.approx(dict.fromkeys("bcd", 3 * 2 / 70))
    assert least_p({"a": 1, "b": 4}, "a", test) == {}
    assert least_p({"a": 3, "b": 3}, "a", "welch") == {"b": 0}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("test", ["welch", "mannwhitney", "permutation"])
def test_scores_that_differ_by_rounding_are_equal(test: str) -> None:
    a, b = np.array([0.3, 0.1 + 0.2, 0.3]), np.array([0.1 + 0.2, 0.3, 0.1 + 0.2])
    assert p_value(a, b, test) == 1
    other = np.array([0.4, 0.1 + 0.3, 0.4])
    assert p_value(a, other, test) == p_value(np.full(3, 0.3), np.full(3, 0.4), test) < 0.11


@pytest.mark.filterwarnings("error")
def test_tables_of_nearly_equal_scores_cause_no_warning(make_run, table: Callable[..., ScoreTable]) -> None:
    for method, end in (("a", 1000), ("b", 999.9999999), ("c", 1000)):
        for seed in range(3):
            make_run(
                f"{method}{seed}", f"step,reward\n0,0\n1,{end + seed * 1e-10}\n", method=method, seed=seed
            )
    assert {cell.n for _, _, cell in table().cells()} == {3}


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


def test_what_has_one_run_is_not_tested() -> None:
    scores = {"a": np.array([1.0, 2.0]), "b": np.array([5.0])}
    assert not_worse(scores, "a", "welch") == {}


def test_smoothing_takes_fewer_points_at_the_ends_and_keeps_blanks() -> None:
    assert smooth(np.array([1.0, 2.0, 6.0]), 1).tolist() == [1.5, 3, 4]
    assert smooth(np.array([[1.0, np.nan, 5.0]]), 1)[0].tolist()[::2] == [1, 5]
    assert np.isnan(smooth(np.array([1.0, np.nan, 5.0]), 1)[1])
    assert smooth(np.array([1.0, 2.0]), 100).tolist() == [1.5, 1.5]


def series(x: list[float], y: list[float], run: Run | None = None) -> Series:
    return make_series(run, np.array(x, float), np.array(y, float))  # type: ignore[arg-type]


def test_seeds_with_the_same_x_are_not_interpolated() -> None:
    found = align([series([0, 1, 5], [1, 2, 3]), series([0, 1, 5], [4, 5, 6])])
    assert (found.x.tolist(), found.values.tolist(), found.interpolated) == (
        [0, 1, 5],
        [[1, 2, 3], [4, 5, 6]],
        False,
    )


def test_a_seed_that_is_shorter_on_the_same_x_is_not_interpolated_either(read_runs, make_run) -> None:
    make_run("a", "x\n1\n")
    (run,) = read_runs()
    seeds = [series([0, 1, 2], [1, 2, 3], run), series([0, 1], [4, 5], run)]
    cut, union = align(seeds), align(seeds, union=True)
    assert (cut.x.tolist(), cut.interpolated, cut.cut_by) == ([0, 1], False, "a ends at 1")
    assert union.x.tolist() == [0, 1, 2]
    assert np.isnan(union.values[1, 2])


def test_seeds_with_other_x_are_interpolated_where_all_have_data(read_runs, make_run) -> None:
    make_run("a", "x\n1\n")
    (run,) = read_runs()
    found = align([series([0, 2, 4], [0, 2, 4], run), series([1, 3], [10, 30], run)])
    assert found.interpolated
    assert all(1 <= x <= 3 for x in found.x)
    assert found.values[0].tolist() == found.x.tolist()
    assert found.values[1].tolist() == [10 * x for x in found.x]


def test_x_that_goes_back_counts_as_it_was_written_last() -> None:
    found = series([0, 1, 2, 1, 2, 3], [0, 1, 2, 10, 20, 30])
    assert (found.x.tolist(), found.y.tolist()) == ([0, 1, 2, 3], [0, 10, 20, 30])
    assert found.note == "x goes back 1 time; the rows written last count"


def test_blank_cells_do_not_take_the_rows_of_other_columns(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "step,reward,loss\n0,1,\n1,,5\n2,3,\n3,,7\n")
    drawn = curves(PLOTTING_XY=[["step", "reward"], ["step", "loss"]])
    assert [panel.curves[0].x.tolist() for panel in drawn.panels] == [[0, 2], [1, 3]]


@pytest.mark.usefixtures("grid")
def test_a_curve_is_the_mean_and_standard_error_of_its_seeds(curves: Callable[..., Curves]) -> None:
    curve = curves().panels[0].curves[0]
    values = [20 * 0.01 + seed for seed in (1, 2, 3)]
    assert curve.center[-1] == pytest.approx(np.mean(values))
    assert curve.high[-1] - curve.center[-1] == pytest.approx(stats.sem(values))
    assert curve.n.tolist() == [3, 3, 3]


@pytest.mark.usefixtures("grid")
def test_a_curve_does_not_depend_on_which_others_are_drawn(curves: Callable[..., Curves]) -> None:
    alone = curves('policy_lr = 0.1 env_name = "CartPole-v1"', DATA_MERGER=["policy_lr"]).panels[0].curves[0]
    among = next(
        c
        for panel in curves().panels
        for c in panel.curves
        if panel.title == "CartPole-v1" and "0.1" in c.algorithm
    )
    assert np.array_equal(alone.center, among.center)
    assert np.array_equal(alone.low, among.low)


@pytest.mark.usefixtures("grid")
def test_a_standard_error_of_a_median_is_refused(curves: Callable[..., Curves]) -> None:
    with pytest.raises(OptionError, match="choose bootstrap or minmax"):
        curves(CURVE_CENTER="median", CURVE_ERROR="se")
    assert "Median with 95 % bootstrap interval" in curves(CURVE_CENTER="median").caption


def test_smoothing_that_nobody_set_leaves_short_curves_alone(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "step,reward\n0,1\n1,9\n2,1\n")
    assert curves().panels[0].curves[0].center.tolist() == [1, 9, 1]
    assert curves(SMOOTH_RADIUS=1).panels[0].curves[0].center.tolist() == [5, 11 / 3, 5]


def test_resampled_seeds_are_smoothed_as_others_are(make_run, curves: Callable[..., Curves]) -> None:
    for seed in (1, 2):
        make_run(f"a{seed}", "step,reward\n0,1\n1,9\n2,1\n", seed=seed)
    for resample in (None, True):
        assert curves(SMOOTH_RADIUS=1, REQUIRE_RESAMPLE=resample).panels[0].curves[0].center.tolist() == [
            5,
            11 / 3,
            5,
        ]


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
    found = table(TABLE_SCORE="at_x", XMAX=4)
    assert found.rows[0][0].n == 1
    assert "a: no row at step 4; left out" in found.notes


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
    ],
)
def test_a_cell_has_the_digits_that_its_error_needs(
    make_run, table: Callable[..., ScoreTable], values: list[float], text: str
) -> None:
    for seed, value in enumerate(values):
        make_run(f"r{seed}", f"step,reward\n0,{value}\n", seed=seed)
    assert table().cells()[0][2].text == text
    assert "." not in table(TABLE_VALID_BITS=0).cells()[0][2].text


def test_best_is_bold_with_what_is_not_significantly_worse(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for name, base in (("good", 10.0), ("near", 9.9), ("bad", 1.0)):
        for seed in range(5):
            make_run(f"{name}{seed}", f"step,reward\n0,0\n1,{base + seed / 10}\n", method=name, seed=seed)
    found = table()
    marks = {name: (cell.best, cell.with_best) for _, name, cell in found.cells()}
    assert marks == {"method=good": (True, True), "method=near": (False, True), "method=bad": (False, False)}
