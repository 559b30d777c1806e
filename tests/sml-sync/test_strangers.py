"""Hostile remote content: links, odd ids, endless folders, names with terminal control characters."""

from __future__ import annotations

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

import sml_sync
from sml_sync.report import FileReport, SyncReport
from sml_sync.transfer.remote_folder import label_of

from .conftest import Line, Server, make_run, tree

needs_sshd = pytest.mark.needs("sshd", "ssh-keygen")
pytestmark = needs_sshd


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder that is none of ours, with files of the names that a run has."""
    folder = tmp_path / "victim"
    (folder / "config").mkdir(parents=True)
    (folder / "progress.csv").write_text("a stranger's\n")
    (folder / "config" / "status.json").write_text("a stranger's")
    os.utime(folder / "progress.csv", (1e9, 1e9))
    return folder


@pytest.mark.parametrize(
    "place", ["run", "run/config", "run/tbfile", "../TESTLog_bk", ".sml-sync", ".sml-sync/tmp"]
)
@pytest.mark.parametrize("many", [False, True])
def test_push_writes_through_no_link(
    sshd: Server, tmp_path: Path, victim: Path, place: str, many: bool
) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    far = tmp_path / "far" / "TESTLog"
    link = far / place
    link.parent.mkdir(parents=True, exist_ok=True)
    if place == "../TESTLog_bk":
        make_run(far / "run", "b" * 32)  # another run, that would be moved there
    link.symlink_to(victim)
    before = tree(victim)
    names = ("logfile", "far/TESTLog") if many else ("logfile/run", "far/TESTLog/run")
    report = sml_sync.sync(tmp_path / names[0], sshd.target, tmp_path / names[1])
    assert not report.ok
    assert "is a link" in report.text
    assert str(os.path.normpath(link)) in report.text
    assert tree(victim) == before
    link.unlink()
    assert sml_sync.sync(run, sshd.target, far / "run").ok
    assert tree(far / "run") == tree(run)


def test_a_link_in_one_run_does_not_stop_the_others(sshd: Server, tmp_path: Path, victim: Path) -> None:
    for name in "ab":
        make_run(tmp_path / "logfile" / name, name * 32)
    far = tmp_path / "far"
    far.mkdir()
    (far / "a").symlink_to(victim)
    report = sml_sync.sync(tmp_path / "logfile", sshd.target, far)
    assert not report.ok
    assert f"{far}/a on the remote host is a link" in report.text
    assert tree(far / "b") == tree(tmp_path / "logfile" / "b")


def test_the_folder_that_was_named_may_be_a_link(sshd: Server, tmp_path: Path) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    (tmp_path / "disk").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    report = sml_sync.sync(tmp_path / "logfile", sshd.target, tmp_path / "home")
    assert report.ok, report.text
    assert tree(tmp_path / "disk" / "run") == tree(run)
    assert sml_sync.pull(sshd.target, tmp_path / "home", tmp_path / "laptop").ok
    assert tree(tmp_path / "laptop") == tree(tmp_path / "disk")


def test_replace_removes_nothing_through_a_link(sshd: Server, tmp_path: Path, victim: Path) -> None:
    (tmp_path / "logfile" / "sub").mkdir(parents=True)
    for name in ("sub/progress.csv", "note.txt"):
        (tmp_path / "logfile" / name).write_text("x")
    far = tmp_path / "far"
    assert sml_sync.sync(tmp_path / "logfile", sshd.target, far).ok
    (far / "sub" / "progress.csv").unlink()
    (far / "sub").rmdir()
    (far / "sub").symlink_to(victim)
    (tmp_path / "logfile" / "sub" / "progress.csv").unlink()
    (tmp_path / "logfile" / "sub").rmdir()
    before = tree(victim)
    report = sml_sync.sync(tmp_path / "logfile", sshd.target, far, replace=True)
    assert not report.ok
    assert "is a link" in report.text
    assert tree(victim) == before


def test_pull_brings_nothing_that_a_link_leads_to(sshd: Server, tmp_path: Path, victim: Path) -> None:
    node = tmp_path / "node"
    make_run(node / "run")
    (node / "run" / "linked").symlink_to(victim)
    (node / "other").symlink_to(victim)
    (node / "table.csv").symlink_to(victim / "progress.csv")
    assert sml_sync.pull(sshd.target, node, tmp_path / "laptop").ok
    assert b"stranger" not in b"".join(data or b"" for data in tree(tmp_path / "laptop").values())


@pytest.mark.parametrize(
    "run_id", ["*", "**/..", "a/b", "../../x", "nul\0nul", "\ud800", "\n\x1b[2J", "é" * 300, "[", " "]
)
def test_any_id_of_a_run_comes_home_and_never_meets_another(
    sshd: Server, tmp_path: Path, run_id: str
) -> None:
    node, laptop = tmp_path / "node", tmp_path / "laptop"
    make_run(node / "run", "c" * 32)
    assert sml_sync.pull(sshd.target, node, laptop).ok
    identity = node / "run" / "config" / "run_config.json"
    identity.write_text(json.dumps({"run_id": run_id}))
    for _ in range(2):
        report = sml_sync.pull(sshd.target, node, laptop)
        assert report.ok, report.text
        assert tree(laptop) == tree(node)
    identity.write_text(json.dumps({"run_id": "d" * 32}))
    assert sml_sync.pull(sshd.target, node, laptop).ok
    assert tree(laptop) == tree(node)
    assert len(list((tmp_path / "laptop_bk").iterdir())) == 2
    # And the other way.
    assert sml_sync.sync(laptop, sshd.target, tmp_path / "home").ok
    (laptop / "run" / "config" / "run_config.json").write_text(json.dumps({"run_id": run_id}))
    report = sml_sync.sync(laptop, sshd.target, tmp_path / "home")
    assert report.ok, report.text
    assert report.text.isprintable() or "\n" in report.text
    assert not set(report.text) & {"\x1b", "\0", "\ud800"}


def test_deep_json_is_no_identity(sshd: Server, tmp_path: Path) -> None:
    make_run(tmp_path / "node" / "run")
    (tmp_path / "node" / "run" / "config" / "run_config.json").write_text("[" * 100_000)
    report = sml_sync.pull(sshd.target, tmp_path / "node", tmp_path / "laptop")
    assert report.ok, report.text


def test_folders_without_end_are_told(sshd: Server, tmp_path: Path) -> None:
    deep = tmp_path / "node"
    for _ in range(150):
        deep = deep / "d"
    deep.mkdir(parents=True)
    report = sml_sync.pull(sshd.target, tmp_path / "node", tmp_path / "laptop")
    assert not report.ok
    assert "100 folders deep; is it endless?" in report.text
    assert not (tmp_path / "laptop").exists()


def test_names_that_steer_a_terminal_are_printed_escaped(sshd: Server, tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.mkdir()
    name = "a\x1b]0;title\x07\n\u202eforged: ok"
    (node / name).write_text("x")
    (node / os.fsdecode(b"b\xff")).write_text("x")
    assert sml_sync.pull(sshd.target, node, tmp_path / "laptop").ok
    assert tree(tmp_path / "laptop") == tree(node)
    report = SyncReport(False, "far", (FileReport(name, "failed", note="gone"),))
    assert report.text == "not sent: a\\x1b]0;title\\x07\\n\\u202eforged: ok: gone"


def test_a_label_holds_nothing_that_a_file_system_or_a_pattern_knows() -> None:
    assert label_of("0123456789abcdef") == "01234567"
    assert label_of("*/\0[?\ud800é.") == "________"


def leftovers(folder: Path) -> list[Path]:
    return list(folder.rglob(".sml-tmp-*"))


def test_a_full_disk_here_leaves_nothing_staged(sshd: Server, tmp_path: Path) -> None:
    node, disk = make_run(tmp_path / "node" / "run"), tmp_path / "disk"
    for name, size in (("small", 700_000), ("other", 800_000), ("large", 12 << 20)):
        (node / name).write_bytes(random.Random(1).randbytes(size))
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small file system")
    try:
        report = sml_sync.pull(sshd.target, tmp_path / "node", disk / "here")
        assert not report.ok
        assert "No space left" in report.text
        assert not leftovers(disk)
        subprocess.run(["mount", "-o", "remount,size=40m", disk], check=True)
        assert sml_sync.pull(sshd.target, tmp_path / "node", disk / "here").ok
        assert tree(disk / "here") == tree(tmp_path / "node")
    finally:
        subprocess.run(["umount", disk], check=True)


class Back(Line):
    """A line whose budget is of what comes from the server."""

    def _carry(self, source, sink, counted):  # type: ignore[no-untyped-def]
        super()._carry(source, sink, not counted)


def test_cut_pulls_of_a_file_that_changes_leave_one_part_and_go_on_with_it(
    sshd: Server, tmp_path: Path
) -> None:
    line = Back(sshd.port)
    node, laptop = make_run(tmp_path / "node" / "run"), tmp_path / "laptop"
    target = sshd.through(line.port)
    model = node / "model.bin"
    for number in range(4):
        data = random.Random(number).randbytes(24 << 20)
        model.write_bytes(data)
        os.utime(model, (1e9 + number, 1e9 + number))
        line.carried, line.budget = 0, 14 << 20
        assert not sml_sync.pull(target, tmp_path / "node", laptop).ok
        assert len(leftovers(laptop)) == 1
    assert leftovers(laptop)[0].stat().st_size > 1 << 20
    # What a killed pull left of small files.
    stale = laptop / "run" / "config" / f".sml-tmp-{'0' * 24}"
    stale.write_text("half")
    ours = laptop / "run" / "config" / ".sml-tmp-012345abcdef"
    ours.write_text("of another program")
    line.carried, line.budget = 0, 1 << 60
    report = sml_sync.pull(target, tmp_path / "node", laptop)
    assert report.ok, report.text
    assert report.bytes < (24 << 20) - (1 << 20)
    assert leftovers(laptop) == [ours]
    assert (laptop / "run" / "model.bin").read_bytes() == data
    line.close()
