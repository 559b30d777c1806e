"""Several machines are pulled from at the same time, and what arrives is as if they came one by one."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import sml_sync
from sml_config.ssh.sftp.packets import Attributes
from sml_sync.cli import main
from sml_sync.pull_sources import Source, pull_sources
from sml_sync.transfer.list_remote import RemoteTree
from sml_sync.transfer.local_files import Selection
from sml_sync.transfer.pull import PullRequest
from sml_sync.transfer.sources import Sources

from ..sshd import serve
from .conftest import Line, Server, make_run, tree

with_servers = pytest.mark.needs("sshd", "ssh-keygen")
FILE = Attributes(1, 0o100644, 1)


class Machine(NamedTuple):
    """A server whose paths start at a disk of its own."""

    server: Server
    disk: Path


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Machine]]:
    homes = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    for home in homes:
        (home / "disk").mkdir()
    lines = [f"Subsystem sftp internal-sftp -d {home}/disk" for home in homes]
    with serve(homes[0], lines[0]) as first, serve(homes[1], lines[1]) as second:
        yield Machine(first, homes[0] / "disk"), Machine(second, homes[1] / "disk")


@pytest.fixture
def disks(machines: tuple[Machine, Machine], tmp_path: Path) -> tuple[Path, Path]:
    """The folder of this name on each machine."""
    return machines[0].disk / tmp_path.name, machines[1].disk / tmp_path.name


def pull_both(machines: tuple[Machine, Machine], tmp_path: Path) -> list[sml_sync.SyncReport]:
    sources = [Source([machine.server.target], tmp_path / "laptop") for machine in machines]
    return list(pull_sources(sources, PullRequest(tmp_path.name, tmp_path, Selection())))


@with_servers
def test_a_slow_source_does_not_hold_up_the_others(
    machines: tuple[Machine, Machine], disks: tuple[Path, Path], tmp_path: Path
) -> None:
    for number in range(2000):
        path = disks[0] / f"run{number // 1000}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n" * 9)
    for name in ("run0", "run1"):
        make_run(disks[0] / name, name * 8)
    make_run(disks[1] / "run2", "2" * 32)
    line = Line(machines[0].server.port)
    line.budget, line.silent = 40_000, True
    sources = [
        Source([machines[0].server.through(line.port)], tmp_path / "laptop"),
        Source([machines[1].server.target], tmp_path / "laptop"),
    ]
    request = PullRequest(tmp_path.name, tmp_path, Selection())
    reports: list[sml_sync.SyncReport] = []
    pulling = threading.Thread(target=lambda: reports.extend(pull_sources(sources, request)))
    pulling.start()
    deadline = time.monotonic() + 25
    arrived = tmp_path / "laptop" / "run2"
    while not (arrived.exists() and tree(arrived) == tree(disks[1] / "run2")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert pulling.is_alive()
    line.close()
    pulling.join(60)
    assert [report.ok for report in reports] == [False, True]


@with_servers
def test_the_command_brings_the_runs_of_all_into_one_folder(
    machines: tuple[Machine, Machine], disks: tuple[Path, Path], tmp_path: Path
) -> None:
    first, second = (machine.server for machine in machines)
    known = tmp_path / "known"
    known.write_text(first.known_hosts.read_text() + second.known_hosts.read_text())
    with (second.home / "authorized_keys").open("a") as keys:
        keys.write((first.home / "client.pub").read_text())
    for number, disk in enumerate(disks):
        make_run(disk / "category" / f"run{number}", f"{number}" * 32)
        (disk / f"notes{number}.txt").write_text("a note")
    words = ["--known-hosts", str(known), "--key", str(first.key), "--path", tmp_path.name]
    words += ["--from", f"127.0.0.1:{first.port}", "--from", f"127.0.0.1:{second.port}"]
    for _ in range(2):
        assert main(["pull", str(tmp_path / "laptop"), *words]) == 0
        assert tree(tmp_path / "laptop") == {**tree(disks[0]), **tree(disks[1])}
    assert not (tmp_path / "laptop_bk").exists()


@with_servers
@pytest.mark.parametrize("repeated", range(3))
def test_of_files_of_one_name_the_last_source_has_its_own(
    machines: tuple[Machine, Machine], disks: tuple[Path, Path], tmp_path: Path, repeated: int
) -> None:
    chance = random.Random(repeated)
    for number, disk in enumerate(disks):
        for name, size in (("model", 9_000_000), ("table.csv", 3_000_000), ("note", 9), ("sub/a", 5)):
            (disk / name).parent.mkdir(parents=True, exist_ok=True)
            (disk / name).write_bytes(chance.randbytes(size + chance.randrange(2)))
            os.utime(disk / name, (number, number))
    (disks[0] / "first only").write_bytes(chance.randbytes(2_000_000))
    reports = pull_both(machines, tmp_path)
    assert [report.ok for report in reports] == [True, True]
    assert tree(tmp_path / "laptop") == {**tree(disks[0]), **tree(disks[1])}
    pull_both((machines[1], machines[0]), tmp_path)
    assert tree(tmp_path / "laptop") == tree(disks[0])


@with_servers
def test_of_two_runs_of_one_name_the_earlier_is_moved_to_the_backup(
    machines: tuple[Machine, Machine], disks: tuple[Path, Path], tmp_path: Path
) -> None:
    for number, disk in enumerate(disks):
        run = make_run(disk / "run", f"{number}" * 32)
        (run / "model").write_bytes(bytes([number]) * 3_000_000)
    for _ in range(2):
        reports = pull_both(machines, tmp_path)
        assert [report.ok for report in reports] == [True, True], reports
    (moved,) = (tmp_path / "laptop_bk").iterdir()
    assert tree(moved) == tree(disks[0] / "run")
    assert tree(tmp_path / "laptop" / "run") == tree(disks[1] / "run")


@with_servers
def test_a_run_that_both_have_arrives_once(
    machines: tuple[Machine, Machine], disks: tuple[Path, Path], tmp_path: Path
) -> None:
    for disk in disks:
        run = make_run(disk / "run")
        (run / "log.txt").write_text("from one to the other\n")
    first, second = pull_both(machines, tmp_path)
    assert first.counts["sent"] == 6
    assert second.ok
    assert tree(tmp_path / "laptop") == tree(disks[0])


@with_servers
def test_a_source_that_cannot_be_reached_costs_the_others_nothing(
    machines: tuple[Machine, Machine], disks: tuple[Path, Path], tmp_path: Path
) -> None:
    make_run(disks[1] / "run")
    sources = [
        Source([sml_sync.Target("127.0.0.1", 1)], tmp_path / "laptop"),
        Source([machines[1].server.target], tmp_path / "laptop"),
        Source([machines[0].server.target], tmp_path / "laptop"),
    ]
    reports = list(pull_sources(sources, PullRequest(tmp_path.name, tmp_path, Selection())))
    assert [report.ok for report in reports] == [False, True, False]
    assert "refused" in reports[0].text
    assert "no such remote folder" in reports[2].text
    assert tree(tmp_path / "laptop") == tree(disks[1])


def a_run(name: str) -> RemoteTree:
    return RemoteTree(f"/there/{name}", name, {"log.txt": FILE}, run_id=name or "the whole")


def around(*files: str) -> RemoteTree:
    return RemoteTree("/there", "", dict.fromkeys(files, FILE))


@pytest.mark.parametrize(
    ("earlier", "own", "at_once", "afterwards"),
    [
        ([a_run("a")], [a_run("b")], ["b"], []),
        ([a_run("a")], [a_run("a"), a_run("b")], ["b"], ["a"]),
        ([a_run("a/b")], [a_run("a")], [], ["a"]),
        ([a_run("a")], [a_run("a/b")], [], ["a/b"]),
        ([a_run("")], [a_run("a")], [], ["a"]),
        ([a_run("a")], [a_run("")], [], [""]),
        ([around("x")], [around("y")], [":y"], []),
        ([around("x", "y")], [around("y", "z")], [":z"], [":y"]),
        ([around("a")], [around("a/b")], [":"], [":a/b"]),
        ([around("a/b")], [around("a")], [":"], [":a"]),
        ([a_run("a")], [around("a/log.txt", "b")], [":b"], [":a/log.txt"]),
        ([around("a/x")], [a_run("a")], [], ["a"]),
    ],
)
def test_only_what_an_earlier_source_has_too_waits_for_it(
    earlier: list[RemoteTree], own: list[RemoteTree], at_once: list[str], afterwards: list[str]
) -> None:
    sources = Sources(2)
    first = threading.Thread(target=sources.split, args=(0, earlier))
    first.start()
    parts = sources.split(1, own)
    first.join()
    named = [[tree.name if tree.run_id else ":" + ",".join(tree.files) for tree in part] for part in parts]
    assert named == [at_once, afterwards]


def test_what_has_to_wait_is_fetched_once_the_earlier_source_has_ended() -> None:
    sources = Sources(2)
    order: list[str] = []

    def wait() -> None:
        sources.wait_for_earlier(1)
        order.append("second")

    waiting = threading.Thread(target=wait)
    waiting.start()
    order.append("first")
    sources.end(0)
    waiting.join(10)
    assert order == ["first", "second"]
