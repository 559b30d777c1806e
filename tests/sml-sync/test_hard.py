"""What goes wrong on real machines: full disks, missing rights, files that move, strangers, odd names."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import sml_sync
from sml_config import CommonConfig, ExperimentConfig, Settings
from sml_config.run_folder import write_atomic
from sml_sync.session import request_of, request_of_settings
from sml_sync.transfer.local_files import Selection

from .conftest import Line, Server, make_run, serve, tree

pytestmark = pytest.mark.needs("sshd", "ssh-keygen")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "logfile" / "run")


@pytest.fixture
def far(tmp_path: Path) -> Path:
    return tmp_path / "far" / "run"


def test_a_full_disk_is_named_and_harms_nothing_that_stands(sshd: Server, run: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small file system")
    try:
        assert sml_sync.sync(run, [sshd.target], str(disk / "run")).ok
        before = tree(disk / "run")
        status = b'{"state": "running", "filler": "' + b"y" * 3_000_000 + b'"}'
        write_atomic(run / "config" / "status.json", status)
        rows = b"1,2\n" * 700_000
        with (run / "progress.csv").open("ab") as table:
            table.write(rows)
        report = sml_sync.sync(run, [sshd.target, sshd.target], str(disk / "run"))
        assert not report.ok
        assert "remote disk is full" in report.text
        after = tree(disk / "run")
        assert after["config/status.json"] == before["config/status.json"]
        assert (run / "progress.csv").read_bytes().startswith(after["progress.csv"] or b"")
        assert not list((disk / ".sml-sync" / "tmp").iterdir())
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        assert sml_sync.sync(run, [sshd.target], str(disk / "run")).ok
        assert tree(disk / "run") == tree(run)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_file_that_is_too_large_does_not_stop_the_small_ones(
    sshd: Server, run: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small file system")
    try:
        (run / "a_model.pt").write_bytes(b"x" * (3 << 20))
        (run / "z_table.csv").write_text("x,y\n" * 2000)
        report = sml_sync.sync(run, sshd.target, disk / "run")
        if "z_table.csv" in {file.path for file in report.failed}:
            # It was on its way while the large one filled the disk; there is room for it now.
            report = sml_sync.sync(run, sshd.target, disk / "run", exclude="a_model.pt")
        else:
            assert [file.path for file in report.failed] == ["a_model.pt"]
            assert "remote disk is full" in report.text
        assert (disk / "run" / "z_table.csv").read_text() == (run / "z_table.csv").read_text()
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.fixture
def plain(sshd: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sml_sync.Target]:
    """A target whose user may not do everything."""
    if os.getuid() != 0:
        yield sshd.target
        return
    with serve(tmp_path_factory.mktemp("plain")) as server:
        yield dataclasses.replace(server.target, user="nobody")


def test_a_folder_without_permission_is_named_and_the_others_arrive(
    plain: sml_sync.Target, run: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("plain home")
    for folder in (home, *home.parents):
        if folder.stat().st_uid == os.getuid() and folder not in (Path("/"), Path("/tmp")):  # noqa: S108
            folder.chmod(0o755)
    if os.getuid() == 0:
        shutil.chown(home, "nobody")
    assert sml_sync.sync(run, [plain], str(home / "run")).ok
    (home / "run" / "tbfile").chmod(0o555)
    if os.getuid() == 0:
        shutil.chown(home / "run" / "tbfile", "root")
    (run / "tbfile" / "new").write_text("events")
    (run / "log.txt").write_text("another text\n")
    report = sml_sync.sync(run, [plain], str(home / "run"))
    assert not report.ok
    assert [file.path for file in report.failed] == ["tbfile/new"]
    assert "permission denied on the remote host" in report.text
    assert (home / "run" / "log.txt").read_text() == "another text\n"
    denied = sml_sync.sync(run, [plain], "/etc/sml-sync-test/run")
    assert "/etc" in denied.text
    assert not denied.ok


def test_files_that_grow_shrink_vanish_and_are_replaced_while_they_are_sent(
    sshd: Server, run: Path, far: Path
) -> None:
    over = threading.Event()
    table, seen = run / "progress.csv", []

    def train() -> None:
        number = 0
        while not over.is_set():
            number += 1
            with table.open("a") as growing:
                growing.write(f"{number},{number}\n" * 500)
            write_atomic(
                run / "config" / "status.json", json.dumps({"n": number, "fill": "z" * (number % 9999)})
            )
            (run / "tbfile" / "short").write_bytes(b"s" * (50_000 - number % 40_000))
            (run / "tbfile" / f"brief{number % 3}").write_text("here")
            (run / "tbfile" / f"brief{(number + 1) % 3}").unlink(missing_ok=True)

    training = threading.Thread(target=train)
    training.start()
    try:
        for _ in range(15):
            report = sml_sync.sync(run, [sshd.target], str(far))
            seen.append(report)
            assert table.read_bytes().startswith((far / "progress.csv").read_bytes())
            json.loads((far / "config" / "status.json").read_text())
            short = far / "tbfile" / "short"
            assert not short.exists() or set(short.read_bytes()) <= {ord("s")}
            assert {file.path for file in report.failed} <= {"tbfile/short"}, report.text
    finally:
        over.set()
        training.join()
    assert sml_sync.sync(run, [sshd.target], str(far), replace=True).ok
    assert tree(far) == tree(run)
    assert any(report.counts["appended"] for report in seen)


@pytest.mark.parametrize("when", [0.0, 86_400.0, 4_000_000_000.0])
def test_clocks_that_are_wrong_do_not_matter(sshd: Server, run: Path, far: Path, when: float) -> None:
    for path in run.rglob("*"):
        os.utime(path, (when, when))
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    with (run / "progress.csv").open("a") as table:
        table.write("3,4\n")
    (run / "config" / "status.json").write_text('{"state": "running", "version": 7}')
    for name in ("progress.csv", "config/status.json"):
        os.utime(run / name, (when, when))
    report = sml_sync.sync(run, [sshd.target], str(far))
    assert report.counts == {"appended": 1, "sent": 1, "unchanged": 4}
    assert tree(far) == tree(run)


def test_a_change_of_the_same_size_within_the_same_second_is_seen(sshd: Server, run: Path, far: Path) -> None:
    status = run / "config" / "status.json"
    for state in ("aaaa", "bbbb", "cccc"):
        write_atomic(status, state)
        os.utime(status, (1_700_000_000, 1_700_000_000))
        assert sml_sync.sync(run, [sshd.target], str(far)).ok
        assert (far / "config" / "status.json").read_text() == state


def test_a_far_file_that_somebody_changed_is_noticed_and_kept_aside(
    sshd: Server, run: Path, far: Path
) -> None:
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    (far / "log.txt").write_text("a note of mine\n")
    report = sml_sync.sync(run, [sshd.target], str(far))
    assert report.ok
    assert "log.txt was changed on the remote host; that version is kept in " in report.text
    (aside,) = (far.parent / ".sml-sync" / "aside").iterdir()
    assert aside.read_text() == "a note of mine\n"
    assert str(aside) in report.text
    assert tree(far) == tree(run)


def test_a_far_folder_that_was_deleted_is_sent_again(sshd: Server, run: Path, far: Path) -> None:
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    shutil.rmtree(far)
    report = sml_sync.sync(run, [sshd.target], str(far))
    assert report.counts == {"sent": 6}
    assert tree(far) == tree(run)


def test_a_lost_manifest_costs_time_and_nothing_else(sshd: Server, run: Path, far: Path) -> None:
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    shutil.rmtree(run / ".sml-sync")
    with (run / "progress.csv").open("a") as table:
        table.write("3,4\n")
    report = sml_sync.sync(run, [sshd.target], str(far))
    assert report.ok
    assert report.counts == {"unchanged": 5, "sent": 1}
    assert tree(far) == tree(run)
    assert not list((far.parent / ".sml-sync" / "aside").iterdir())


def test_senders_of_one_folder_take_turns(sshd: Server, run: Path, far: Path) -> None:
    (run / "model").write_bytes(os.urandom(3_000_000))
    reports: list[sml_sync.SyncReport] = []
    senders = [
        threading.Thread(target=lambda: reports.append(sml_sync.sync(run, [sshd.target], str(far))))
        for _ in range(4)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert all(report.ok for report in reports), [report.text for report in reports]
    assert sum(report.bytes for report in reports) == sum(
        len(data) for data in tree(run).values() if data is not None
    )
    assert tree(far) == tree(run)


def test_a_restarted_run_moves_the_old_far_copy_and_the_old_rows_arrive_there(
    sshd: Server, tmp_path: Path
) -> None:
    common = CommonConfig(MAIN_MACHINE_LOG_PATH=str(tmp_path / "TESTLog"))
    settings = Settings(common, ExperimentConfig(), tmp_path)
    run = make_run(tmp_path / "logfile" / "run", "a" * 32)
    request = request_of_settings(run, settings)
    with sml_sync.Session([sshd.target]) as session:
        assert session.sync(request).ok
        with (run / "progress.csv").open("a") as table:
            table.write("the last row, never sent\n")
        (tmp_path / "logfile_bk").mkdir()
        old = run.rename(tmp_path / "logfile_bk" / "run_2026-01-01-00-00-00-aaaaaaaa")
        make_run(run, "b" * 32)
        report = session.sync(request)
        assert report.ok, report.text
        (moved,) = (tmp_path / "TESTLog_bk").iterdir()
        assert moved.name.startswith("run_")
        assert moved.name.endswith("-aaaaaaaa")
        assert str(moved) in report.text
        assert tree(moved) == tree(old)
        assert tree(tmp_path / "TESTLog" / "run") == tree(run)
        assert session.sync(request).counts == {"unchanged": 6}


def test_two_nodes_with_runs_of_one_name_do_not_fight(sshd: Server, tmp_path: Path) -> None:
    nodes = [make_run(tmp_path / f"node{number}" / "run", str(number) * 32) for number in (1, 2)]
    far = tmp_path / "far" / "run"
    for _ in range(3):
        for node in nodes:
            with (node / "progress.csv").open("a") as table:
                table.write(f"{node.parent.name}\n")
            assert sml_sync.sync(node, [sshd.target], str(far)).ok
    (moved,) = (tmp_path / "far_bk").iterdir()
    assert tree(moved) == tree(nodes[0])
    assert tree(far) == tree(nodes[1])


NAMES = [
    "a b", "quo'te", 'dou"ble', "new\nline", "semi;colon", "$HOME", "`id`", "中文 🙂", "-rf", "*", "x" * 255,
    "\\", "é" * 127, "a=b&c", "tab\t", os.fsdecode(b"not utf-8 \xff"),
]  # fmt: skip


def test_every_name_and_empty_files_and_folders_arrive(sshd: Server, run: Path, tmp_path: Path) -> None:
    for name in NAMES:
        (run / "names" / name).mkdir(parents=True)
        (run / "names" / name / name).write_text(name if name.isascii() else "")
    (run / "empty folder" / "within").mkdir(parents=True)
    far = tmp_path / "far; $(touch x) 'y'" / "run"
    report = sml_sync.sync(run, [sshd.target], str(far))
    assert report.ok, report.text
    assert tree(far) == tree(run)
    assert sml_sync.sync(run, [sshd.target], str(far)).counts == {"unchanged": 6 + len(NAMES)}


def test_links_are_followed_to_files_and_never_in_a_circle(sshd: Server, run: Path, far: Path) -> None:
    (run / "loop").symlink_to(run)
    (run / "itself").symlink_to("itself")
    (run / "latest.csv").symlink_to("progress.csv")
    os.mkfifo(run / "pipe")
    report = sml_sync.sync(run, [sshd.target], str(far))
    assert report.ok, report.text
    left_out = {file.path: file.note for file in report.files if file.action == "left out"}
    assert set(left_out) == {"loop", "itself", "pipe"}
    assert (far / "latest.csv").read_text() == (run / "progress.csv").read_text()


def test_replace_removes_what_is_gone_and_keeps_what_is_excluded(sshd: Server, run: Path, far: Path) -> None:
    (run / "gone").mkdir()
    (run / "gone" / "file").write_text("x")
    (run / "model.ckpt").write_text("weights")
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    shutil.rmtree(run / "gone")
    (run / "model.ckpt").unlink()
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    assert (far / "gone" / "file").exists()
    report = sml_sync.sync(run, [sshd.target], str(far), replace=True, exclude=["*.ckpt"])
    assert report.counts["removed"] == 1
    assert not (far / "gone").exists()
    assert (far / "model.ckpt").exists()


def test_replace_in_a_folder_of_runs_leaves_the_runs_of_other_nodes(
    sshd: Server, run: Path, tmp_path: Path
) -> None:
    other = make_run(tmp_path / "far" / "other", "c" * 32)
    before = tree(other)
    report = sml_sync.sync(run.parent, [sshd.target], str(tmp_path / "far"), replace=True)
    assert report.ok, report.text
    assert tree(other) == before
    assert tree(tmp_path / "far" / "run") == tree(run)


def test_replace_from_an_empty_folder_is_refused(sshd: Server, run: Path, far: Path, tmp_path: Path) -> None:
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    (tmp_path / "empty").mkdir()
    with pytest.raises(sml_sync.SourceError, match="would delete all remote files"):
        sml_sync.sync(tmp_path / "empty", [sshd.target], str(far), replace=True)


def test_light_include_exclude_and_max_size_choose_files(sshd: Server, run: Path, tmp_path: Path) -> None:
    (run / "coders.tar").write_bytes(b"t" * 5000)

    def sent(name: str, **choice: object) -> set[str]:
        report = sml_sync.sync(run, [sshd.target], str(tmp_path / name / "run"), **choice)  # type: ignore[arg-type]
        assert report.ok, report.text
        return {file.path for file in report.files if file.action == "sent"}

    identity = "config/run_config.json"
    light = {identity, "config/parameter.json", "config/status.json", "progress.csv", "log.txt"}
    assert sent("light", light=True) == light
    assert sent("include", include=["*.csv"]) == {identity, "progress.csv"}
    everything = light | {"coders.tar", "tbfile/events.out.tfevents.1"}
    assert sent("exclude", exclude=["tbfile", "config/p*"]) == everything - {
        "tbfile/events.out.tfevents.1", "config/parameter.json",
    }  # fmt: skip
    assert sent("size", max_size=4000) == everything - {"coders.tar"}


def test_a_line_that_died_while_nobody_used_it_is_made_anew(
    sshd: Server, line: Line, run: Path, far: Path
) -> None:
    request = request_of(run, str(far), Selection())
    with sml_sync.Session([sshd.through(line.port)]) as session:
        assert session.sync(request).ok
        line.budget = 0
        assert not session.sync(request).ok
        line.carried, line.budget = 0, 1 << 60
        assert session.sync(request).ok
