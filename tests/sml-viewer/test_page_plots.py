"""The page's plotting endpoints: the numbers of the command line, and honest about what is left out."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import math
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import image

from sml_viewer.cli.main import main
from sml_viewer.library import Library
from sml_viewer.render.provenance import read_provenance
from sml_viewer.web import Setup, create_app
from sml_viewer.web.background_plots import EXTENSION
from sml_viewer.web.http.array_codec import unpack

pytestmark = pytest.mark.usefixtures("grid")


def numbers(content: bytes) -> dict[tuple[str, str, str, float], tuple[float, float, float, int]]:
    """The live curves by metric, sub-figure, algorithm and x, where the panel's axis shows them."""
    header, arrays = unpack(content)
    found = {}
    for panel in header["panels"]:
        last = panel["scale"]["XMAX"] or math.inf
        for curve in panel["curves"]:
            columns = [arrays[curve[name]["at"]] for name in ("x", "center", "low", "high", "n")]
            for x, *point in zip(*columns, strict=True):
                if x > last:
                    break
                found[panel["pair"][1], panel["title"], curve["algorithm"], float(x)] = tuple(point)
    return found


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def post(page, address: str, config: dict[str, Any] | None = None, **more: Any) -> Any:
    answer = page.post(address, {"config": config or {}, **more})
    assert answer.status_code == 200, answer.text
    return answer.get_json() if answer.is_json else answer.data


def run_command(line: str) -> None:
    program, *words = shlex.split(line)
    assert program == "sml-viewer"
    assert main(words) == 0


CONFIGURATIONS: list[dict[str, Any]] = [
    {},
    {"CURVE_ERROR": "t", "SMOOTH_RADIUS": 1},
    {"DATA_IGNORE": [{"seed": "2"}], "SHORT_NAME_FROM_CONFIG": {"policy_lr=0.1": 'it\'s "large" & $HOME'}},
    {"PLOTTING_XY": [["(row)", "episode_return"]], "FIGURE_SEPARATION": []},
    {
        "CURVE_CENTER": "median",
        "CURVE_ERROR": "minmax",
        "ADDITIONAL_PLOT_CONFIGS": {"same_title": {"Acrobot-v1": {"USE_SMOOTH": False, "XMAX": 15}}},
    },
]


@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_screen_copied_command_and_export_show_the_same_numbers(page, config, tmp_path: Path, capsys) -> None:
    live = numbers(post(page, "/api/v1/curves", config))
    exported = post(page, "/api/v1/figure", config, kind="csv")["figures"][0]["data"]
    output = tmp_path / "drawn by command.csv"
    run_command(post(page, "/api/v1/command", config, kind="plot", output=str(output))["command"])
    drawn = output.read_text()
    assert base64.b64decode(exported).decode() == drawn
    assert len(rows(drawn)) == len(live)
    for row in rows(drawn):
        key = (row["metric"], row["sub-figure"], row["algorithm"], float(row["x"]))
        center, low, high, n = live[key]
        wanted = [float(row[name] or "nan") for name in ("center", "low", "high")]
        np.testing.assert_allclose([center, low, high], wanted, rtol=1e-6, equal_nan=True)
        assert n == int(row["n"])


@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_a_shared_file_shows_the_numbers_of_the_figure(page, config, tmp_path: Path) -> None:
    html = base64.b64decode(post(page, "/api/v1/share", config, by="groups")["data"]).decode()
    view = json.loads(re.findall('id="view">(.*?)</script>', html, re.DOTALL)[0])
    content = gzip.decompress(base64.b64decode(re.findall('id="arrays">(.*?)</script>', html)[0]))
    name_of = {line["key"]: line["name"] for line in view["lines"]}
    shown = {}
    for chart in view["charts"]:
        for curve in chart["curves"]:
            columns = [
                np.frombuffer(content, f"<{each['type']}", each["n"], each["at"])
                for each in (curve[name] for name in ("x", "center", "low", "high", "n"))
            ]
            for x, *point in zip(*columns, strict=True):
                shown[chart["metric"], name_of[curve["key"]], float(x)] = point
    drawn = rows(
        base64.b64decode(post(page, "/api/v1/figure", config, kind="csv")["figures"][0]["data"]).decode()
    )
    several = len({row["sub-figure"] for row in drawn}) > 1
    for row in drawn:
        name = f"{row['sub-figure']} · {row['algorithm']}" if several else row["algorithm"]
        center, low, high, n = shown[row["metric"], name, float(row["x"])]
        wanted = [float(row[each] or "nan") for each in ("center", "low", "high")]
        np.testing.assert_allclose([center, low, high], wanted, rtol=1e-6, equal_nan=True)
        assert n == int(row["n"])


def test_the_table_on_the_screen_is_that_of_the_copied_command(page, tmp_path: Path) -> None:
    config = {"TABLE_SCORE": "best", "TABLE_ERROR": "sd", "TABLE_BOLD_MAX": False}
    for kind in ("md", "tex", "html", "csv"):
        output = tmp_path / f"table.{kind}"
        run_command(post(page, "/api/v1/command", config, kind="table", output=str(output))["command"])
        assert post(page, "/api/v1/table", config, kind=kind)["texts"][kind] == output.read_text()


def test_bars_and_aggregates_are_those_of_the_copied_command(page, tmp_path: Path) -> None:
    for what, address in (("bar", "/api/v1/bars"), ("aggregate", "/api/v1/aggregate")):
        output = tmp_path / f"{what}.csv"
        run_command(post(page, "/api/v1/command", kind=what, output=str(output))["command"])
        assert (
            base64.b64decode(
                post(page, "/api/v1/figure", kind="csv", what=what)["figures"][0]["data"]
            ).decode()
            == output.read_text()
        )
        assert post(page, address)["algorithms"]
    means = {
        (group["title"], name): cell["mean"]
        for table in post(page, "/api/v1/bars")["tables"]
        for group in table["groups"]
        for name, cell in zip(table["algorithms"], group["cells"], strict=True)
    }
    drawn = rows((tmp_path / "bar.csv").read_text())
    assert means == {(row["sub-figure"], row["algorithm"]): float(row["mean"]) for row in drawn}


def test_bars_are_divided_by_the_largest_exactly_where_the_caption_says_so(page) -> None:
    for config in ({}, {"BAR_NORMALIZE_VALUE": False}, {"FIGURE_SEPARATION": []}):
        (table,) = post(page, "/api/v1/bars", config)["tables"]
        divided = any(group["scale"] != 1.0 for group in table["groups"])
        assert table["normalised"] == divided == ("divided by its largest absolute mean" in table["caption"])


def test_a_curve_does_not_change_when_another_is_filtered_out(page) -> None:
    everything = numbers(post(page, "/api/v1/curves"))
    config = {"DATA_IGNORE": [{"policy_lr": 0.1}], "DATA_MERGER": ["policy_lr"]}
    fewer = numbers(post(page, "/api/v1/curves", config))
    assert len(fewer) == len(everything) // 2
    assert all(everything[key] == point for key, point in fewer.items())


def test_a_live_curve_keeps_what_only_some_seeds_reached(page, make_run, library) -> None:
    make_run(
        "long",
        "timestep,episode_return\n0,1\n10,2\n20,3\n30,4\n",
        env_name="Acrobot-v1",
        policy_lr=0.1,
        seed=4,
    )
    library.refresh()
    live = numbers(post(page, "/api/v1/curves"))
    assert live["episode_return", "Acrobot-v1", "policy_lr=0.1", 30.0][3] == 1
    assert live["episode_return", "Acrobot-v1", "policy_lr=0.1", 20.0][3] == 4


def test_large_steps_stay_exact_and_large_values_whole(page, make_run, library) -> None:
    make_run(
        "huge", "timestep,episode_return\n16777217,1e39\n9007199254740991,-1e300\n", env_name="Huge", seed=1
    )
    library.refresh()
    live = numbers(post(page, "/api/v1/curves"))
    huge = {key[3]: point[0] for key, point in live.items() if key[1] == "Huge"}
    assert huge == {16777217.0: 1e39, 9007199254740991.0: -1e300}


def test_a_long_curve_is_thinned_as_said_and_whole_where_one_looks_closer(page, make_run, library) -> None:
    table = "timestep,episode_return\n" + "".join(f"{step},{math.sin(step)}\n" for step in range(5000))
    make_run("long", table, env_name="Long", seed=1)
    library.refresh()
    config = {"DATA_SELECT": [{"env_name": "Long"}], "USE_IGNORE_RULE": False, "USE_SMOOTH": False}
    (curve,) = unpack(post(page, "/api/v1/curves", config, points=500))[0]["panels"][0]["curves"]
    assert (curve["points"], curve["every"]) == (5000, 10)
    assert 500 < curve["x"]["n"] < 2000  # the grid, and the extremes between
    near = numbers(post(page, "/api/v1/curves", config, points=500, **{"from": 1000, "to": 1200}))
    xs = sorted(key[3] for key in near)
    assert xs == list(range(999, 1202))
    assert near["episode_return", "Long", "no policy_lr", 1100.0][0] == pytest.approx(
        math.sin(1100), rel=1e-6
    )


def test_single_seeds_average_to_their_curve(page) -> None:
    config = {"SMOOTH_RADIUS": 1}
    header, arrays = unpack(post(page, "/api/v1/seeds", config, algorithm="policy_lr=0.1"))
    live = numbers(post(page, "/api/v1/curves", config))
    for group in header["groups"]:
        assert group["same_x"]
        assert len(group["runs"]) == 3
        mean = np.mean([arrays[run["y"]["at"]] for run in group["runs"]], axis=0)
        x = arrays[group["runs"][0]["x"]["at"]]
        for place, value in zip(x, mean, strict=True):
            key = ("episode_return", group["group"][0], "policy_lr=0.1", float(place))
            assert live[key][0] == pytest.approx(value, rel=1e-6)


def test_each_rule_says_what_it_catches_and_each_run_which_rule_does(page) -> None:
    config = {
        "DATA_IGNORE": [{"seed": 1}, {"env_name": "Cart*", "seed": 1}, {"policy_lr": 7}, {}],
        "DATA_IGNORE_PROPERTY": [{}, {"env_name": {"manual": True}}],
        "DATA_SELECT": [{"__SHORT_NAME__": "policy_lr=0.1"}],
        "DATA_IGNORE_GARBAGE": [{"seed": 3}],
    }
    found = post(page, "/api/v1/counts", config)
    assert [(rule["caught"], rule["alone"]) for rule in found["rules"]["IGNORE"]] == [
        (4, 2),
        (2, 0),
        (0, 0),
        (0, 0),
    ]
    assert [rule["caught"] for rule in found["rules"]["SELECT"]] == [6]
    assert [rule["caught"] for rule in found["bin"]["IGNORE"]] == [4]
    assert found["runs"] == {
        "all": 12, "superseded": 0, "asked": 12, "kept": 8, "filtered": 4, "duplicates": 0, "counted": 8,
    }  # fmt: skip
    caught = {run["name"]: run["rules"] for run in found["filtered"]["runs"]}
    assert caught["CartPole-v1_0.1_1"] == [0, 1]
    assert caught["Acrobot-v1_0.1_1"] == [0]


def test_merge_keys_say_how_many_values_they_have(page) -> None:
    found = post(page, "/api/v1/counts")
    distinct = {key["name"]: key["distinct"] for key in found["parameters"]}
    assert distinct == {"env_name": 2, "policy_lr": 2, "seed": 3}
    assert found["keys"] == ["policy_lr"]
    assert "DATA_MERGER" in found["automatic"]
    assert found["titles"] == [["Acrobot-v1", 6], ["CartPole-v1", 6]]
    assert found["pairs"] == [["timestep", "episode_return"]]


def test_pooling_and_renaming_are_told(page) -> None:
    config = {
        "DATA_MERGER": ["env_name"],
        "FIGURE_SEPARATION": [],
        "SHORT_NAME_FROM_CONFIG": {"env_name=*": "both", "nobody": "x"},
        "SHORT_NAME_FROM_CONFIG_PROPERTY": {"env_name=*": {"manual": True}},
    }
    found = post(page, "/api/v1/counts", config)
    (algorithm,) = found["algorithms"]
    assert algorithm["name"] == "both"
    assert sorted(algorithm["originals"]) == ["env_name=Acrobot-v1", "env_name=CartPole-v1"]
    assert "policy_lr 0.01 ×6, 0.1 ×6" in dict(algorithm["pools"])[""]
    assert [rename["runs"] for rename in found["renames"]] == [12, 0]


def test_values_of_a_parameter_are_searched(page) -> None:
    found = post(page, "/api/v1/values", parameter="env_name", search="CART")
    assert found == {"count": 1, "values": [["CartPole-v1", 6]]}
    names = post(page, "/api/v1/values", parameter="__SHORT_NAME__")
    assert names["values"] == [["policy_lr=0.01", 6], ["policy_lr=0.1", 6]]


def test_rules_that_leave_nothing_are_counted_and_drawing_says_so(page) -> None:
    config = {"DATA_IGNORE": [{"env_name": "*"}], "DATA_IGNORE_PROPERTY": [{"env_name": {"manual": True}}]}
    found = post(page, "/api/v1/counts", config)
    assert (found["runs"]["kept"], found["filtered"]["count"], found["algorithms"]) == (0, 12, [])
    for address in ("/api/v1/curves", "/api/v1/bars", "/api/v1/aggregate", "/api/v1/table", "/api/v1/figure"):
        assert "leaves none of 12 runs" in post(page, address, config)["error"]["message"]


def test_nothing_new_is_answered_without_a_body(page) -> None:
    first = page.post("/api/v1/counts", {"config": {}}).get_json()
    again = page.post("/api/v1/counts", {"config": {}, "etag": first["etag"]})
    assert (again.status_code, again.data) == (304, b"")
    changed = page.post("/api/v1/counts", {"config": {"DATA_IGNORE": [{"seed": 1}]}, "etag": first["etag"]})
    assert changed.status_code == 200


@pytest.mark.slow
def test_figures_come_in_every_format_and_are_saved_only_in_the_workspace(
    page, workspace: Path, tmp_path: Path
) -> None:
    for kind, start in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")):
        for what in ("plot", "bar", "aggregate"):
            (figure,) = post(page, "/api/v1/figure", kind=kind, what=what)["figures"]
            assert base64.b64decode(figure["data"]).startswith(start)
    saved = post(page, "/api/v1/figure", {"FINAL_OUTPUT_NAME": "mine"}, save=True)["saved"]
    assert saved == [str(workspace / "figures" / "mine.png")]
    assert post(page, "/api/v1/figure", {"FINAL_OUTPUT_NAME": "mine"}, save=True)["saved"] != saved
    elsewhere = {"PLOT_FIGURE_SAVING_PATH": str(tmp_path / "elsewhere")}
    drawn = post(page, "/api/v1/figure", elsewhere, save=True)
    assert drawn["saved"] == [str(workspace / "figures" / "total_curve.png")]
    assert "outside the workspace; restart the page with --figures DIR" in drawn["note"]
    assert not (tmp_path / "elsewhere").exists()
    chinese = page.post("/api/v1/figure", {"config": elsewhere, "save": True, "language": "zh"}).get_json()
    assert "工作区之外" in chinese["note"]
    assert len(page.get("/api/v1/figures").get_json()["figures"]) == 4
    up = page.post("/api/v1/figure", {"config": {"FINAL_OUTPUT_NAME": "../../up"}, "save": True})
    assert up.status_code == 400


def test_a_saved_figure_is_listed_with_its_configuration_and_query(page, workspace: Path) -> None:
    config = {"FINAL_OUTPUT_NAME": "mine", "DATA_MERGER": ["alg"], "PLOT_FIGURE_SAVING_PATH": "paper"}
    answer = page.post("/api/v1/figure", {"config": config, "where": "seed < 3", "save": True}).get_json()
    folder = workspace / "figures" / "paper"
    assert answer["saved"] == [str(folder / "mine.png")]
    (folder / "photo.png").write_bytes(b"\x89PNG, but no figure of the page")
    (folder / "link.png").symlink_to(folder / "mine.png")
    (listed,) = page.get("/api/v1/figures?folder=paper").get_json()["figures"]
    assert (listed["name"], listed["kind"], listed["where"]) == ("mine.png", "plot", "seed < 3")
    assert listed["config"] == {"FINAL_OUTPUT_NAME": "mine", "DATA_MERGER": ["alg"]}
    assert page.get("/api/v1/figures").get_json()["figures"] == []
    file = page.get("/api/v1/figures/file?folder=paper&name=mine.png")
    assert file.data == (folder / "mine.png").read_bytes()
    assert page.get("/api/v1/figures/file?folder=paper&name=photo.png").status_code == 404
    assert page.get("/api/v1/figures?folder=/etc").get_json()["figures"] == []


@pytest.fixture
def save(page, logs: Path, workspace: Path, library: Library):
    """What the page answers that was started so: `save(config, figures=(folder,))`."""

    def save(config: dict[str, Any], **started: Any) -> dict[str, Any]:
        library.refresh()
        app = create_app(Setup(workspace, **{"folders": (logs,), **started}), indexing=False)
        answer: dict[str, Any] = post(type(page)(app.test_client()), "/api/v1/figure", config, save=True)
        return answer

    return save


@pytest.mark.parametrize("started", [{"figures": True}, {"changeable": True}])
def test_figures_are_saved_outside_the_workspace_where_the_start_allows_it(
    save, tmp_path: Path, started: dict[str, Any]
) -> None:
    if "figures" in started:
        started = {"figures": (tmp_path / "paper",)}
    folder = tmp_path / "paper"
    drawn = save({"PLOT_FIGURE_SAVING_PATH": str(folder)}, **started)
    assert (drawn["saved"], drawn["note"]) == ([str(folder / "total_curve.png")], "")


@pytest.mark.parametrize("wanted", ["/etc/sml", "/nowhere/at/all", "../..", "\0", "~nobody-here/x", ".page"])
def test_no_saving_path_keeps_a_figure_from_being_drawn(save, workspace: Path, wanted: str) -> None:
    drawn = save({"PLOT_FIGURE_SAVING_PATH": wanted}, changeable=True)
    assert drawn["saved"] == [str(workspace / "figures" / "total_curve.png")]
    assert drawn["note"].startswith("PLOT_FIGURE_SAVING_PATH: ")
    assert drawn["note"].endswith(f"; saved in {workspace / 'figures'} instead")


def test_a_permitted_folder_that_cannot_be_written_to_is_told(save, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    drawn = save({"PLOT_FIGURE_SAVING_PATH": str(tmp_path / "file")}, figures=(tmp_path,))
    assert drawn["saved"] == [str(workspace / "figures" / "total_curve.png")]
    assert "cannot be written to" in drawn["note"]


def test_several_figures_are_saved_one_by_one_and_all_in_one(page, workspace: Path) -> None:
    pairs = [["timestep", "episode_return"], ["episode_return", "timestep"]]
    drawn = post(page, "/api/v1/figure", {"PLOTTING_XY": pairs}, save=True)
    names = ["total_curve-episode_return.png", "total_curve-timestep.png"]
    assert [figure["name"] for figure in drawn["figures"]] == names
    assert [Path(path).name for path in drawn["saved"]] == [*names, "total_curve.png"]
    sizes = [image.imread(path).shape for path in drawn["saved"]]
    assert sizes[2][0] == sizes[0][0] + sizes[1][0]
    assert sizes[2][1] == max(sizes[0][1], sizes[1][1])
    assert read_provenance(workspace / "figures" / "total_curve.png").kind == "plot"


def test_every_option_is_described_for_the_form(page) -> None:
    shown = {option["name"]: option for option in page.get("/api/v1/options").get_json()["options"]}
    assert shown["SMOOTH_RADIUS"]["low"] == 0
    assert shown["CURVE_ERROR"]["choices"] == ["se", "sd", "t", "bootstrap", "minmax", "none"]
    assert all(option["label"] and option["label_zh"] for option in shown.values())


def test_the_form_is_told_what_holds_where_nothing_is_set(page) -> None:
    by_name = {option["name"]: option for option in page.get("/api/v1/options").get_json()["options"]}
    assert by_name["LINE_WIDTH"]["unset"] == 1.5
    assert by_name["LINE_WIDTH"]["default"] == 2.0
    assert "unset" not in by_name["LINE_WIDTH"]["label"]


def test_wrong_options_are_refused_all_at_once(page) -> None:
    message = post(page, "/api/v1/curves", {"SMOOTH_RADIUS": -1, "CURVE_EROR": "t"})["error"]["message"]
    assert "SMOOTH_RADIUS" in message
    assert "did you mean CURVE_ERROR?" in message


def test_configurations_are_kept_and_two_people_do_not_overwrite_each_other(page) -> None:
    assert page.get("/api/v1/configs/default").get_json()["config"] == {}
    first = page.post("/api/v1/configs/default", {"config": {"SMOOTH_RADIUS": 5}, "revision": ""}).get_json()
    mine = page.post(
        "/api/v1/configs/default", {"config": {"SMOOTH_RADIUS": 7}, "revision": first["revision"]}
    )
    assert mine.status_code == 200
    late = page.post("/api/v1/configs/default", {"config": {"XMAX": 3}, "revision": first["revision"]})
    assert late.status_code == 409
    assert late.get_json()["config"] == {"SMOOTH_RADIUS": 7}
    assert page.get("/api/v1/configs/default").get_json()["config"] == {"SMOOTH_RADIUS": 7}


def act(page, action: str, name: str, **more: Any) -> Any:
    answer = page.post("/api/v1/configs", {"action": action, "name": name, **more})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_configurations_are_copied_renamed_merged_reset_deleted_and_restored(page) -> None:
    act(
        page,
        "new",
        "a",
        config={"SMOOTH_RADIUS": 2, "DATA_MERGER": ["policy_lr", "x/y"], "AUTO_PLOTTING": True},
    )
    act(page, "copy", "a", to="b")
    act(page, "rename", "b", to="c")
    act(page, "new", "d", config={"XMAX": 15, "SMOOTH_RADIUS": 3})
    assert act(page, "merge", "c", other="d")["names"] == ["a", "c", "d"]
    merged = page.get("/api/v1/configs/c").get_json()["config"]
    assert (merged["SMOOTH_RADIUS"], merged["XMAX"], merged["AUTO_PLOTTING"]) == (3, 15, False)
    act(page, "reset", "c")
    assert page.get("/api/v1/configs/c").get_json()["config"] == {}
    gone = act(page, "delete", "d")
    assert gone["names"] == ["a", "c"]
    assert act(page, "restore", gone["deleted"][0])["name"] in ("d", "c-2")
    taken = page.post("/api/v1/configs", {"action": "copy", "name": "a", "to": "c"})
    assert taken.status_code == 400
    assert "choose another name" in taken.get_json()["error"]["message"]


def test_a_copy_per_merge_key(page) -> None:
    state = {"": "group=parameter:policy_lr"}  # would replace the key
    act(page, "new", "a", config={"DATA_MERGER": ["policy_lr", "seed"], "VIEW_STATE": state})
    assert page.get("/api/v1/configs/a").get_json()["config"]["VIEW_STATE"] == state
    names = act(page, "split", "a", keys=["policy_lr", "seed", "x/y"])["names"]
    assert names == ["a", "a_gs_policy_lr", "a_gs_seed", "a_gs_x-y"]
    copy = page.get("/api/v1/configs/a_gs_seed").get_json()["config"]
    assert (copy["DATA_MERGER"], copy["REPORT_PCA_EVAL"]) == (["seed"], True)
    assert not copy["VIEW_STATE"]


def test_an_old_workspace_opens(page, workspace: Path) -> None:
    folder = workspace / "WEB_ROM" / "configs"
    folder.mkdir(parents=True)
    (folder / "old.json").write_text(json.dumps({"SMOOTH_RADIUS": 9, "NOBODY_KNOWS": 1}))
    assert page.get("/api/v1/configs").get_json()["names"] == ["old"]
    shown = page.get("/api/v1/configs/old").get_json()
    assert (shown["config"]["SMOOTH_RADIUS"], shown["old"]) == (9, True)
    assert "NOBODY_KNOWS" in shown["notes"][0]
    saved = page.post("/api/v1/configs/old", {"config": {"SMOOTH_RADIUS": 8}, "revision": shown["revision"]})
    assert saved.status_code == 200
    assert json.loads((folder / "old.json").read_text())["SMOOTH_RADIUS"] == 9


def switched_on(**more: Any) -> dict[str, Any]:
    return {
        "AUTO_PLOTTING": True,
        "AUTO_PLOTTING_INTERVAL": 1,
        "AUTO_PLOTTING_TURN_ON_TIME": "2026-01-01",
        **more,
    }


@pytest.mark.slow
def test_what_asks_for_it_is_drawn_again_when_there_is_something_new(page, make_run, library) -> None:
    plotter = page.client.application.extensions[EXTENSION]
    pairs = [["timestep", "episode_return"], ["(row)", "episode_return"]]
    act(page, "new", "a", config=switched_on(PLOTTING_XY=pairs))
    act(page, "new", "still", config={})
    plotter.draw_due()
    first = page.get("/api/v1/drawn?config=a").get_json()
    names = [figure["name"] for figure in first["figures"]]
    assert names == ["auto-episode_return-_row_.png", "auto-episode_return-timestep.png"]
    assert page.get(f"/api/v1/drawn/file?config=a&name={names[0]}").data.startswith(b"\x89PNG")
    assert page.get("/api/v1/drawn/file?config=a&name=../../still.json").status_code == 404
    assert page.get("/api/v1/drawn?config=still").get_json()["figures"] == []
    plotter.state("a").drawn = 0.0
    plotter.draw_due()  # nothing new
    assert page.get("/api/v1/drawn?config=a").get_json() == first
    make_run("late", "timestep,episode_return\n0,1\n10,2\n", env_name="Acrobot-v1", policy_lr=0.1, seed=9)
    library.refresh()
    plotter.draw_due()  # not due yet
    assert page.get("/api/v1/drawn?config=a").get_json() == first
    plotter.state("a").drawn = 0.0
    plotter.draw_due()
    assert page.get("/api/v1/drawn?config=a").get_json()["figures"][0]["time"] > first["figures"][0]["time"]


def test_only_so_many_configurations_are_drawn_in_the_background(page) -> None:
    plotter = page.client.application.extensions[EXTENSION]
    for number in (1, 2):
        config = switched_on(MAX_AUTO_PLOTTING_NUM=1, AUTO_PLOTTING_TURN_ON_TIME=f"2026-01-0{number}")
        act(page, "new", str(number), config=config)
    act(page, "new", "wrong", config=switched_on(PLOTTING_XY=[["timestep", "nobody"]]))
    plotter.draw_due()
    assert page.get("/api/v1/drawn?config=1").get_json()["figures"]
    second = page.get("/api/v1/drawn?config=2").get_json()
    assert (second["figures"], second["turned_away"]) == ([], 1)
    assert "no run has a column 'nobody'" in page.get("/api/v1/drawn?config=wrong").get_json()["error"]
