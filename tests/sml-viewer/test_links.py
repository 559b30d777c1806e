"""No link in a data folder shows what lies outside of it, in the page and in commands."""

from __future__ import annotations

import contextlib
import io
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sml_viewer.cli.main import main

TABLE = "step,reward\n0,1\n1,2\n"
SECRET = "hunter2-Zebra"
NUMBER = "31337.25"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that looks like a run and is none of ours."""
    folder = tmp_path / "outside"
    (folder / "config").mkdir(parents=True)
    for name in ("params.json", "config/parameter.json", "config/status.json", "config/run_config.json"):
        (folder / name).write_text(f'{{"run_id": "{SECRET}", "state": "{SECRET}", "lr": "{SECRET}"}}')
    (folder / "args.yaml").write_text(f"lr: {SECRET}\n")
    (folder / "progress.csv").write_text(f"step,{SECRET}\n0,{NUMBER}\n")
    (folder / "log.txt").write_text(SECRET)
    return folder


def told(page, address: str) -> tuple[int, bytes]:
    """An answer's status and content, with that of all members if it is a zip."""
    with page.get(address) as sent:
        state, data = sent.status_code, sent.get_data()
    if data.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        data += b"".join(archive.read(name) for name in archive.namelist())
    return state, data


def everything_told(page, workspace: Path) -> str:
    """All that the page says of all runs, and what the workspace holds."""
    listed = page.get("/api/v1/runs").get_json()
    (ids,) = [column["cells"] for column in listed["columns"] if column["key"] == "id"]
    parts = ["", "/metrics", "/log", "/files", "/series?y=reward", "/preview?name=config/parameter.json"]
    parts += ["/preview?name=progress.csv", "/download?name=progress.csv", "/download?name=log.txt"]
    answers = [told(page, f"/api/v1/runs/{name}{part}")[1] for name in ids for part in (*parts, "/zip")]
    kept = [path.read_bytes() for path in workspace.rglob("*") if path.is_file()]
    return repr((listed, answers, kept))


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("config/parameter.json", "config/parameter.json"),
        ("config/status.json", "config/status.json"),
        ("config/run_config.json", "config/run_config.json"),
        ("params.json", "params.json"),
        ("config.yaml", "args.yaml"),
        ("config", "config"),
        ("progress.csv", "progress.csv"),
        ("x_progress.csv", "progress.csv"),
        ("sub", "."),
        ("log.txt", "log.txt"),
    ],
)
def test_a_link_in_a_run_shows_nothing_of_what_it_leads_to(
    page, library, logs: Path, workspace: Path, outside: Path, place: str, target: str
) -> None:
    run = logs / "a"
    run.mkdir()
    (run / "progress.csv").write_text(TABLE)
    (run / place).parent.mkdir(exist_ok=True)
    (run / place).unlink(missing_ok=True)
    (run / place).symlink_to(outside / target)
    library.refresh()
    everything = everything_told(page, workspace)
    assert SECRET not in everything
    assert NUMBER not in everything


def test_what_a_link_hides_is_told_of_the_run(library, logs: Path, make_run, outside: Path) -> None:
    run = make_run("a", TABLE)
    (run / "config" / "status.json").symlink_to(outside / "config" / "status.json")
    (run / "x_progress.csv").symlink_to(outside / "progress.csv")
    library.refresh()
    notes = " ".join(library.runs()[0].notes)
    assert "config/status.json cannot be read: a link leads out of its folder" in notes
    assert "x_progress.csv: is a link that leads out of the run's folder" in notes


def test_a_link_inside_the_run_is_read(library, make_run) -> None:
    run = make_run("a", TABLE)
    (run / "x_progress.csv").symlink_to("progress.csv")
    (run / "real.json").write_text('{"lr": 1}')
    (run / "config" / "parameter.json").unlink(missing_ok=True)
    (run / "config" / "parameter.json").symlink_to("../real.json")
    library.refresh()
    (found,) = library.runs()
    assert found.parameters == {"lr": 1}
    assert "x_progress/reward" in found.summary


def test_the_command_line_lists_nothing_behind_a_link(
    logs: Path, make_run, outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run("a", TABLE)
    (run / "params.json").symlink_to(outside / "params.json")
    (logs / "b").symlink_to(outside)
    assert main(["list", "-d", str(logs), "--json"]) == 0
    shown = capsys.readouterr()
    assert SECRET not in shown.out
    assert f"add -d {outside}" in shown.err


@contextlib.contextmanager
def exchanging(run: Path, away: Path, outside: Path) -> Iterator[None]:
    """A run folder is by turns what it seems and a link to the outside."""
    stop = threading.Event()

    def exchange() -> None:
        while not stop.is_set():
            run.rename(away)
            run.symlink_to(outside)
            time.sleep(0.0005)
            run.unlink()
            away.rename(run)
            time.sleep(0.0005)

    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.slow
def test_a_run_folder_that_is_exchanged_for_a_link_meanwhile_shows_nothing(
    page, library, logs: Path, make_run, tmp_path: Path, workspace: Path, outside: Path
) -> None:
    run = make_run("a", TABLE, seed=1)
    (run / "log.txt").write_text("ours")
    library.refresh()
    name = library.runs()[0].id
    parts = ["", "/log", "/files", "/preview?name=log.txt", "/download?name=progress.csv", "/zip"]
    answers = []
    end = time.monotonic() + 3
    with exchanging(run, tmp_path / "away", outside):
        while time.monotonic() < end or len({state for state, _ in answers}) < 2:
            answers += [told(page, f"/api/v1/runs/{name}{part}") for part in parts]
            library.refresh()
    states = Counter(state for state, _ in answers)
    assert set(states) == {200, 404}
    assert not any(SECRET.encode() in data or NUMBER.encode() in data for _, data in answers)
    library.refresh()
    assert SECRET not in everything_told(page, workspace)
