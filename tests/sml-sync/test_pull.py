"""Runs of several nodes come to a laptop whole, and nothing here is overwritten."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

import sml_sync

from .conftest import Line, Server, make_run, tree

pytestmark = pytest.mark.needs("sshd", "ssh-keygen")


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """The log folder of a node."""
    make_run(tmp_path / "node" / "run1", "1" * 32)
    make_run(tmp_path / "node" / "category" / "run2", "2" * 32)
    (tmp_path / "node" / "empty").mkdir()
    return tmp_path / "node"


def pull(sshd: Server, node: Path, tmp_path: Path) -> sml_sync.SyncReport:
    return sml_sync.pull([sshd.target], str(node), tmp_path / "laptop")


def test_runs_arrive_and_then_only_what_is_new(sshd: Server, node: Path, tmp_path: Path) -> None:
    report = pull(sshd, node, tmp_path)
    assert report.ok, report.text
    assert tree(tmp_path / "laptop") == tree(node)
    with (node / "run1" / "progress.csv").open("a") as table:
        table.write("3,4\n")
    (node / "run1" / "config" / "status.json").write_text('{"state": "finished"}')
    report = pull(sshd, node, tmp_path)
    assert report.counts == {"appended": 1, "sent": 1, "unchanged": 10}
    assert report.bytes == 4 + len('{"state": "finished"}')
    assert tree(tmp_path / "laptop") == tree(node)


def test_nodes_with_runs_of_one_name_do_not_overwrite_each_other(sshd: Server, tmp_path: Path) -> None:
    for name in ("a", "b"):
        make_run(tmp_path / name / "run", name * 32)
        (tmp_path / name / "run" / "log.txt").write_text(name)
    for _ in range(2):
        for name in ("a", "b"):
            with (tmp_path / name / "run" / "progress.csv").open("a") as table:
                table.write(f"{name}\n")
            report = pull(sshd, tmp_path / name, tmp_path)
            assert report.ok, report.text
    (moved,) = (tmp_path / "laptop_bk").iterdir()
    assert tree(moved) == tree(tmp_path / "a" / "run")
    assert tree(tmp_path / "laptop" / "run") == tree(tmp_path / "b" / "run")


def test_a_local_file_that_was_changed_is_kept_aside(sshd: Server, node: Path, tmp_path: Path) -> None:
    assert pull(sshd, node, tmp_path).ok
    mine = tmp_path / "laptop" / "run1" / "log.txt"
    mine.write_text("my own note")
    report = pull(sshd, node, tmp_path)
    assert report.ok
    assert "log.txt was changed locally; that version is kept in" in report.text
    assert mine.read_text() == "begun\n"
    assert [path.read_text() for path in (mine.parent / ".sml-sync").glob("*log.txt")] == ["my own note"]


def test_a_line_cut_at_random_places_costs_no_byte(
    sshd: Server, line: Line, node: Path, tmp_path: Path
) -> None:
    chance = random.Random(8)
    for number in range(40):
        (node / "run1" / "tbfile" / f"events{number}").write_bytes(
            chance.randbytes(chance.choice((0, 90_000)))
        )
    (node / "run1" / "model").write_bytes(chance.randbytes(9 << 20))
    target = sshd.through(line.port)
    cuts = 0
    for number in range(20):
        with (node / "run1" / "progress.csv").open("a") as table:
            table.write(f"{number},{number}\n" * 1000)
        # The client's requests are counted: a few bytes for each file.
        line.carried, line.budget = 0, 2_500 + chance.randrange(8_000)
        cuts += not sml_sync.pull([target], str(node), tmp_path / "laptop").ok
        here = tmp_path / "laptop" / "run1" / "progress.csv"
        if here.exists():
            assert (node / "run1" / "progress.csv").read_bytes().startswith(here.read_bytes())
    assert cuts > 5
    line.carried, line.budget = 0, 1 << 60
    assert sml_sync.pull([target], str(node), tmp_path / "laptop").ok
    assert {
        name: data for name, data in tree(tmp_path / "laptop").items() if ".sml-tmp-" not in name
    } == tree(node)


def test_a_rewritten_table_is_fetched_whole(sshd: Server, node: Path, tmp_path: Path) -> None:
    assert pull(sshd, node, tmp_path).ok
    (node / "run1" / "progress.csv").write_text("x,y,late\n1,2,\n3,4,5\n")
    assert pull(sshd, node, tmp_path).ok
    assert tree(tmp_path / "laptop") == tree(node)


def test_a_long_table_that_was_rewritten_between_its_ends_is_fetched_whole(
    sshd: Server, node: Path, tmp_path: Path
) -> None:
    rows = [f"{number},{number}\n" for number in range(200_000)]
    table = node / "run1" / "progress.csv"
    table.write_text("".join(rows))
    assert pull(sshd, node, tmp_path).ok
    rewritten = [*rows[:1000], *(row.replace(",", ";") for row in rows[1000:-1000]), *rows[-1000:]]
    table.write_text("".join(rewritten) + "1,2\n")
    report = pull(sshd, node, tmp_path)
    assert report.counts["appended"] == 0, report.text
    assert tree(tmp_path / "laptop") == tree(node)


def test_verify_compares_every_byte_that_is_here(sshd: Server, node: Path, tmp_path: Path) -> None:
    file = node / "run1" / "model"
    data = bytearray(random.Random(9).randbytes(1_000_000))
    file.write_bytes(data)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert pull(sshd, node, tmp_path).ok
    data[500_000] ^= 1
    file.write_bytes(data)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert pull(sshd, node, tmp_path).counts["sent"] == 0
    target = sshd.target
    report = sml_sync.pull([target], str(node), tmp_path / "laptop", verify=True)
    assert report.counts["sent"] == 1, report.text
    assert tree(tmp_path / "laptop") == tree(node)


def test_a_folder_that_is_not_there_is_named(sshd: Server, tmp_path: Path) -> None:
    report = pull(sshd, tmp_path / "nowhere", tmp_path)
    assert not report.ok
    assert "nowhere: no such remote folder" in report.text


def test_an_excluded_folder_does_not_arrive_empty(sshd: Server, tmp_path: Path) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    (run / "empty").mkdir()
    far, unwanted = tmp_path / "far" / "run", ["tbfile", "config"]
    assert sml_sync.sync(run, sshd.target, far, exclude=unwanted).ok
    assert sorted(path.name for path in far.iterdir()) == ["config", "empty", "log.txt", "progress.csv"]
    assert sml_sync.pull(sshd.target, run, tmp_path / "here", exclude=unwanted).ok
    assert tree(tmp_path / "here") == tree(far)
    assert [path.name for path in (far / "config").iterdir()] == ["run_config.json"]
