"""A launcher is killed at any moment: no task is lost, none is run twice, and the states are true."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from sml_config.run_folder import read_json
from sml_config.tasks.claims import claimant_of
from sml_config.tasks.states import DONE, LEFT, RUNNING
from sml_launch import processes
from sml_launch.processes import OWNER_VARIABLE
from sml_launch.state import claims
from sml_launch.state.claims import Claims, Owner
from sml_launch.state.results import Result, record
from sml_launch.state.state_paths import StatePaths
from sml_launch.status.status import status_of

LOCAL = ("--backend", "local")
TASK = "0123456789ab"

# Reports that it has started, and ends when it may.
UNTIL_TOLD = """
name = 'go' + sys.argv[-1]
open('up' + name, 'w').close()
while not os.path.exists(name): time.sleep(0.02)
"""

# For each step of taking a claim, a process is killed there; prints what each leaves.
KILLED_WHILE_IT_CLAIMS = """
import os, signal, sys
from pathlib import Path
from sml_launch.state.claims import Claims, Owner
from sml_launch.state.state_paths import StatePaths

paths, task = StatePaths.under(Path(sys.argv[1])), sys.argv[2]

def claim_until(step):
    left = step

    def line(frame, event, argument):
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return line

    def call(frame, event, argument):
        return line if frame.f_code.co_filename.endswith("claims.py") else None

    claims = Claims(paths, Owner.me("first"))
    sys.settrace(call)
    claims.take(task)
    os._exit(0)

killed, step = True, 0
while killed:
    step += 1
    pid = os.fork()
    if pid == 0:
        claim_until(step)
    killed = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    claim = paths.claims / task
    print(repr(claim.read_text()) if claim.exists() else "no claim")
    second = Claims(paths, Owner.me("second"))
    assert second.take(task), step
    second.release(task)
"""


@pytest.fixture
def paths(tmp_path: Path) -> StatePaths:
    """The state folder of a project."""
    paths = StatePaths.under(tmp_path)
    paths.create_folders()
    return paths


def kill_with_guard(project, launcher: subprocess.Popen[str]) -> None:
    """Kill a launcher with running tasks, and its guard, so that the tasks are left running."""
    holder = claimant_of(read_json(next((project.folder / ".sml-launch/claims").iterdir())))
    assert holder is not None
    guards = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if path.exists() and holder.mark.encode() in path.read_bytes()
    ]
    processes.send(guards, signal.SIGKILL)
    launcher.kill()
    launcher.communicate()


def cancel_all(project, wait_until) -> list[str]:
    """Start the sweep and interrupt it, so that its tasks are left; returns their ids."""
    project.behaviour("open('up', 'w').close(); time.sleep(100)")
    launcher = project.start(*LOCAL)
    wait_until((project.folder / "up").exists)
    launcher.send_signal(signal.SIGINT)
    launcher.communicate(timeout=120)
    project.behaviour("")
    return sorted(project.status()["tasks"])


def test_a_claim_of_a_launcher_that_was_killed_at_any_step_can_be_taken_at_once(
    paths: StatePaths, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_IT_CLAIMS, str(tmp_path), TASK]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    left = done.stdout.splitlines()
    assert "''" not in left, "a claim without an owner"
    assert left[0] == "no claim"
    assert '"launch": "first"' in left[-1]
    assert len(left) > 10


def test_claims_exclude_each_other_where_files_cannot_be_linked(paths: StatePaths, monkeypatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    first, second = (Claims(paths, Owner.me(name)) for name in ("first", "second"))
    assert first.take(TASK)
    assert not second.take(TASK)
    first.release(TASK)
    assert second.take(TASK)
    assert sorted(entry.name for entry in paths.root.iterdir() if entry.name.startswith(".")) == []


def test_a_launcher_releases_no_claim_that_another_took_over(paths: StatePaths) -> None:
    silent, other = (Claims(paths, Owner.me(name)) for name in ("silent", "other"))
    assert silent.take(TASK)
    (paths.claims / TASK).unlink()
    assert other.take(TASK)
    minute_ago = time.time() - 60
    os.utime(paths.claims / TASK, (minute_ago, minute_ago))
    silent.beat()
    assert (paths.claims / TASK).stat().st_mtime == pytest.approx(minute_ago)
    silent.release(TASK)
    assert claims.running(paths) == {TASK}


@pytest.mark.slow
def test_resume_starts_a_task_whose_claim_a_killed_launcher_left_empty(project, wait_until) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]}, MAX_PARALLEL=1)
    task_id = cancel_all(project, wait_until)[0]
    claim = project.folder / ".sml-launch/claims" / task_id
    claim.touch()  # as older versions left it
    almost_a_minute_ago = time.time() - 57
    os.utime(claim, (almost_a_minute_ago, almost_a_minute_ago))
    assert project.status()["tasks"][task_id] == RUNNING
    done = project.launch("resume")
    assert done.returncode == 0, done.stderr
    assert project.status()["done"] == 3


@pytest.mark.slow
def test_a_task_of_another_machine_is_resumed_by_a_later_resume(project, wait_until) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]}, MAX_PARALLEL=1)
    task_id = cancel_all(project, wait_until)[0]
    claim = project.folder / ".sml-launch/claims" / task_id
    claim.write_text(json.dumps({"host": "elsewhere", "boot": "", "pid": 1, "start": 1}))
    done = project.launch("resume")
    assert "1 task is running or queued, and not started again" in done.stderr
    assert project.status()["done"] == 2
    eleven_minutes_ago = time.time() - 660
    os.utime(claim, (eleven_minutes_ago, eleven_minutes_ago))
    for _ in range(2):
        assert project.launch("resume").returncode == 0
    assert project.status()["done"] == 3
    assert len(project.calls()) == 3


@pytest.mark.slow
@pytest.mark.parametrize("which", ["all failed tasks", "one task"])
def test_resume_after_a_retry_has_the_other_tasks_as_well(project, wait_until, which: str) -> None:
    project.behaviour("if sys.argv[-1] == '1': sys.exit(1)\nopen('up', 'w').close(); time.sleep(100)")
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]}, MAX_PARALLEL=1, rnd_seed=None)
    launcher = project.start(*LOCAL)
    wait_until((project.folder / "up").exists)
    launcher.send_signal(signal.SIGINT)
    launcher.communicate(timeout=120)
    (failure,) = project.status()["failures"]
    project.behaviour("")
    words = [failure["task_id"]] if which == "one task" else []
    assert project.launch("retry", *words).returncode == 0
    assert (project.status()["done"], project.status()["left"]) == (1, 2)
    assert project.launch("resume").returncode == 0
    assert sorted(call["argv"][-1] for call in project.calls()) == ["1", "2", "3"]
    assert "have finished or are running" in project.launch("resume").stdout


@pytest.mark.slow
def test_what_finished_while_a_rerun_was_killed_is_not_run_again_by_resume(project, wait_until) -> None:
    run = (
        "from pathlib import Path\n"
        "folder = Path('logfile', os.environ['SML_TASK_ATTEMPT'] + '-' + sys.argv[-1], 'config').absolute()\n"
        "folder.mkdir(parents=True)\n"
        "(folder / 'run_config.json').write_text(json.dumps({'task_id': os.environ['SML_TASK_ID']}))\n"
        "Path(os.environ['SML_TASK_FOLDER'], 'run_folder').write_text(str(folder.parent))\n"
        "import signal\n"
        "if os.path.exists('slow'):\n"
        "    signal.signal(15, signal.SIG_IGN); open('up', 'w').close(); time.sleep(1)\n"
        "(folder / 'status.json').write_text('{\"state\": \"finished\"}')\n"
    )
    project.behaviour(run)
    project.sweep(exclusive_candidates={"seed": [1, 2]}, MAX_PARALLEL=1)
    assert project.launch(*LOCAL).returncode == 0
    (project.folder / "slow").touch()
    launcher = project.start(*LOCAL, "--rerun", "all")
    wait_until((project.folder / "up").exists)
    launcher.kill()
    launcher.communicate()
    (project.folder / "slow").unlink()
    assert project.launch("resume").returncode == 0
    assert Counter(call["argv"][-1] for call in project.calls()) == {"1": 2, "2": 2}
    assert {result["attempt"] for result in project.results()} == {1, 2}


@pytest.mark.slow
def test_a_task_that_begins_is_already_noted_with_its_launch(project) -> None:
    project.behaviour(
        "note = open(os.environ['SML_TASK_FOLDER'] + '/started.json').read()\nprint(note, flush=True)\n"
    )
    project.sweep(exclusive_candidates={"seed": [1]})
    for attempt in (1, 2):
        assert project.launch(*LOCAL, "--rerun", "all").returncode == 0
        note = json.loads(project.launch("logs", next(iter(project.status()["tasks"]))).stdout)
        assert note["attempt"] == attempt
        assert note["launch"] == project.results()[-1]["launch"]


@pytest.mark.slow
def test_two_resumes_of_a_rerun_at_once_run_each_task_once(project, wait_until) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]}, MAX_PARALLEL=1)
    assert project.launch(*LOCAL).returncode == 0
    project.behaviour("open('up', 'w').close(); time.sleep(100)")
    launcher = project.start(*LOCAL, "--rerun", "all")
    wait_until((project.folder / "up").exists)
    launcher.send_signal(signal.SIGINT)
    launcher.communicate(timeout=120)
    project.behaviour("time.sleep(0.3)", launchers=4)
    resumes = [project.start("resume"), project.start("resume")]
    for resume in resumes:
        resume.communicate(timeout=120)
        assert resume.returncode == 0
    assert len(project.calls()) == 6


@pytest.mark.slow
def test_a_task_that_ended_without_its_launcher_does_not_count_as_running_because_of_others(
    project, wait_until
) -> None:
    project.behaviour(UNTIL_TOLD)
    project.sweep(exclusive_candidates={"seed": [1, 2]}, MAX_PARALLEL=2)
    launcher = project.start(*LOCAL)
    wait_until(lambda: len(list(project.folder.glob("upgo*"))) == 2)
    kill_with_guard(project, launcher)
    assert project.status()["running"] == 2
    (project.folder / "go1").touch()
    wait_until(lambda: project.status()["running"] == 1)
    (project.folder / "go2").touch()
    wait_until(lambda: project.status()["running"] == 0)


@pytest.mark.slow
def test_stop_ends_what_a_killed_launcher_left_running(project, wait_until) -> None:
    project.behaviour(UNTIL_TOLD)
    project.sweep(exclusive_candidates={"seed": [1, 2]}, MAX_PARALLEL=2, rnd_seed=None)
    launcher = project.start(*LOCAL)
    wait_until(lambda: len(list(project.folder.glob("upgo*"))) == 2)
    kill_with_guard(project, launcher)
    first, second = project.status()["tasks"]
    assert project.launch("stop", "--wait", first).returncode == 0
    assert project.status()["tasks"] == {first: LEFT, second: RUNNING}
    assert project.launch("stop", "--wait").returncode == 0
    assert project.status()["left"] == 2


@pytest.mark.slow
def test_the_guard_ends_a_task_that_was_only_just_being_started_and_holds_its_claim(
    paths: StatePaths, wait_until
) -> None:
    owner = Owner.me("killed")
    (paths.claims / TASK).write_text(json.dumps({**vars(owner), "start": owner.start - 1}))
    mark = f"{OWNER_VARIABLE}={owner.mark}"
    environment = {**os.environ, OWNER_VARIABLE: owner.mark}
    guard = subprocess.Popen(
        [sys.executable, processes.__file__, mark], stdin=subprocess.PIPE, env=environment
    )
    # Between fork and exec a process does not have its environment yet.
    starting = subprocess.Popen(["sh", "-c", 'sleep 0.2; exec env "$0" sleep 100', mark])
    assert guard.stdin is not None
    wait_until(lambda: claims.running(paths) == {TASK})
    guard.stdin.close()
    try:
        assert starting.wait(30) == -signal.SIGTERM
    finally:
        starting.kill()
    assert guard.wait(30) == 0
    assert not claims.running(paths)


def test_a_task_that_ends_while_the_status_is_read_is_not_left(paths: StatePaths) -> None:
    holder = Claims(paths, Owner.me("launch"))
    assert holder.take(TASK)
    calls = []

    def end_the_task(frame, event: str, _: object) -> None:
        """After the first of the two reads, of claims or of results."""
        name = frame.f_code.co_name
        if event == "return" and name in ("running", "refresh"):
            calls.append(name)
            if len(calls) == 1:
                sys.setprofile(None)
                record(paths, Result(TASK, 1, "finished", 0, "", 1.0, 1.0, "here", None, None, "launch"))
                holder.release(TASK)

    sys.setprofile(end_the_task)
    try:
        state = status_of(paths, [TASK]).states[TASK]
    finally:
        sys.setprofile(None)
    assert calls
    assert state != LEFT
    assert status_of(paths, [TASK]).states[TASK] == DONE
