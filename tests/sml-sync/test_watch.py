"""A run that is watched is at home soon after it ended, however it ended, and costs its training nothing."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sml_config
import sml_sync
from sml_logger.remote import Remote
from sml_sync import progress
from sml_sync.session import request_of
from sml_sync.transfer.local_files import Selection

from .conftest import Line, Server, make_run, serve, tree

pytestmark = pytest.mark.needs("sshd", "ssh-keygen")
PASSWORD = "pl4nted-P4ssw0rd"

TRAINING = """
import os, sys, time
import sml_config, sml_logger
from pathlib import Path
base, port, key, user = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
common = sml_config.CommonConfig(
    MAIN_MACHINE_IP=["127.0.0.1"], MAIN_MACHINE_PORT=[port], MAIN_MACHINE_USER=user,
    MAIN_MACHINE_PASSWD=os.environ["PLANTED"], MAIN_MACHINE_KEY_FILE=key,
    MAIN_MACHINE_LOG_PATH=str(base / "far" / "TESTLog"), MAIN_MACHINE_HOST_KEY=sys.argv[5],
)
sml_config.set_settings(sml_config.Settings(common, sml_config.ExperimentConfig(), base))
every = float(sys.argv[6]) or None
logger = sml_logger.Logger(log_name="run", base_path=base, backup_code=False, sync_every=every)
for step in range(20):
    logger.log_tabular("step", step)
    logger.dump_tabular()
    if step == 5 and every is None:
        assert logger.sync_log_to_remote()
    if step == 10:
        print("READY", flush=True)
        if sys.argv[7] == "wait":
            time.sleep(0.5 if every and every < 5 else 0)
if sys.argv[7] == "wait":
    if os.fork() == 0:
        os.close(1), os.close(2)
        time.sleep(30)  # a worker that inherited the pipe and outlives its parent
        os._exit(0)
    print("WRITTEN", flush=True)
    time.sleep(60)
logger.close()
"""


def fingerprint(sshd: Server) -> str:
    words = ["ssh-keygen", "-l", "-f", sshd.home / "host.pub"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[1]


@pytest.fixture
def start(sshd: Server, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    processes = []
    pin = fingerprint(sshd)

    def begin(every: float, mode: str) -> subprocess.Popen[str]:
        words = [
            str(tmp_path),
            str(sshd.port),
            str(sshd.key),
            getpass.getuser(),
            pin,
            str(every),
            mode,
        ]
        process = subprocess.Popen(
            [sys.executable, "-c", TRAINING, *words],
            env={**os.environ, "PLANTED": PASSWORD},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        # The worker that outlived its parent is in its group still.
        subprocess.run(["kill", "-9", "--", f"-{process.pid}"], check=False, capture_output=True)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def of_the_watch(process: Path) -> bool:
    """Whether a process sends, and is no worker of the training."""
    command = (process / "cmdline").read_bytes()
    return TRAINING.encode() not in command and (b"sml_sync" in command or b"sml-ssh-" in command)


def until(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if word in line:
            return said
    pytest.fail(f"it ended without {word}:\n{said}")


def appears(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


@pytest.mark.serial
def test_the_last_rows_of_a_killed_run_are_at_home_within_ten_seconds(start, tmp_path: Path) -> None:
    process = start(3600.0, "wait")
    until(process, "WRITTEN")
    os.kill(process.pid, signal.SIGKILL)
    far = tmp_path / "far" / "TESTLog" / "run" / "progress.csv"
    assert appears(lambda: far.exists() and far.read_text().endswith("\n19\n"), 10)
    here = tmp_path / "logfile" / "run" / "progress.csv"
    assert far.read_bytes() == here.read_bytes()


def test_rows_arrive_while_the_run_goes_on(start, tmp_path: Path) -> None:
    process = start(0.2, "wait")
    until(process, "WRITTEN")
    far = tmp_path / "far" / "TESTLog" / "run" / "progress.csv"
    assert appears(lambda: far.exists() and far.read_text().endswith("\n19\n"), 50)
    assert process.poll() is None


@pytest.mark.parametrize("every", [0.3, 0.0])
def test_after_a_normal_end_the_far_status_says_finished(start, tmp_path: Path, every: float) -> None:
    process = start(every, "end")
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    far, here = tmp_path / "far" / "TESTLog" / "run", tmp_path / "logfile" / "run"
    assert appears(lambda: (far / "config" / "status.json").exists(), 60)
    assert appears(
        lambda: json.loads((far / "config" / "status.json").read_text())["state"] == "finished", 60
    )
    assert appears(lambda: tree(far) == tree(here), 60)


def test_a_planted_password_is_nowhere(start, tmp_path: Path) -> None:
    process = start(0.2, "wait")
    said = until(process, "WRITTEN")
    for _ in range(3):
        listed = subprocess.run(
            ["ps", "axww", "-o", "args"], check=True, capture_output=True, text=True
        ).stdout
        assert "sml_sync.watch" in listed
        assert PASSWORD not in listed
        for path in Path("/proc").glob("[0-9]*/environ"):
            # It is in the training's environment because its user put it there.
            if int(path.parent.name) != process.pid:
                with contextlib.suppress(OSError):
                    assert PASSWORD.encode() not in path.read_bytes() or not of_the_watch(path.parent)
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGTERM)
    rest, _ = process.communicate(timeout=120) if process.stdout else ("", "")
    assert PASSWORD not in said + rest
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".jsonl" for path in files)
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]


def test_the_process_that_sends_leaves_no_core_file(start) -> None:
    process = start(0.2, "wait")
    until(process, "WRITTEN")

    def is_limited() -> bool:
        words = ["pgrep", "-P", str(process.pid), "-f", "sml_sync.watch_process"]
        pids = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
        limits = [Path(f"/proc/{pid}/limits").read_text() for pid in pids]
        return bool(limits) and all("Max core file size        1 " in text for text in limits)

    assert appears(is_limited, 30)


def test_no_error_and_no_repr_shows_the_password(
    sshd: Server, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    with serve(tmp_path_factory.mktemp("password"), "PasswordAuthentication yes") as server:
        target = sml_sync.Target("127.0.0.1", server.port, "root", PASSWORD, known_hosts=server.known_hosts)
        report = sml_sync.sync(run, [target], str(tmp_path / "far" / "run"))
        assert not report.ok
        assert "tried: password" in report.text
        words = ["push", run, "--to", f"root@127.0.0.1:{server.port}", "--path", tmp_path / "far" / "run"]
        done = subprocess.run(
            [sys.executable, "-m", "sml_sync.cli", *words, "--known-hosts", server.known_hosts],
            env={**os.environ, "SML_PASSWD": PASSWORD},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        log = (server.home / "log").read_text()
    assert done.returncode == 1
    for text in (report.text, repr(report), repr(target), str(target), done.stdout, done.stderr, log):
        assert PASSWORD not in text
    assert "Traceback" not in done.stderr


def test_a_watch_goes_on_after_the_machine_was_away(sshd: Server, tmp_path: Path, line) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    line.budget = 0
    request = request_of(run, str(tmp_path / "far" / "run"), Selection())
    watch = sml_sync.Watch([sshd.through(line.port)], request, 0.2)
    assert appears(lambda: (run / ".sml-sync" / "last").exists(), 60)
    assert json.loads((run / ".sml-sync" / "last").read_text())["ok"] is False
    line.carried, line.budget = 0, 1 << 60
    assert watch.close(60)
    assert tree(tmp_path / "far" / "run") == tree(run)


def test_a_second_signal_ends_the_tries_of_a_run_that_cannot_get_home(
    sshd: Server, tmp_path: Path, line: Line
) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    line.budget = 0
    request = request_of(run, str(tmp_path / "far" / "run"), Selection())
    watch = sml_sync.Watch([sshd.through(line.port)], request, 60.0)
    assert not watch.close(0.0)
    assert appears(lambda: (run / ".sml-sync" / "last").exists(), 60)
    os.kill(watch.pid, signal.SIGTERM)
    time.sleep(0.5)
    assert Path(f"/proc/{watch.pid}/cwd").exists(), "one is the end of the run, which is not at home yet"
    os.kill(watch.pid, signal.SIGTERM)
    assert appears(lambda: not Path(f"/proc/{watch.pid}/cwd").exists(), 60)
    watch.close()


def test_the_log_of_a_run_shows_the_progress_of_its_upload(
    sshd: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_LINE_SECONDS", 0.005)
    run = make_run(tmp_path / "logfile" / "run")
    (run / "model").write_bytes(os.urandom(2_000_000))
    common = sml_config.CommonConfig(
        MAIN_MACHINE_IP=["127.0.0.1"],
        MAIN_MACHINE_PORT=[sshd.port],
        MAIN_MACHINE_USER=getpass.getuser(),
        MAIN_MACHINE_KEY_FILE=str(sshd.key),
        MAIN_MACHINE_LOG_PATH=str(tmp_path / "far"),
        MAIN_MACHINE_HOST_KEY=fingerprint(sshd),
    )
    settings = sml_config.Settings(common, sml_config.ExperimentConfig(), tmp_path)
    lines: list[str] = []
    assert Remote(run, lines.append).push(settings, 1)
    assert re.fullmatch(r"syncing: .+ sent, .+ received, .+/s, \d+ s", lines[0])
    assert "127.0.0.1" in lines[-1]
