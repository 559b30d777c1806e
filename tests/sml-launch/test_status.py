"""Status, coverage, and what is missing when a node's logs are lost."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from sml_config import read_plan
from sml_launch.backends.slurm_jobs import parse_accounting, states_of_jobs
from sml_launch.status.status import duration

pytestmark = pytest.mark.slow

RUN_WRITER = """
import pathlib
words = sys.argv[1:]
given = dict(zip([word[2:] for word in words[::2]], words[1::2]))
run = pathlib.Path("logfile") / "-".join(given.values())
(run / "config").mkdir(parents=True, exist_ok=True)
parameters = {**given, "seed": int(given["seed"]), "gamma": 0.9}
(run / "config" / "parameter.json").write_text(json.dumps(parameters))
(run / "config" / "status.json").write_text(json.dumps({"state": "finished"}))
"""
GRID = {"env_name": ["Ant", "Hopper"], "lr": [0.1, 0.2], "seed": [1, 2, 3]}


@pytest.fixture
def sweep(project):
    project.behaviour(
        RUN_WRITER + "if given['seed'] == '3' and given['env_name'] == 'Ant': sys.exit('no luck')"
    )
    project.sweep(exclusive_candidates=GRID)
    project.launch("--backend", "local")
    return project


def test_status_is_one_table_with_the_failures_when_piped(sweep) -> None:
    head, counts, *failures = sweep.launch("status").stdout.splitlines()
    assert head.split() == ["running", "done", "failed", "left", "total", "ETA"]
    assert counts.split() == ["0", "10", "2", "0", "12", "over"]
    assert len(failures) == 2
    assert all("exit status 1: no luck (attempt 1" in line for line in failures)


def test_a_share_is_told_apart_from_the_whole(project) -> None:
    project.sweep(exclusive_candidates={"seed": list(range(6))})
    project.launch("-tn", "3", "-idx", "0", "--backend", "local")
    head, share, whole = project.launch("status").stdout.splitlines()
    assert head.split() == ["running", "done", "failed", "left", "total", "ETA"]
    assert share.split() == ["share", "0", "of", "3", "0", "2", "0", "0", "2", "over"]
    assert whole.startswith("whole sweep, as known here")
    assert whole.split()[-6:] == ["0", "2", "0", "4", "6", "-"]
    counts = project.status()["share"]
    assert (counts["total"], counts["index"], counts["done"], counts["left"]) == (3, "0", 2, 0)
    states = [line.split()[1] for line in project.launch("status", "--all").stdout.splitlines()[:6]]
    assert sorted(states) == ["done"] * 2 + ["elsewhere"] * 4


def test_one_of_several_sweeps_is_named_by_its_file(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]}, name="first.py")
    project.sweep(exclusive_candidates={"lr": [1, 2]}, name="second.py")
    for name in ("first.py", "second.py"):
        project.launch(name, "--backend", "local")
    assert project.launch("status").stderr.startswith("sweep second.py (")
    for name, total in (("first.py", "3"), ("first", "3"), ("second.py", "2")):
        assert project.launch("status", name).stdout.splitlines()[1].split()[-2] == total
    unknown = project.launch("status", "third.py")
    assert unknown.returncode == 2
    assert "unknown sweep 'third.py'; expected one of: second.py (" in unknown.stderr
    task = json.loads(next(iter(project.results_of("first.py"))))["task_id"]
    assert project.launch("logs", task).returncode == 0


def test_one_of_several_sweeps_is_stopped_by_its_file(project, wait_until) -> None:
    project.behaviour("time.sleep(60)")
    project.sweep(exclusive_candidates={"seed": [1]}, name="first.py")
    project.sweep(exclusive_candidates={"lr": [1]}, name="second.py")
    for name in ("first.py", "second.py"):
        project.launch(name, "--backend", "local", "--detach")

    def running() -> list[str]:
        tables = [project.launch("status", name).stdout for name in ("first.py", "second.py")]
        return [table.splitlines()[1].split()[0] for table in tables]

    wait_until(lambda: running() == ["1", "1"])
    assert project.launch("stop", "first.py", "--wait").stdout.count("stopping") == 1
    assert running() == ["0", "1"]
    project.launch("stop", "--wait")


def test_status_all_tells_since_when_and_where_a_task_runs(project, wait_until) -> None:
    project.behaviour("open('up', 'w').close(); time.sleep(100)")
    project.sweep(exclusive_candidates={"seed": [1, 2]}, MAX_PARALLEL=1, rnd_seed=None)
    launcher = project.start("--backend", "local", "--gpus", "3")
    wait_until((project.folder / "up").exists)
    lines = project.launch("status", "--all", "--once").stdout.splitlines()
    project.launch("stop")
    launcher.communicate()
    assert " running   seed=1  (for " in lines[0]
    assert f"on {os.uname().nodename}, GPU 3)" in lines[0]
    assert lines[1].endswith(" left      seed=2")


def test_what_starts_is_told_before_anything_ends(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]}, MAX_PARALLEL=2)
    first = project.launch("--backend", "local", "--gpus", "0,1").stdout.splitlines()[0]
    assert first.startswith("3 tasks, 2 at a time, GPUs 0,1; launch ")
    assert first.endswith("; from another terminal: sml-launch status")


def test_a_detached_launch_is_waited_for_and_tells_a_command_how_it_ended(project) -> None:
    project.behaviour("time.sleep(0.3); sys.exit(int(sys.argv[-1] == '3'))")
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]})
    started = project.launch("--backend", "local", "--detach", "--notify", "sh -c 'echo $1 >told' sh")
    assert started.returncode == 0
    assert "3 tasks started, local; sml-launch status shows them, sml-launch wait" in started.stderr
    assert project.launch("wait").returncode == 1, "a task failed"
    project.wait_for("told")
    assert (project.folder / "told").read_text() == "generate_parallel_tasks.py: 1 failed, 2 finished\n"


def test_resume_starts_what_is_left_with_the_options_of_the_last_launch(project, wait_until) -> None:
    project.behaviour("open('up', 'w').close(); time.sleep(0.2 if sys.argv[-1] == '1' else 60)")
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]}, MAX_PARALLEL=3, rnd_seed=None)
    launcher = project.start("--backend", "local", "--timeout", "50", "--gpus", "4")
    wait_until(lambda: len(project.calls()) == 1)
    launcher.send_signal(2)
    launcher.communicate()
    project.behaviour("")
    done = project.launch("resume")
    assert done.returncode == 0
    assert len(project.calls()) == 3
    assert {call["gpu"] for call in project.calls()} == {"4"}
    assert project.launch("resume").stdout.endswith(" have finished or are running\n")


def test_where_runs_come_home_the_experiment_file_tells_what_is_missing(sweep, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for name in ("generate_parallel_tasks.py", "main.py"):
        (home / name).write_bytes((sweep.folder / name).read_bytes())
    done = sweep.launch("missing", "-C", str(home), "-d", str(sweep.folder / "logfile"))
    assert done.returncode == 0, done.stderr
    assert "0 of 12 tasks are missing" in done.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "12 of 12 tasks are missing" in sweep.launch("missing", "-C", str(home), "-d", str(empty)).stderr


def test_on_a_terminal_the_table_follows_until_nothing_runs(project, wait_until) -> None:
    project.behaviour("open('up', 'w').close()\nwhile not os.path.exists('seen'): time.sleep(0.05)")
    project.sweep(exclusive_candidates={"seed": [1]})
    launcher = project.start("--backend", "local")
    wait_until((project.folder / "up").exists)
    ours, theirs = pty.openpty()
    status = subprocess.Popen(project.command("status"), cwd=project.folder, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
            if b"running" in shown:
                (project.folder / "seen").touch()
    except OSError:  # the terminal is closed when the command ends
        pass
    os.close(ours)
    assert status.wait(20) == 0
    launcher.communicate(timeout=120)
    tables = shown.decode().split("running")[1:]
    assert len(tables) > 1
    assert tables[0].split()[5:7] == ["1", "0"]
    assert tables[-1].split()[5:8] == ["0", "1", "0"]


def test_coverage_is_method_by_environment_by_seed(sweep) -> None:
    lines = sweep.launch("status", "--coverage").stdout.splitlines()
    assert lines[0].split() == ["Ant", "Hopper"]
    assert lines[1].split() == ["lr=0.1", "+1", "+2", "!3", "+1", "+2", "+3"]
    assert lines[2].split() == ["lr=0.2", "+1", "+2", "!3", "+1", "+2", "+3"]


def test_json_has_the_cells_of_the_plan_with_their_states(sweep) -> None:
    status = sweep.status()
    (file,) = (sweep.folder / ".sml-launch" / "plans").iterdir()
    plan = read_plan(file)
    assert status["swept"] == list(plan.swept) == ["env_name", "lr", "seed"]
    assert [(item["cell"], item["task"]) for item in status["cells"]] == [
        (list(plan.cell(task.parameters)), task.id) for task in plan.tasks
    ]
    assert {tuple(item["cell"]) for item in status["cells"] if item["state"] == "failed"} == {
        ("Ant", "0.1", "3"),
        ("Ant", "0.2", "3"),
    }
    assert len(status["failures"]) == 2


def test_the_plan_finds_the_same_cells_missing_among_the_run_folders(sweep) -> None:
    (file,) = (sweep.folder / ".sml-launch" / "plans").iterdir()
    plan = read_plan(file)
    runs = [json.loads(path.read_text()) for path in sweep.folder.glob("logfile/*/config/parameter.json")]
    states = {item["task"]: item["state"] for item in sweep.status()["cells"]}
    missing = plan.missing(run for run in runs if (run["env_name"], run["seed"]) != ("Ant", 3))
    assert {task.id for task in missing} == {task for task, state in states.items() if state != "done"}
    assert len(missing) == 2


def test_when_a_nodes_logs_are_lost_exactly_its_cells_run_again(sweep) -> None:
    sweep.behaviour(RUN_WRITER)
    sweep.launch("retry")
    home = sweep.folder / "home"
    (sweep.folder / "logfile").rename(home)
    for lost in ("Ant-0.1-1", "Hopper-0.2-3"):
        for file in (home / lost / "config").iterdir():
            file.unlink()
    (home / "Hopper-0.2-2" / "config" / "status.json").write_text('{"state": "running"}')
    (home / "Hopper-0.2-1" / "config" / "status.json").unlink()
    missing = sweep.launch("missing", "-d", "home")
    assert missing.stderr == "4 of 12 tasks are missing\n"
    assert len(missing.stdout.splitlines()) == 4
    before = len(sweep.calls())
    done = sweep.launch("--backend", "local", "--only-missing", "-d", "home")
    assert "8 of 12 tasks are covered by 10 run folders; 1 run folders have no state" in done.stdout
    assert sorted(" ".join(call["argv"][1::2]) for call in sweep.calls()[before:]) == [
        "Ant 0.1 1",
        "Hopper 0.2 1",
        "Hopper 0.2 2",
        "Hopper 0.2 3",
    ]
    assert sweep.launch("missing", "-d", "home", "-d", "logfile").stdout == ""


def test_missing_without_logs_is_what_has_not_finished_here(sweep) -> None:
    cells = json.loads(sweep.launch("missing", "--json").stdout)["cells"]
    assert sorted(item["cell"] for item in cells) == [["Ant", "0.1", "3"], ["Ant", "0.2", "3"]]


def test_dry_run_prints_and_writes_nothing(project) -> None:
    project.sweep(exclusive_candidates={"text": ["a b", "$x"]})
    done = project.launch("--dry-run")
    assert sorted(line.partition("main.py ")[2] for line in done.stdout.splitlines()) == [
        "--text '$x'",
        "--text 'a b'",
    ]
    assert {path.name for path in project.folder.iterdir()} == {"main.py", "generate_parallel_tasks.py"}


def test_without_a_backend_the_command_says_what_to_type(project) -> None:
    project.sweep(exclusive_candidates={"seed": list(range(10))}, MAX_PARALLEL=2)
    done = project.launch("-tn", "3", "-idx", "0")
    assert len(done.stdout.splitlines()) == 4
    assert (
        "run_all.json has 4 of 10 tasks, 2 at a time; start them with:\n  tmuxp load -d run_all.json"
        in done.stderr
    )
    assert len(json.loads((project.folder / "run_all.json").read_text())["tasks"]) == 4
    assert project.calls() == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-tn", "3", "-idx", "3"), "-idx 3 of -tn 3: expected -idx from 0 to 2"),
        (("--backend", "pbs"), "unknown backend 'pbs'; expected one of: local, tmux, slurm, dask"),
        (("--only-missing",), "--only-missing needs -d LOGS"),
        (("--only-missing", "-d", "nowhere"), "-d nowhere: no such folder"),
        (("-d", "x"), "-d needs --only-missing"),
        (("--gpus", "0,0"), "a GPU is repeated"),
        (("--gpus", "x"), "invalid --gpus 'x'; expected numbers such as 0,1, or free"),
        (("--gpus", "0,"), "invalid --gpus '0,'; expected numbers such as 0,1, or free"),
        (("--rerun", "zz"), "invalid --rerun zz, the prefix of 0 task ids"),
        (("-o", "x"), "invalid -o x; expected NAME=VALUE"),
        (("--run", "--backend", "local"), "--run starts tasks in tmux"),
        (("status",), "nothing was launched in"),
        (("none.py",), "none.py: no such experiment file"),
    ],
)
def test_a_wrong_word_is_one_line_and_starts_nothing(project, words: tuple[str, ...], message: str) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]})
    done = project.launch(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert {path.name for path in project.folder.iterdir()} == {"main.py", "generate_parallel_tasks.py"}


@pytest.mark.parametrize(
    "command", [(), *((name,) for name in ("status", "logs", "stop", "retry", "missing"))]
)
def test_every_command_has_help(project, command: tuple[str, ...]) -> None:
    done = project.launch(*command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: sml-launch")
    assert Path(project.folder / ".sml-launch").exists() is False


def test_durations_are_for_people() -> None:
    assert [duration(seconds) for seconds in (5, 600, 12_000, 190_000)] == [
        "5 s",
        "10 min",
        "3 h 20 min",
        "2 d 4 h",
    ]


def test_what_accounting_knows_of_jobs_that_squeue_has_forgotten_counts() -> None:
    text = "7_0|COMPLETED\n7_1|TIMEOUT\n7_2|PREEMPTED\n7_3|CANCELLED by 0\n7_[4-9]|PENDING\n\n"
    assert parse_accounting(text) == {"7_1": "timeout", "7_2": "preempted"}


def test_elements_that_squeue_forgot_are_asked_of_sacct_while_others_still_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What squeue and sacct of Slurm 22.05 with slurmdbd printed.
    for name, text in (("squeue", "2_2 RUNNING 0"), ("sacct", "2_0|PREEMPTED\n2_1|PREEMPTED\n2_2|RUNNING")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert states_of_jobs({"2": 3}) == {"2_0": "preempted", "2_1": "preempted", "2_2": "queued"}
