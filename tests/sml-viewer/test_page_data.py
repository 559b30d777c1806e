"""Each request sees the runs of the folder that it names, if it may; nobody waits for another's."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sml_viewer.index.pool import start_indexers
from sml_viewer.library import Library
from sml_viewer.web import Setup, create_app
from sml_viewer.web.errors import BusyError, DataPathError
from sml_viewer.web.library_pool import LibraryPool

TABLE = "step,reward\n0,1\n1,2\n"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Another folder with one run."""
    folder = tmp_path / "elsewhere"
    (folder / "one").mkdir(parents=True)
    (folder / "one" / "progress.csv").write_text(TABLE)
    return folder


@contextlib.contextmanager
def opened(setup: Setup, *, indexing: bool = False, idle: float = 600.0) -> Iterator[LibraryPool]:
    data = LibraryPool(setup, indexing=indexing, idle=idle)
    try:
        yield data
    finally:
        data.close()


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not become so in time"
        time.sleep(0.02)


def shown(client: FlaskClient, address: str = "/api/v1/session") -> dict:
    return client.get(address).get_json()["data"]


def test_another_folder_is_seen_where_that_is_allowed(workspace: Path, logs: Path, elsewhere: Path) -> None:
    client = create_app(Setup(workspace, (logs,), changeable=True), indexing=False).test_client()
    assert shown(client)["shown"] == [str(logs)]
    assert shown(client, f"/api/v1/session?data={elsewhere}")["shown"] == [str(elsewhere)]
    assert shown(client)["shown"] == [str(logs)]


def test_a_page_that_was_started_on_a_folder_shows_only_what_lies_inside(
    workspace: Path, logs: Path, elsewhere: Path
) -> None:
    (logs / "inside").mkdir()
    (logs / "out").symlink_to(elsewhere)
    client = create_app(Setup(workspace, (logs,)), indexing=False).test_client()
    assert shown(client, f"/api/v1/session?data={logs / 'inside'}")["shown"] == [str(logs / "inside")]
    for path in (elsewhere, logs / "out", f"{logs}/../elsewhere", f"{logs}x", "/", "/nowhere", "~"):
        described = shown(client, f"/api/v1/session?data={path}")
        assert described["shown"] == []
        assert "outside the folders" in described["fault"]


def test_an_indexer_that_was_started_before_the_page_is_its_own(
    workspace: Path, elsewhere: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(elsewhere)
    started = start_indexers([tmp_path / "link", tmp_path / "gone"], workspace)
    assert list(started) == [elsewhere]
    with opened(Setup(workspace, (tmp_path / "link",)), indexing=True) as data:
        data.adopt(started)
        lease = data.lease()
        until(lambda: len(lease.library.runs()) == 1)
        until(lambda: data.progress(lease.library).ready)
        assert started[elsewhere].progress == {elsewhere: "ready"}
        data.release(lease)
    assert not started[elsewhere].alive


@pytest.mark.parametrize(
    "path",
    ["/", "//", "/etc", "/etc/ssh", "/proc/self", "/proc/self/root/etc", "/sys", "/usr/lib", "/usr/../etc"],
)
def test_system_folders_are_never_chosen(workspace: Path, path: str) -> None:
    with opened(Setup(workspace, changeable=True)) as data, pytest.raises(DataPathError, match="system"):
        data.lease(path)


def test_a_path_that_is_not_there_is_named(workspace: Path, tmp_path: Path) -> None:
    client = create_app(Setup(workspace, changeable=True), indexing=False).test_client()
    assert "set PLOT_LOG_PATH" in shown(client)["fault"]
    assert "no such folder" in shown(client, f"/api/v1/session?data={tmp_path / 'none'}")["fault"]
    assert "not absolute" in shown(client, "/api/v1/session?data=logfile")["fault"]
    assert "no such folder" in shown(client, "/api/v1/session?data=~nobody-of-this-name/x")["fault"]
    assert "no such folder" in shown(client, "/api/v1/session?data=/tmp/a%00b")["fault"]


@pytest.mark.parametrize("path", ["", "/nonexistent/x", "logfile", "/etc", "~nobody-of-this-name/x"])
def test_why_a_folder_is_not_shown_is_said_in_the_pages_language(workspace: Path, path: str) -> None:
    client = create_app(Setup(workspace, changeable=True), indexing=False).test_client()
    address = f"/api/v1/session?data={path}"
    english, chinese = (shown(client, f"{address}&lang={language}")["fault"] for language in ("en", "zh"))
    assert english.isascii()
    assert re.search("[\u4e00-\u9fff]", chinese)
    assert path in chinese
    answer = client.get(f"/api/v1/runs?data={path}&lang=zh")
    assert answer.status_code in (403, 404)
    assert answer.get_json()["error"]["message"] == chinese


def test_a_folder_outside_is_answered_with_the_command_that_allows_it(
    workspace: Path, logs: Path, elsewhere: Path
) -> None:
    client = create_app(Setup(workspace, (logs,)), indexing=False).test_client()
    fault = shown(client, f"/api/v1/session?data={elsewhere}")["fault"]
    assert fault.endswith(f"restart with {shlex.join(['sml-viewer', '-d', str(logs), '-d', str(elsewhere)])}")


def test_folders_are_listed_for_who_chooses_one(workspace: Path, logs: Path, elsewhere: Path) -> None:
    (elsewhere / ".hidden").mkdir()
    client = create_app(Setup(workspace, changeable=True), indexing=False).test_client()
    answer = client.get(f"/api/v1/folders?path={elsewhere}").get_json()
    assert answer == {"path": str(elsewhere), "folders": ["one"]}
    confined = create_app(Setup(workspace, (logs,)), indexing=False).test_client()
    assert confined.get(f"/api/v1/folders?path={elsewhere}").status_code == 403
    assert confined.get("/api/v1/folders").status_code in (400, 403)


def test_a_library_that_nobody_asks_for_is_closed_and_opened_again(workspace: Path, logs: Path) -> None:
    with opened(Setup(workspace, (logs,)), idle=0.05) as data:
        lease = data.lease()
        time.sleep(0.3)
        assert data.open_folders  # in use, however long
        lease.library.runs()
        data.release(lease)
        until(lambda: not data.open_folders)
        again = data.lease()
        again.library.runs()
        data.release(again)


def test_there_is_an_end_to_how_many_folders_are_open(workspace: Path, tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(9)]
    for folder in folders:
        folder.mkdir()
    with opened(Setup(workspace, changeable=True)) as data:
        leases = [data.lease(str(folder)) for folder in folders[:8]]
        with pytest.raises(BusyError):
            data.lease(str(folders[8]))
        data.release(leases[0])
        leases[0] = data.lease(str(folders[8]))
        assert (str(folders[0]),) not in data.open_folders
        for lease in leases:
            data.release(lease)


def test_a_slow_folder_holds_up_nobody_else(
    workspace: Path, logs: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on = threading.Event(), threading.Event()
    slow = Library.__init__

    def opening(self, roots, *more):
        if logs in roots:
            entered.set()
            go_on.wait(20)
        slow(self, roots, *more)

    monkeypatch.setattr(Library, "__init__", opening)
    with opened(Setup(workspace, (logs,), changeable=True)) as data:
        waiting = threading.Thread(target=lambda: data.release(data.lease()))
        waiting.start()
        assert entered.wait(20)
        data.release(data.lease(str(elsewhere)))
        go_on.set()
        waiting.join()


def test_runs_appear_while_many_look(workspace: Path, logs: Path, make_run) -> None:
    """One indexer writes; eight threads read through one library."""
    faults: list[Exception] = []
    stop = threading.Event()
    with opened(Setup(workspace, (logs,)), indexing=True) as data:

        def look() -> None:
            while not stop.is_set():
                try:
                    lease = data.lease()
                    runs = lease.library.runs()
                    lease.library.columns(runs, ["step", "reward"])
                    data.release(lease)
                except Exception as error:  # noqa: BLE001  whatever it is, the test shows it
                    faults.append(error)
                    return

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for number in range(20):
            make_run(f"run{number}", TABLE, seed=number)
        lease = data.lease()
        until(lambda: sum(run.rows == 2 for run in lease.library.runs()) == 20)
        until(lambda: data.progress(lease.library).ready)
        data.release(lease)
        stop.set()
        for thread in threads:
            thread.join()
    assert faults == []


def test_an_indexer_that_dies_is_started_anew(
    workspace: Path, logs: Path, make_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sml_viewer.web.indexer_registry._REVIVE_SECONDS", 0.0)
    with opened(Setup(workspace, (logs,)), indexing=True) as data:
        lease = data.lease()
        until(lambda: data.progress(lease.library).ready)
        (running,) = data._indexes._running.values()
        os.kill(running.indexers.pids[0], signal.SIGKILL)
        until(lambda: data.progress(lease.library).waiting is not None)
        make_run("late", TABLE)
        data.release(data.lease())
        until(lambda: len(lease.library.runs()) == 1)
        data.release(lease)


def test_two_that_look_at_one_folder_share_its_indexer(workspace: Path, logs: Path, elsewhere: Path) -> None:
    with opened(Setup(workspace, (logs, elsewhere), changeable=True), indexing=True) as data:
        both, one = data.lease(), data.lease(str(elsewhere))
        assert len(data._indexes._running) == 2
        assert {lease.library.roots for lease in (both, one)} == {(logs, elsewhere), (elsewhere,)}
        data.release(both)
        data.release(one)


def test_closing_leaves_no_process(workspace: Path, logs: Path) -> None:
    with opened(Setup(workspace, (logs,)), indexing=True) as data:
        data.release(data.lease())
        (running,) = data._indexes._running.values()
        pid = running.indexers.pids[0]
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
