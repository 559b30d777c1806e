"""A dry run tells what would be done, and changes nothing on either side."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import sml_sync
from sml_sync.cli import main

from .conftest import Server, make_run

pytestmark = pytest.mark.needs("sshd", "ssh-keygen")


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All files, those of sml-sync too, with their times."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def planned(report: sml_sync.SyncReport) -> dict[str, str]:
    return {file.path: file.action for file in report.files if file.action != "unchanged"}


def options(server: Server) -> list[str]:
    target = server.target
    return ["--key", str(server.key), "--known-hosts", str(server.known_hosts), "--to", str(target)]


def test_a_push_that_would_be_the_first_makes_nothing(sshd: Server, tmp_path: Path) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    before = everything(tmp_path)
    report = sml_sync.sync(run, sshd.target, tmp_path / "far" / "run", dry_run=True)
    assert report.ok, report.text
    assert set(planned(report).values()) == {"would be sent"}
    assert "6 would be sent; 3.1 KB to" in report.text
    assert not (tmp_path / "far").exists()
    assert everything(tmp_path) == before


def test_a_push_tells_what_would_be_sent_appended_and_removed(sshd: Server, tmp_path: Path) -> None:
    run, far = make_run(tmp_path / "logfile" / "run"), tmp_path / "far" / "run"
    assert sml_sync.sync(run, sshd.target, far).ok
    with (run / "progress.csv").open("a") as table:
        table.write("3,4\n")
    (run / "new.txt").write_text("new")
    (run / "log.txt").unlink()
    before = everything(tmp_path)
    report = sml_sync.sync(run, sshd.target, far, replace=True, dry_run=True)
    assert planned(report) == {
        "progress.csv": "would be appended",
        "new.txt": "would be sent",
        "log.txt": "would be removed",
    }
    assert report.bytes == 7
    assert everything(tmp_path) == before
    assert sml_sync.sync(run, sshd.target, far, replace=True).counts == {
        "appended": 1, "sent": 1, "removed": 1, "unchanged": 4,
    }  # fmt: skip


def test_a_pull_tells_what_would_be_fetched(sshd: Server, tmp_path: Path) -> None:
    node, laptop = make_run(tmp_path / "node" / "run"), tmp_path / "laptop"
    report = sml_sync.pull(sshd.target, tmp_path / "node", laptop, dry_run=True)
    assert report.counts == {"would be sent": 6}, report.text
    assert not laptop.exists()
    assert sml_sync.pull(sshd.target, tmp_path / "node", laptop).ok
    with (node / "progress.csv").open("a") as table:
        table.write("3,4\n")
    os.utime(node / "progress.csv", (2e9, 2e9))
    before = everything(tmp_path)
    report = sml_sync.pull(sshd.target, tmp_path / "node", laptop, dry_run=True)
    assert planned(report) == {"run/progress.csv": "would be appended"}
    assert report.bytes == 4
    assert everything(tmp_path) == before


def test_another_run_of_the_name_would_be_moved_and_is_not(sshd: Server, tmp_path: Path) -> None:
    make_run(tmp_path / "far" / "run", "b" * 32)
    run = make_run(tmp_path / "logfile" / "run")
    before = everything(tmp_path)
    report = sml_sync.sync(run, sshd.target, tmp_path / "far" / "run", dry_run=True)
    assert f"it would be moved to {tmp_path}/far_bk" in report.text
    assert report.counts == {"would be sent": 6}
    report = sml_sync.pull(sshd.target, tmp_path / "far" / "run", run, dry_run=True)
    assert "is another run" in report.text
    assert everything(tmp_path) == before


def test_the_command_tells_every_file(
    sshd: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    path = str(tmp_path / "far" / "run")
    assert main(["push", "--dry-run", *options(sshd), "--path", path, str(run)]) == 0
    assert "would be sent: progress.csv (8 bytes)\n" in capsys.readouterr().out
    assert main(["pull", "--dry-run", *options(sshd), "--path", str(run), str(tmp_path / "here")]) == 0
    assert "would be sent: progress.csv (8 bytes)\n" in capsys.readouterr().out
    assert not (tmp_path / "here").exists()


def test_pull_from_two_machines_brings_both_and_with_a_comma_the_first_that_answers(
    sshd: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run(tmp_path / "node" / "run")
    target, dead = str(sshd.target), "127.0.0.1:1"
    words = ["--key", str(sshd.key), "--known-hosts", str(sshd.known_hosts), "--path", str(tmp_path / "node")]
    assert main(["pull", "--from", target, "--from", target, *words, str(tmp_path / "both")]) == 0
    assert capsys.readouterr().out.count(f"{target}: ") == 2
    assert main(["pull", "--from", f"{dead},{target}", *words, str(tmp_path / "one")]) == 0
    assert (tmp_path / "one" / "run" / "progress.csv").exists()
    capsys.readouterr()
    assert main(["pull", "--from", dead, "--from", target, *words, str(tmp_path / "rest")]) == 1
    said = capsys.readouterr()
    assert f"{dead}: connect" in said.err
    assert (tmp_path / "rest" / "run" / "progress.csv").exists()
