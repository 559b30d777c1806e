"""tmux, a real server for each test: every task runs exactly once, with exactly its arguments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("tmux")

OLD_FILE = """
import argparse
import os
import sys
from smart_logger.scripts.generate_tmuxp_base import generate_tmuxp_file, make_cmd_array

MAX_SUBWINDOW = 6
MAX_PARALLEL = {max_parallel}


def get_cmd_array(total_machine=8, machine_idx=0):
    session_name = 'TEST.SESSION'
    current_path = os.path.dirname(os.path.abspath(__file__))
    GPUS = ["\\"\\""]
    environment_dict = dict(CUDA_VISIBLE_DEVICES="\\"\\"", PYTHONPATH=current_path, MODE="$HOME/m")
    start_up_header = sys.executable + " main.py "
    parameters_base = dict(backing_log=True, seed=1)
    exclusive_candidates = dict(
        env_name=['HalfCheetah-v2', 'Hopper-v2', 'Ant-v2', 'Walker2d-v2'],
        seed=[13, 17, 23, 31],
        policy_lr=[1e-4, 3e-4, 5e-5],
    )
    aligned_candidates = dict(
        information=['value_lr1', 'value_lr2', 'value_lr3'],
        value_lr=[1e-3, 1e-4, 1e-5],
    )

    def task_is_valid(_task):
        return True

    cmd_array, session_name = make_cmd_array(
        current_path, session_name, start_up_header, parameters_base, environment_dict,
        aligned_candidates, exclusive_candidates, GPUS, MAX_PARALLEL, MAX_SUBWINDOW,
        machine_idx, total_machine, task_is_valid, {more}
    )
    cmd_array.append(['true', 'echo raw'])
    return cmd_array, session_name


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--machine_idx', '-idx', type=int, default=-1)
    parser.add_argument('--total_machine_num', '-tn', type=int, default=8)
    args = parser.parse_args()
    cmd_array, session_name = get_cmd_array(args.total_machine_num, args.machine_idx)
    generate_tmuxp_file(session_name, cmd_array, {file_options})


if __name__ == '__main__':
    main()
"""
PLAIN = "split_all=True, sleep_before=0.0, sleep_after=0.0"


@pytest.fixture(autouse=True)
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A tmux server of the test's own: its sockets are in the test's folder."""
    sockets = tmp_path / "sockets"
    sockets.mkdir()
    monkeypatch.setenv("TMUX_TMPDIR", str(sockets))
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("SHELL", "/bin/bash")
    # A shell without anybody's start-up files.
    monkeypatch.setenv("HOME", str(tmp_path))
    yield
    subprocess.run(["tmux", "kill-server"], check=False, capture_output=True)


def load(folder: Path, name: str = "run_all.json") -> None:
    """What the tutorial tells one to type."""
    tmuxp = Path(sys.executable).with_name("tmuxp")
    subprocess.run([tmuxp, "load", "-d", name], cwd=folder, check=True, capture_output=True)


def old_file(project, max_parallel: int = 10, more: str = PLAIN, file_options: str = "use_json=True") -> Path:
    path = project.folder / "generate_parallel_tasks.py"
    text = (
        OLD_FILE.replace("{max_parallel}", str(max_parallel))
        .replace("{more}", more)
        .replace("{file_options}", file_options)
    )
    path.write_text(text)
    return path


def python(project, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=project.folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("seeds", "parallel"), [(6, 6), (60, 60)])
def test_every_task_runs_once(project, wait_until, seeds: int, parallel: int) -> None:
    project.sweep(exclusive_candidates={"seed": list(range(seeds))}, MAX_PARALLEL=parallel, MAX_SUBWINDOW=6)
    done = project.launch("--run")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: len(project.calls()) >= seeds and not project.status()["running"], 120)
    assert sorted(int(call["argv"][1]) for call in project.calls()) == list(range(seeds))
    assert project.status()["done"] == seeds


def test_the_tutorials_file_writes_144_tasks_that_run_once_each(project, wait_until) -> None:
    old_file(project)
    parts = [
        python(project, "generate_parallel_tasks.py", "-tn", "10", "-idx", str(index)) for index in range(10)
    ]
    lines = [line for part in parts for line in part.stdout.splitlines()]
    assert len(lines) == len(set(lines)) == 144
    assert {len(part.stdout.splitlines()) for part in parts} == {14, 15}
    whole = python(project, "generate_parallel_tasks.py")
    assert sorted(whole.stdout.splitlines()) == sorted(lines)
    assert "tmuxp load -d run_all.json" in whole.stderr
    run_all = json.loads((project.folder / "run_all.json").read_text())
    assert run_all["session_name"] == "TEST_SESSIONvalue_lr1_value_lr2_value_lr3"
    assert [len(window["panes"]) for window in run_all["windows"]] == [6, 4, 2]
    assert sorted(task["command"] for task in run_all["tasks"]) == sorted(lines)
    load(project.folder)
    wait_until(lambda: len(project.calls()) >= 144 and project.status()["done"] == 144, 240)
    calls = project.calls()
    assert sorted(" ".join(call["argv"]) for call in calls) == sorted(
        line.partition("main.py ")[2] for line in lines
    )
    assert {call["gpu"] for call in calls} == {""}
    assert {call["environment"]["MODE"] for call in calls} == {os.environ["HOME"] + "/m"}


def test_arguments_arrive_as_they_are(project, wait_until) -> None:
    expected = project.sweep_of_nasty_values(MAX_PARALLEL=4, session_name="nasty")
    assert project.launch("--backend", "tmux").returncode == 0
    wait_until(lambda: len(project.calls()) == len(expected), 60)
    assert sorted(call["argv"] for call in project.calls()) == expected


def test_a_failed_task_does_not_cancel_those_behind_it_unless_asked(project, wait_until) -> None:
    project.behaviour("if '2' in sys.argv: sys.exit(7)")
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]}, MAX_PARALLEL=1, rnd_seed=None)
    project.launch("--run")
    wait_until(lambda: project.status()["done"] == 2)
    (failure,) = project.status()["failures"]
    assert (failure["outcome"], failure["status"]) == ("failed", 7)
    subprocess.run(["tmux", "kill-server"], check=True)
    project.launch("--run", "--fail-fast", "--rerun", "all")
    wait_until(lambda: len(project.results()) >= 5)
    wait_until(lambda: not project.status()["running"])
    assert [result["outcome"] for result in project.results()[3:]] == ["finished", "failed"]


def test_a_session_at_work_is_an_error_and_one_that_has_ended_is_replaced(project, wait_until) -> None:
    project.behaviour("time.sleep(100)")
    project.sweep(exclusive_candidates={"seed": [1]}, session_name="mine")
    project.launch("--run")
    wait_until(lambda: project.status()["running"] == 1)
    again = project.launch("--run")
    assert again.returncode == 2
    assert "the tmux session 'mine' already exists; end it (tmux kill-session -t mine)" in again.stderr
    assert "stopping" in project.launch("stop", "--wait").stdout
    wait_until(lambda: project.status()["left"] == 1)
    project.behaviour("")
    wait_until(lambda: project.launch("--run").returncode == 0)
    wait_until(lambda: project.status()["done"] == 1)


def test_a_killed_pane_takes_its_task_along(project, wait_until, is_alive) -> None:
    project.behaviour("open('pid', 'w').write(str(os.getpid())); time.sleep(100)")
    project.sweep(exclusive_candidates={"seed": [1]})
    project.launch("--run")
    pid = project.folder / "pid"
    wait_until(lambda: pid.exists() and pid.read_text())
    subprocess.run(["tmux", "kill-server"], check=True)
    wait_until(lambda: not is_alive(int(pid.read_text())))
    wait_until(lambda: project.status()["left"] == 1)


def test_inside_tmux_the_session_is_made_on_the_server_around_it(project, monkeypatch, wait_until) -> None:
    subprocess.run(["tmux", "-L", "outer", "new-session", "-d", "-s", "mine"], check=True)
    ask = ["tmux", "-L", "outer", "display-message", "-p", "#{socket_path},#{pid},0"]
    around = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    project.behaviour("time.sleep(100)")
    project.sweep(exclusive_candidates={"seed": [1]}, session_name="sweep")
    done = project.launch("--run", TMUX=around)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: project.status()["running"] == 1)
    sessions = subprocess.run(
        ["tmux", "-L", "outer", "ls"], check=True, capture_output=True, text=True
    ).stdout
    assert [line.partition(":")[0] for line in sessions.splitlines()] == ["mine", "sweep"]
    assert "already exists; end it (tmux -S " in project.launch("--run", TMUX=around).stderr
    assert "stopping" in project.launch("stop", "--wait").stdout, "from outside, too"
    subprocess.run(["tmux", "-L", "outer", "kill-server"], check=True)


def test_variables_that_the_file_refers_to_are_those_of_the_launching_shell(project, wait_until) -> None:
    subprocess.run(["tmux", "new-session", "-d", "-s", "older"], check=True)
    project.sweep(exclusive_candidates={"seed": [1]}, environment_dict={"MODE": "$TOKEN"}, session_name="s")
    assert project.launch("--run", TOKEN="to'ken").returncode == 0
    wait_until(project.calls)
    assert project.calls()[0]["environment"]["MODE"] == "to'ken"
    (script,) = (project.folder / ".sml-launch" / "launches").glob("*/pane-*.sh")
    assert (script.parent.stat().st_mode & 0o777, script.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_pane_shows_what_its_tasks_print(project, wait_until) -> None:
    project.behaviour(
        "print('return of', sys.argv[2], flush=True)\n"
        "while '2' in sys.argv and not os.path.exists('seen'): time.sleep(0.05)"
    )
    project.sweep(exclusive_candidates={"seed": [1, 2]}, MAX_PARALLEL=1, session_name="seen", rnd_seed=None)
    project.launch("--run")

    def pane() -> str:
        command = ["tmux", "capture-pane", "-p", "-t", "=seen:"]
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout

    wait_until(lambda: "return of 2" in pane())
    assert project.status()["running"] == 1, "while it runs"
    (project.folder / "seen").touch()
    wait_until(lambda: "seed=2: " in pane())
    assert pane().count("return of 1") == pane().count("return of 2") == 1


def test_a_stopped_sweep_that_is_loaded_again_says_so(project, wait_until) -> None:
    project.behaviour("time.sleep(100)")
    project.sweep(exclusive_candidates={"seed": [1]}, session_name="again")
    project.launch("--run")
    wait_until(lambda: project.status()["running"] == 1)
    project.launch("stop", "--wait")
    subprocess.run(["tmux", "kill-server"], check=True)
    load(project.folder)
    command = ["tmux", "capture-pane", "-p", "-J", "-t", "=again:"]
    wait_until(
        lambda: (
            "stopped on request; run sml-launch again for the remaining tasks"
            in subprocess.run(command, check=False, capture_output=True, text=True).stdout
        )
    )


def test_the_python_interface_waits_for_panes(project, monkeypatch) -> None:
    from sml_launch import Plan

    project.sweep(exclusive_candidates={"seed": [1, 2, 3]}, MAX_PARALLEL=2)
    run = Plan.from_file().submit("tmux", socket_name="own", session_name="a.b")
    assert run.wait(60).done == 3
    sessions = subprocess.run(["tmux", "-L", "own", "ls"], capture_output=True, text=True, check=True)
    assert sessions.stdout.startswith("a_b:")
    subprocess.run(["tmux", "-L", "own", "kill-server"], check=True)


def test_old_habits_work(project, wait_until) -> None:
    old_file(
        project,
        max_parallel=2,
        more="cmd_post_process=lambda cmd: cmd + ' --more \"$MODE\" && true', rnd_seed=None, "
        "error_stop=False, equality_assign=True, task_time_interval=1, sleep_before=0.1, sleep_after=0.1",
        file_options="use_json=False, layout='even-horizontal', window_names=['one', 'two']",
    )
    text = (project.folder / "generate_parallel_tasks.py").read_text()
    text = text.replace("'Hopper-v2', 'Ant-v2', 'Walker2d-v2'", "").replace("17, 23, 31", "")
    text = text.replace("return True", "_task['extra'] = 1; return _task['policy_lr'] == 1e-4")
    (project.folder / "generate_parallel_tasks.py").write_text(text)
    done = python(project, "generate_parallel_tasks.py")
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()[0]
    assert first.endswith(
        "main.py backing_log=True seed=13 env_name=HalfCheetah-v2 policy_lr=0.0001 "
        'information=value_lr1 value_lr=0.001 extra=1 --more "$MODE" && true'
    )
    load(project.folder, "run_all.yaml")
    wait_until(lambda: project.status()["done"] == 3, 60)
    assert {tuple(call["argv"][-2:]) for call in project.calls()} == {("--more", os.environ["HOME"] + "/m")}
    assert {call["argv"][1] for call in project.calls()} == {"seed=13"}


def test_the_command_takes_an_old_file_to_any_backend(project) -> None:
    old_file(project)
    assert len(project.launch("-tn", "10", "-idx", "2", "--dry-run").stdout.splitlines()) == 15
    done = project.launch("generate_parallel_tasks.py", "-tn", "12", "-idx", "2", "--backend", "local")
    assert done.returncode == 0, done.stderr
    assert len(project.calls()) == 12


def test_a_wrong_old_file_is_one_line(project) -> None:
    path = old_file(project)
    path.write_text(path.read_text().replace("[1e-3, 1e-4, 1e-5]", "[1e-3, 1e-4]"))
    done = python(project, "generate_parallel_tasks.py")
    assert done.returncode == 2
    assert done.stderr.startswith("sml-launch: aligned_candidates must be equally long")
    assert done.stderr.count("\n") == 1
    assert not (project.folder / "run_all.json").exists()


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_tasks_start_where_the_locale_knows_no_utf_8(project, wait_until, locale: str) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2]}, MAX_PARALLEL=2)
    done = project.launch("--run", LC_ALL=locale)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: len(project.calls()) == 2, 60)


@pytest.mark.parametrize(
    ("name", "session"),
    [
        ("$(touch x)`id`", "__touch x__id_"),
        ("$HOME;~#{pid}'\"", "_HOME____pid___"),
        ("=%a.b:c", "__a_b_c"),
        ("训练 lr=1e-3", "训练 lr=1e-3"),
    ],
)
def test_a_session_may_be_called_anything(project, wait_until, name: str, session: str) -> None:
    project.sweep(exclusive_candidates={"seed": [1]}, session_name=name)
    done = project.launch("--run")
    assert done.returncode == 0, done.stderr
    sessions = subprocess.run(["tmux", "ls", "-F", "#S"], check=True, capture_output=True, text=True).stdout
    assert sessions.splitlines() == [session]
    wait_until(lambda: project.status()["done"] == 1)
    assert not (project.folder / "x").exists()


def test_a_load_that_fails_leaves_no_session_behind(project, tmp_path: Path) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2]}, MAX_PARALLEL=2, session_name="half")
    tools = tmp_path / "tools"
    tools.mkdir()
    # A tmux that makes sessions and cannot split their windows.
    real = subprocess.run(["which", "tmux"], capture_output=True, text=True, check=True).stdout.strip()
    script = f'#!/bin/sh\nfor word; do [ "$word" = split-window ] && exit 1; done\nexec {real} "$@"\n'
    (tools / "tmux").write_text(script)
    (tools / "tmux").chmod(0o755)
    done = project.launch("--run", PATH=f"{tools}{os.pathsep}{os.environ['PATH']}")
    assert done.returncode == 2
    assert "nothing was started" in done.stderr
    assert subprocess.run(["tmux", "has-session", "-t", "=half"], check=False, capture_output=True).returncode
