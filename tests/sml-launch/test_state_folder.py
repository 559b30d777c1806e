"""The state folder is deleted, full, shared by machines whose clocks differ: nothing is lost or run twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LOCAL = ("--backend", "local")
ON_ANOTHER_MACHINE = ["unshare", "--uts", "sh", "-c", 'hostname elsewhere; exec "$@"', "sh"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def other_machine() -> list[str]:
    """Words before a command that run it under another host name."""
    if subprocess.run([*ON_ANOTHER_MACHINE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no right to have another host name")
    return ON_ANOTHER_MACHINE


def test_attempts_are_counted_on_when_the_logs_were_deleted(project) -> None:
    project.behaviour("sys.exit(1)")
    project.sweep(exclusive_candidates={"seed": [1]})
    for _ in range(2):
        project.launch(*LOCAL)
    shutil.rmtree(project.folder / ".sml-launch" / "tasks")
    project.behaviour("")
    project.launch(*LOCAL)
    assert project.status()["done"] == 1
    assert project.calls()[0]["attempt"] == "3"


def test_a_plan_file_that_a_power_failure_left_empty_is_written_again(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1]})
    assert project.launch(*LOCAL).returncode == 0
    (plan,) = (project.folder / ".sml-launch" / "plans").iterdir()
    plan.write_text("")
    assert project.launch(*LOCAL, "--rerun", "all").returncode == 0
    assert project.status()["done"] == 1


@pytest.mark.parametrize("removal", ["deleted", "moved"])
def test_a_state_folder_that_goes_away_ends_the_launcher_with_a_reason(
    project, wait_until, removal: str
) -> None:
    project.behaviour("open('up', 'w').close(); time.sleep(1.5)")
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]}, MAX_PARALLEL=1)
    launcher = project.start(*LOCAL)
    wait_until((project.folder / "up").exists)
    state = project.folder / ".sml-launch"
    shutil.rmtree(state) if removal == "deleted" else state.rename(project.folder / "away")
    output, _ = launcher.communicate(timeout=120)
    assert launcher.returncode == 1
    assert "sml-launch: the launcher cannot go on: [Errno 2] No such file or directory: " in output
    assert "Traceback" not in output


def test_a_full_disk_is_said_and_afterwards_the_rest_runs(project, small_disk: Path) -> None:
    state = small_disk / "state"
    state.mkdir()
    (project.folder / ".sml-launch").symlink_to(state)
    project.behaviour("if os.path.exists('noisy'): os.write(1, b'x' * 2**20)")
    project.sweep(exclusive_candidates={"seed": list(range(6))}, MAX_PARALLEL=1)
    (project.folder / "noisy").touch()
    done = project.launch(*LOCAL)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    (project.folder / "noisy").unlink()
    for log in (state / "tasks").glob("*/log*.txt"):
        log.unlink()
    assert project.launch(*LOCAL).returncode == 0
    assert project.status()["done"] == 6


def test_a_folder_without_permission_is_one_line(project, open_to_all) -> None:
    if os.geteuid() or not shutil.which("setpriv"):
        pytest.skip("only root can be somebody else")
    project.sweep(start_up_header="true", exclusive_candidates={"seed": [1]})
    other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run([*other, *project.command("--help")], check=False, capture_output=True).returncode:
        pytest.skip("somebody else cannot run this interpreter")
    open_to_all(project.folder)
    done = subprocess.run(
        [*other, *project.command(*LOCAL)], cwd=project.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Permission denied" in done.stderr
    assert done.stderr.count("\n") == 1


def test_two_machines_share_the_work_of_one_folder(project, other_machine: list[str]) -> None:
    project.behaviour("time.sleep(0.1)", launchers=2)
    project.sweep(exclusive_candidates={"seed": list(range(20))}, MAX_PARALLEL=2)
    local = project.start(*LOCAL)
    remote = subprocess.Popen([*other_machine, *project.command(*LOCAL)], cwd=project.folder)
    local.communicate(timeout=120)
    assert (remote.wait(60), local.returncode) == (0, 0)
    assert Counter(call["argv"][1] for call in project.calls()) == dict.fromkeys(map(str, range(20)), 1)
    assert len({result["host"] for result in project.results()}) == 2
    assert project.status()["done"] == 20


def test_a_machine_that_fell_silent_loses_its_tasks_to_another(
    project, other_machine: list[str], wait_until
) -> None:
    project.behaviour("open('up', 'w').close(); time.sleep(0 if os.path.exists('quick') else 100)")
    project.sweep(exclusive_candidates={"seed": [1]})
    remote = subprocess.Popen([*other_machine, *project.command(*LOCAL)], cwd=project.folder)
    wait_until((project.folder / "up").exists)
    (project.folder / "quick").touch()
    remote.kill()
    remote.wait()
    here = project.start(*LOCAL)
    (claim,) = (project.folder / ".sml-launch" / "claims").iterdir()
    time.sleep(1.5)
    assert project.status()["running"] == 1, "whether it lives cannot be seen from here"
    eleven_minutes_ago = time.time() - 660
    os.utime(claim, (eleven_minutes_ago, eleven_minutes_ago))
    here.communicate(timeout=120)
    assert here.returncode == 0
    assert len(project.calls()) == 1


@pytest.mark.parametrize("hours", [-5, 5])
def test_failures_of_a_machine_whose_clock_is_wrong_are_run_again(project, hours: int) -> None:
    project.behaviour("sys.exit(1)")
    project.sweep(exclusive_candidates={"seed": [1]})
    project.launch(*LOCAL)
    (journal,) = (project.folder / ".sml-launch" / "results").iterdir()
    line = json.loads(journal.read_text())
    journal.rename(journal.with_name("elsewhere.jsonl")).write_text(
        json.dumps({**line, "started": line["started"] + 3600 * hours, "host": "elsewhere"}) + "\n"
    )
    project.behaviour("")
    assert project.launch(*LOCAL).returncode == 0
    assert project.status()["done"] == 1


def test_two_launchers_in_one_interactive_job_share_the_work(project, monkeypatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    project.behaviour("time.sleep(0.3)")
    project.sweep(exclusive_candidates={"seed": list(range(6))}, MAX_PARALLEL=2)
    launchers = [project.start(*LOCAL), project.start(*LOCAL)]
    for launcher in launchers:
        launcher.communicate(timeout=120)
        assert launcher.returncode == 0
    assert Counter(call["argv"][1] for call in project.calls()) == dict.fromkeys(map(str, range(6)), 1)


def test_stop_reaches_what_only_its_claims_tell_of(project, other_machine: list[str], wait_until) -> None:
    project.behaviour("open('up', 'w').close(); time.sleep(100)")
    project.sweep(exclusive_candidates={"seed": [1, 2]}, MAX_PARALLEL=1)
    remote = subprocess.Popen([*other_machine, *project.command(*LOCAL)], cwd=project.folder)
    wait_until((project.folder / "up").exists)
    for handle in (project.folder / ".sml-launch" / "launches").glob("*.handle"):
        handle.unlink()
    assert "stopping 2" in project.launch("stop", "--wait").stdout
    assert remote.wait(30) != -signal.SIGKILL
    assert project.status()["left"] == 2


DAMAGE = {
    "a claim of a newer version": ("claims/{task}", '{"host": "h", "pid": 1, "later": true}'),
    "a claim that is a list": ("claims/{task}", "[1]"),
    "a result without an attempt": ("results/x.jsonl", '{"task_id": "{task}", "attempt": null}\n'),
    "a result whose attempt is text": ("results/x.jsonl", '{"task_id": "{task}", "attempt": "2"}\n'),
    "a result whose id is a list": ("results/x.jsonl", '{"task_id": ["x"], "attempt": 1}\n'),
    "a result beyond any number": (
        "results/x.jsonl",
        '{"task_id": "{task}", "attempt": 1e400, "started": 1e400}\n',
    ),
    "a nested line": ("results/x.jsonl", "[" * 100_000 + "\n"),
    "a run folder that is a number": (
        "results/x.jsonl",
        '{"task_id": "{task}", "attempt": 9, "outcome": "finished", "started": 1, "run_folder": 5}\n',
    ),
    "a launch without its fields": ("launches/99999999-1.json", '{"format": "sml-launch", "version": 1}'),
    "a launch of a version that is text": (
        "launches/99999999-2.json",
        '{"format": "sml-launch", "version": "x"}',
    ),
    "a launch that is a list": ("launches/99999999-3.json", "[]"),
    "a launch of wrong kinds": (
        "launches/99999999-4.json",
        '{"format": "sml-launch", "version": 1, "task_ids": 5, "plan_id": [], "directory": 1, "backend": {}}',
    ),
    "a plan that is a list": ("plans/{plan}.json", "[]"),
    "a plan without tasks": ("plans/{plan}.json", '{"swept": 1, "tasks": [{"id": 1}]}'),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_state_files_are_named_and_passed_over_by_every_command(project, name: str) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2]})
    project.launch(*LOCAL)
    state = project.folder / ".sml-launch"
    plan = next((state / "plans").iterdir())
    task = json.loads(plan.read_text())["tasks"][0]["id"]
    path, text = DAMAGE[name]
    damaged = state / path.replace("{task}", task).replace("{plan}", plan.stem)
    damaged.write_text(text.replace("{task}", task))
    os.utime(damaged, (time.time() - 100,) * 2)
    for words in (("status",), ("logs",), ("missing",), ("stop",), ("retry", task), LOCAL):
        done = project.launch(*words)
        assert "Traceback" not in done.stdout + done.stderr, words
        assert done.returncode in (0, 2), (words, done.stderr)
        if words == ("status",):
            assert str(damaged) in done.stderr


def test_a_task_that_ended_before_it_was_recorded_is_recorded_and_not_run_again(project) -> None:
    project.behaviour(
        "from sml_logger import Logger; log = Logger(log_name='r', force_backup=True); log.close()\n"
    )
    project.sweep(exclusive_candidates={"seed": [1]})
    project.launch(*LOCAL)
    journal = next((project.folder / ".sml-launch" / "results").iterdir())
    journal.write_text("")
    done = project.launch(*LOCAL)
    assert len(project.calls()) == 1
    assert "its launcher was killed; its run folder has the state finished" in done.stdout
    assert project.status()["done"] == 1


def test_a_task_that_did_not_finish_before_its_launcher_was_killed_runs_again(project) -> None:
    project.behaviour(
        "from sml_logger import Logger\n"
        "log = Logger(log_name='r', force_backup=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    project.sweep(exclusive_candidates={"seed": [1]})
    project.launch(*LOCAL)
    next((project.folder / ".sml-launch" / "results").iterdir()).write_text("")
    project.behaviour("")
    project.launch(*LOCAL)
    assert len(project.calls()) == 1


def test_escape_codes_of_a_task_do_not_reach_the_terminal(project) -> None:
    project.behaviour(r"print('\x1b]0;owned\x07\x1b[2J'); sys.exit(1)")
    project.sweep(exclusive_candidates={"seed": [1]})
    done = project.launch(*LOCAL)
    output = done.stdout + done.stderr + project.launch("status").stdout
    assert "\x1b" not in output
    assert "owned" in output


@pytest.fixture
def may_not_signal_others() -> list[str]:
    """Words before a command that run it without the right to signal other users' processes."""
    words = ["setpriv", "--bounding-set=-kill", "--inh-caps=-kill"]
    if os.geteuid() or subprocess.run([*words, "true"], check=False, capture_output=True).returncode:
        pytest.skip("only root can have processes of two users")
    return words


def test_a_process_of_another_user_that_a_task_leaves_does_not_end_the_launch(
    project, may_not_signal_others: list[str]
) -> None:
    project.behaviour(
        "import subprocess; subprocess.Popen(['sleep', '2'], user=65534, stdout=subprocess.DEVNULL)"
    )
    project.sweep(exclusive_candidates={"seed": [1, 2]}, MAX_PARALLEL=1)
    done = subprocess.run(
        [*may_not_signal_others, *project.command(*LOCAL)],
        cwd=project.folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.status()["done"] == 2


@pytest.mark.parametrize("folder", ["claims", "results", "plans", "launches"])
def test_pipes_and_devices_among_the_state_files_hold_no_command_up(project, folder: str) -> None:
    project.behaviour("")
    project.sweep(exclusive_candidates={"seed": [1]})
    project.launch(*LOCAL)
    state = project.folder / ".sml-launch" / folder
    state.mkdir(exist_ok=True)
    for name in ("0123456789ab", "z.json", "z.jsonl"):
        os.mkfifo(state / name)
    (state / "zero.json").symlink_to("/dev/zero")
    (state / "zero.jsonl").symlink_to("/dev/zero")
    for words in (["status"], ["retry"], ["missing"], ["stop"]):
        done = subprocess.run(
            project.command(*words),
            cwd=project.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=40,
        )
        assert "Traceback" not in done.stderr
