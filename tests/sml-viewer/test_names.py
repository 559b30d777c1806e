"""With nothing set, the figure one would have asked for; what a group mixes is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sml_viewer.analysis.curves import Curves, legend_order
from sml_viewer.config.plot_config import Configuration
from sml_viewer.errors import ColumnError, NoRunsError, QueryError
from sml_viewer.library import Library
from sml_viewer.model.results import ScoreTable
from sml_viewer.naming.labels import natural, ordered
from sml_viewer.select.duplicates import without_duplicates
from sml_viewer.select.query import parse_query
from sml_viewer.select.selection import select
from sml_viewer.series.load import HOURS, ROW, choose_x

ROWS = "step,reward\n0,1\n1,2\n"


@pytest.mark.usefixtures("grid")
def test_environments_are_sub_figures_and_what_differs_is_the_algorithm(
    curves: Callable[..., Curves],
) -> None:
    drawn = curves()
    assert drawn.pairs == [("timestep", "episode_return")]
    assert drawn.titles == ["Acrobot-v1", "CartPole-v1"]
    assert drawn.algorithms == ["policy_lr=0.01", "policy_lr=0.1"]
    assert "(auto: policy_lr)" in drawn.caption


def test_runs_without_parameters_are_told_apart_by_path(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", ROWS)
    make_run("b", ROWS + "2,3\n")
    (panel,) = curves().panels
    assert [(curve.algorithm, len(curve.runs)) for curve in panel.curves] == [
        ("folder=a", 1),
        ("folder=b", 1),
    ]


def test_equal_parameters_are_one_run_by_the_strict_rule_and_are_told_with_the_remedy(
    make_run, curves: Callable[..., Curves]
) -> None:
    make_run("short", ROWS, seed=1)
    make_run("long", ROWS + "2,3\n", seed=1)
    drawn = curves(EQUAL_PARAMETERS="one")
    assert [run.name for run in drawn.panels[0].curves[0].runs] == ["long"]
    assert "long and short have equal parameters and count as one run" in drawn.caption
    assert "modify-config" in drawn.caption


def test_of_equal_runs_a_finished_one_counts(make_run, read_runs, library: Library) -> None:
    for name, state in (("a", "running"), ("b", "finished"), ("c", "failed")):
        run = make_run(name, ROWS if name == "b" else ROWS + "2,3\n", seed=1)
        (run / "config" / "status.json").write_text(f'{{"state": "{state}"}}')
    counted, (group,) = without_duplicates(read_runs(), library)
    assert [run.name for run in counted] == ["b"]
    assert {run.name for run in group.others} == {"a", "c"}


def test_of_equal_runs_without_a_finished_one_the_longest_counts(
    make_run, read_runs, library: Library
) -> None:
    make_run("cut", ROWS, seed=1)
    run = make_run("whole", ROWS + "2,3\n", seed=1)
    (run / "config" / "status.json").write_text('{"state": "failed"}')
    counted, _ = without_duplicates(read_runs(), library)
    assert [run.name for run in counted] == ["whole"]


def test_empty_parameters_are_never_equal(make_run, read_runs, library: Library) -> None:
    for number, name in enumerate(("a", "b")):
        (make_run(name, f"{ROWS}2,{number}\n") / "config" / "parameter.json").write_text("{}")
    assert without_duplicates(read_runs(), library)[1] == []


def test_a_group_that_pools_more_than_seeds_is_marked(make_run, curves: Callable[..., Curves]) -> None:
    for seed in range(6):
        run = make_run(f"r{seed}", ROWS, seed=seed, lr=0.1, batch_size=256 if seed == 5 else 64)
        (run / "config" / "run_config.json").write_text(f'{{"commit_id": "{seed // 3}"}}')
    curve = curves(DATA_MERGER=["lr"]).panels[0].curves[0]
    assert curve.mixed == "batch_size 64 ×5, 256 ×1; 2 commits"
    assert "lr=0.1 pools batch_size 64 ×5, 256 ×1; 2 commits" in curves(DATA_MERGER=["lr"]).caption


@pytest.mark.usefixtures("grid")
def test_algorithms_that_were_given_one_name_are_pooled_and_marked(curves: Callable[..., Curves]) -> None:
    drawn = curves(
        SHORT_NAME_FROM_CONFIG={"policy_lr=*": "same"},
        SHORT_NAME_FROM_CONFIG_PROPERTY={"policy_lr=*": {"manual": True}},
    )
    assert {curve.mixed for panel in drawn.panels for curve in panel.curves} == {"policy_lr 0.01 ×3, 0.1 ×3"}
    assert "n = 6 runs" in drawn.caption


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([{}, {"opt": None}], "opt not given ×3, null ×3"),
        ([{"opt": 1}, {"opt": "1"}], 'opt 1 ×3, "1" ×3'),
        ([{"opt": True}, {"opt": "true"}], 'opt "true" ×3, true ×3'),
    ],
)
def test_values_that_look_alike_are_told_apart_where_they_are_pooled(
    make_run, curves: Callable[..., Curves], values: list[dict[str, Any]], said: str
) -> None:
    for number, given in enumerate(values):
        for seed in range(3):
            make_run(f"{number}{seed}", ROWS, **given, seed=seed)
        make_run(f"other{number}", ROWS, opt="other", seed=number)
    drawn = curves(DATA_MERGER=["opt"])
    (pools,) = {curve.mixed for curve in drawn.panels[0].curves} - {None}
    assert sorted(pools.removeprefix("opt ").split(", ")) == sorted(said.removeprefix("opt ").split(", "))
    assert "runs" in drawn.caption


def test_a_whole_number_and_the_same_with_a_point_are_one_algorithm(
    make_run, curves: Callable[..., Curves]
) -> None:
    for seed, lr in enumerate((1, 1.0, 0.5, 0.5)):
        make_run(f"r{seed}", ROWS, lr=lr, seed=seed)
    drawn = curves()
    assert [(curve.algorithm, len(curve.runs), curve.mixed) for curve in drawn.panels[0].curves] == [
        ("lr=0.5", 2, None),
        ("lr=1", 2, None),
    ]


def test_runs_that_share_a_seed_are_not_called_seeds(make_run, curves: Callable[..., Curves]) -> None:
    for number in range(4):
        make_run(f"r{number}", ROWS, seed=number // 2, note=f"n{number}")
    assert "over step, n = 4 runs." in curves(DATA_MERGER=["env"]).caption


@pytest.mark.usefixtures("grid")
def test_a_group_of_seeds_alone_is_not_marked(curves: Callable[..., Curves]) -> None:
    assert {curve.mixed for panel in curves().panels for curve in panel.curves} == {None}


def test_a_parameter_that_an_old_run_lacks_is_its_recorded_default(
    make_run, curves: Callable[..., Curves]
) -> None:
    old = make_run("old", ROWS, seed=1)
    (old / "config" / "run_config.json").write_text('{"parameter_defaults": {"noise": 0.2}}')
    make_run("new", ROWS, seed=2, noise=0.2)
    make_run("other", ROWS, seed=3, noise=0.4)
    assert curves(DATA_MERGER=["noise"]).algorithms == ["noise=0.2", "noise=0.4"]


def test_names_of_parameters_columns_and_algorithms_can_be_changed(
    make_run, curves: Callable[..., Curves]
) -> None:
    make_run("a", ROWS, learning_rate=0.1, seed=1)
    make_run("b", ROWS, lr=0.1, seed=2)
    drawn = curves(
        DATA_PARAMETER_RENAME_CONFIG={"learning_rate": "lr"},
        DATA_MERGER=["lr"],
        SHORT_NAME_FROM_CONFIG={"lr=*": "ours"},
        SHORT_NAME_FROM_CONFIG_PROPERTY={"lr=*": {"manual": True}},
    )
    assert drawn.algorithms == ["ours"]
    assert len(drawn.panels[0].curves[0].runs) == 2


def test_columns_of_other_people_take_our_names(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", ROWS, seed=1)
    make_run("b", "step,rew\n0,3\n1,4\n", seed=2)
    drawn = curves(DATA_KEY_RENAME_CONFIG={"rew": "reward"})
    assert drawn.panels[0].curves[0].center.tolist() == [2, 3]


@pytest.mark.usefixtures("grid")
def test_rules_drop_or_keep_runs(library: Library) -> None:
    library.refresh()

    def kept(**options: object) -> set[str]:
        configuration = Configuration().with_values(**options)
        return {run.name for run in select(library.runs(), configuration).runs}

    assert len(kept(DATA_IGNORE=[{"seed": 1, "policy_lr": 0.1}, {"env_name": "Acrobot-v1"}])) == 5
    assert len(kept(USE_IGNORE_RULE=False, DATA_SELECT=[{"seed": "1"}])) == 4
    assert (
        len(kept(DATA_IGNORE=[{"env_name": "Cart*"}], DATA_IGNORE_PROPERTY=[{"env_name": {"manual": True}}]))
        == 6
    )
    assert len(kept(DATA_IGNORE=[{"env_name": "Cart*"}])) == 12
    assert len(kept(DATA_IGNORE=[{"__SHORT_NAME__": "policy_lr=0.1"}])) == 6
    with pytest.raises(NoRunsError, match="rules leaves none of 12 runs"):
        kept(DATA_IGNORE=[{"env_name": "*"}], DATA_IGNORE_PROPERTY=[{"env_name": {"manual": True}}])


def test_rules_compare_as_queries_do(make_run, curves: Callable[..., Curves]) -> None:
    for number, lr in enumerate((0.001, 0.01)):
        make_run(f"r{number}", ROWS, lr=lr, flag=bool(number), seed=1)
    assert [run.name for run in curves(DATA_IGNORE=[{"lr": "1e-3"}]).selection.runs] == ["r1"]
    assert [run.name for run in curves(DATA_IGNORE=[{"flag": "True"}]).selection.runs] == ["r0"]


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(
    ("options", "note"),
    [
        (
            {"PLOTTING_ORDER": ["policy_lr=0.1", "policy_lr=7"]},
            "PLOTTING_ORDER: no algorithm is called policy_lr=7",
        ),
        ({"LEGEND_ORDER": ["x"]}, "LEGEND_ORDER: no algorithm is called x"),
        ({"BAR_HOLLOW_ALG_NAME": "x"}, "BAR_HOLLOW_ALG_NAME: no algorithm is called x"),
        ({"BAR_MAXIMUM_EXCLUDE": "policy_lr=0.1, x"}, "BAR_MAXIMUM_EXCLUDE: no algorithm is called x"),
        ({"SHORT_NAME_FROM_CONFIG": {"lr=*": "x"}}, "SHORT_NAME_FROM_CONFIG: no algorithm is called lr=*"),
        ({"TABLE_NORMALIZE": {"Ant": [0, 1]}}, "TABLE_NORMALIZE: no sub-figure is called Ant"),
    ],
)
def test_names_that_nothing_has_are_noted(
    curves: Callable[..., Curves], options: dict[str, Any], note: str
) -> None:
    assert note in curves(**options).notes


@pytest.mark.usefixtures("grid")
def test_names_of_what_a_query_leaves_out_are_not_noted(curves: Callable[..., Curves]) -> None:
    order = {"PLOTTING_ORDER": ["policy_lr=0.1", "policy_lr=0.01"], "DATA_MERGER": ["policy_lr"]}
    ranges = {"CartPole-v1": [0, 1], "Acrobot-v1": [0, 1]}
    drawn = curves("policy_lr = 0.1 env_name = Acrobot-v1", **order, TABLE_NORMALIZE=ranges)
    assert drawn.notes == ()


@pytest.mark.usefixtures("grid")
def test_a_normalisation_that_lacks_a_sub_figure_is_noted(table: Callable[..., ScoreTable]) -> None:
    found = table(TABLE_NORMALIZE={"CartPole-v1": [0, 1]})
    assert found.average == ()
    assert "TABLE_NORMALIZE lacks Acrobot-v1, so it is not used" in found.notes


@pytest.mark.usefixtures("grid")
def test_overrides_that_meet_nothing_are_noted(library: Library) -> None:
    library.refresh()
    overrides = {
        "same_title": {"Ant": {"XMAX": 1}, "Acrobot-v1": {"XMAX": 5}},
        "pair_image": {"timestep-episode_return": {"YMIN": 0}, "timestep-return": {"YMIN": 0}},
        "sole_image": {'["timestep","episode_return"]': {}, '["timestep","a-b"]': {}},
    }
    configuration = Configuration().with_overrides(overrides)
    assert select(library.runs(), configuration).notes == [
        "ADDITIONAL_PLOT_CONFIGS: no sub-figure is called Ant",
        'ADDITIONAL_PLOT_CONFIGS: no pair of columns is called timestep-return and ["timestep","a-b"]',
    ]


@pytest.mark.usefixtures("grid")
def test_colours_stay_with_the_algorithm_whatever_is_drawn(curves: Callable[..., Curves]) -> None:
    both = curves(PLOTTING_ORDER=["policy_lr=0.1"])
    assert list(both.line_styles) == ["policy_lr=0.1", "policy_lr=0.01"]
    assert legend_order(curves(LEGEND_ORDER=["policy_lr=0.1"]), both.pairs[0]) == [
        "policy_lr=0.1",
        "policy_lr=0.01",
    ]
    assert curves(LEGEND_ORDER=["policy_lr=0.1"]).line_styles == curves().line_styles


def test_titles_of_one_value_show_all_where_they_could_not_be_told_apart(
    make_run, curves: Callable[..., Curves]
) -> None:
    for number, (lr, env) in enumerate(((0.1, "Ant"), (0.2, "Ant"), (0.1, "Hopper"))):
        make_run(f"r{number}", ROWS, lr=lr, env_name=env, seed=1)
    drawn = curves(FIGURE_SEPARATION=["lr", "env_name"], TITLE_NAME_IDX=1)
    assert drawn.titles == ["0.1, Ant", "Hopper", "0.2, Ant"]


def test_numbers_in_names_sort_as_numbers() -> None:
    names = ["lr=0.1", "lr=0.02", "seed_10", "seed_9", "lr=1e-05"]
    assert sorted(names, key=natural) == ["lr=1e-05", "lr=0.02", "lr=0.1", "seed_9", "seed_10"]
    assert ordered(["b", "a", "c"], ["c", "x"]) == ["c", "a", "b"]


def test_x_is_a_rising_column_that_counts_steps_else_the_row(make_run, library: Library, read_runs) -> None:
    make_run("a", "step,epoch,reward\n5,0,1\n3,1,2\n1,2,3\n")
    assert choose_x(library, read_runs()) == "epoch"


@pytest.mark.parametrize(
    ("header", "pair"),
    [
        ("iter,episode_return,loss", ("iter", "episode_return")),
        ("iter,regret,reward_scale,episode_score", ("iter", "episode_score")),
        ("loss,episode_reward", (ROW, "episode_reward")),
        ("episode,episode_reward", ("episode", "episode_reward")),
    ],
)
def test_what_is_a_score_by_its_name_is_drawn_over_what_counts(
    make_run, curves: Callable[..., Curves], header: str, pair: tuple[str, str]
) -> None:
    names = header.split(",")
    make_run("a", "\n".join([header, *(",".join([str(row)] * len(names)) for row in range(4))]) + "\n")
    assert curves().pairs == [pair]


def test_rows_and_hours_are_always_offered(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "reward,time_elapsed\n1,3600\n2,7200\n")
    assert curves().pairs[0][0] == ROW
    assert curves(PLOTTING_XY=[[HOURS, "reward"]]).panels[0].curves[0].x.tolist() == [1, 2]


def test_a_run_without_the_metric_is_named_and_left_out(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", ROWS, seed=1)
    make_run("b", "step\n0\n1\n", seed=2)
    assert "b: no row with both step and reward; left out" in curves().notes


def test_runs_that_share_no_x_are_told_as_that(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", ROWS, seed=1)
    make_run("b", "step,reward\n5,1\n6,2\n", seed=2)
    with pytest.raises(
        NoRunsError, match=r"^nothing can be drawn; all runs: its runs share no x; not drawn$"
    ):
        curves()


def test_a_column_that_no_run_has_is_answered_with_those_there_are(
    make_run, curves: Callable[..., Curves]
) -> None:
    make_run("a", ROWS)
    with pytest.raises(ColumnError, match="step, reward"):
        curves(PLOTTING_XY=[["", "rewrad"]])


def test_runs_without_any_row_are_an_error_that_says_so(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "")
    with pytest.raises(NoRunsError, match="no run has a row"):
        curves()


def test_the_group_ends_with_its_shortest_run_unless_it_is_live(
    make_run, curves: Callable[..., Curves]
) -> None:
    make_run("long", ROWS + "2,3\n", seed=1)
    make_run("short", ROWS, seed=2)
    assert curves().panels[0].curves[0].x.tolist() == [0, 1]
    assert "short ends at 1" in curves().caption
    assert curves(live=True).panels[0].curves[0].n.tolist() == [2, 2, 1]


QUERIES = [
    ("acrobot", 6),
    ("Acrobot-v1_0.1_*", 3),
    ("env_name = CartPole-v1", 6),
    ('env_name = "Cart*"', 0),
    ("env_name = Cart* and seed = 1", 2),
    ("seed < 3 policy_lr >= 0.1", 4),
    ("seed = 1 or seed = 2", 8),
    ("not seed = 1", 8),
    ("seed != 1", 8),
    ("not (seed = 1 or seed = 2) and policy_lr = 0.1", 2),
    (r"name ~ _[12]$", 8),
    (r"name !~ _[12]$", 4),
    ("last.episode_return > 4", 2),
    ("best.episode_return = 5 or least.episode_return = 3", 4),
    ("any.timestep = 0", 12),
    ("status = failed", 0),
    ("rows = 3", 12),
    ("modified < 1h", 12),
    ("modified > 2020-01-31", 12),
    ("", 12),
    ("policy_lr = 1e-1", 6),
]


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(("query", "count"), QUERIES)
def test_a_query_takes_runs(read_runs, query: str, count: int) -> None:
    runs = read_runs()
    assert len(parse_query(query, runs).select(runs)) == count


@pytest.mark.usefixtures("grid")
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("pattern", ["[[A]crobot", r"^\\p{Lu}crobot", "A++crobot", "[A&&B]crobot"])
def test_a_pattern_means_the_same_under_every_python_and_warns_of_nothing(read_runs, pattern: str) -> None:
    runs = read_runs()
    assert len(parse_query(f'name ~ "{pattern}"', runs).select(runs)) == 6


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(
    ("query", "column", "message"),
    [
        ("seed <", 7, "expected a value"),
        ("seed < abc", 8, "compares numbers"),
        ("(seed = 1", 1, "unclosed"),
        ("seed = 1)", 9, "unexpected"),
        ("name ~ [", 8, "invalid regular expression"),
        ('name ~ "b[[a"', 10, "unterminated character set"),
        ('name ~ "[[:none:]]"', 18, "unknown property"),
        ("seeed = 1", 1, "did you mean seed?"),
        ("lr < 1e-3", 1, "did you mean policy_lr?"),
        ("seed = 1 and", 13, "the query ends"),
        ('name = "abc', 8, "unclosed"),
        ("modified < never", 12, "invalid time"),
        ("modified < 8d ago", 15, "modified < 8d is younger"),
        ("last.rewrad > 1", 1, "no run has"),
        ("seed=1 || seed=2", 8, "write or"),
        ("seed >= 1 && policy_lr < 2", 11, "write and"),
        ("seed=1&&policy_lr<2", 7, "write and"),
        ("policy_lr < 1 And seed = 1", 15, "write and"),
        ("seed in [1,2]", 6, "seed = 1 or seed = 2"),
        ("not seed in (1, 2)", 10, "seed = 1 or seed = 2"),
    ],
)
def test_an_error_points_at_the_column_where_it_went_wrong(
    read_runs, query: str, column: int, message: str
) -> None:
    with pytest.raises(QueryError, match=message.replace("?", r"\?")) as error:
        parse_query(query, read_runs())
    assert error.value.column == column
    assert str(error.value).splitlines()[-1].index("^") == column + 1


@pytest.mark.parametrize("query", ["hid = [64, 64]", "hid=[64,64]", "(hid = [64, 64])", "[64, 64] seed = 1"])
def test_a_list_is_asked_for_as_it_is_shown(make_run, read_runs, query: str) -> None:
    make_run("a", ROWS, hid=[64, 64], seed=1)
    make_run("b", ROWS, hid=[64], seed=1)
    runs = read_runs()
    assert [run.name for run in parse_query(query, runs).select(runs)] == ["a"]


def test_a_parameter_that_is_called_like_a_fact_can_be_asked_for(make_run, read_runs) -> None:
    given = {"name": "net", "id": "one", "host": "h1", "path": "p", "state": "s", "rows": 7}
    for run, values in (("a", given), ("b", dict.fromkeys(given, 8))):
        (make_run(run, ROWS, seed=1) / "config" / "parameter.json").write_text(json.dumps(values))
    runs = read_runs()
    for query in ("name = net", "id = one", "host = h1", "path = p", "state = s", "rows = 7"):
        assert [run.name for run in parse_query(query, runs).select(runs)] == ["a"]
    assert len(parse_query("rows = 2", runs).select(runs)) == 2


def test_a_run_may_be_called_like_a_folder_with_anything_in_it(logs: Path, make_run, read_runs) -> None:
    make_run('a b"c;[d]', ROWS)
    runs = read_runs()
    assert len(parse_query("c;[d]", runs).select(runs)) == 1


@pytest.mark.parametrize(
    ("place", "titles"),
    [(0, ["A", "B"]), (-1, ["1", "2"]), (-2, ["A", "B"]), (-3, ["A, 1", "B, 2"]), (2, ["A, 1", "B, 2"])],
)
def test_a_title_is_one_separator_value_counted_from_either_end(
    make_run, curves: Callable[..., Curves], place: int, titles: list[str]
) -> None:
    make_run("a", ROWS, env_name="A", size=1)
    make_run("b", ROWS, env_name="B", size=2)
    assert curves(FIGURE_SEPARATION=["env_name", "size"], TITLE_NAME_IDX=place).titles == titles


def test_whole_numbers_are_equal_only_if_all_digits_are(make_run, read_runs) -> None:
    for seed in (2**53, 2**53 + 1):
        make_run(f"r{seed}", ROWS, seed=seed)
    runs = read_runs()
    (found,) = parse_query(f"seed = {2**53 + 1}", runs).select(runs)
    assert found.parameters["seed"] == 2**53 + 1
