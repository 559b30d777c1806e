"""Method × environment × seed, by a launcher's plan or by the runs alone."""

from __future__ import annotations

import json
import os
import shlex
import socket
import time
from pathlib import Path

import pytest

from sml_config.process import boot_id, process_start
from sml_config.tasks.tasks import Plan, Task


@pytest.fixture
def plan(logs: Path) -> Plan:
    """Two learning rates × two environments × two seeds, planned beside the data folder."""
    made = Plan(
        tuple(
            Task(("python", "main.py"), {"env_name": env, "lr": lr, "seed": seed})
            for env in ("Hopper", "Ant")
            for lr in (0.1, 0.01)
            for seed in (1, 2)
        )
    )
    folder = logs.parent / ".sml-launch" / "plans"
    folder.mkdir(parents=True)
    made.save(folder / "a1b2c3.json")
    return made


def states(content: dict) -> dict[tuple[str, str, str], str]:
    return {
        (
            content["methods"][cell["method"]],
            content["environments"][cell["environment"]],
            content["seeds"][cell["seed"]],
        ): cell["state"]
        for cell in content["cells"]
    }


def write_status(run: Path, state: str) -> None:
    (run / "config" / "status.json").write_text(json.dumps({"state": state}))


def test_cells_of_a_plan_are_done_failed_or_left(page, library, make_run, plan: Plan, logs: Path) -> None:
    write_status(make_run("a", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=1, extra=5), "finished")
    write_status(make_run("b", "step,reward\n0,1\n", env_name="Hopper", lr="1e-2", seed=2), "failed")
    library.refresh()
    content = page.get("/api/v1/coverage").get_json()
    found = states(content)
    assert found.pop(("lr=0.1", "Hopper", "1")) == "done"
    assert found.pop(("lr=0.01", "Hopper", "2")) == "failed"
    assert set(found.values()) == {"left"}
    assert len(found) == 6
    assert content["missing"] == 6
    assert page.get("/api/v1/runs").get_json()["missing"] == 6
    assert content["plan"] == "a1b2c3"
    assert not content["complete"]


def test_the_list_counts_what_is_left_as_the_launcher_goes_on(
    page, library, make_run, plan: Plan, logs: Path
) -> None:
    make_run("a", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=1)
    library.refresh()

    def left() -> int | None:
        (counted,) = {
            page.get(address).get_json()["missing"] for address in ("/api/v1/runs", "/api/v1/coverage")
        }
        return counted

    assert left() == 7
    place = logs.parent / ".sml-launch"
    (place / "results").mkdir()
    failed = {"task_id": plan.tasks[1].id, "attempt": 1, "outcome": "failed", "started": 1.0}
    (place / "results" / "lab.jsonl").write_text(json.dumps(failed) + "\n")
    assert left() == 6
    (place / "claims").mkdir()
    (place / "claims" / plan.tasks[2].id).write_text("")
    assert left() == 5
    Plan((*plan.tasks, Task(("python", "main.py"), {"env_name": "Ant", "lr": 1, "seed": 1}))).save(
        place / "plans" / "newer.json"
    )
    assert left() == 6
    for file in (place / "plans").iterdir():
        file.unlink()
    assert left() is None


def test_a_run_that_grows_is_not_compared_with_the_plan_again(
    page, library, make_run, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run("a", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=1)
    library.refresh()
    before = page.get("/api/v1/runs").get_json()
    compared = []
    covered_by = Task.covered_by
    monkeypatch.setattr(
        Task, "covered_by", lambda task, found: compared.append(task) or covered_by(task, found)
    )
    (run / "progress.csv").write_text("step,reward\n0,1\n1,2\n")
    library.refresh()
    after = page.get("/api/v1/runs").get_json()
    assert after["revision"] != before["revision"]
    assert after["missing"] == 7
    assert not compared
    make_run("b", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=2)
    library.refresh()
    assert page.get("/api/v1/runs").get_json()["missing"] == 6
    assert compared


def test_the_command_to_copy_starts_what_is_missing(page, library, make_run, plan: Plan, logs: Path) -> None:
    make_run("a", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=1)
    (logs.parent / "sweep.py").write_text("")
    library.refresh()
    command = page.get("/api/v1/coverage").get_json()["command"]
    assert shlex.split(command) == [
        "cd", str(logs.parent), "&&", "sml-launch", "sweep.py", "--only-missing", "-d", str(logs),
    ]  # fmt: skip


def test_a_sweep_that_is_done_has_no_command(page, library, make_run, plan: Plan) -> None:
    for number, task in enumerate(plan.tasks):
        write_status(make_run(str(number), "step,reward\n0,1\n", **task.parameters), "finished")
    library.refresh()
    content = page.get("/api/v1/coverage").get_json()
    assert content["complete"]
    assert content["command"] is None
    assert content["counts"]["done"] == 8


def test_what_the_launcher_says_counts_where_no_run_came_home(
    page, library, make_run, plan: Plan, logs: Path
) -> None:
    write_status(make_run("a", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=1), "finished")
    place = logs.parent / ".sml-launch"
    (place / "claims").mkdir()
    (place / "results").mkdir()
    claim = {
        "host": socket.gethostname(),
        "boot": boot_id(),
        "pid": os.getpid(),
        "start": process_start(os.getpid()),
    }
    (place / "claims" / plan.tasks[1].id).write_text(json.dumps(claim))
    (place / "claims" / plan.tasks[2].id).write_text(json.dumps({**claim, "start": 1}))
    result = {"attempt": 1, "outcome": "failed", "started": time.time()}
    lines = [
        {**result, "task_id": plan.tasks[3].id},
        {**result, "task_id": plan.tasks[4].id},
        {**result, "task_id": plan.tasks[4].id, "attempt": 2, "outcome": "cancelled"},
    ]
    torn = json.dumps({**result, "task_id": plan.tasks[5].id})
    (place / "results" / "lab.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines) + "no json\n" + torn
    )
    library.refresh()
    by_task = {cell["task"]: cell["state"] for cell in page.get("/api/v1/coverage").get_json()["cells"]}
    assert [by_task[task.id] for task in plan.tasks[:6]] == [
        "done",
        "running",
        "left",
        "failed",
        "left",
        "left",
    ]


def test_a_run_that_was_started_for_a_task_covers_it(page, library, make_run, plan: Plan) -> None:
    run = make_run("a", "step,reward\n0,1\n", other=1)
    (run / "config" / "run_config.json").write_text(json.dumps({"run_id": "a", "task_id": plan.tasks[6].id}))
    write_status(run, "finished")
    library.refresh()
    cells = page.get("/api/v1/coverage").get_json()["cells"]
    assert [cell["runs"] for cell in cells if cell["task"] == plan.tasks[6].id] == [["a"]]


@pytest.mark.usefixtures("grid")
def test_without_a_plan_nothing_is_known_to_be_missing(page) -> None:
    content = page.get("/api/v1/coverage").get_json()
    assert content["plan"] is None
    assert content["missing"] is None
    assert content["command"] is None
    assert (content["method"], content["environment"], content["seed"]) == (["policy_lr"], "env_name", "seed")
    assert len(content["cells"]) == 12
    assert set(states(content).values()) == {"unknown"}


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize("content", ["", "{", '{"format": "sml-plan", "version": 99}', "[]"])
def test_a_plan_that_cannot_be_read_is_passed_over(page, logs: Path, content: str) -> None:
    folder = logs.parent / ".sml-launch" / "plans"
    folder.mkdir(parents=True)
    (folder / "bad.json").write_text(content)
    assert page.get("/api/v1/coverage").get_json()["plan"] is None
    assert page.get("/api/v1/coverage?plan=none").status_code == 404


def test_each_plan_is_listed_with_its_number_of_tasks(page, library, plan: Plan) -> None:
    library.refresh()
    assert [each["tasks"] for each in page.get("/api/v1/coverage").get_json()["plans"]] == [len(plan.tasks)]


@pytest.mark.usefixtures("plan")
def test_a_plan_that_cannot_be_read_has_no_number_of_tasks(page, library, logs: Path) -> None:
    (logs.parent / ".sml-launch" / "plans" / "a1b2c3.json").write_text("{")
    library.refresh()
    assert [each["tasks"] for each in page.get("/api/v1/coverage").get_json()["plans"]] == [None]


def test_no_run_is_an_empty_matrix(page) -> None:
    assert page.get("/api/v1/coverage").get_json()["cells"] == []


BAD_LINES = [
    '{"task_id": "x", "attempt": 1e400, "started": 1}', "[" * 5000, '{"a":' * 5000, '["x"]', "null", "5",
    '{"task_id": ["x"], "attempt": null, "started": "x"}', '"x"',
    '{"task_id": "x", "attempt": 1, "started": ' + "9" * 5000 + "}",
]  # fmt: skip


def asked_of(page) -> list[int]:
    return [page.get(address).status_code for address in ("/api/v1/runs", "/api/v1/coverage")]


def test_bad_lines_and_pipes_among_a_launchers_files_stop_nothing(
    page, library, make_run, plan: Plan, logs: Path
) -> None:
    make_run("a", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=1)
    place = logs.parent / ".sml-launch"
    for name in ("results", "claims"):
        (place / name).mkdir()
    good = {"task_id": plan.tasks[3].id, "attempt": 1, "started": 1.0, "outcome": "failed"}
    (place / "results" / "a.jsonl").write_text("\n".join([*BAD_LINES, json.dumps(good), ""]))
    os.mkfifo(place / "results" / "z.jsonl")
    os.mkfifo(place / "plans" / "z.json")
    os.mkfifo(place / "claims" / plan.tasks[4].id)
    (place / "claims" / plan.tasks[5].id).write_text("[" * 5000)
    for number, text in enumerate(
        ["[]", "{}", "[" * 5000, '{"format": "sml-plan", "version": 1, "tasks": [[]]}']
    ):
        (place / "plans" / f"odd{number}.json").write_text(text)
    library.refresh()
    assert asked_of(page) == [200, 200]
    assert page.get("/api/v1/coverage").get_json()["counts"]["failed"] == 1


@pytest.mark.parametrize("place", [".sml-launch", ".sml-launch/plans", ".sml-launch/plans/a1b2c3.json"])
def test_links_are_no_launchers_files(page, library, make_run, plan: Plan, logs: Path, place: str) -> None:
    make_run("a", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=1)
    (logs.parent / place).rename(logs.parent / "elsewhere")
    (logs.parent / place).symlink_to(logs.parent / "elsewhere")
    library.refresh()
    assert page.get("/api/v1/coverage").get_json()["plan"] is None


def test_plans_in_a_folder_that_all_may_write_to_are_not_looked_for(
    page, library, make_run, plan: Plan, logs: Path
) -> None:
    make_run("a", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=1)
    library.refresh()
    assert page.get("/api/v1/coverage").get_json()["plan"] == "a1b2c3"
    logs.parent.chmod(0o1777)
    assert page.get("/api/v1/coverage").get_json()["plan"] is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("place", [".sml-launch", ".sml-launch/plans/a1b2c3.json"])
def test_plans_of_another_user_are_not_looked_at(
    page, library, make_run, plan: Plan, logs: Path, place: str
) -> None:
    make_run("a", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=1)
    os.chown(logs.parent / place, 65534, 65534)
    library.refresh()
    assert page.get("/api/v1/coverage").get_json()["plan"] is None


@pytest.mark.parametrize("trick", ["link", "open"])
def test_no_command_is_offered_that_runs_what_a_stranger_may_have_written(
    page, library, make_run, plan: Plan, logs: Path, trick: str
) -> None:
    make_run("a", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=1)
    sweep = logs.parent / "sweep.py"
    sweep.write_text("")
    library.refresh()
    assert "sweep.py" in page.get("/api/v1/coverage").get_json()["command"]
    if trick == "link":
        sweep.rename(logs.parent / "other.py")
        sweep.symlink_to("other.py")
    else:
        sweep.chmod(0o666)
    content = page.get("/api/v1/coverage").get_json()
    assert (content["command"], content["complete"]) == (None, False)


def hide_first_run(page) -> None:
    columns = {
        column["key"]: column.get("cells") for column in page.get("/api/v1/runs").get_json()["columns"]
    }
    page.post("/api/v1/annotations", {"changes": [{"ids": columns["id"][:1], "hidden": True}]})


@pytest.mark.usefixtures("grid")
def test_hidden_runs_are_left_out_of_a_matrix_without_a_plan(page) -> None:
    before = len(page.get("/api/v1/coverage").get_json()["cells"])
    hide_first_run(page)
    found = page.get("/api/v1/coverage").get_json()
    assert (len(found["cells"]), found["hidden"]) == (before - 1, 1)


def test_a_hidden_run_still_covers_the_task_of_a_plan(page, library, make_run, plan: Plan) -> None:
    write_status(make_run("a", "step\n1\n", env_name="Hopper", lr=0.1, seed=1), "finished")
    library.refresh()
    hide_first_run(page)
    found = page.get("/api/v1/coverage").get_json()
    assert (found["counts"]["done"], found["hidden"]) == (1, 1)


def test_only_the_chosen_runs_are_in_the_matrix(page, library, make_run, plan: Plan) -> None:
    for seed in (1, 2):
        run = make_run(f"run{seed}", "step,reward\n0,1\n", env_name="Hopper", lr=0.1, seed=seed)
        write_status(run, "finished")
    library.refresh()
    first, second = (page.get(f"/api/v1/search?q=seed={seed}").get_json()["keys"][0] for seed in (1, 2))
    columns = {
        each["key"]: each["cells"]
        for each in page.get("/api/v1/runs").get_json()["columns"]
        if "cells" in each
    }
    ids = dict(zip(columns["key"], columns["id"], strict=True))
    only = page.get(f"/api/v1/coverage?id={ids[first]}").get_json()
    assert states(only) == {("lr=0.1", "Hopper", "1"): "done"}
    assert (only["command"], only["counts"]["done"]) == (None, 1)
    rest = page.get(f"/api/v1/coverage?without={ids[first]}").get_json()
    assert [cell["runs"] for cell in rest["cells"]] == [[ids[second]]]
