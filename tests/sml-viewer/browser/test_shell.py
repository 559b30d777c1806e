"""What stands around every part: languages, dark mode, palette, help, connection, access, looks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.needs("chromium")

VIEWS = {
    "list": "/experiment",
    "grouped": "/experiment?group=parameter%3Aenv_name&show=failed",
    "coverage": "/experiment?view=coverage",
}


def ids(page) -> list[str]:
    """The ids of the runs, as the list links to them."""
    links = page.locator(".runtable tbody th.name a").all()
    return [re.search(r"/run/([^?]+)", link.get_attribute("href")).group(1) for link in links]


def test_the_language_follows_the_browser_and_a_choice_is_remembered(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment", language="zh-CN")
    expect(page.locator(".tabs a").first).to_have_text("曲线")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    with page.expect_response("**/api/v1/language"):
        page.get_by_role("button", name="Switch to English").click()
    expect(page.locator(".tabs a").first).to_have_text("Charts")
    page.reload()
    expect(page.locator(".tabs a").first).to_have_text("Charts")


def test_dark_follows_the_system_and_a_choice_is_remembered(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment", scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Light or dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def open_palette(page) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Command palette")).to_be_focused()


def test_the_palette_finds_runs_and_commands(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    expect(page.locator(".runtable")).to_be_visible()
    open_palette(page)
    page.keyboard.type("walker 0.01 seed_3")
    expect(page.locator(".palette [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Walker2d-v4_policy_lr_0.01_seed_3")
    open_palette(page)
    page.keyboard.type("coverage")
    expect(page.locator(".palette [role=option]")).to_have_count(
        0
    )  # a command of the list, which is not shown
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_the_palette_does_what_it_found_by_keyboard_alone(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    expect(page.locator(".runtable")).to_be_visible()
    open_palette(page)
    page.keyboard.type("tables")
    expect(page.locator(".palette [role=option]").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/table*")
    expect(page.locator("dialog")).to_have_count(0)


def test_the_help_lists_the_keys_that_work_here(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    expect(page.locator(".runtable")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator(".help")).to_contain_text("Command palette")
    expect(page.locator(".help")).to_contain_text("Compare")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_every_stop_of_the_tab_key_shows_where_it_is(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    expect(page.locator(".runtable")).to_be_visible()
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(
            "[document.activeElement.id || document.activeElement.className"
            " || document.activeElement.tagName,"
            " getComputedStyle(document.activeElement).outlineStyle !== 'none'"
            " || document.activeElement.closest('.query') !== null]"
        ))  # fmt: skip
    assert [name for name, seen in reached if not seen and name != "BODY"] == []
    assert "query" in [name for name, _ in reached]


def test_a_restarted_server_is_found_again_with_nothing_lost(serve, open_page, faults, logs) -> None:
    faults.expected = ("ERR_CONNECTION", "ERR_EMPTY")
    site = serve(logs)
    page = open_page(f"{site.url}/experiment?show=failed")
    expect(page.locator(".runtable tbody th.name a")).to_have_count(2)
    site.stop()
    expect(page.locator(".banner")).to_be_visible()
    expect(page.locator(".runtable tbody th.name a")).to_have_count(2)
    site.start()
    expect(page.locator(".banner")).to_have_count(0)
    page.locator(".runtable tbody input[type=checkbox]").first.click()
    page.keyboard.press("t")
    page.get_by_label("New tags").fill("kept")
    page.keyboard.press("Enter")
    expect(page.locator(".runtable .chip", has_text="kept")).to_have_count(1)


KEY_IN_THE_NEXT_TASK = """async () => {
  const task = () => new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = resolve;
    channel.port2.postMessage(null);
  });
  const box = document.querySelector(".runtable tbody input[type=checkbox]");
  box.click();
  await task();
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "t", bubbles: true, cancelable: true }));
  await task();
  return document.querySelector("dialog[open]")?.contains(document.activeElement) ?? false;
}"""


def test_a_key_right_after_a_click_acts_on_what_was_clicked(site, open_page) -> None:
    # Both come before the browser paints: what a quick hand, or a busy machine, does.
    page = open_page(f"{site.url}/experiment?show=failed")
    expect(page.locator(".runtable tbody th.name a")).to_have_count(2)
    assert page.evaluate(KEY_IN_THE_NEXT_TASK), "the key was lost"
    expect(page.get_by_label("New tags")).to_be_focused()


def test_marks_and_focus_stay_with_their_runs_when_the_list_comes_anew(
    serve, open_page, faults, tmp_path, write_run
) -> None:
    faults.expected = ("ERR_CONNECTION", "ERR_EMPTY")
    for name in ("b", "c", "d", "e"):
        write_run(tmp_path / "logfile", name)
    site = serve(tmp_path / "logfile")
    page = open_page(f"{site.url}/experiment?sort=name")
    names = page.locator(".runtable tbody th.name a")
    expect(names).to_have_text(["b", "c", "d", "e"])
    page.get_by_label("Select c").click()
    names.nth(1).focus()
    site.stop()
    expect(page.locator(".banner")).to_be_visible()
    write_run(tmp_path / "logfile", "a")
    site.start()
    expect(names).to_have_text(["a", "b", "c", "d", "e"])
    expect(page.locator(".runtable tr.chosen th.name a")).to_have_text(["c"])
    expect(names.nth(2)).to_be_focused()
    page.get_by_label("Select d").click(modifiers=["Shift"])
    expect(page.locator(".runtable tr.chosen th.name a")).to_have_text(["c", "d"])
    page.locator(".runtable thead").get_by_role("button", name="Name").click()
    expect(names).to_have_text(["e", "d", "c", "b", "a"])
    expect(page.locator(".runtable tr.chosen th.name a")).to_have_text(["d", "c"])
    page.get_by_label("Select b").click(modifiers=["Shift"])
    expect(page.locator(".runtable tr.chosen th.name a")).to_have_text(["d", "c", "b"])


def test_two_people_do_not_disturb_each_other(site, open_page) -> None:
    one = open_page(f"{site.url}/experiment?show=failed&sort=name")
    other = open_page(f"{site.url}/experiment?group=status", language="zh-CN")
    expect(one.locator(".runtable tbody th.name a")).to_have_count(2)
    expect(other.locator(".runtable .group").first).to_be_visible()
    other.locator("#query").fill("seed = 3")
    expect(other.locator(".strip [data-filter=all] b")).to_have_text("6")
    for _ in range(2):  # the second was asked after the other's last change
        one.wait_for_event("response", lambda answer: "/api/v1/runs" in answer.url)
    expect(one.locator(".runtable tbody th.name a")).to_have_count(2)
    expect(one.locator("#query")).to_have_value("")
    expect(one.locator(".tabs a").first).to_have_text("Charts")


def test_what_one_tags_the_other_sees(site, open_page) -> None:
    one, other = open_page(f"{site.url}/experiment?sort=name"), open_page(f"{site.url}/experiment?sort=name")
    expect(other.locator(".runtable")).to_be_visible()
    one.locator(".runtable tbody input[type=checkbox]").nth(4).click()
    one.keyboard.press("t")
    one.get_by_label("New tags").fill("seen")
    one.keyboard.press("Enter")
    expect(other.locator(".runtable .chip", has_text="seen")).to_have_count(1)


def test_ten_thousand_lines_scroll_with_few_elements(serve, open_page, tmp_path, write_run) -> None:
    root = tmp_path / "logfile"
    write_run(root, "run", rows=2, seed=0)
    page = open_page(f"{serve(root).url}/experiment")
    expect(page.locator(".runtable")).to_be_visible()

    def many(route) -> None:
        if "after=" in route.request.url:
            route.fulfill(status=304)
            return
        answer = route.fetch()
        content = answer.json()
        for column in content["columns"]:
            cells = column.pop("cells", None) or [column["values"][code] for code in column.pop("codes")]
            column["cells"] = [
                number
                if column["key"] == "key"
                else f"{cells[0]} {number}"
                if column["key"] in ("id", "name")
                else cells[0]
                for number in range(10_000)
            ]
        route.fulfill(response=answer, json=content | {"count": 10_000, "new": []})

    page.route("**/api/v1/runs?*", many)
    page.route("**/api/v1/runs", many)
    page.reload()
    expect(page.locator(".strip [data-filter=all] b")).to_have_text("10,000")
    page.locator(".runtable tbody th.name a").first.focus()
    page.keyboard.press("End")
    expect(page.locator(".runtable tbody th.name a", has_text="run 9999")).to_be_focused()
    assert page.locator(".runtable tbody tr").count() < 80


def test_an_empty_folder_says_what_to_do(serve, open_page, tmp_path) -> None:
    root = tmp_path / "nothing"
    root.mkdir()
    page = open_page(f"{serve(root).url}/experiment")
    expect(page.locator(".empty")).to_contain_text("progress.csv")
    page.locator(".empty").get_by_role("button", name="Change the data path").click()
    page.get_by_label("PLOT_LOG_PATH").fill("/etc")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .error")).to_contain_text(str(root))


def test_a_phone_shows_cards_and_tabs_below(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment", width=390, height=844)
    expect(page.locator(".card").first).to_be_visible()
    assert page.locator(".tabs").bounding_box()["y"] > 700
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(("scheme", "language"), [("light", "zh-CN"), ("dark", "en-GB")])
def test_axe_finds_nothing(site, open_page, check_access, scheme: str, language: str) -> None:
    page = open_page(f"{site.url}/experiment", scheme=scheme, language=language)
    expect(page.locator(".runtable")).to_be_visible()
    run = ids(page)[0]
    page.locator(".runtable tbody input").first.click()
    check_access(page)
    one, other = ids(page)[:2]
    addresses = [f"/run/{run}", f"/experiment?compare={one}&compare={other}", *VIEWS.values()]
    for address in addresses:
        page.goto(site.url + address)
        expect(page.locator("main :is(h1:not(.unseen), .matrix, .runtable)").first).to_be_visible()
        check_access(page)
    for key in ("?", "Control+k"):
        page.keyboard.press(key)
        expect(page.locator("dialog")).to_be_visible()
        check_access(page)
        page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_every_view_fits_its_window(site, open_page, shoot, width: int, scheme: str) -> None:
    language = "zh-CN" if scheme == "dark" else "en-GB"
    page = open_page(
        f"{site.url}/experiment?q=status+%3D+failed", width=width, scheme=scheme, language=language
    )
    link = page.locator("[data-at]").first
    expect(link).to_be_visible()
    views = VIEWS | {"run": link.get_attribute("href").partition("?")[0]}
    for name, address in views.items():
        page.goto(site.url + address)
        expect(page.locator("main :is(h1:not(.unseen), .matrix, .runtable, .cards)").first).to_be_visible()
        assert (
            page.evaluate("document.fonts.ready.then(() => document.documentElement.scrollWidth)") <= width
        ), name
        shoot(page, f"{name}-{width}-{scheme}")
