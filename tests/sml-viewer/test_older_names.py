"""Scripts and configurations of the older tool call algorithms by its names; here they mean the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sml_viewer.analysis.curves import Curves, legend_order
from sml_viewer.config.plot_config import Configuration
from sml_viewer.library import Library
from sml_viewer.naming.labels import COLOURS
from sml_viewer.run_views.query_completion import complete
from sml_viewer.run_views.table import take_table_snapshot
from sml_viewer.select.preview import make_overview
from sml_viewer.select.query import parse_query

pytestmark = pytest.mark.usefixtures("grid")
ROWS = "timestep,episode_return\n0,1\n10,2\n"
PAIR = ("timestep", "episode_return")
MERGED = ["policy_lr", "env_name"]


@pytest.mark.parametrize("old", ["CartPole-v1+policy_lr_0.1", "policy_lr_0.1+CartPole-v1", "0.1+CartPole-v1"])
def test_an_older_name_is_renamed_whatever_the_order_of_its_parts(
    curves: Callable[..., Curves], old: str
) -> None:
    drawn = curves(DATA_MERGER=MERGED, SHORT_NAME_FROM_CONFIG={old: "fast"})
    assert "fast" in drawn.algorithms
    assert len(drawn.algorithms) == 4


def test_a_wildcard_takes_older_names(curves: Callable[..., Curves]) -> None:
    drawn = curves(
        DATA_MERGER=["policy_lr"],
        SHORT_NAME_FROM_CONFIG={"0.1*": "fast"},
        SHORT_NAME_FROM_CONFIG_PROPERTY={"0.1*": {"manual": True}},
    )
    assert drawn.algorithms == ["fast", "policy_lr=0.01"]


def test_orders_may_be_of_older_names(curves: Callable[..., Curves]) -> None:
    order = ["policy_lr_0.1", "policy_lr_0.01"]
    drawn = curves(DATA_MERGER=["policy_lr"], PLOTTING_ORDER=order, LEGEND_ORDER=order[::-1])
    assert drawn.algorithms == ["policy_lr=0.1", "policy_lr=0.01"]
    assert legend_order(drawn, PAIR) == ["policy_lr=0.01", "policy_lr=0.1"]


@pytest.mark.parametrize("wildcard", [False, True])
def test_a_rule_may_be_of_an_older_name(curves: Callable[..., Curves], wildcard: bool) -> None:
    name = "policy_lr_0.01" if not wildcard else "policy_lr_0.01*"
    drawn = curves(
        DATA_MERGER=["policy_lr"],
        DATA_IGNORE=[{"__SHORT_NAME__": name}],
        DATA_IGNORE_PROPERTY=[{"__SHORT_NAME__": {"manual": wildcard}}],
    )
    assert drawn.algorithms == ["policy_lr=0.1"]


def test_a_part_that_a_run_lacks_is_left_out_of_its_name(curves: Callable[..., Curves], make_run) -> None:
    make_run("sac", ROWS, env_name="CartPole-v1", policy_lr=0.1, alpha=0.5, seed=1)
    make_run("none", ROWS, env_name="CartPole-v1", alpha=None, seed=1)
    assert curves(DATA_MERGER=["policy_lr", "alpha"]).algorithms == [
        "no policy_lr, no alpha",
        "policy_lr=0.01",
        "policy_lr=0.1",
        "policy_lr=0.1, alpha=0.5",
    ]
    assert "no alpha" in curves(DATA_MERGER=["alpha"]).algorithms


def test_a_run_without_a_folder_of_its_own_is_not_called_null(
    curves: Callable[..., Curves], make_run
) -> None:
    make_run("own/a", ROWS)
    make_run("own/b", ROWS + "20,3\n")
    assert not [name for name in curves().algorithms if "null" in name]


@pytest.mark.parametrize("old", ["policy_lr_0.1", "policy_lr=0.1, alpha=null"])
def test_an_older_name_leaves_out_what_a_run_lacks_or_does_not(
    curves: Callable[..., Curves], make_run, old: str
) -> None:
    make_run("sac", ROWS, env_name="CartPole-v1", policy_lr=0.1, alpha=0.5, seed=1)
    merged = {"DATA_MERGER": ["policy_lr", "alpha"]}
    drawn = curves(**merged, SHORT_NAME_FROM_CONFIG={old: "fast"}, PLOTTING_ORDER=["policy_lr_0.01", "fast"])
    assert drawn.algorithms == ["policy_lr=0.01", "fast", "policy_lr=0.1, alpha=0.5"]
    first = curves(**merged, PLOTTING_ORDER=[old], LEGEND_ORDER=["alpha_0.5+policy_lr_0.1", old])
    assert first.algorithms[0] == "policy_lr=0.1"
    assert legend_order(first, PAIR)[:2] == ["policy_lr=0.1, alpha=0.5", "policy_lr=0.1"]


@pytest.fixture
def suffixes(logs: Path, grid: None) -> None:
    """Each run's SHORT_NAME_SUFFIX is its learning rate in words, as in files of old and of new runs."""
    for number, run in enumerate(sorted(logs.iterdir())):
        name = "running_config.json" if number % 2 else "run_config.json"
        suffix = "SLOW" if "_0.01_" in run.name else "FAST"
        settings = {"SHORT_NAME_SUFFIX": suffix, "IMPORTANT_CONFIGS": ["env_name", "seed"], "LOG_FOLDER": "x"}
        (run / "config" / name).write_text(json.dumps(settings))


@pytest.mark.usefixtures("suffixes")
def test_the_settings_of_runs_are_parameters_of_rules_keys_and_queries(
    curves: Callable[..., Curves], library: Library
) -> None:
    assert curves(DATA_IGNORE=[{"SHORT_NAME_SUFFIX": "SLOW"}]).algorithms == ["policy_lr=0.1"]
    assert curves(DATA_IGNORE=[{"IMPORTANT_CONFIGS": ["env_name"]}]).algorithms == [
        "policy_lr=0.01",
        "policy_lr=0.1",
    ]
    assert curves("SHORT_NAME_SUFFIX = FA*").algorithms == ["policy_lr=0.1"]
    merged = curves(DATA_MERGER=["SHORT_NAME_SUFFIX"])
    assert merged.algorithms == ["SHORT_NAME_SUFFIX=FAST", "SHORT_NAME_SUFFIX=SLOW"]
    assert "no run has" not in merged.caption
    drawn = curves(DATA_MERGER=["SHORT_NAME_SUFFIX"], SHORT_NAME_FROM_CONFIG={"FAST": "quick"})
    assert drawn.algorithms == ["SHORT_NAME_SUFFIX=SLOW", "quick"]
    keys = {key.name: key.distinct for key in make_overview(library.runs(), Configuration()).keys}
    assert (keys["SHORT_NAME_SUFFIX"], keys["IMPORTANT_CONFIGS"]) == (2, 1)
    offered = complete(take_table_snapshot(library), "SHORT_NAME_SUFFIX = ", 20).options
    assert sorted(offered) == ["FAST", "SLOW"]


@pytest.mark.usefixtures("suffixes")
def test_settings_of_runs_name_nothing_by_themselves(curves: Callable[..., Curves]) -> None:
    assert curves().algorithms == ["policy_lr=0.01", "policy_lr=0.1"]


def test_a_query_knows_no_setting_that_no_run_recorded(library: Library) -> None:
    library.refresh()
    with pytest.raises(Exception, match="no run has"):
        parse_query("SHORT_NAME_SUFFIX = x", library.runs())


def test_a_rename_rule_counts_the_runs_that_it_takes_by_any_of_their_names(library: Library) -> None:
    library.refresh()
    configuration = Configuration().with_values(DATA_MERGER=["policy_lr"])
    overview = make_overview(library.runs(), configuration)
    for old, wildcard, runs in (
        ("policy_lr=0.1", False, 6),
        ("policy_lr_0.1", False, 6),
        ("0.1", False, 6),
        ("policy_lr*", True, 12),
        ("0.0*", True, 6),
        ("policy_lr*", False, 0),
    ):
        assert overview.renamed(old, wildcard=wildcard) == runs, old


def test_a_placeholder_and_what_is_left_out_keep_their_colours(curves: Callable[..., Curves]) -> None:
    everything = curves(PLOTTING_ORDER=["policy_lr=0.01", "policy_lr=0.1"]).line_styles
    fewer = curves(
        PLOTTING_ORDER=["policy_lr=0.01", "policy_lr=0.1"], DATA_IGNORE=[{"policy_lr": 0.01}]
    ).line_styles
    assert fewer["policy_lr=0.1"] == everything["policy_lr=0.1"]
    later = curves(PLOTTING_ORDER=["placeholder", "placeholder", "policy_lr_0.1"])
    assert later.algorithms == ["policy_lr=0.1", "policy_lr=0.01"]
    assert later.line_styles["policy_lr=0.1"][0] == COLOURS[2]
    assert later.line_styles["policy_lr=0.01"][0] == COLOURS[3]
    assert "placeholder" not in later.caption


def test_a_legend_in_an_order_of_its_own_has_the_rest_as_the_curves_are(
    curves: Callable[..., Curves],
) -> None:
    merged = ["env_name", "policy_lr"]
    order = [f"{env}+policy_lr_{rate}" for env in ("CartPole-v1", "Acrobot-v1") for rate in (0.1, 0.01)]
    drawn = curves(DATA_MERGER=merged, PLOTTING_ORDER=order, LEGEND_ORDER=[order[3]])
    names = drawn.algorithms
    assert legend_order(drawn, PAIR) == [names[3], *names[:3]]


def test_the_page_is_told_the_entries_of_both_orders(page) -> None:
    config = {
        "DATA_MERGER": ["policy_lr"],
        "PLOTTING_ORDER": ["policy_lr_0.1", "placeholder", "gone"],
        "LEGEND_ORDER": ["policy_lr=0.01"],
    }
    found = page.post("/api/v1/counts", {"config": config}).get_json()
    assert found["order"] == [["policy_lr_0.1", "policy_lr=0.1"], ["placeholder", None], ["gone", None]]
    assert found["legend"] == ["policy_lr=0.01", "policy_lr=0.1"]
    assert [one["colour"] for one in found["algorithms"]] == [COLOURS[0], COLOURS[3]]
