"""The Chinese page has no English sentence: only names, paths, code and options stay as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = pytest.mark.needs("chromium")

VIEWS = (
    "/charts", "/charts?x=(time)", "/charts?x=(hours)&by=runs", "/charts?x=&by=", "/param_adjust",
    "/plot", "/plot?view=figure", "/plot?view=bars", "/plot?view=aggregate", "/table", "/hyperparameters",
    "/experiment", "/experiment?view=coverage", "/run/none", "/experiment?view=&show=hidden",
    "/experiment?q=status+%3D+lost",
    "/experiment?q=nonsense+%3C+1", "/experiment?q=seed+%3D+1&show=failed",
)  # fmt: skip
# Three or more English words in a row; what users and programs wrote is left out.
SENTENCES = """() => {
  const left = "code, pre, kbd, samp, script, style, textarea, .log, noscript, [lang=en]";
  const pattern = /[A-Za-z][a-z]+(?: [a-z]{2,}){2,}/g;
  const found = new Set();
  // Names of cells of the grid.
  const names = /(?:\\bseed \\w+(?:, |\\b))+/g;
  const look = (text) => (text?.replace(names, "").match(pattern) ?? []).forEach((words) => found.add(words));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    if (!parentElement.closest(left)) look(data);
  }
  for (const element of document.querySelectorAll("[title], [aria-label], [placeholder], [alt]"))
    for (const name of ["title", "aria-label", "placeholder", "alt"]) look(element.getAttribute(name));
  return [...found];
}"""


@pytest.fixture(scope="module")
def odd_site(serve, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs with all kinds of notes: damaged tables and files, other tools, copies, failed and lost ones."""
    folder = tmp_path_factory.mktemp("odd") / "runs"
    times = "".join(f"{n},{1.7e9 + n},{n},{2 * n}\n" for n in range(30))
    for seed in range(3):
        write(
            folder / f"run{seed}",
            f"timestep,timestamp,reward,train/loss\n{times}",
            {"alg": "ppo", "seed": seed},
        )
    write(folder / "copy", f"timestep,timestamp,reward,train/loss\n{times}", {"alg": "ppo", "seed": 0})
    write(folder / "damaged", "timestep,reward\n0,1\n1,oops\n2\n3,4,5\n4,5", {"alg": "sac", "seed": 1})
    status = {"state": "failed", "error": "ValueError: x", "exit_status": 1}
    (folder / "damaged" / "config" / "status.json").write_text(json.dumps(status))
    write(folder / "closed", "", {"alg": "sac", "seed": 2})
    (folder / "closed" / "progress.csv").unlink()
    (folder / "closed" / "progress.csv").mkdir()
    (folder / "closed" / "config" / "status.json").write_text("{")
    write(folder / "two", "timestep,reward\n0,1\n1,2\n", {})
    (folder / "two" / "args.yml").write_text("lr: 1\n")
    (folder / "two" / "config.yml").write_text("lr: 2\n")
    (folder / "two" / "params.json").write_text("[]")
    trained = folder / "trained"
    trained.mkdir()
    (trained / "trainer_state.json").write_text(json.dumps({"log_history": [{"loss": 1, "step": 1}]}))
    return serve(folder)


def write(run: Path, table: str, parameters: dict[str, object]) -> None:
    (run / "config").mkdir(parents=True)
    (run / "progress.csv").write_text(table)
    if parameters:
        (run / "config" / "parameter.json").write_text(json.dumps(parameters))


def sentences(page: Page) -> list[str]:
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    return page.evaluate(SENTENCES)


def test_no_view_has_an_english_sentence(odd_site, open_page, faults) -> None:
    faults.expected = ("404", "400")
    page = open_page(f"{odd_site.url}/experiment", language="zh-CN")
    expect(page.locator("[data-at]").first).to_be_visible()
    runs = [
        link.get_attribute("href").partition("?")[0] for link in page.locator("a[data-at], [data-at] a").all()
    ]
    runs = sorted({address for address in runs if "/run/" in address})
    assert len(runs) >= 5
    compared = "&".join(f"compare={address.rpartition('/')[2]}" for address in runs[:3])
    found = {}
    for address in (*VIEWS, *runs, f"/experiment?{compared}"):
        page.goto(odd_site.url + address)
        expect(page.locator("main").first).not_to_be_empty()
        if english := sentences(page):
            found[address] = english
    assert found == {}, json.dumps(found, ensure_ascii=False, indent=1)


# What opens each box, by the names of the Chinese page.
BOXES = {
    "help": lambda page: page.keyboard.press("?"),
    "palette": lambda page: page.keyboard.press("Control+k"),
    "bell": lambda page: page.locator(".bell button").click(),
    "folder": lambda page: page.locator(".datapath").click(),
    "tags": lambda page: (page.keyboard.press("j"), page.keyboard.press("x"), page.keyboard.press("t")),
    "note of a run": lambda page: (
        page.keyboard.press("j"),
        page.keyboard.press("x"),
        page.keyboard.press("n"),
    ),
}
CHART_BOXES = {
    "share": lambda page: share(page),
    "share, link copied": lambda page: share(page).get_by_role("button", name="复制链接").click(),
    "note": lambda page: write_note(page),
    "note, preview": lambda page: write_note(page).get_by_text("预览").click(),
    "share with a note": lambda page: share_with_note(page),
}


def share(page: Page) -> Locator:
    page.get_by_role("button", name="分享").click()
    return page.get_by_role("dialog")


def write_note(page: Page) -> Locator:
    share(page).get_by_role("button", name="给本视图写备注").click()
    return page.get_by_role("dialog")


def share_with_note(page: Page) -> None:
    note = write_note(page)
    note.get_by_role("textbox").fill("好")
    note.get_by_role("button", name="保存").click()
    expect(note).to_have_count(0)
    expect(share(page).get_by_role("checkbox")).to_be_visible()


@pytest.mark.parametrize("box", BOXES)
def test_no_box_has_an_english_sentence(odd_site, open_page, box: str) -> None:
    page = open_page(f"{odd_site.url}/experiment", language="zh-CN")
    expect(page.locator("[data-at]").first).to_be_visible()
    before = page.locator("body").inner_text()
    BOXES[box](page)
    page.wait_for_function("(before) => document.body.innerText !== before", arg=before)
    assert sentences(page) == []


@pytest.mark.parametrize("box", CHART_BOXES)
def test_no_box_of_the_charts_has_an_english_sentence(odd_site, open_page, box: str) -> None:
    page = open_page(f"{odd_site.url}/charts", language="zh-CN")
    expect(page.locator("figure canvas").first).to_be_visible()
    CHART_BOXES[box](page)
    expect(page.get_by_role("dialog").first).to_be_visible()
    assert sentences(page) == []


def test_a_shared_file_has_no_english_sentence(odd_site, open_page, browser: Browser, tmp_path: Path) -> None:
    page = open_page(f"{odd_site.url}/charts", language="zh-CN")
    expect(page.locator("figure canvas").first).to_be_visible()
    with page.expect_download() as loading:
        share(page).get_by_role("button", name="可交互的 HTML").click()
    loading.value.save_as(tmp_path / "shared.html")
    file = browser.new_page()
    file.goto((tmp_path / "shared.html").as_uri())
    expect(file.locator("figure canvas").first).to_be_visible()
    assert sentences(file) == []
    file.close()


@pytest.mark.parametrize("view", ["/experiment", "/charts", "/plot", "/table", "/hyperparameters"])
def test_a_query_that_is_typed_and_refused_leaves_no_console_message(odd_site, open_page, view: str) -> None:
    page = open_page(odd_site.url + view, language="zh-CN")
    page.locator("#query").click()
    page.keyboard.type("nonsense < 1 and (seed = ", delay=20)
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.reload()
    page.wait_for_load_state("networkidle")
    assert sentences(page) == []
