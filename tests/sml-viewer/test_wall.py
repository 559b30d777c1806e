"""The charts of all metrics: the figure's numbers, no lost spike, the best lines, only the chosen runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sml_config.process import Process
from sml_viewer.library import Library
from sml_viewer.web.http.array_codec import unpack

MakeRun = Callable[..., Path]


def ask(page: Any, address: str, config: dict[str, Any] | None = None, **more: Any) -> Any:
    answer = page.post(address, {"config": config or {}, **more})
    assert answer.status_code == 200, answer.text
    return answer.get_json() if answer.is_json else unpack(answer.data)


def panels(page: Any, **more: Any) -> dict[str, dict[str, dict[str, Any]]]:
    """The curves by metric and key, with their arrays in place."""
    header, arrays = ask(page, "/api/v1/charts/panels", **more)
    return {
        panel["metric"]: {
            curve["key"]: {
                name: arrays[curve[name]["at"]] if curve[name] else None
                for name in ("x", "center", "low", "high", "n")
            }
            for curve in panel["curves"]
        }
        for panel in header["panels"]
    }


@pytest.mark.usefixtures("grid")
def test_groups_have_the_numbers_of_the_figure(page: Any) -> None:
    drawn = panels(page, by="groups", metrics=["episode_return"])["episode_return"]
    header, arrays = ask(page, "/api/v1/curves")
    figure = {
        json.dumps([panel["group"], curve["algorithm"]]): curve
        for panel in header["panels"]
        for curve in panel["curves"]
    }
    assert drawn.keys() == figure.keys()
    for key, curve in drawn.items():
        for name, values in curve.items():
            np.testing.assert_array_equal(values, arrays[figure[key][name]["at"]])


GONE = {**Process.current().record(), "state": "running", "pid_start": 1}


@pytest.mark.parametrize(
    "status", [{"state": "failed"}, {"state": "killed"}, GONE], ids=lambda each: each["state"]
)
def test_where_a_run_broke_off_is_marked_also_where_its_process_is_gone(
    page: Any, library: Library, make_run: MakeRun, status: dict[str, Any]
) -> None:
    make_run("whole", "step,loss\n0,3\n1,2\n2,1\n", lr=1, seed=1)
    broken = make_run("broken", "step,loss\n0,3\n1,2\n", lr=1, seed=2)
    (broken / "config" / "status.json").write_text(json.dumps(status))
    library.refresh()
    (line,) = ask(page, "/api/v1/charts", by="groups")["lines"]
    runs = {each["name"]: each for each in ask(page, "/api/v1/charts", by="runs")["lines"]}
    assert line["broken"] == [runs["broken"]["key"]]
    assert (runs["whole"]["broken"], runs["broken"]["broken"]) == ([], [runs["broken"]["key"]])
    for by, ends in (("groups", [[1]]), ("runs", [[], [1]])):
        header, _ = ask(page, "/api/v1/charts/panels", by=by, metrics=["loss"])
        assert sorted(curve["broken"] for curve in header["panels"][0]["curves"]) == ends
    header, _ = ask(page, "/api/v1/curves")
    (curve,) = header["panels"][0]["curves"]
    assert [(each["name"], each["end"]) for each in curve["unfinished"]] == [("broken", 1)]
    assert curve["unfinished"][0]["state"] == ("lost" if status is GONE else status["state"])


@pytest.mark.usefixtures("grid")
def test_an_algorithm_has_the_figures_colour_in_all_sub_figures_and_line_styles_tell_these_apart(
    page: Any,
) -> None:
    header, _ = ask(page, "/api/v1/curves")
    figure = {each["name"]: each["colour"] for each in header["algorithms"]}
    lines = ask(page, "/api/v1/charts", by="groups")["lines"]
    assert {line["algorithm"]: line["colour"] for line in lines} == figure
    assert len({(line["title"], line["dashes"]) for line in lines}) == len({line["title"] for line in lines})
    assert len({line["dashes"] for line in lines}) == len({line["title"] for line in lines}) > 1


@pytest.mark.usefixtures("grid")
def test_a_run_is_drawn_alone_and_without_a_band(page: Any) -> None:
    found = ask(page, "/api/v1/charts", by="runs")
    assert (found["by"], found["total"], found["runs"]) == ("runs", 12, 12)
    key = next(line["key"] for line in found["lines"] if line["name"] == "Acrobot-v1_0.1_2")
    curve = panels(page, by="runs", metrics=["episode_return"], lines=[key])["episode_return"][key]
    assert curve["center"].tolist() == [2, 3, 4]
    assert curve["low"] is None


def test_groups_are_lines_if_one_has_several_runs_and_runs_otherwise(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    make_run("a", "step,loss\n0,1\n1,2\n", lr=1, seed=1)
    make_run("b", "step,loss\n0,1\n1,3\n", lr=2, seed=1)
    library.refresh()
    assert ask(page, "/api/v1/charts")["by"] == "runs"
    make_run("c", "step,loss\n0,1\n1,4\n", lr=2, seed=2)
    library.refresh()
    assert ask(page, "/api/v1/charts")["by"] == "groups"


def test_no_spike_of_a_long_run_is_lost(page: Any, library: Library, make_run: MakeRun) -> None:
    values = np.zeros(20_000)
    spikes = np.arange(37, 20_000, 1777)
    values[spikes] = 50 + np.arange(len(spikes))
    rows = "".join(f"{step},{value}\n" for step, value in enumerate(values))
    make_run("a", f"step,loss\n{rows}", lr=1)
    library.refresh()
    unsmoothed = {"USE_SMOOTH": False}
    curves = panels(page, config=unsmoothed, by="runs", metrics=["loss"], points=100)["loss"]
    (curve,) = curves.values()
    assert len(curve["x"]) < 1000
    assert sorted(curve["center"][curve["center"] > 0]) == sorted(values[spikes])


def test_the_best_are_drawn_by_the_metrics_direction(page: Any, library: Library, make_run: MakeRun) -> None:
    for number in range(14):
        make_run(f"r{number}", f"step,score,loss\n0,0,0\n1,{number},{number}\n", lr=number)
    library.refresh()
    by_score = ask(page, "/api/v1/charts", by="runs", score="score", most=3)
    by_loss = ask(page, "/api/v1/charts", by="runs", score="loss", most=3)
    assert [line["name"] for line in by_score["lines"] if line["drawn"]] == ["r13", "r12", "r11"]
    assert [line["name"] for line in by_loss["lines"] if line["drawn"]] == ["r0", "r1", "r2"]
    assert (by_score["total"], len(by_score["lines"])) == (14, 14)


def test_metrics_are_in_sections_and_the_score_comes_first(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    make_run("a", "step,train/loss,train/kl,fps,eval/return,odd/one\n0,1,1,1,1,1\n1,2,2,2,2,2\n", lr=1)
    library.refresh()
    found = ask(page, "/api/v1/charts", score="eval/return")["sections"]
    names = {section["name"]: [metric["name"] for metric in section["metrics"]] for section in found}
    assert list(names) == ["eval", "train", ""]
    assert names["eval"] == ["eval/return"]
    assert sorted(names["train"]) == ["train/kl", "train/loss"]
    assert sorted(names[""]) == ["fps", "odd/one"]


def test_metrics_without_a_prefix_come_first_with_the_score_else_last_and_larger_sections_before_smaller(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    make_run("a", "step,b/x,b/y,a/x,a/y,c/x,c/y,c/z,reward,fps\n" + "0,1,1,1,1,1,1,1,1,1\n" * 2, lr=1)
    library.refresh()

    def sections(score: str) -> list[str]:
        return [section["name"] for section in ask(page, "/api/v1/charts", score=score)["sections"]]

    assert sections("reward") == ["", "c", "a", "b"]
    assert sections("b/x") == ["b", "c", "a", ""]


def test_a_run_without_numbers_does_not_count_in_its_group(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    for seed in range(4):
        make_run(f"r{seed}", "step,reward\n0,1\n1,2\n", alg="ppo", seed=seed)
    table = make_run("closed", "step,reward\n0,9\n", alg="ppo", seed=4) / "progress.csv"
    table.rename(table.parents[2] / "elsewhere.csv")
    table.symlink_to(table.parents[2] / "elsewhere.csv")  # not read, as it leads out of the run's folder
    make_run("started", "step,reward\n", alg="ppo", seed=5)
    library.refresh()
    answer = ask(page, "/api/v1/charts", by="groups", score="reward")
    assert [line["runs"] for line in answer["lines"]] == [4]
    assert answer["runs"] == 4
    assert "2 runs have no numbers and are not counted" in answer["notes"]


def test_groups_without_numbers_are_no_lines(page: Any, library: Library, make_run: MakeRun) -> None:
    for alg in ("ppo", "sac"):
        make_run(alg, "step,reward\n0,1\n1,2\n", alg=alg, seed=1)
    for alg in ("td3", "trpo", "a2c"):
        make_run(alg, "step,reward\n", alg=alg, seed=1)
    library.refresh()
    groups = ask(page, "/api/v1/charts", by="groups", score="reward")
    assert sorted(line["name"] for line in groups["lines"]) == ["alg=ppo", "alg=sac"]
    assert (groups["total"], groups["runs"]) == (2, 2)
    assert ask(page, "/api/v1/charts", by="runs", score="reward")["total"] == 2


def test_groups_with_different_parameters_have_labels_that_say_which(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    table = "step,reward\n0,1\n1,2\n"
    for number in (8, 16):
        make_run(f"a{number}", table, alg="ppo", env_name="Hopper", net={"width": number})
        make_run(f"b{number}", table, alg="sac", env_name="Hopper", tau=number)
    make_run("c", table, alg="sac", env_name="Walker", tau=8)
    library.refresh()
    lines = ask(page, "/api/v1/charts", by="groups", score="reward")["lines"]
    assert sorted(line["label"] for line in lines) == [
        "Hopper · ppo · width=16",
        "Hopper · ppo · width=8",
        "Hopper · sac · tau=16",
        "Hopper · sac · tau=8",
        "Walker · sac · tau=8",
    ]


@pytest.mark.usefixtures("grid")
def test_only_the_chosen_runs_count_everywhere_and_in_the_copied_command(page: Any) -> None:
    lines = ask(page, "/api/v1/charts", by="runs")["lines"]
    ids = [line["key"] for line in lines if line["name"].startswith("Acrobot-v1_0.1")][:2]
    assert ask(page, "/api/v1/charts", runs=ids)["runs"] == 2
    assert ask(page, "/api/v1/table", runs=ids)["tables"][0]["cells"][0]["n"] == 2
    command = ask(page, "/api/v1/command", runs=ids, where="seed = 1 or seed = 2", kind="table")["command"]
    assert f'(seed = 1 or seed = 2) and (id = "{ids[0]}" or id = "{ids[1]}")' in command
    error = ask(page, "/api/v1/charts", runs=["gone"])["error"]
    assert "the 1 chosen run no longer exists" in error["message"]


@pytest.mark.usefixtures("grid")
def test_a_wrong_query_is_pointed_at_also_where_runs_are_chosen(page: Any) -> None:
    ids = [ask(page, "/api/v1/charts", by="runs")["lines"][0]["key"]]
    assert ask(page, "/api/v1/charts", where="seed = 1 and nosuch = 2", runs=ids)["error"]["where"] == 14


@pytest.mark.usefixtures("grid")
def test_a_metric_without_the_chosen_x_is_drawn_over_its_rows(page: Any) -> None:
    header, _ = ask(page, "/api/v1/charts/panels", metrics=["episode_return"], x="nosuch")
    assert header["panels"][0]["x"] == "(row)"
    assert header["panels"][0]["curves"]


@pytest.mark.usefixtures("grid")
def test_runs_that_are_hidden_are_in_no_chart(page: Any) -> None:
    lines = ask(page, "/api/v1/charts", by="runs")["lines"]
    change = {"ids": [lines[0]["key"]], "add": [], "remove": [], "hidden": True}
    page.post("/api/v1/annotations", {"changes": [change]})
    found = ask(page, "/api/v1/charts", by="runs")
    assert (found["runs"], found["hidden"]) == (11, 1)
    assert lines[0]["key"] not in [line["key"] for line in found["lines"]]


def test_a_chart_over_clock_time_has_a_line_for_each_run_of_a_group(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    start = 1_790_000_000
    for seed in (1, 2):
        rows = "".join(f"{row},{start + 500 * seed + row},{row}\n" for row in range(5))
        make_run(f"run{seed}", f"step,timestamp,episode_return\n{rows}", seed=seed)
    library.refresh()
    overview = ask(page, "/api/v1/charts", by="groups")
    assert "(time)" in overview["x_columns"]
    header, arrays = ask(page, "/api/v1/charts/panels", by="groups", x="(time)", metrics=["episode_return"])
    (panel,) = header["panels"]
    assert panel["x"] == "(time)"
    assert [arrays[curve["x"]["at"]][0] for curve in panel["curves"]] == [start + 500, start + 1000]
    assert len({curve["key"] for curve in panel["curves"]}) == 1
    assert any("drawn one by one" in note for note in panel["notes"])


@pytest.mark.usefixtures("grid")
def test_clock_time_is_offered_only_where_runs_have_it(page: Any) -> None:
    assert "(time)" not in ask(page, "/api/v1/charts")["x_columns"]
    assert "(time)" not in ask(page, "/api/v1/counts")["made_columns"]


def _half_read(library: Library, make_run: MakeRun) -> None:
    """Two seeds, of which the index has the table of one."""
    make_run("a", "step,loss\n0,3\n1,2\n", lr=1, seed=1)
    library.refresh()
    make_run("b", "step,loss\n0,5\n1,4\n", lr=1, seed=2)
    library.index()


def test_a_mean_over_a_part_of_the_runs_says_so_while_the_others_are_read(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    _half_read(library, make_run)
    part = ask(page, "/api/v1/charts", by="groups")
    (curve,) = panels(page, by="groups", metrics=["loss"])["loss"].values()
    note = "1 of 2 runs is still being read: curves and means may change"
    assert (part["runs"], [line["runs"] for line in part["lines"]]) == (1, [1])
    assert note in part["notes"]
    assert curve["center"].tolist() == [3, 2]
    library.refresh()
    whole = ask(page, "/api/v1/charts", by="groups")
    (curve,) = panels(page, by="groups", metrics=["loss"])["loss"].values()
    assert (whole["runs"], whole["notes"]) == (2, [])
    assert curve["center"].tolist() == [4, 3]


def test_figures_tables_and_captions_say_what_is_still_being_read(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    _half_read(library, make_run)
    note = "1 of 2 runs is still being read: curves and means may change"
    curves, _ = ask(page, "/api/v1/curves")
    assert curves["notes"] == [note]
    assert curves["caption"].startswith(f"{note}.\n")
    table = ask(page, "/api/v1/table")
    assert [each["notes"] for each in table["tables"]] == [[note]]
    assert [each["caption"].startswith(f"{note}.\n") for each in table["tables"]] == [True]


def test_bars_aggregates_and_hyperparameters_say_what_is_still_being_read(
    page: Any, library: Library, make_run: MakeRun
) -> None:
    _half_read(library, make_run)
    note = "1 of 2 runs is still being read: curves and means may change"
    answer = ask(page, "/api/v1/hyperparameters")
    assert note in answer["notes"]
    assert answer["caption"].startswith(f"{note}. ")
    assert not [each for each in answer["notes"] if "no score" in each]
    for kind, name in (("bars", "tables"), ("aggregate", "aggregates")):
        captions = [each["caption"] for each in ask(page, f"/api/v1/{kind}")[name]]
        assert [caption.startswith(f"{note}.\n") for caption in captions] == [True]


@pytest.mark.parametrize(("seeds", "by"), [(1, "runs"), (3, "groups")])
def test_a_random_search_is_drawn_run_by_run_but_for_repeats(
    page: Any, library: Library, make_run: MakeRun, seeds: int, by: str
) -> None:
    chance = np.random.default_rng(0)
    for trial in range(24):
        drawn = {f"p{number}": float(value) for number, value in enumerate(chance.random(10))}
        for seed in range(seeds + (trial == 0)):
            make_run(f"{trial}_{seed}", f"step,reward\n0,0\n1,{trial}\n", seed=seed, **drawn)
    library.refresh()
    assert ask(page, "/api/v1/charts")["by"] == by
