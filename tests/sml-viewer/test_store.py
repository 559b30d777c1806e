"""The store follows the disk, survives what happens to it, and is nobody's only copy."""

from __future__ import annotations

import gc
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sml_viewer.cache import gc_paused
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.saved import Configurations
from sml_viewer.index import parse_worker as helper
from sml_viewer.index.location import is_on_network, store_path
from sml_viewer.index.pool import Indexers
from sml_viewer.index.table_parser import ParseResult, ParseTask, parse_table
from sml_viewer.library import Library
from sml_viewer.readers.base import TableState
from sml_viewer.series.load import load_series

pytestmark = pytest.mark.slow


def column(library: Library, name: str = "x", place: int = 0) -> list[float]:
    library.refresh()
    run = library.runs()[place]
    return library.columns([run], [name])[0][name].tolist()


def append(run: Path, text: str) -> None:
    with (run / "progress.csv").open("a") as file:
        file.write(text)


def test_appended_rows_are_read_and_the_old_ones_are_not_read_again(library: Library, make_run) -> None:
    run = make_run("a", "x,y\n1,\n")
    assert column(library) == [1]
    append(run, "2,5\n")
    library.refresh_known()
    (found,) = library.runs()
    assert found.rows == 2
    assert found.last == {"x": 2.0, "y": 5.0}
    columns = library.columns([found], ["x", "y"])[0]
    assert columns["x"].tolist() == [1, 2]
    assert np.isnan(columns["y"][0])
    assert columns["y"][1] == 5


def test_only_the_tail_of_a_grown_table_is_parsed(make_run) -> None:
    run = make_run("a", "x\n1\n2\n")
    job = ParseTask(1, 1, str(run / "progress.csv"), "progress.csv", "", TableState())
    first = parse_table(job)
    append(run, "3\n4")
    second = parse_table(ParseTask(1, 1, job.path, job.name, "", first.state))
    assert second.appended
    assert [piece.columns["x"].tolist() for piece in second.pieces] == [[3.0]]


def test_a_row_without_its_line_end_waits_for_it(library: Library, make_run) -> None:
    run = make_run("a", "x\n1\n2")
    assert column(library) == [1]
    assert "not whole yet" in library.runs()[0].notes[0]
    append(run, "5\n")
    assert column(library) == [1, 25]
    assert library.runs()[0].notes == ()


def test_a_rewritten_table_is_read_anew(library: Library, make_run) -> None:
    run = make_run("a", "x\n1\n2\n3\n")
    assert column(library) == [1, 2, 3]
    (run / "new").write_text("x,z\n7,1\n8,1\n9,1\n10,1\n")
    (run / "new").replace(run / "progress.csv")
    assert column(library) == [7, 8, 9, 10]
    (run / "progress.csv").write_text("x,z\n1,1\n8,1\n9,1\n10,1\n11,1\n")
    assert column(library) == [1, 8, 9, 10, 11]


def test_a_truncated_table_loses_its_rows_here_too(library: Library, make_run) -> None:
    run = make_run("a", "x\n1\n2\n3\n")
    assert column(library) == [1, 2, 3]
    os.truncate(run / "progress.csv", 4)
    assert column(library) == [1]


def test_a_moved_run_is_where_it_is_now_and_a_deleted_one_is_nowhere(
    library: Library, make_run, logs: Path
) -> None:
    make_run("a", "x\n1\n")
    make_run("b", "x\n2\n")
    library.refresh()
    (logs / "a").rename(logs / "c")
    assert column(library, place=1) == [1]
    assert [run.name for run in library.runs()] == ["b", "c"]
    shutil.rmtree(logs / "b")
    library.refresh_known()
    assert [run.name for run in library.runs()] == ["c"]


def test_a_table_deleted_between_two_looks_is_told(library: Library, make_run) -> None:
    run = make_run("a", "x\n1\n")
    library.index()
    (run / "progress.csv").unlink()
    (source,) = library._sources
    source.updater.read_tables()
    assert library.runs()[0].notes == ("progress.csv is gone",)


def test_edited_parameters_are_seen(library: Library, make_run) -> None:
    run = make_run("a", "x\n1\n", seed=1)
    library.refresh()
    (run / "config" / "parameter.json").write_text('{"seed": 2, "more": 1}')
    library.refresh()
    assert library.runs()[0].parameters == {"seed": 2, "more": 1}


def test_a_running_run_that_ends_is_noticed(library: Library, make_run) -> None:
    run = make_run("a", "x\n1\n")
    status = run / "config" / "status.json"
    status.write_text('{"state": "running"}')
    library.refresh()
    status.write_text('{"state": "finished", "step": 1}')
    library.refresh_known()
    assert library.runs()[0].state == "finished"


def test_the_list_is_there_before_any_table_is_read(library: Library, make_run) -> None:
    make_run("a", "x,y\n1,2\n3,4\n", seed=1)
    library.index()
    (run,) = library.runs()
    assert run.parameters == {"seed": 1}
    assert run.last == {"x": 3.0, "y": 4.0}
    assert run.rows is None


def test_two_viewers_on_one_workspace_see_the_same(logs: Path, workspace: Path, make_run) -> None:
    run = make_run("a", "x\n1\n")
    with Library([logs], workspace) as one, Library([logs], workspace) as two:
        for number in range(2, 30):
            append(run, f"{number}\n")
            (one if number % 2 else two).refresh()
        assert column(one) == column(two) == list(range(1, 30))


@pytest.mark.parametrize("damage", ["rubbish", "cut", "other version"])
def test_a_damaged_store_is_made_anew_and_what_the_user_made_stays(
    logs: Path, workspace: Path, make_run, damage: str
) -> None:
    for number in range(50):
        make_run(f"a{number}", "x\n" + "1\n" * 100)
    with Library([logs], workspace) as library:
        library.refresh()
    Configurations(workspace).save("mine", Configuration().with_values(XMAX=5))
    store = store_path(workspace, logs)
    if damage == "rubbish":
        store.write_bytes(b"rubbish" * 1000)
    elif damage == "cut":
        os.truncate(store, store.stat().st_size // 2)
    else:
        import sqlite3

        with sqlite3.connect(store) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
    with Library([logs], workspace) as library:
        library.refresh()
        runs = library.runs()
        assert len(runs) == 50
        assert all(len(columns["x"]) == 100 for columns in library.columns(runs, ["x"]))
    assert Configurations(workspace).load("mine").values == {"XMAX": 5.0}


def test_a_workspace_that_cannot_be_written_costs_nothing_but_the_store_elsewhere(
    logs: Path, tmp_path: Path, make_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run("a", "x\n1\n")
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the workspace should be")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Library([logs], blocked) as library:
        assert column(library) == [1]
        assert library.runs()[0].name == "a"
    assert store_path(blocked, logs).parent.stat().st_mode & 0o077 == 0


def test_a_network_file_system_is_known_from_the_mounts(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path}/net nfs4 rw 0 0\n")
    (tmp_path / "net").mkdir()
    assert is_on_network(tmp_path / "net", mounts)
    assert not is_on_network(tmp_path, mounts)


def test_nothing_is_written_into_run_folders(library: Library, make_run, logs: Path) -> None:
    make_run("a", "x\n1\n", seed=1)
    before = sorted(path.as_posix() for path in logs.rglob("*"))
    library.refresh()
    assert sorted(path.as_posix() for path in logs.rglob("*")) == before


def wait_for(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_the_indexer_keeps_the_store_in_line_and_ends_when_it_is_closed(
    logs: Path, workspace: Path, make_run, library: Library
) -> None:
    run = make_run("a", "x\n1\n")
    indexers = Indexers([logs], workspace)
    wait_for(lambda: [run.rows for run in library.runs()] == [1])
    append(run, "2\n")
    indexers.request_scan()
    wait_for(lambda: [run.rows for run in library.runs()] == [2])
    (pid,) = indexers.pids
    indexers.close()
    assert not alive(pid)


def test_the_indexer_does_not_outlive_a_parent_that_is_killed(logs: Path, workspace: Path, make_run) -> None:
    make_run("a", "x\n1\n")
    script = (
        "import sys, time; from pathlib import Path; from sml_viewer.index.pool import Indexers\n"
        "indexers = Indexers([Path(sys.argv[1])], Path(sys.argv[2])); print(indexers.pids[0], flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(logs), str(workspace)], stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.send_signal(signal.SIGKILL)
    wait_for(lambda: not alive(pid))


def test_an_index_killed_midway_is_completed_by_the_next(logs: Path, workspace: Path, make_run) -> None:
    body = "x,y\n" + "".join(f"{row},{row / 7}\n" for row in range(2000))
    for number in range(120):
        make_run(f"a{number}", body)
    store = store_path(workspace, logs)
    with subprocess.Popen(
        [sys.executable, "-m", "sml_viewer.indexer_process", str(store), str(logs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as indexer:
        while not indexer.stdout.readline().startswith(b"read "):
            pass
        indexer.kill()
    with Library([logs], workspace) as library:
        library.refresh()
        assert {run.rows for run in library.runs()} == {2000}


def test_a_second_process_that_helps_reading_gives_the_same(logs: Path, workspace: Path, make_run) -> None:
    jobs = []
    for number in range(20):
        run = make_run(f"a{number}", f"x\n{number}\n")
        jobs.append(ParseTask(number, number, str(run / "progress.csv"), "progress.csv", "", TableState()))
    with helper.ParseWorker() as second:
        parsed = helper.parsing(jobs, second)
        found = {each.task.id: each.pieces[0].columns["x"].tolist() for each in parsed}
    assert found == {number: [float(number)] for number in range(20)}


def test_reading_ends_however_little_a_pipe_takes(
    logs: Path, make_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helper, "_PIPE_BYTES", 4096)
    names = [f"metric/{number:04d}" for number in range(300)]
    table = "\n".join([",".join(names), *[",".join(["0.5"] * len(names))] * 20, ""])
    jobs = []
    for number in range(24):
        path = make_run(f"a{number}", table) / "progress.csv"
        known = parse_table(ParseTask(number, number, str(path), path.name, "", TableState())).state
        # As after an earlier look: the dialect is known, and the table was written anew since.
        jobs.append(ParseTask(number, number, str(path), path.name, "", replace(known, inode=0)))
    waiting: queue.SimpleQueue[ParseTask] = queue.SimpleQueue()
    results: queue.Queue[ParseResult | None] = queue.Queue()
    for job in jobs:
        waiting.put(job)
    with helper.ParseWorker() as second:
        # Without this process taking part: it would be through before the other has started.
        feeding = (second.start(), waiting, results, threading.Event())
        thread = threading.Thread(target=helper._feed, args=feeding, daemon=True)
        thread.start()
        thread.join(30)
    assert [parsed.task.id for parsed in iter(results.get_nowait, None)] == list(range(24))


@pytest.mark.parametrize("known", [(), ("x",), ("y",)])
def test_columns_of_a_run_are_of_one_moment_whatever_was_read_before(
    logs: Path, workspace: Path, make_run, known: tuple[str, ...]
) -> None:
    run = make_run("a", "x,y\n1,2\n2,4\n")
    with Library([logs], workspace) as ours, Library([logs], workspace) as indexer:
        ours.refresh()
        (found,) = ours.runs()
        ours.columns([found], known)
        append(run, "3,6\n")
        indexer.refresh_known()
        (series,) = load_series(ours, [found], "x", "y")
        assert [series.x.tolist(), series.y.tolist()] == [[1, 2, 3], [2, 4, 6]]


@pytest.mark.parametrize("first", ["y", "z"])
def test_an_axis_that_is_remembered_is_as_long_as_the_metric_beside_it(
    logs: Path, workspace: Path, make_run, first: str
) -> None:
    run = make_run("a", "x,y,z\n1,2,3\n2,4,6\n")
    with Library([logs], workspace) as ours, Library([logs], workspace) as indexer:
        ours.refresh()
        (found,) = ours.runs()
        load_series(ours, [found], "x", first)
        append(run, "3,6,9\n")
        indexer.refresh_known()
        for metric in ("y", "z"):
            (series,) = load_series(ours, [found], "x", metric)
            assert len(series.x) == len(series.y)


def test_axes_of_one_checksum_stay_apart(
    logs: Path, library: Library, make_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sml_viewer.series.load.zlib", SimpleNamespace(crc32=lambda _data: 0))
    for number in (1, 2, 3):
        make_run(f"a{number}", f"x,y\n{number},2\n{number + 1},4\n")
    library.refresh()
    series = load_series(library, library.runs(), "x", "y")
    assert [one.x.tolist() for one in series] == [[1, 2], [2, 3], [3, 4]]


def test_garbage_is_collected_again_after_threads_that_wanted_none() -> None:
    gc.enable()
    inside, done = threading.Event(), threading.Event()

    def other() -> None:
        with gc_paused():
            inside.set()
            done.wait()

    thread = threading.Thread(target=other)
    with gc_paused():
        thread.start()
        inside.wait()
    assert not gc.isenabled()
    done.set()
    thread.join()
    assert gc.isenabled()


def test_what_the_logger_writes_is_read_exactly(logs: Path, library: Library) -> None:
    from sml_logger import Logger

    random = np.random.default_rng(1)
    wanted = [*random.normal(size=200).tolist(), 1e-300, 1e300, 0.1, 16777217.0]
    logger = Logger(log_name="exact", base_path=str(logs.parent))
    for step, value in enumerate(wanted):
        logger.log_tabular("timestep", step + 16_777_216, tb_prefix="t")
        logger.log_tabular('value, "quoted"', value, tb_prefix="t")
        logger.dump_tabular()
    logger.close()
    library.refresh()
    (run,) = library.runs()
    columns = library.columns([run], list(run.columns))[0]
    assert columns["timestep"].tolist() == [step + 16_777_216 for step in range(len(wanted))]
    assert columns['value, "quoted"'].tolist() == wanted
    assert json.loads((run.path / "config" / "status.json").read_text())["state"] == run.state


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A child that ended and is not yet waited for is not running.
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
