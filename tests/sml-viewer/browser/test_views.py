"""Saved views in a browser: drafts, saving, discarding, opening, undo, links, and clicks before an answer."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Error, Page, Route, expect

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def shown(serve, logs, open_page):
    """A page of a server of its own, since views are saved: `shown("/plot")`."""
    served = serve(logs)

    def show(path: str, **more: Any) -> Page:
        return open_page(f"{served.url}{path}", **more)

    return show


def saved(page: Page, name: str = "default") -> dict[str, Any]:
    """What the server has of a view."""
    return page.evaluate(f"fetch('/api/v1/configs/{name}').then(answer => answer.json())")["config"]


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def set_option(page: Page, name: str, value: str) -> None:
    page.wait_for_load_state("networkidle")  # the form is drawn again when the metrics are known
    page.get_by_placeholder("Find an option").fill(name)
    field = page.locator(f"aside.left [data-option={name}] input")
    field.fill(value)
    field.press("Enter")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save view").click()
    expect(page.locator(".configuration .saved .icon")).to_be_visible()


def save_as(page: Page, name: str) -> None:
    page.get_by_role("button", name="Saved views").click()
    page.locator(".configuration .menu button").last.click()
    page.get_by_label("Name", exact=True).fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".configuration .cut").first).to_have_text(name)


def open_view(page: Page, name: str) -> None:
    page.get_by_role("button", name="Saved views").click()
    page.locator(".configuration .menu").get_by_role("button", name=name, exact=True).click()
    expect(page.locator(".configuration .cut").first).to_have_text(name)


CHANGED = ".configuration .changed"


def test_a_change_is_a_draft_that_survives_a_reload_until_it_is_saved(shown) -> None:
    page = shown("/plot")
    expect(page.locator(".configuration .saved .icon")).to_be_visible()
    set_option(page, "XMAX", "900")
    expect(page.locator(CHANGED)).to_be_visible()
    page.wait_for_timeout(1000)
    assert "XMAX" not in saved(page)
    page.reload()
    expect(page.locator(CHANGED)).to_be_visible()
    set_option(page, "XMIN", "1")
    save(page)
    expect(page.locator(CHANGED)).to_have_count(0)
    assert (saved(page)["XMIN"], saved(page)["XMAX"]) == (1, 900)
    page.reload()
    expect(page.locator(".configuration .saved .icon")).to_be_visible()


def test_a_new_tab_of_the_browser_starts_with_the_draft_and_keeps_its_own(shown) -> None:
    page = shown("/plot")
    set_option(page, "XMAX", "900")
    expect(page.locator(CHANGED)).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_placeholder("Find an option").fill("XMAX")
    expect(other.locator("aside.left [data-option=XMAX] input")).to_have_value("900")
    set_option(other, "XMAX", "800")
    page.reload()
    page.get_by_placeholder("Find an option").fill("XMAX")
    expect(page.locator("aside.left [data-option=XMAX] input")).to_have_value("900")


def test_the_copied_command_has_what_is_looked_at_and_not_what_is_saved(shown) -> None:
    page = shown("/plot?q=seed < 3")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    set_option(page, "XMAX", "900")
    page.get_by_role("button", name="Copy command").click()
    expect(page.locator(".toast")).to_be_visible()
    command = page.evaluate("navigator.clipboard.readText()")
    assert "XMAX=900" in command
    assert "seed < 3" in command
    assert "VIEW_STATE" not in command


def test_a_saved_view_opens_with_one_click_as_it_was_on_every_tab(shown) -> None:
    page = shown("/experiment?sort=name")
    page.get_by_role("button", name="Finished").click()
    page.locator(".tabs a", has_text="Charts").click()
    page.get_by_role("button", name="Pin entropy").click(force=True)
    page.get_by_role("checkbox", name="log y").check()
    page.locator(".lines .eye").first.click()
    page.locator("#query").fill("seed < 4")
    page.wait_for_url("**q=seed*")
    save_as(page, "paper")
    expect(page.locator(CHANGED)).to_have_count(0)
    assert set(saved(page, "paper")["VIEW_STATE"]) == {"", "/charts", "/experiment"}
    open_view(page, "default")
    expect(page.get_by_role("checkbox", name="log y")).not_to_be_checked()
    expect(page.locator("#query")).to_have_value("")
    expect(page.locator(CHANGED)).to_have_count(0)
    open_view(page, "paper")
    expect(page.get_by_role("checkbox", name="log y")).to_be_checked()
    expect(page.locator(".wallsection h2").first).to_contain_text("Pinned")
    expect(page.locator(".lines li.off")).to_have_count(1)
    expect(page.locator("#query")).to_have_value("seed < 4")
    page.locator(".tabs a", has_text="Runs").click()
    expect(page.locator("[data-filter=finished]")).to_have_attribute("aria-pressed", "true")
    assert query_of(page)["sort"] == ["name"]
    expect(page.locator(CHANGED)).to_have_count(0)


def test_a_view_is_shown_as_saved_to_who_opens_its_bare_address(shown) -> None:
    page = shown("/charts?logy=1&pin=entropy")
    expect(page.locator(CHANGED)).to_be_visible()
    save(page)
    other = shown("/charts")
    expect(other.get_by_role("checkbox", name="log y")).to_be_checked()
    expect(other.locator(CHANGED)).to_have_count(0)
    other.get_by_role("checkbox", name="log y").uncheck()
    expect(other.locator(CHANGED)).to_be_visible()
    other.reload()
    expect(other.get_by_role("checkbox", name="log y")).not_to_be_checked()


def test_a_saved_view_changes_no_more_of_an_address_than_views_hold(shown) -> None:
    page = shown("/charts")
    token = page.evaluate("fetch('/api/v1/session').then(answer => answer.json())")["csrf"]
    state = {"": "q=seed < 3&path=/etc&config=other", "/charts": "logy=1&file=x", "/elsewhere": "q=1"}
    page.evaluate(
        """([token, state]) => fetch('/api/v1/configs', {
            method: 'POST',
            headers: { 'X-CSRF-Token': token, 'Content-Type': 'application/json' },
            body: JSON.stringify({ action: 'new', name: 'odd', config: { VIEW_STATE: state } }),
        })""",
        [token, state],
    )
    page.reload()
    open_view(page, "odd")
    expect(page.locator("#query")).to_have_value("seed < 3")
    assert query_of(page) == {"config": ["odd"], "q": ["seed < 3"], "logy": ["1"]}


def test_changes_are_discarded_and_found_again_with_undo(shown) -> None:
    page = shown("/charts")
    page.get_by_role("checkbox", name="log y").check()
    page.get_by_role("button", name="Pin entropy").click(force=True)
    expect(page.locator(CHANGED)).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator(CHANGED)).to_have_count(0)
    expect(page.get_by_role("checkbox", name="log y")).not_to_be_checked()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("checkbox", name="log y")).to_be_checked()
    assert query_of(page)["pin"] == ["entropy"]
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(CHANGED)).to_have_count(0)


def test_what_was_discarded_and_restored_is_saved_without_a_conflict(shown) -> None:
    page = shown("/charts")
    page.get_by_role("checkbox", name="log y").check()
    page.get_by_role("button", name="Discard").click()
    page.keyboard.press("Control+z")
    save(page)
    page.keyboard.press("Control+z")  # the change itself
    expect(page.get_by_role("checkbox", name="log y")).not_to_be_checked()
    save(page)
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_role("checkbox", name="log y")).to_be_checked()
    save(page)
    assert saved(page)["VIEW_STATE"] == {"/charts": "logy=1"}


def test_a_view_is_renamed_with_its_draft_and_a_deleted_one_comes_back(shown) -> None:
    page = shown("/plot")
    set_option(page, "XMAX", "900")
    save_as(page, "first")
    set_option(page, "XMIN", "1")
    page.get_by_role("button", name="Manage this view").click()
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("second")
    page.keyboard.press("Enter")
    expect(page.locator(".configuration .cut").first).to_have_text("second")
    expect(page.locator(CHANGED)).to_be_visible()
    save(page)
    page.get_by_role("button", name="Manage this view").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".configuration .cut").first).to_have_text("default")
    page.locator(".toast", has_text="second").get_by_role("button", name="Undo").click()
    expect(page.locator(".configuration .cut").first).to_have_text("second")
    assert (saved(page, "second")["XMIN"], saved(page, "second")["XMAX"]) == (1, 900)


def test_what_a_new_view_was_changed_from_stays_as_it_is_saved(shown) -> None:
    page = shown("/plot")
    set_option(page, "XMAX", "900")
    save(page)
    set_option(page, "XMAX", "500")
    save_as(page, "short")
    open_view(page, "default")
    page.get_by_placeholder("Find an option").fill("XMAX")
    expect(page.locator("aside.left [data-option=XMAX] input")).to_have_value("900")
    expect(page.locator(CHANGED)).to_have_count(0)


def undo(page: Page) -> None:
    page.locator("main").click(position={"x": 2, "y": 2})
    page.keyboard.press("Control+z")


def test_every_choice_of_the_list_and_the_query_can_be_undone(shown) -> None:
    page = shown("/experiment")
    before = query_of(page)
    page.get_by_role("button", name="Finished").click()
    page.get_by_role("button", name="Columns").click()
    page.locator(".chooser input[type=checkbox]").first.click()
    page.keyboard.press("Escape")
    page.locator("#query").fill("seed < 3")
    page.wait_for_url("**q=seed*")
    assert set(query_of(page)) == {"show", "column", "q"}
    for left in ({"show", "column"}, {"show"}, set()):
        page.keyboard.press("Escape")
        undo(page)
        assert set(query_of(page)) == left
    assert query_of(page) == before


def test_undo_on_another_tab_shows_where_the_change_was_made(shown) -> None:
    page = shown("/plot")
    page.get_by_role("checkbox", name="log y").check()
    page.locator(".legend .name").first.click()
    expect(page.locator(".legend li.off")).to_have_count(1)
    page.locator(".tabs a", has_text="Tables").click()
    page.wait_for_url("**/table*")
    page.keyboard.press("Control+z")
    page.wait_for_url("**/plot?*")
    expect(page.locator(".legend li.off")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("checkbox", name="log y")).not_to_be_checked()


def test_a_copied_link_shows_unsaved_changes_and_leaves_the_draft_of_its_reader(shown) -> None:
    page = shown("/plot")
    set_option(page, "XMAX", "900")
    page.locator(".tabs a", has_text="Charts").click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    other = shown("/plot")
    set_option(other, "XMAX", "700")
    expect(other.locator(CHANGED)).to_be_visible()
    other.goto(link)
    expect(other.locator(CHANGED)).to_be_visible()
    assert "draft" not in query_of(other)
    other.locator(".tabs a", has_text="Plots").click()
    other.get_by_placeholder("Find an option").fill("XMAX")
    field = other.locator("aside.left [data-option=XMAX] input")
    expect(field).to_have_value("900")
    own = other.context.new_page()
    own.goto(other.url)
    own.get_by_placeholder("Find an option").fill("XMAX")
    expect(own.locator("aside.left [data-option=XMAX] input")).to_have_value("700")
    other.evaluate("document.activeElement.blur()")
    other.keyboard.press("Control+z")
    expect(field).to_have_value("700")


def test_a_view_that_somebody_else_saved_is_told_when_it_is_saved(shown, faults) -> None:
    faults.expected += ("409",)
    page, other = shown("/plot"), shown("/plot")
    for each, value in ((page, "900"), (other, "800")):
        set_option(each, "XMAX", value)
        expect(each.locator(CHANGED)).to_be_visible()
    save(page)
    other.get_by_role("button", name="Save view").click()
    other.get_by_role("button", name="Changed elsewhere").click()
    expect(other.locator(".differences")).to_contain_text("900")
    other.get_by_role("button", name="Take theirs").click()
    expect(other.locator("aside.left [data-option=XMAX] input")).to_have_value("900")
    expect(other.locator(CHANGED)).to_have_count(0)


@contextlib.contextmanager
def held(page: Page, pattern: str) -> Iterator[None]:
    """Answer these requests only at the end, as late as a server with thousands of runs."""
    requests: list[Route] = []
    page.wait_for_load_state("networkidle")
    page.route(re.compile(pattern), lambda route: requests.append(route))
    yield
    page.unroute(re.compile(pattern))
    for each in requests:
        with contextlib.suppress(Error):  # another request took its place
            each.continue_()


def test_clicks_that_are_faster_than_the_server_are_all_kept(shown) -> None:
    page = shown("/param_adjust")
    keys = page.locator("#merge .ordered li")
    expect(keys).not_to_have_count(0)
    chosen = keys.count()
    with held(page, "api/v1/counts"):
        page.locator("#merge .keylist input").first.click()
        expect(keys).to_have_count(chosen + 1)
        page.locator("#merge .keylist input").first.click()
        expect(keys).to_have_count(chosen + 2)
        for _ in range(chosen + 1):
            keys.first.get_by_role("button").click()
        expect(keys).to_have_count(1)
    page.wait_for_load_state("networkidle")
    expect(keys).to_have_count(1)


def test_moves_in_the_legend_that_are_faster_than_the_server_are_all_kept(shown) -> None:
    page = shown("/plot")
    expect(page.locator(".legend li")).to_have_count(3)
    names = page.locator(".legend .name span")
    with held(page, "api/v1/curves"):
        page.get_by_role("button", name="Move policy_lr=0.1 up in the legend").click()
        page.get_by_role("button", name="Move policy_lr=0.1 up in the legend").click()
        expect(names.first).to_have_text("0.1")
    page.wait_for_load_state("networkidle")
    assert names.all_inner_texts() == ["0.1", "0.001", "0.01"]


@pytest.mark.parametrize(("language", "scheme"), [("en-GB", "light"), ("zh-CN", "dark")])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_view_in_the_header_is_accessible_and_fits(
    shown, check_access, shoot, language: str, scheme: str, width: int
) -> None:
    page = shown("/charts?logy=1", language=language, scheme=scheme, width=width)
    expect(page.locator(CHANGED)).to_be_visible()
    expect(page.locator(".panelchart canvas").first).to_be_visible()
    shoot(page, f"views-{width}-{language}")
    page.locator(".configuration button").first.click()
    check_access(page)
    shoot(page, f"views-open-{width}-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
