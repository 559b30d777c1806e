"""Hangups, closed pipes, poor terminals, daemons: no task is lost, and nothing is left behind."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LOCAL = ("--backend", "local")
DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open('daemon-', 'w').write(str(os.getpid()))
        os.rename('daemon-', 'daemon')
        time.sleep(100)
    os._exit(0)
while not os.path.exists('daemon'):
    time.sleep(0.01)
"""


def test_nohup_is_respected(project, wait_until) -> None:
    project.behaviour("time.sleep(1)")
    project.sweep(exclusive_candidates={"seed": [1, 2]}, MAX_PARALLEL=1)
    launcher = subprocess.Popen(
        ["nohup", *project.command(*LOCAL)], cwd=project.folder, stdout=subprocess.PIPE, text=True
    )
    wait_until(lambda: list((project.folder / ".sml-launch" / "claims").glob("*")))
    launcher.send_signal(signal.SIGHUP)
    launcher.communicate(timeout=120)
    assert launcher.returncode == 0
    assert len(project.calls()) == 2


def test_resume_waits_for_a_task_that_a_killed_launcher_left_and_runs_it_where_that_was_cut(
    project, wait_until
) -> None:
    # The first attempt outlives its launcher and ends without having done its work.
    project.behaviour(
        "import signal\n"
        "if os.environ['SML_TASK_ATTEMPT'] == '1':\n"
        "    open('up', 'w').write(str(os.getpid())); time.sleep(3); os._exit(9)\n"
    )
    project.sweep(exclusive_candidates={"seed": [1]})
    launcher = project.start(*LOCAL)
    wait_until((project.folder / "up").exists)
    launcher.kill()
    launcher.communicate()
    resumed = project.launch("resume")
    assert resumed.returncode == 0, resumed.stderr
    assert len(project.calls()) == 1
    assert project.status()["done"] == 1


def test_a_terminal_that_hangs_up_ends_the_tasks_and_leaves_them_time(project, wait_until) -> None:
    project.behaviour(
        "import signal\n"
        "def end(*_):\n    time.sleep(1); open('saved', 'w').close(); os._exit(0)\n"
        "signal.signal(signal.SIGTERM, end); open('up', 'w').close(); time.sleep(100)\n"
    )
    project.sweep()
    pid, terminal = pty.fork()
    if pid == 0:
        # The shell hands the hangup on to what it started, which hears it twice so.
        os.execvp("bash", ["bash", "--norc", "-i", "-c", '"$@"; :', "bash", *project.command(*LOCAL)])  # noqa: S606
    wait_until((project.folder / "up").exists)
    os.close(terminal)
    wait_until((project.folder / "saved").exists)
    os.waitpid(pid, 0)
    wait_until(lambda: project.results())
    assert project.results()[0]["outcome"] == "cancelled"


def test_a_task_is_one_line_whatever_its_values(project) -> None:
    project.sweep(exclusive_candidates={"text": ["a\nb", "\x1b[2J", "x" * 1000]})
    progress = project.launch(*LOCAL).stdout
    shown = project.launch("status", "--all").stdout
    assert [len(text.splitlines()) for text in (progress, shown)] == [5, 5]
    assert all("text=a\\nb" in text and "text=\\x1b[2J" in text for text in (progress, shown))
    assert max(map(len, shown.splitlines())) < 350


def test_a_reader_that_goes_away_stops_no_task(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2, 3, 4]}, MAX_PARALLEL=1)
    launcher = project.start(*LOCAL)
    assert launcher.stdout is not None
    launcher.stdout.readline()
    launcher.stdout.close()
    assert launcher.wait(120) == 0
    assert len(project.calls()) == 4


def test_a_reader_of_the_status_that_has_enough_is_no_error(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1]})
    project.launch(*LOCAL)
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(
        project.command("status"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=project.folder,
        env=buffered,
    ) as status:
        status.stdout.close()
        assert status.stderr.read() == b""
    assert status.returncode == 141


def test_a_terminal_without_the_characters_gets_escapes(project) -> None:
    project.sweep(exclusive_candidates={"name": ["中文", "\U0001f600", "ok"]}, MAX_PARALLEL=1)
    poor = {"PYTHONIOENCODING": "ascii"}
    done = project.launch(*LOCAL, **poor)
    assert (done.returncode, done.stderr) == (0, "")
    assert "name=\\u4e2d\\u6587: " in done.stdout
    assert len(project.calls()) == 3
    for words in (
        ("status", "--all", "--coverage"),
        ("missing",),
        ("--dry-run", "--rerun", "all"),
        ("logs",),
    ):
        done = project.launch(*words, **poor)
        assert done.returncode == 0
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("ended_by", ["itself", "ctrl-c", "time limit"])
def test_a_daemon_ends_with_its_task(project, wait_until, is_alive, ended_by: str) -> None:
    project.behaviour(DAEMON + ("" if ended_by == "itself" else "time.sleep(100)"))
    project.sweep()
    launcher = project.start(*LOCAL, *(["--timeout", "5"] if ended_by == "time limit" else []))
    wait_until((project.folder / "daemon").exists)
    if ended_by == "ctrl-c":
        launcher.send_signal(signal.SIGINT)
    launcher.communicate(timeout=120)
    assert not is_alive(int((project.folder / "daemon").read_text()))
    assert project.status()["running"] == 0


def test_binary_output_of_any_size_is_kept_and_shown(project) -> None:
    project.behaviour("for _ in range(20): os.write(1, bytes(range(256)) * 4096)\nsys.exit(5)")
    project.sweep()
    done = project.launch(*LOCAL)
    assert "exit status 5" in done.stdout
    (task,) = project.status()["tasks"]
    assert (project.folder / ".sml-launch" / "tasks" / task / "log.txt").stat().st_size == 20 * 2**20
    assert project.launch("logs", task[:4]).returncode == 0


def test_a_shells_exit_status_tells_the_signal_of_its_child(project) -> None:
    project.behaviour("sys.exit(137)")
    project.sweep()
    assert "exit status 137 (a child was ended by SIGKILL?)" in project.launch(*LOCAL).stdout


def test_no_secret_of_the_environment_is_seen_by_others(project, wait_until) -> None:
    secret = "s3cret-token"
    project.behaviour("open('up', 'w').close(); time.sleep(2)")
    project.sweep(exclusive_candidates={"seed": [1]}, environment_dict={"WANDB_API_KEY": secret})
    printed = project.launch()
    launcher = project.start(*LOCAL)
    wait_until((project.folder / "up").exists)
    command_lines = b"".join(
        path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()
    )
    seen = launcher.communicate(timeout=120)[0] + printed.stdout + printed.stderr
    seen += project.launch("status", "--json").stdout + project.launch("logs").stdout
    assert secret not in seen
    assert secret.encode() not in command_lines
    holding = [
        path
        for path in project.folder.rglob("*")
        if path.is_file() and path.suffix != ".py" and secret.encode() in path.read_bytes()
    ]
    launches = project.folder / ".sml-launch" / "launches"
    assert {path.parent for path in holding} == {launches}
    assert {path.stat().st_mode & 0o777 for path in holding} == {0o600}
    assert launches.stat().st_mode & 0o777 == 0o700
