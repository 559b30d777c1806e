"""Everybody can use every view, at every size, in both themes and both languages: axe-core finds nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.needs("chromium")

SIZES = [1440, 1024, 390]
THEMES = [("light", "en-GB"), ("dark", "zh-CN")]
SOME = [(1440, "light", "en-GB"), (1024, "light", "zh-CN"), (390, "dark", "zh-CN")]
PARTS = {
    "charts": "/charts",
    "charts of runs": "/charts?by=runs&off=&pin=entropy",
    "list": "/experiment",
    "groups": "/experiment?group=parameter%3Aenv_name&baseline=none",
    "grid": "/experiment?view=coverage",
    "nothing found": "/experiment?q=status+%3D+lost",
    "wrong query": "/experiment?q=nonsense+%3C+1",
    "parameters": "/param_adjust",
    "plots": "/plot",
    "bars": "/plot?view=bars",
    "aggregate": "/plot?view=aggregate",
    "table": "/table",
    "hyper-parameters": "/hyperparameters",
}


def settle(page: Page) -> None:
    shown = page.locator("main :is(canvas, table, .cards, .empty, svg)").locator("visible=true")
    expect(shown.first).to_be_visible()
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(("scheme", "language"), THEMES)
@pytest.mark.parametrize("width", SIZES)
def test_every_part_is_accessible(
    site, open_page, check_access, width: int, scheme: str, language: str
) -> None:
    page = open_page(f"{site.url}/charts", width=width, scheme=scheme, language=language)
    for address in PARTS.values():
        page.goto(site.url + address)
        settle(page)
        page.evaluate("document.querySelectorAll('main details').forEach(each => (each.open = true))")
        check_access(page)


@pytest.mark.parametrize(("width", "scheme", "language"), SOME)
def test_every_run_and_comparison_is_accessible(
    site, open_page, check_access, width: int, scheme: str, language: str
) -> None:
    page = open_page(f"{site.url}/experiment?show=failed", width=width, scheme=scheme, language=language)
    expect(page.locator("[data-at]")).to_have_count(2)
    one, other = (link.get_attribute("href").partition("?")[0] for link in page.locator("[data-at]").all())
    names = "&".join(f"compare={each.rpartition('/')[2]}" for each in (one, other))
    for address in (one, f"{one}?file=log.txt", f"/experiment?{names}"):
        page.goto(site.url + address)
        settle(page)
        check_access(page)


@pytest.mark.parametrize(("width", "scheme", "language"), SOME)
def test_every_box_and_dialog_is_accessible(
    site, open_page, check_access, width: int, scheme: str, language: str
) -> None:
    page = open_page(f"{site.url}/charts", width=width, scheme=scheme, language=language)
    for address in ("/charts", "/experiment", "/plot", "/hyperparameters"):
        page.goto(site.url + address)
        settle(page)
        for button in page.locator("button[aria-expanded=false][aria-controls], .popover > button").all()[:8]:
            if not button.is_visible():
                continue
            button.click()
            check_access(page)
            page.keyboard.press("Escape")
    page.goto(f"{site.url}/charts")
    settle(page)
    page.locator(".panelchart button:has(.icon)").nth(2).click()
    expect(page.locator("dialog[open]")).to_be_visible()
    check_access(page)
