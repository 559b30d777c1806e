"""The command `sml-sync`."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sml_config.project_settings.scaffold import write_common_config
from sml_sync.cli import main

from .conftest import Server, make_run, tree

pytestmark = pytest.mark.needs("sshd", "ssh-keygen")


@pytest.fixture
def project(sshd: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose settings name the machine."""
    write_common_config(tmp_path)
    file = tmp_path / "common_config" / "common_config.yaml"
    far = tmp_path / "far" / "TESTLog"
    file.write_text(
        "LOG_DIR_BACKING_NAME: TESTLog\nMAIN_MACHINE_IP: [127.0.0.1]\n"
        f"MAIN_MACHINE_PORT: [{sshd.port}]\nMAIN_MACHINE_USER: {getpass.getuser()}\n"
        f"MAIN_MACHINE_LOG_PATH: {far}\nMAIN_MACHINE_KEY_FILE: {sshd.key}\n"
        f"MAIN_MACHINE_HOST_KEY: {sshd.fingerprint}\n"
    )
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        make_run(tmp_path / "logfile" / name, name * 32)
    return tmp_path


def test_push_sends_every_run_of_the_project(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push"]) == 0
    assert "12 sent" in capsys.readouterr().out
    assert tree(project / "far" / "TESTLog") == tree(project / "logfile")
    assert main(["push", "logfile/a", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {file["action"] for file in said["files"]} == {"unchanged"}


def test_push_of_one_run_after_another_sends_nothing_twice(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["push", "logfile/a", "logfile/b"]) == 0
    capsys.readouterr()
    assert main(["push"]) == 0
    assert "12 unchanged; 0 bytes" in capsys.readouterr().out


def test_pull_brings_them_back(project: Path) -> None:
    assert main(["push"]) == 0
    assert main(["pull", "copy"]) == 0
    assert tree(project / "copy") == tree(project / "logfile")


def test_status_tells_what_has_come_since(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push", "logfile/a"]) == 0
    with (project / "logfile" / "a" / "progress.csv").open("a") as table:
        table.write("5,6\n")
    capsys.readouterr()
    assert main(["status"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith(f"s ago to {project}/far/TESTLog/a; 1 files, 4 bytes not sent yet")
    assert "b: never sent" in second


def test_a_reader_that_has_enough_is_no_error(project: Path) -> None:
    command = [Path(sys.executable).with_name("sml-sync"), "status"]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=project, env=buffered
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_terminal_without_the_characters_gets_escapes(project: Path) -> None:
    (project / "logfile" / "a").rename(project / "logfile" / "中")
    command = [Path(sys.executable).with_name("sml-sync"), "status"]
    poor = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=project, env=poor, capture_output=True, text=True, check=True)
    assert "\\u4e2d: never sent" in done.stdout


def test_status_says_where_there_is_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["status", "logfile"]) == 0
    assert capsys.readouterr().out == "no runs in logfile\n"


def test_status_tells_why_the_last_try_failed(
    project: Path, sshd: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / "common_config" / "common_config.yaml"
    file.write_text(file.read_text().replace(str(sshd.port), "1"))
    assert main(["push", "logfile/a"]) == 1
    capsys.readouterr()
    assert main(["status", "logfile/a"]) == 0
    assert "refused" in capsys.readouterr().out


def test_doctor_goes_step_by_step(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    steps = [line.split()[0] for line in said.splitlines()[1:] if line[2:3].strip()]
    assert steps == ["resolve", "connect", "host", "login", "session", "path", "space", "speed"]
    assert "will be made in" in said
    assert "/s" in said
    assert not (project / "far").exists()
    assert not list(project.glob(".sml-tmp-*"))


def test_doctor_says_what_to_change(project: Path, sshd: Server, capsys: pytest.CaptureFixture[str]) -> None:
    file = project / "common_config" / "common_config.yaml"
    good = file.read_text()
    for wrong, told in (
        (good.replace(str(sshd.port), "1"), "is this the right port"),
        (good.replace(str(sshd.key), "/nowhere/key"), "No such file"),
        (good.replace(str(project / "far"), "/proc/far"), "/proc"),
        (good.replace("[127.0.0.1]", "[no-such-host.invalid]"), "correct the name in MAIN_MACHINE_IP"),
    ):
        file.write_text(wrong)
        assert main(["doctor"]) == 1
        assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["push", "none", "--to", "h", "--path", "/x"], "no such folder"),
        (["push", "--to", "h:ssh", "--path", "/x", "."], "expected [user@]host[:port]"),
        (["push", "--to", "", "."], "'' is not a target"),
        (["pull", "--to", "", "."], "'' is not a target"),
        (["doctor", "--to", "h", "--path", ""], "--path '' names no folder"),
        (["push", "--to", "h", "--path", "", "."], "--path '' names no folder"),
        (["push", "--project", "/", "."], "has no common_config/"),
        (["pull", "x", "--to", "h", "--path", "/x", "--password-file", "/nowhere"], "cannot be read"),
    ],
)
def test_a_wrong_call_is_one_line_and_no_traceback(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.startswith("sml-sync: ")
    assert said.count("\n") == 1


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("push", "pull", "watch", "status", "doctor", "accept-key"):
        with pytest.raises(SystemExit, match="0"):
            main([name, "--help"])
        assert name in capsys.readouterr().out


def test_a_wrong_option_prints_the_usage_of_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["push", "--bogus", "run"])
    said = capsys.readouterr().err
    assert said.startswith("usage: sml-sync push ")
    assert "sml-sync push: error: unrecognized arguments: --bogus" in said


def test_what_is_gone_here_is_removed_over_there_by_the_name_that_rsync_has_for_it(project: Path) -> None:
    assert main(["push", "logfile/a"]) == 0
    (project / "logfile" / "a" / "log.txt").unlink()
    assert main(["push", "logfile/a", "--delete"]) == 0
    assert tree(project / "far" / "TESTLog" / "a") == tree(project / "logfile" / "a")


@pytest.mark.serial
def test_no_more_travels_in_a_second_than_is_allowed(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "logfile" / "a" / "model").write_bytes(os.urandom(300_000))
    started = time.monotonic()
    assert main(["push", "logfile/a", "--bwlimit", "200K", "--progress"]) == 0
    assert 1.2 < time.monotonic() - started < 6
    assert " sent, " in capfd.readouterr().err
    started = time.monotonic()
    assert main(["pull", "copy", "--bwlimit", "200K"]) == 0
    assert 1.2 < time.monotonic() - started < 6
    assert tree(project / "copy" / "a") == tree(project / "logfile" / "a")


def test_several_machines_are_pulled_at_a_time_to_folders_of_their_own(
    project: Path, sshd: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"127.0.0.1:{sshd.port}", f"localhost:{sshd.port}"]
    both = project / "hosts"
    both.write_text(
        "".join(sshd.known_hosts.read_text().replace("127.0.0.1", name.partition(":")[0]) for name in names)
    )
    words = ["--key", str(sshd.key), "--known-hosts", str(both), "--path", str(project / "logfile")]
    assert main(["pull", "copy", "--by-host", "--from", names[0], "--from", names[1], *words]) == 0
    for host in ("127.0.0.1", "localhost"):
        assert tree(project / "copy" / host) == tree(project / "logfile")
