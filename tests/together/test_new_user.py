"""The walk of a newcomer who has only the README, in its order."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ..ports import free_port

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Demo:
    """A demo that has trained and serves its page."""

    folder: Path
    url: str
    output: str


@pytest.fixture(scope="module")
def demo(newcomer) -> Iterator[Demo]:
    """`./dev demo`, on its own port if that is free."""
    (command,) = newcomer.readme("sh")[0].splitlines()
    port = 7005 if is_free(7005) else free_port()
    process = newcomer.start(*command.split(), *([] if port == 7005 else ["-p", str(port)]))
    assert process.stdout is not None
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if "open http" in line:
                break
        else:
            pytest.fail("the demo ended without an address:\n" + "".join(lines))
        yield Demo(newcomer.checkout / "demo", f"http://127.0.0.1:{port}", "".join(lines))
    finally:
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=120)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def is_free(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_demo_shows_progress_then_the_address_of_the_page(demo: Demo) -> None:
    assert "[12/12]" in demo.output
    assert demo.output.index("[ 1/12]") < demo.output.index("open http://127.0.0.1:")
    assert "FAILED" not in demo.output


def test_the_demo_says_what_it_fetches_and_shows_the_page_before_it_trains(newcomer, demo: Demo) -> None:
    positions = [demo.output.index(words) for words in ("fetching", "watch them learn on http", "[ 1/12]")]
    assert positions == sorted(positions)
    packages = (newcomer.checkout / ".venv" / "demo" / "lib").glob("python*/site-packages/*")
    assert {"paramiko", "cryptography", "hatch"}.isdisjoint(path.name for path in packages)


def test_the_demo_leaves_twelve_runs_a_figure_and_a_table(demo: Demo) -> None:
    runs = [folder for folder in (demo.folder / "logfile").iterdir() if not folder.name.startswith(".")]
    assert len(runs) == 12
    assert (demo.folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "| Acrobot-v1 |" in (demo.folder / "table.md").read_text()


def test_a_run_folder_holds_what_the_tutorial_lists(demo: Demo) -> None:
    run = next((demo.folder / "logfile").glob("CartPole-v1_policy_lr_0.1_seed_13-DEMO_FILE"))
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert names >= {
        "config/full_description.txt", "config/parameter.json", "config/run_config.json",
        "config/status.json",
        "coders.tar", "log.txt", "progress.csv", "signature",
    }  # fmt: skip
    assert any(name.startswith("tbfile/events.out.tfevents") for name in names)
    assert json.loads((run / "config" / "status.json").read_text())["state"] == "finished"


def test_the_agents_learn(demo: Demo) -> None:
    for env_name in ("CartPole-v1", "Acrobot-v1"):
        for run in (demo.folder / "logfile").glob(f"{env_name}_policy_lr_0.1_*"):
            lines = (run / "progress.csv").read_text().splitlines()
            column = lines[0].split(",").index("episode_return")
            first, last = (float(line.split(",")[column]) for line in (lines[1], lines[-1]))
            assert last > first + 100, run.name


@pytest.mark.needs("chromium")
def test_a_browser_finds_twelve_runs_and_their_files(demo: Demo, browser: Browser) -> None:
    with contextlib.closing(browser.new_page()) as page:
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("requestfailed", lambda request: faults.append(request.url))

        page.goto(demo.url)
        expect(page.locator(".panelchart canvas").first).to_be_visible()  # the page opens at the charts
        page.get_by_role("link", name="Runs", exact=True).click()
        expect(page.locator(".runtable tbody th.name a")).to_have_count(12)
        page.locator(".runtable tbody th.name a").first.click()
        expect(page.locator(".tree .file").nth(8)).to_be_visible()
        page.locator(".tree .file button", has_text="progress.csv").click()
        expect(page.locator(".preview thead")).to_contain_text("episode_return")
        assert faults == []


def test_a_second_call_trains_nothing_and_destroys_nothing(newcomer, demo: Demo) -> None:
    first = (demo.folder / "curves.png").read_bytes()
    table = next((demo.folder / "logfile").glob("*/progress.csv")).stat().st_mtime_ns
    output = newcomer.run("./dev", "demo", "--no-serve")
    assert "12 of 12 tasks have finished before" in output
    assert (demo.folder / "curves.png").read_bytes() == first
    assert (demo.folder / "curves-2.png").exists()
    assert (demo.folder / "table-2.md").exists()
    assert next((demo.folder / "logfile").glob("*/progress.csv")).stat().st_mtime_ns == table


def test_a_port_in_use_is_one_line_and_a_failure(newcomer, demo: Demo) -> None:
    port = demo.url.rpartition(":")[2]
    viewer = newcomer.checkout / ".venv" / "demo" / "bin" / "sml-viewer"
    done = subprocess.run(
        [viewer, "-d", demo.folder / "logfile", "-p", port], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"port {port} is in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_ten_lines_of_ones_own_write_a_run_that_the_viewer_lists(installed) -> None:
    newcomer, project = installed
    (project / "train.py").write_text(newcomer.readme("python")[0])
    newcomer.run("python", "train.py", cwd=project)
    (run,) = json.loads(newcomer.run("sml-viewer", "list", "-d", "logfile", "--json", cwd=project))
    assert run["name"] == "first_run"
    assert run["rows"] == 100
    assert run["last"]["episode_return"] == 100.0


def test_the_tutorials_project_runs_where_it_was_copied(installed) -> None:
    newcomer, _ = installed
    copy, install, train, commands, _run_all = newcomer.readme("sh")[3].splitlines()
    project = newcomer.checkout / "my_project"
    newcomer.run("sh", "-c", copy)
    for command in (install, train):
        newcomer.run("sh", "-c", command, cwd=project)
    assert (project / "logfile" / "CartPole-v1_policy_lr_0.1_seed_2-DEMO_FILE" / "progress.csv").exists()
    assert newcomer.run("sh", "-c", commands, cwd=project).count("python main.py") == 12


def test_nothing_was_written_to_the_home_folder_but_caches(newcomer, demo: Demo) -> None:
    names = {path.name for path in Path(newcomer.environment["HOME"]).iterdir()}
    # pip asks rustc for its version, and rustup makes a folder to answer.
    assert names <= {".cache", ".config", ".local", ".rustup"}
