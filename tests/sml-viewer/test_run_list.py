"""The list of runs over HTTP: columns, what changed since, how a run stands."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sml_config.process import Process
from sml_viewer.run_views.table import display_number, json_value


def table(answer: Any) -> dict[str, dict[str, Any]]:
    """The rows of a list by their names, each by column."""
    columns = {
        column["key"]: column["cells"]
        if "cells" in column
        else [column["values"][code] for code in column["codes"]]
        for column in answer.get_json()["columns"]
    }
    return {
        name: {key: cells[place] for key, cells in columns.items()}
        for place, name in enumerate(columns["name"])
    }


def set_status(run: Path, **status: Any) -> None:
    (run / "config" / "status.json").write_text(json.dumps(status))


@pytest.mark.usefixtures("grid")
def test_the_list_shows_what_differs_and_the_last_value(page) -> None:
    answer = page.get("/api/v1/runs")
    row = table(answer)["Acrobot-v1_0.01_1"]
    assert answer.get_json()["default_columns"] == [
        "parameter:env_name",
        "parameter:policy_lr",
        "parameter:seed",
        "last:episode_return",
    ]
    assert row["parameter:policy_lr"] == 0.01
    assert row["last:episode_return"] == 1.2
    assert row["rows"] == 3
    assert answer.get_json()["counts"] == {"unknown": 12}


@pytest.mark.usefixtures("grid")
def test_chosen_columns_come_in_their_order_and_unknown_kinds_are_named(page) -> None:
    answer = page.get("/api/v1/runs?column=best:episode_return&column=parameter:seed")
    assert [column["key"] for column in answer.get_json()["columns"]][-2:] == [
        "best:episode_return",
        "parameter:seed",
    ]
    assert "one of parameter:NAME" in page.get("/api/v1/runs?column=seed").get_json()["error"]["message"]


@pytest.mark.usefixtures("grid")
def test_nothing_new_is_an_empty_answer(page) -> None:
    first = page.get("/api/v1/runs")
    assert page.get("/api/v1/runs", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert page.get(f"/api/v1/runs?after={first.get_json()['revision']}").status_code == 304


@pytest.mark.usefixtures("grid")
def test_only_what_changed_is_sent_to_whoever_has_the_rest(page, library, logs: Path, make_run) -> None:
    revision = page.get("/api/v1/runs").get_json()["revision"]
    with (logs / "Acrobot-v1_0.01_1" / "progress.csv").open("a") as rows:
        rows.write("30,77.5\n")
    shutil.rmtree(logs / "Acrobot-v1_0.01_2")
    library.refresh()
    answer = page.get(f"/api/v1/runs?after={revision}")
    assert set(table(answer)) == {"Acrobot-v1_0.01_1"}
    assert table(answer)["Acrobot-v1_0.01_1"]["last:episode_return"] == 77.5
    assert answer.get_json()["base"] == revision
    assert len(answer.get_json()["removed"]) == 1


@pytest.mark.usefixtures("grid")
def test_changes_one_after_another_add_up_to_the_whole_list(page, library, logs: Path, make_run) -> None:
    answer = page.get("/api/v1/runs")
    held = table(answer)
    for number in range(4):
        with (logs / f"CartPole-v1_0.1_{number % 3 + 1}" / "progress.csv").open("a") as rows:
            rows.write(f"{30 + number},{number}\n")
        if number == 2:
            make_run("new", "timestep,episode_return\n0,1\n", env_name="Pong", policy_lr=1, seed=1)
        page.post(
            "/api/v1/annotations",
            {"changes": [{"ids": [held["Acrobot-v1_0.1_1"]["id"]], "add": [f"t{number}"]}]},
        )
        library.refresh()
        answer = page.get(f"/api/v1/runs?after={answer.get_json()['revision']}")
        held |= table(answer)
    assert held == table(page.get("/api/v1/runs"))
    assert held["Acrobot-v1_0.1_1"]["tags"] == ["t0", "t1", "t2", "t3"]


def test_an_unknown_revision_is_answered_with_the_whole_list(page, library, make_run) -> None:
    make_run("a", "step,reward\n0,1\n")
    library.refresh()
    answer = page.get("/api/v1/runs?after=never")
    assert answer.get_json()["base"] is None
    assert set(table(answer)) == {"a"}


def test_a_training_run_appears_and_grows(page, library, make_run) -> None:
    revision = page.get("/api/v1/runs").get_json()["revision"]
    run = make_run("a", "step,reward\n0,1\n", seed=1)
    for rows, value in ((2, 5.5), (3, 6.5)):
        with (run / "progress.csv").open("a") as file:
            file.write(f"{rows},{value}\n")
        library.refresh()
        answer = page.get(f"/api/v1/runs?after={revision}")
        revision = answer.get_json()["revision"]
        assert table(answer)["a"]["rows"] == rows
        assert table(answer)["a"]["last:reward"] == value


def test_runs_that_began_since_the_last_visit_are_new(page, library, make_run) -> None:
    for name, start in (("old", "2020-01-01T00:00:00+00:00"), ("young", "2030-01-01T00:00:00+00:00")):
        run = make_run(name, "step,reward\n0,1\n", information=name)
        (run / "config" / "run_config.json").write_text(json.dumps({"run_id": name, "start_time": start}))
    library.refresh()
    answer = page.get("/api/v1/runs?since=1800000000")
    assert answer.get_json()["new"] == [table(answer)["young"]["key"]]


def test_a_run_is_lost_only_where_its_host_can_tell(page, library, make_run) -> None:
    me = Process.current().record()
    now = time.time()
    cases = {
        "here": {**me, "state": "running", "heartbeat": now},
        "gone": {**me, "state": "running", "heartbeat": now, "pid_start": 1},
        "elsewhere": {
            **me,
            "state": "running",
            "heartbeat": now,
            "boot_id": "x",
            "machine_id": "y",
            "host": "z",
        },
        "finished": {**me, "state": "finished", "heartbeat": 0, "pid_start": 1},
    }
    for name, status in cases.items():
        set_status(make_run(name, "step,reward\n0,1\n", information=name), **status)
    silent = make_run("silent", "step,reward\n0,1\n", information="silent")
    set_status(silent, state="running", heartbeat="2020-01-01T00:00:00+00:00")
    os.utime(silent / "progress.csv", (1e9, 1e9))
    make_run("foreign", "step,reward\n0,1\n", information="foreign")
    library.refresh()
    shown = {name: row["status"] for name, row in table(page.get("/api/v1/runs")).items()}
    assert shown == {
        "here": "running",
        "gone": "lost",
        "elsewhere": "running",
        "finished": "finished",
        "silent": "silent",
        "foreign": "unknown",
    }
    heard = table(page.get("/api/v1/runs"))["silent"]["heard"]
    assert heard == 1577836800


@pytest.mark.parametrize("status", [{"pid": 10**30}, {"pid": -1}, {"heartbeat": {}}, {"heartbeat": 1e300}])
def test_a_status_that_makes_no_sense_is_no_fault(page, library, make_run, status) -> None:
    set_status(
        make_run("a", "step,reward\n0,1\n"), **{**Process.current().record(), "state": "running", **status}
    )
    library.refresh()
    assert page.get("/api/v1/runs").status_code == 200
    assert page.get("/api/v1/search?q=heartbeat < 2h").status_code == 200


def test_a_query_that_is_being_typed_is_answered_with_its_fault(page, library, make_run) -> None:
    make_run("a", "step,reward\n0,1\n")
    library.refresh()
    finished = page.get("/api/v1/search?q=nosuch = 1")
    typed = page.get("/api/v1/search?q=nosuch = 1&typing=1")
    assert (finished.status_code, typed.status_code) == (400, 200)
    assert typed.get_json()["error"]["where"] == finished.get_json()["error"]["where"] == 1
    assert typed.get_json()["error"]["message"] == finished.get_json()["error"]["message"]


def test_values_that_are_not_finite_are_valid_json(page, library, make_run) -> None:
    run = make_run("a", "step,reward\n0,inf\n")
    (run / "config" / "parameter.json").write_text(
        '{"limit": Infinity, "x": NaN, "big": 1e400, "n": 123456789012345678901}'
    )
    make_run("b", "step,reward\n0,1\n", limit=1)
    library.refresh()
    text = page.get("/api/v1/runs?column=parameter:limit&column=parameter:n&column=last:reward").text
    rows = json.loads(text, parse_constant=pytest.fail)
    assert rows["count"] == 2
    row = table(page.get("/api/v1/runs?column=parameter:limit&column=parameter:n&column=last:reward"))["a"]
    assert row["parameter:limit"] == "Infinity"
    assert row["parameter:n"] == "123456789012345678901"
    assert row["last:reward"] == "Infinity"


@given(st.floats())
def test_a_shown_number_has_seven_digits_of_the_real_one(value: float) -> None:
    shown = display_number(value)
    if isinstance(shown, str):
        assert shown == json_value(value)
    else:
        assert shown == pytest.approx(value, rel=1e-6)
    json.dumps(shown, allow_nan=False)


def test_odd_names_are_listed_and_opened(page, library, make_run, logs: Path) -> None:
    names = ["<script>alert(1)<", "a b&c=d", "%2e%2e", "中文", "tab\there", "quote'\"", "-rf", "a" * 200]
    for name in names:
        make_run(name, "step,<b>reward\n0,1\n", information=name)
    make_run(os.fsdecode(b"caf\xe9"), "step,reward\n0,1\n")
    library.refresh()
    rows = table(page.get("/api/v1/runs"))
    assert set(names) < set(rows)
    assert len(rows) == len(names) + 1
    for row in rows.values():
        assert page.get(f"/api/v1/runs/{row['id']}").get_json()["name"] == row["name"]


def test_copies_of_a_run_have_addresses_of_their_own(page, library, make_run, logs: Path) -> None:
    run = make_run("a", "step,reward\n0,1\n", seed=1)
    (run / "config" / "run_config.json").write_text('{"run_id": "abc"}')
    shutil.copytree(run, logs / "b")
    odd = make_run("c", "step,reward\n0,1\n", seed=2)
    (odd / "config" / "run_config.json").write_text('{"run_id": "../../etc"}')
    library.refresh()
    rows = table(page.get("/api/v1/runs"))
    ids = [rows[name]["id"] for name in "abc"]
    assert ids[0] == "abc"
    assert ids[1].startswith("abc~")
    assert "/" not in ids[2]
    assert [page.get(f"/api/v1/runs/{name}").get_json()["name"] for name in ids] == ["a", "b", "c"]
    assert sorted(str(rows[name]["duplicate_of"]) for name in "ab") == sorted(
        ["None", str(rows["a"]["duplicate_of"] or rows["b"]["duplicate_of"])]
    )


def test_an_earlier_attempt_is_listed_under_its_run(page, library, make_run, logs: Path) -> None:
    make_run("a", "step,reward\n0,1\n", seed=1)
    make_run("../logfile_bk/a_2026-11-22-10-00-00-1a2b3c4d", "step,reward\n0,1\n1,2\n", seed=1)
    library.refresh()
    rows = table(page.get("/api/v1/runs"))
    old = next(row for row in rows.values() if row["superseded"])
    assert old["attempt_of"] == rows["a"]["id"]
    attempts = page.get(f"/api/v1/runs/{rows['a']['id']}").get_json()["attempts"]
    assert [attempt["id"] for attempt in attempts] == [old["id"]]
    assert page.get("/api/v1/runs").get_json()["counts"] == {"unknown": 1}


def test_broken_runs_are_shown_as_such(page, library, make_run, logs: Path) -> None:
    make_run("empty", "")
    make_run("no columns", "\n\n")
    run = make_run("bad", "step,reward\n0,1\n")
    (run / "config" / "parameter.json").write_text("{")
    library.refresh()
    rows = table(page.get("/api/v1/runs"))
    assert {name for name, row in rows.items() if row["warnings"]} >= {"empty", "bad"}
    for row in rows.values():
        for part in ("", "/metrics", "/files"):
            assert page.get(f"/api/v1/runs/{row['id']}{part}").status_code == 200


def test_a_folder_that_goes_while_it_is_looked_at_is_no_fault(page, library, make_run) -> None:
    run = make_run("a", "step,reward\n0,1\n", seed=1)
    library.refresh()
    row = table(page.get("/api/v1/runs"))["a"]
    shutil.rmtree(run)
    address = f"/api/v1/runs/{row['id']}"
    assert page.get(address).status_code == 200
    assert page.get(f"{address}/files").get_json()["files"] == []
    for part in ("log", "preview?name=progress.csv", "download?name=progress.csv"):
        assert page.get(f"{address}/{part}").status_code in (400, 404)
    assert page.get(f"{address}/zip").status_code == 200
    library.refresh()
    assert page.get(address).status_code == 404


def test_no_run_at_all_is_an_empty_list(page) -> None:
    content = page.get("/api/v1/runs").get_json()
    assert content["count"] == 0
    assert content["y"] is None


def test_a_cell_of_a_very_long_value_is_cut_and_the_value_is_found_all_the_same(
    page, library, make_run
) -> None:
    for number in (1, 2):
        make_run(f"run{number}", "step,reward\n0,1\n", text="x" * 1_000_000 + f"end{number}")
    library.refresh()
    assert len(page.get("/api/v1/runs?column=parameter:text").get_data()) < 20_000
    assert page.get("/api/v1/search?q=end2").get_json()["count"] == 1


def curves_of(page, ids: list[str], **more: Any) -> list[dict[str, Any]]:
    return page.post("/api/v1/sparklines", {"ids": ids, **more}).get_json()["curves"]


def test_small_curves_keep_first_last_and_extremes_and_skip_who_lacks_the_metric(
    page, library, make_run
) -> None:
    rows = "".join(f"{10 * step},{7 if step == 333 else step / 1000}\n" for step in range(1000))
    make_run("a", "step,reward\n" + rows, seed=1)
    make_run("b", "step,other\n0,1\n", seed=2)
    library.refresh()
    held = table(page.get("/api/v1/runs"))
    (curve,) = curves_of(page, [row["id"] for row in held.values()], metric="reward")
    assert curve["key"] == held["a"]["key"]
    assert len(curve["x"]) == len(curve["y"]) <= 32
    assert (curve["x"][0], curve["x"][-1]) == (0, 1)
    assert (curve["y"][0], max(curve["y"]), curve["y"][-1]) == (0, 7, 0.999)
    assert curve["x"][curve["y"].index(7)] == pytest.approx(0.333, abs=1e-3)


def test_a_small_curve_holds_nothing_that_was_not_measured(page, library, make_run) -> None:
    make_run("a", "step,reward\n0,1\n1,\n2,nan\n3,5\n", seed=1)
    library.refresh()
    ids = [row["id"] for row in table(page.get("/api/v1/runs")).values()]
    (curve,) = curves_of(page, ids)
    assert curve["y"] == [1, 5]
    assert curves_of(page, ["gone"]) == []


@pytest.mark.parametrize("kind", ["se", "sd", "t"])
def test_the_error_of_a_group_is_that_of_a_table(page, library, make_run, kind: str) -> None:
    values = [1.0, 2.5, 4.0, 9.0]
    for seed, value in enumerate(values):
        make_run(f"run{seed}", f"step,reward\n0,0\n1,{value}\n", lr=0.1, seed=seed)
    library.refresh()
    answer = page.get(f"/api/v1/error-factors?kind={kind}&n=4&n=1").get_json()
    assert (answer["n"], answer["factors"][0]) == ([1, 4], None)
    (cell,) = page.post("/api/v1/table", {"config": {"TABLE_ERROR": kind}}).get_json()["tables"][0]["cells"]
    assert statistics.stdev(values) * answer["factors"][1] == pytest.approx(cell["error"])


def test_kinds_that_are_no_multiple_of_the_deviation_have_no_factor(page) -> None:
    for kind in ("none", "bootstrap"):
        assert page.get(f"/api/v1/error-factors?kind={kind}&n=4").get_json()["factors"] == [None]


def test_ends_and_alerts_are_told_the_newest_first(page, library, make_run) -> None:
    for number, state in enumerate(("finished", "failed", "running")):
        run = make_run(state, "step,reward\n0,1\n", seed=number)
        set_status(run, state=state, heartbeat=1000.0 * (number + 1), **Process.current().record())
        os.utime(run / "progress.csv", (500, 500))
    lines = [
        {"cause": "stalled", "active": True, "title": "no new row", "time": "1970-01-01T01:00:00+00:00"},
        {
            "cause": "stalled",
            "active": False,
            "title": "rows come again",
            "time": "1970-01-01T02:00:00+00:00",
        },
    ]
    text = "\n".join([*map(json.dumps, lines), "not json", '"text"'])
    (run / "config" / "alerts.jsonl").write_text(text)
    library.refresh()
    answer = page.get("/api/v1/events").get_json()
    assert [(event["name"], event["kind"]) for event in answer["events"]] == [
        ("running", "stalled"),
        ("failed", "failed"),
        ("finished", "finished"),
    ]
    assert answer["events"][0]["title"] == "no new row"
    assert answer["counts"] == {"finished": 1, "failed": 1, "running": 1}


def test_runs_that_are_switched_off_are_in_no_table(page, library, make_run) -> None:
    for seed in (1, 2, 3):
        make_run(f"run{seed}", f"step,reward\n0,0\n1,{seed}\n", lr=0.1, seed=seed)
    library.refresh()
    held = table(page.get("/api/v1/runs"))
    off = [held["run3"]["id"]]
    (cell,) = page.post("/api/v1/table", {"without": off}).get_json()["tables"][0]["cells"]
    assert (cell["n"], cell["mean"]) == (2, 1.5)
    assert "not (" in page.post("/api/v1/command", {"kind": "table", "without": off}).get_json()["command"]
    (cell,) = page.post("/api/v1/table", {"where": "seed > 1", "without": off}).get_json()["tables"][0][
        "cells"
    ]
    assert (cell["n"], cell["mean"]) == (1, 2)
