"""Sharing in a browser: a file that works without any network, a link with the view, notes in markdown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.needs("chromium")


def open_share(page):
    expect(page.locator(".panelchart canvas").first).to_be_visible()
    page.get_by_role("button", name="Share", exact=True).click()
    return page.get_by_role("dialog", name="Share these charts")


@pytest.fixture
def shared(site, open_page, tmp_path: Path):
    """The file that Share saves of the charts at an address."""

    def save(query: str = "") -> Path:
        page = open_page(f"{site.url}/charts?{query}")
        dialog = open_share(page)
        dialog.get_by_label("Title").fill("Learning rates")
        with page.expect_download() as download:
            dialog.get_by_role("button", name="Interactive HTML").click()
        download.value.save_as(tmp_path / "charts.html")
        return tmp_path / "charts.html"

    return save


@pytest.fixture
def alone(browser):
    """Open a file without network; notes everything that it requests or reports."""
    contexts, noted = [], []

    def show(path: Path, **more):
        context = browser.new_context(offline=True, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: noted.append(request.url))
        page.on("console", lambda message: noted.append(message.text))
        page.on("pageerror", lambda error: noted.append(str(error)))
        page.goto(path.as_uri())
        expect(page.locator(".panelchart canvas").first).to_be_visible()
        return page, noted

    yield show
    for context in contexts:
        context.close()


def test_a_shared_file_zooms_tells_values_and_hides_lines_without_network(shared, alone, shoot) -> None:
    path = shared("find=return|entropy")
    page, noted = alone(path, viewport={"width": 1440, "height": 900})
    expect(page.get_by_role("heading", level=1)).to_have_text("Learning rates")
    expect(page.locator(".panelchart h2")).to_have_text(["episode_return", "entropy"])
    over = page.locator(".panelchart .over").first
    box = over.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 60)
    expect(page.locator(".charttip")).to_contain_text(re.compile(r"± [\d.]+\s*n=4"))
    shoot(page, "shared-1440")
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 62, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Reset zoom")).to_be_visible()
    first = page.locator(".shared-lines button").first
    first.click()
    expect(first).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".paint").first).to_have_attribute("aria-label", re.compile("5 lines"))
    page.get_by_label("log y").check()
    assert noted == [path.as_uri()]


def test_a_shared_file_has_what_is_in_sight(shared, alone) -> None:
    page, _ = alone(shared("by=runs&q=seed+%3D+1&logy=1&find=loss"))
    expect(page.locator(".panelchart h2")).to_have_text(["policy_loss"])
    expect(page.locator(".shared-lines li")).to_have_count(6)
    expect(page.get_by_label("log y")).to_be_checked()
    expect(page.locator("header code")).to_have_text("seed = 1")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_shared_file_is_accessible(shared, alone, axe, shoot, width: int, scheme: str) -> None:
    page, _ = alone(shared(), viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, f"shared-{width}-{scheme}")


@pytest.mark.parametrize(("width", "language", "name"), [(1440, "en-GB", "Share"), (390, "zh-CN", "分享")])
def test_the_dialog_is_accessible(
    site, open_page, check_access, shoot, width: int, language: str, name: str
) -> None:
    page = open_page(f"{site.url}/charts", width=width, language=language)
    expect(page.locator(".panelchart canvas").first).to_be_visible()
    if width < 640:  # the settings of charts are folded
        page.locator(".chartbar .fold").click()
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator("dialog .share")).to_be_visible()
    check_access(page)
    shoot(page, f"share-{width}-{language}")


def test_a_copied_link_gives_the_same_view_and_selection(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?sort=name")
    page.locator(".runtable tbody input[type=checkbox]").nth(0).click()
    page.locator(".tabs a", has_text="Charts").click()
    expect(page.locator(".panelchart canvas").first).to_be_visible()
    page.get_by_role("checkbox", name="log y").check()
    page.get_by_role("button", name="Pin entropy").click(force=True)
    page.locator(".lines .eye").first.click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_share(page).get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied. It opens only here")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert "config=default" in link
    other = open_page(link)
    expect(other.get_by_role("checkbox", name="log y")).to_be_checked()
    expect(other.locator(".wallsection h2").first).to_contain_text("Pinned")
    expect(other.locator(".lines li.off")).to_have_count(1)
    assert "selected=" not in other.url
    other.locator(".tabs a", has_text="Runs").click()
    expect(other.locator(".bulk b")).to_have_text("1 selected")


def test_a_note_of_a_view_is_markdown_with_a_preview_and_is_undone(serve, open_page, logs) -> None:
    page = open_page(f"{serve(logs).url}/charts")
    open_share(page).get_by_role("button", name="Write a note of this view").click()
    dialog = page.get_by_role("dialog", name="Note of this view")
    dialog.get_by_role("textbox", name="Note").fill(
        "# Found\n\n**lr** [paper](https://example.org) [no](javascript:a) <img src=x onerror=alert(1)>"
    )
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.locator("strong")).to_have_text("lr")
    dialog.get_by_role("button", name="Save", exact=True).click()
    note = page.get_by_role("region", name="Note of this view")
    expect(note.locator("strong")).to_have_text("lr")
    expect(note.locator("a")).to_have_count(1)
    expect(note.locator("a")).to_have_attribute("rel", "noopener noreferrer")
    expect(note.locator("img")).to_have_count(0)
    page.reload()
    expect(note).to_contain_text("Found")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").last.fill("note of this")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("textbox", name="Note")).to_have_value(re.compile("^# Found"))
    dialog.get_by_role("textbox", name="Note").fill("")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(note).to_have_count(0)


def test_a_note_of_a_run_is_markdown(serve, open_page, logs, check_access) -> None:
    page = open_page(f"{serve(logs).url}/experiment?sort=name")
    page.locator(".runtable tbody th.name a").first.click()
    page.get_by_role("button", name="Note").click()
    page.get_by_role("textbox", name="Note").fill("- *one*\n- two")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".said li")).to_have_text(["one", "two"])
    check_access(page)
