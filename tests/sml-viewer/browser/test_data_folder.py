"""The tutorial's gesture in a browser: set PLOT_LOG_PATH once, come back tomorrow, or start elsewhere."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.needs("chromium")

TABS = {
    "/charts": ".panelchart canvas >> nth=0",
    "/experiment": ".runtable tbody th.name >> nth=0",
    "/param_adjust": "#order li >> nth=0",
    "/plot": ".charts .canvas canvas >> nth=0",
    "/table": "#scores tbody tr >> nth=0",
}
FIELD = {"en-GB": "Data path (PLOT_LOG_PATH)", "zh-CN": "绘图数据加载路径 (PLOT_LOG_PATH)"}
LANGUAGES = pytest.mark.parametrize("language", ["en-GB", "zh-CN"])


@pytest.fixture
def start(tmp_path: Path, bundle: None, faults) -> Iterator[Callable[..., str]]:
    """Start `sml-viewer` in an empty folder, with one workspace and port; stops the one before."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = tmp_path / "here"
    here.mkdir()
    running: list[subprocess.Popen[str]] = []

    def stop() -> None:
        for process in running:
            faults.expected += ("net::ERR_",)  # an open page asks the server that is gone
            process.terminate()
            process.communicate(timeout=20)
        running.clear()

    def begin(*words: str) -> str:
        stop()
        if not words:
            faults.expected += ("/api/v1/runs",)  # of an empty folder there are none
        command = [sys.executable, "-m", "sml_viewer", "-lf", "-p", str(port), "-wks", str(tmp_path / "wks")]
        process = subprocess.Popen(
            [*command, *words], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        running.append(process)
        assert process.stdout is not None
        assert any("this machine only" in line for line in process.stdout)
        return f"http://127.0.0.1:{port}"

    yield begin
    stop()


@pytest.fixture
def runs(tmp_path: Path, write_run: Callable[..., Path]) -> Callable[[str], Path]:
    """A folder of six runs: `runs(name)`."""

    def make(name: str) -> Path:
        for policy_lr in (0.1, 0.01):
            for seed in (1, 2, 3):
                write_run(tmp_path / name, f"{name}_{policy_lr}_{seed}", policy_lr=policy_lr, seed=seed)
        return tmp_path / name

    return make


def set_folder(page: Page, path: object, language: str) -> None:
    page.goto(urljoin(page.url, "/plot"))
    field = page.get_by_label(FIELD[language])
    field.fill(str(path))
    field.press("Enter")


def kept(tmp_path: Path) -> object:
    """PLOT_LOG_PATH as the workspace has it."""
    files = list((tmp_path / "wks").rglob("default*.json"))
    return json.loads(files[0].read_text()).get("PLOT_LOG_PATH") if files else None


@LANGUAGES
def test_a_folder_that_was_set_once_is_there_after_a_restart_on_every_tab(
    start, open_page, runs, language: str
) -> None:
    folder = runs("mine")
    page = open_page(start(), language=language)
    set_folder(page, folder, language)
    expect(page.locator(TABS["/plot"])).to_be_visible()
    expect(page.locator("header .configuration")).to_be_visible()
    expect(page.locator(".saved .icon")).to_be_visible()
    address = start()
    for tab, shown in TABS.items():
        page.goto(address + tab)
        expect(page.locator(shown)).to_be_visible()
        expect(page.locator(".datapath")).to_contain_text(str(folder))


@LANGUAGES
def test_a_folder_that_cannot_be_shown_is_refused_and_not_kept(
    start, open_page, runs, tmp_path: Path, language: str
) -> None:
    folder = runs("mine")
    page = open_page(start(), language=language)
    set_folder(page, folder, language)
    expect(page.locator(TABS["/plot"])).to_be_visible()
    field = page.get_by_label(FIELD[language])
    for path in ("/nonexistent/x", "runs", "/etc", f"{folder}/mine_0.1_1/progress.csv"):
        field.fill(path)
        field.press("Enter")
        fault = page.locator(".logpath .error")
        expect(fault).to_contain_text(path)
        expect(fault).to_contain_text("；" if language == "zh-CN" else "; ")
    page.wait_for_timeout(1000)  # longer than the page waits until it saves
    assert kept(tmp_path) == str(folder)
    page.reload()
    expect(page.locator(TABS["/plot"])).to_be_visible()


@LANGUAGES
def test_a_folder_outside_those_of_this_start_leaves_every_tab_with_what_is_allowed(
    start, open_page, runs, tmp_path: Path, language: str
) -> None:
    mine, other = runs("mine"), runs("other")
    page = open_page(start(), language=language)
    set_folder(page, mine, language)
    expect(page.locator(TABS["/plot"])).to_be_visible()
    page.wait_for_timeout(1000)
    address = start("-d", str(other))
    # From the configuration, and from yesterday's address.
    for tab, shown in [*TABS.items(), (f"/table?path={mine}", TABS["/table"])]:
        page.goto(address + tab)
        expect(page.locator(shown)).to_be_visible()
        banner = page.locator(".banner.refused")
        expect(banner).to_contain_text(f"sml-viewer -d {other} -d {mine}")
        expect(banner).to_contain_text("不在启动时" if language == "zh-CN" else "is outside the folders")
        if tab == "/experiment":
            expect(page.locator(shown)).to_contain_text("other")
    assert kept(tmp_path) == str(mine)  # nothing is forgotten unasked
    page.goto(f"{start('-d', str(other), '-d', str(mine))}/experiment")
    expect(page.locator(TABS["/experiment"])).to_contain_text("mine")
    expect(page.locator(".banner.refused")).to_have_count(0)


def test_a_folder_that_went_away_leaves_every_tab_and_is_named_in_the_language_shown(
    start, open_page, runs, tmp_path: Path
) -> None:
    mine, other = runs("mine"), runs("other")
    page = open_page(start("-d", str(tmp_path)))
    set_folder(page, mine, "en-GB")
    expect(page.locator(TABS["/plot"])).to_be_visible()
    page.wait_for_timeout(1000)
    mine.rename(tmp_path / "moved")
    page = open_page(f"{start('-d', str(other), '-d', str(tmp_path))}/experiment")
    banner = page.locator(".banner.refused")
    expect(banner).to_contain_text("no such folder")
    expect(page.locator(TABS["/experiment"])).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(banner).to_contain_text("文件夹不存在")
    banner.get_by_role("button", name="移除").click()
    expect(banner).to_have_count(0)
    page.wait_for_timeout(1000)
    assert kept(tmp_path) is None


def test_the_folder_chosen_in_the_header_is_there_tomorrow_where_nothing_else_would_be(
    start, open_page, runs
) -> None:
    folder = runs("mine")
    page = open_page(start())
    page.locator(".datapath").click()
    page.get_by_label("PLOT_LOG_PATH").fill(str(folder))
    page.keyboard.press("Enter")
    expect(page.locator(TABS["/experiment"])).to_be_visible()
    page.wait_for_timeout(1000)
    expect(open_page(f"{start()}/experiment").locator(TABS["/experiment"])).to_be_visible()


def test_each_configuration_shows_its_own_folder(start, open_page, runs) -> None:
    mine, other = runs("mine"), runs("other")
    page = open_page(start())
    set_folder(page, mine, "en-GB")
    expect(page.locator(TABS["/plot"])).to_be_visible()
    page.get_by_role("button", name="Manage this view").click()
    page.get_by_role("button", name="New empty view").click()
    page.get_by_label("Name", exact=True).fill("second")
    page.keyboard.press("Enter")
    expect(page.locator("header .configuration")).to_contain_text("second")
    page.get_by_label(FIELD["en-GB"]).fill(str(other))
    page.get_by_label(FIELD["en-GB"]).press("Enter")
    expect(page.locator(".datapath")).to_contain_text(str(other))
    expect(page.locator("header .configuration")).to_be_visible()
    page.locator("header .configuration button").first.click()
    page.locator(".configuration .menu button", has_text="default").click()
    expect(page.locator(".datapath")).to_contain_text(str(mine))
    expect(page.locator("header .configuration")).to_be_visible()


def test_a_change_during_a_slow_save_is_saved_after_it(start, open_page, runs, tmp_path: Path) -> None:
    folder = runs("mine")
    page = open_page(f"{start('-d', str(folder))}/plot")
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if route.request.method == "POST" and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/configs/default*", hold_the_first)
    field = page.get_by_label(FIELD["en-GB"])
    field.fill(str(folder))
    with page.expect_request(lambda request: "/api/v1/configs/default" in request.url):
        field.press("Enter")
    field.fill("")
    field.press("Enter")
    page.wait_for_timeout(1500)
    held[0].continue_()
    expect(page.locator(".saved .icon")).to_be_visible()
    expect(page.get_by_role("button", name="Changed elsewhere")).to_have_count(0)
    assert kept(tmp_path) is None
