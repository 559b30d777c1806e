"""The local pool runs every task once, records how it ended and skips what has finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sml_launch import main

SCRIPT = """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int)
parser.add_argument("--text", default="")
arguments = parser.parse_args()
assert os.environ["MODE"] == "fast"
runs = pathlib.Path("runs"); runs.mkdir(exist_ok=True)
with (runs / str(arguments.seed)).open("a") as file:
    file.write(arguments.text + chr(10))
if arguments.seed == 3 and not pathlib.Path("mended").exists():
    raise SystemExit("seed 3 fails")
"""
SWEEP = f"""
start_up_header = {sys.executable + " main.py"!r}
environment_dict = dict(MODE='"fast"')
exclusive_candidates = dict(seed=[1, 2, 3, 4], text=["a b; $HOME 'c' 中"])
MAX_PARALLEL = 2
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "a project"
    folder.mkdir()
    (folder / "main.py").write_text(SCRIPT)
    (folder / "generate_parallel_tasks.py").write_text(SWEEP)
    monkeypatch.chdir(folder)
    return folder


def test_without_a_backend_the_commands_are_printed_and_nothing_runs(project: Path, capsys) -> None:
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert all("--seed" in line for line in lines)
    assert not (project / "runs").exists()


def test_every_task_gets_exactly_its_arguments(project: Path) -> None:
    main(["--backend", "local"])
    for seed in (1, 2, 3, 4):
        assert (project / "runs" / str(seed)).read_text() == "a b; $HOME 'c' 中\n"


def test_a_failed_task_is_named_with_its_log_and_the_others_go_on(project: Path, capsys) -> None:
    assert main(["--backend", "local"]) == 1
    (failed,) = [line for line in capsys.readouterr().out.splitlines() if "FAILED" in line]
    log = Path(failed.rpartition("see ")[2])
    assert "seed 3 fails" in log.read_text()


def test_a_second_call_runs_only_what_has_not_finished(project: Path, capsys) -> None:
    main(["--backend", "local"])
    (project / "mended").touch()
    assert main(["--backend", "local"]) == 0
    assert "3 of 4 tasks have finished before" in capsys.readouterr().out
    assert (project / "runs" / "1").read_text().count("\n") == 1
    assert (project / "runs" / "3").read_text().count("\n") == 2


def test_ctrl_c_ends_the_tasks_with_what_they_started(project: Path) -> None:
    (project / "main.py").write_text(
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "pathlib.Path('child').write_text(str(child.pid)); time.sleep(60)\n"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-m", "sml_launch.cli", "--backend", "local"], stderr=subprocess.PIPE, text=True
    )
    child = project / "child"
    for _ in range(200):
        if child.exists() and child.read_text():
            break
        time.sleep(0.05)
    launcher.send_signal(signal.SIGINT)
    _, errors = launcher.communicate(timeout=20)
    assert launcher.returncode == 130
    assert "stopped" in errors
    assert "Traceback" not in errors
    assert not running(int(child.read_text()))


def running(pid: int) -> bool:
    """Whether a process lives; a zombie that init has not reaped yet does not."""
    for _ in range(40):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    return True


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("none.py", None, "no such experiment file"),
        ("bad.py", "x = 1", "start_up_header"),
        ("gone.py", "start_up_header = 'no-such-program'", "cannot be started"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    project: Path, capsys, file: str, content, words: str
) -> None:
    if content:
        (project / file).write_text(content)
    assert main([file, "--backend", "local"]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
