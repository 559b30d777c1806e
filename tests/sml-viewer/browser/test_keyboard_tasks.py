"""What people open the page for, each done by keyboard alone: no test here touches a pointer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.needs("chromium")

FOCUSED = "element => element === document.activeElement"


@pytest.fixture
def page(site, open_page) -> Page:
    """The page as it opens."""
    opened = open_page(site.url)
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(opened.locator(".panelchart canvas").first).to_be_visible()
    return opened


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def open_list(page: Page) -> None:
    press(page, "1")
    expect(page.locator("[data-at]").first).to_be_visible()


def find(page: Page, query: str) -> None:
    """Type a query, and leave its field."""
    press(page, "/")
    page.keyboard.type(query)
    press(page, "Enter")
    page.locator("#query").evaluate("field => field.blur()")


def reach(page: Page, target: Locator, most: int = 90) -> None:
    """Press Tab until an element has the focus, from where the focus is."""
    expect(target).to_be_visible()
    for _ in range(most):
        if target.evaluate(FOCUSED):
            return
        press(page, "Tab")
    raise AssertionError(f"{target} is not reached by {most} tabs")


def test_all_curves_and_how_methods_rank_are_there_at_once(page) -> None:
    expect(page.locator(".lines li")).to_have_count(6)
    expect(page.locator(".panelchart")).to_have_count(3)


def test_the_best_run_is_marked(page) -> None:
    open_list(page)
    expect(page.locator(".runtable b.best").first).to_be_visible()


def test_all_metrics_of_a_run(page) -> None:
    open_list(page)
    press(page, "j", "j", "Enter")
    page.wait_for_url(re.compile("/run/"))
    expect(page.locator(".panelchart canvas").nth(2)).to_be_visible()


def test_all_metrics_of_five_runs(page) -> None:
    open_list(page)
    press(page, "j", "x", *["j", "x"] * 4, "g")
    expect(page.locator("header")).to_contain_text("Only 5 runs")
    expect(page.locator(".panelchart canvas").first).to_be_visible()


def test_why_a_run_crashed(page) -> None:
    reach(page, page.locator(".lines .sign.bad").first)
    press(page, "Enter")
    expect(page.locator("main")).to_contain_text("Expected parameter loc to be finite")


def test_runs_are_found_sorted_selected_and_hidden(serve, open_page, logs) -> None:
    page = open_page(f"{serve(logs).url}/experiment")
    expect(page.locator("[data-at]").first).to_be_visible()
    find(page, "policy_lr = 0.1 and env_name = Hopper-v4")
    expect(page.locator("[data-at]")).to_have_count(4)
    reach(page, page.locator(".runtable thead button", has_text="episode_return").last)
    press(page, "Enter")
    expect(page.locator("[aria-sort=descending]")).to_contain_text("episode_return")
    reach(page, page.locator("[data-at][tabindex='0']"))
    press(page, "x", "h")
    expect(page.get_by_text("1 run hidden")).to_be_visible()
    expect(page.locator("[data-at]")).to_have_count(3)


def test_a_figure_and_its_latex_table(page) -> None:
    press(page, "3")
    expect(page.locator(".charts canvas").first).to_be_visible()
    press(page, "g")
    expect(page.locator("img.paper")).to_be_visible()
    press(page, "4")
    expect(page.locator("#scores")).to_be_visible()
    reach(page, page.get_by_role("button", name="LaTeX", exact=True))
    press(page, "Enter")
    expect(page.get_by_text("Copied as LaTeX")).to_be_visible()
    assert "tabular" in page.evaluate("navigator.clipboard.readText()")


def test_which_parameter_matters(page) -> None:
    press(page, "6")
    expect(page.locator(".importance tbody tr").first).to_contain_text("policy_lr")


def test_the_command_that_draws_the_same(page) -> None:
    press(page, "3")
    reach(page, page.get_by_role("button", name="Copy command"))
    press(page, "Enter")
    expect(page.get_by_text("Command copied")).to_be_visible()


def test_logarithm_and_smoothing_and_back(page) -> None:
    box, slider = page.get_by_label("log y").first, page.get_by_role("slider", name="Smoothing")
    reach(page, slider)
    press(page, "Home")
    expect(page.locator(".smoothing output")).to_have_text("off")
    reach(page, box)
    press(page, "Space")
    expect(box).to_be_checked()
    press(page, "Control+z")
    expect(box).not_to_be_checked()
    press(page, "Control+z")
    expect(page.locator(".smoothing output")).to_have_text("automatic")


def test_a_file_of_a_run(page) -> None:
    open_list(page)
    press(page, "j", "Enter")
    page.wait_for_url(re.compile("/run/"))
    reach(page, page.locator(".files button, .files a", has_text="progress.csv").first, 120)
    press(page, "Enter")
    expect(page.locator("main")).to_contain_text("timestep")
    press(page, "Escape")
    expect(page).to_have_url(re.compile("/run/"))


def test_some_metrics_of_many(page) -> None:
    reach(page, page.get_by_placeholder("Find metrics"))
    page.keyboard.type("loss|return$")
    expect(page.locator(".panelchart")).to_have_count(2)


def test_the_palette_reaches_every_tab(page) -> None:
    for word, address in (("tables", "/table"), ("plot parameters", "/param_adjust"), ("charts", "/charts")):
        press(page, "Control+k")
        page.keyboard.type(word)
        press(page, "Enter")
        page.wait_for_url(re.compile(address))
