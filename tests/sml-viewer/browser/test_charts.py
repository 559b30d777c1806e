"""The live charts of 对比绘图, and configurations, in a browser: what a hand does and what it then sees."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.needs("chromium")


def uplot(page: Page, what: str, number: int = 0) -> Any:
    """Something of a live chart, `u` in JavaScript, once the chart is drawn."""
    chart = page.locator(".charts .canvas").nth(number)
    eventually(lambda: chart.evaluate("({uplot: u}) => u !== undefined"))
    return chart.evaluate(f"({{uplot: u}}) => {what}")


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for what the page's own policy lets nobody wait for inside it."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def plot(site, open_page) -> Callable[..., Page]:
    """The page of 24 runs under a configuration of its own, with its charts drawn."""

    def show(name: str, more: str = "", count: int = 2) -> Page:
        page = open_page(f"{site.url}/plot?config={name}{more}")
        expect(page.locator(".charts .canvas canvas")).to_have_count(count)
        return page

    return show


@pytest.fixture
def few(serve, open_page, write_run, tmp_path: Path) -> Callable[..., Page]:
    """A page of runs of a test's own: `few([{...}], "param_adjust")`."""

    def show(runs: list[dict[str, Any]], part: str = "plot", table: str = "", **more: Any) -> Page:
        root = tmp_path / "logfile"
        root.mkdir()
        for number, run in enumerate(runs):
            folder = write_run(root, f"run_{number}", **run)
            if table:
                (folder / "progress.csv").write_text(table)
        return open_page(f"{serve(root, **more).url}/{part}")

    return show


def test_the_pointer_on_one_chart_shows_the_same_x_on_all(plot) -> None:
    page = plot("hover")
    page.locator(".charts .u-over").first.hover(position={"x": 120, "y": 60})
    eventually(lambda: uplot(page, "u.cursor.idx", 1) is not None)
    assert uplot(page, "u.cursor.idx", 0) == uplot(page, "u.cursor.idx", 1)
    expect(page.locator(".chart output").nth(1)).not_to_be_empty()
    expect(page.locator(".legend li small").first).to_contain_text("n=4")


def test_a_drag_zooms_all_charts_and_a_double_click_shows_the_whole(plot) -> None:
    page = plot("zoom")
    over = page.locator(".charts .u-over").first
    whole = uplot(page, "u.scales.x.max")
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 60, steps=4)
    page.mouse.up()
    eventually(lambda: uplot(page, "u.scales.x.max", 1) < whole)
    assert uplot(page, "u.scales.x.max", 0) == uplot(page, "u.scales.x.max", 1)
    over.dblclick(position={"x": 30, "y": 30})
    eventually(lambda: uplot(page, "u.scales.x.max", 1) == whole)
    expect(page.get_by_role("button", name="Reset zoom")).to_have_count(0)


def test_logarithmic_axes_leave_out_what_has_no_logarithm(plot) -> None:
    page = plot("log")
    assert uplot(page, "u.data[0][0]") == 0
    page.get_by_label("log x").check()
    page.get_by_label("log y").check()
    eventually(lambda: uplot(page, "u.scales.x.distr") == 3 and uplot(page, "u.scales.y.distr") == 3)
    assert uplot(page, "u.data[0][0]") == 100
    assert "logx=1" in page.url
    assert "logy=1" in page.url


def test_single_runs_come_on_demand(plot) -> None:
    page = plot("seeds")
    with page.expect_response(re.compile("/api/v1/seeds")) as coming:
        page.get_by_role("button", name="Single runs of policy_lr=0.1", exact=True).click()
    assert coming.value.ok
    assert "policy_lr=0.1" in coming.value.request.post_data
    button = page.get_by_role("button", name="Single runs of policy_lr=0.1", exact=True)
    expect(button).to_have_attribute("aria-pressed", "true")


def test_another_metric_is_shown_by_the_same_charts(plot) -> None:
    page = plot("metric")
    page.locator(".canvas").first.evaluate("each => { each.dataset.mark = 'kept'; }")
    field = page.get_by_role("combobox", name="y", exact=True)
    field.fill("entropy")
    field.press("Enter")
    eventually(lambda: uplot(page, "u.axes[1].label") == "entropy")
    expect(page.locator(".canvas").first).to_have_attribute("data-mark", "kept")
    assert uplot(page, "u.data[1][0]") == pytest.approx(2, abs=0.2)
    page.go_back()  # a choice of a metric is no place in the history
    assert page.url == "about:blank"


def test_a_preset_is_drawn_and_part_of_the_command(plot) -> None:
    page = plot("preset", "&view=figure", count=0)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    figure = page.locator("img.paper")
    expect(figure).to_be_visible()
    before = figure.evaluate("image => image.naturalWidth")
    page.get_by_label("Preset", exact=True).select_option(label="Paper, one column")
    expect(page.locator(".stale")).to_be_visible()
    page.locator(".stale").get_by_role("button", name="Draw").click()
    expect(page.locator(".stale")).to_have_count(0)
    eventually(lambda: figure.evaluate("image => image.naturalWidth") not in (0, before))
    page.get_by_role("button", name="Copy command").click()
    expect(page.locator(".toast").last).to_contain_text("copied")
    assert "FIGURE_PRESET=paper-1col" in page.evaluate("navigator.clipboard.readText()")


def test_options_hold_for_a_pair_or_one_sub_figure_and_show_what_holds_unset(plot) -> None:
    page = plot("scopes")
    search, left = page.get_by_placeholder("Find an option"), page.locator("aside.left")
    search.fill("SUBFIGURE_WIDTH")
    expect(left.locator(".option input").first).to_have_value(
        "3.4"
    )  # what acts, not what the older tool took
    search.fill("YMAX")
    for scope, value in (("one metric", "50"), ("one metric in one panel", "30")):
        page.get_by_label("Apply to").select_option(label=scope)
        field = left.locator(".option input").first
        expect(field).to_have_value("" if value == "50" else "50")  # what the wider scope says
        field.fill(value)
        field.press("Enter")
        expect(page.locator(".option.set")).to_have_count(1)
    eventually(lambda: uplot(page, "u.scales.y.max", 0) == 30)
    eventually(lambda: uplot(page, "u.scales.y.max", 1) == 50)


def test_a_reload_in_the_middle_loses_nothing(plot) -> None:
    page = plot("reload")
    page.get_by_placeholder("Find an option").fill("XMAX")
    field = page.locator("aside.left .option input").first
    field.fill("900")
    field.press("Enter")
    page.keyboard.press("Control+s")
    page.reload()
    expect(page.locator(".charts .canvas canvas")).to_have_count(2)
    eventually(lambda: uplot(page, "u.scales.x.max") == 900)


def test_a_reload_after_a_save_that_failed_loses_nothing(site, plot, faults) -> None:
    faults.expected += ("ERR_FAILED",)
    page = plot("overtaken")
    before = page.request.get(f"{site.url}/api/v1/configs/overtaken").json()

    def slowly(route: Route) -> None:
        route.abort() if route.request.method == "POST" else route.fulfill(json=before)

    page.route("**/api/v1/configs/overtaken", slowly)
    page.get_by_placeholder("Find an option").fill("XMAX")
    field = page.locator("aside.left .option input").first
    field.fill("900")
    field.press("Enter")
    page.keyboard.press("Control+s")
    page.reload()
    eventually(lambda: uplot(page, "u.scales.x.max") == 900)


def test_the_back_button_goes_to_the_configuration_before(plot) -> None:
    page = plot("first")
    page.get_by_role("button", name="Manage this view").click()
    page.get_by_role("button", name="New empty view").click()
    page.get_by_label("Name", exact=True).fill("second 配置")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("config=second"))
    page.go_back()
    page.wait_for_url(re.compile("config=first"))
    expect(page.locator(".configuration")).to_contain_text("first")


def test_a_configuration_is_merged_from_another_and_made_one_per_merge_key(site, plot) -> None:
    page = plot("whole")
    token = page.evaluate("fetch('/api/v1/session').then(answer => answer.json()).then(({csrf}) => csrf)")
    made = {"action": "new", "name": "theirs", "config": {"XMAX": 1500.0, "DATA_MERGER": ["policy_lr"]}}
    page.request.post(
        f"{site.url}/api/v1/configs", data=made, headers={"X-CSRF-Token": token, "Origin": site.url}
    )
    page.get_by_placeholder("Find an option").fill("YMIN")
    page.locator("aside.left .option input").first.fill("-5")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+s")
    expect(page.locator(".saved .icon")).to_be_visible()
    page.reload()
    menu = page.get_by_role("button", name="Manage this view")
    menu.click()
    page.get_by_role("button", name="Merge from another").click()
    page.locator(".choice").get_by_role("button", name="theirs").click()
    eventually(lambda: uplot(page, "u.scales.x.max") == 1500)
    menu.click()
    page.get_by_role("button", name="One copy per grouping key").click()
    page.get_by_role("button", name="Create").click()
    page.locator(".configuration button").first.click()
    expect(page.locator(".configuration .menu")).to_contain_text("whole_gs_policy_lr")


def test_plot_parameters_shows_scores_by_value_where_nothing_can_be_claimed(few) -> None:
    runs = [
        {"policy_lr": lr, "batch": batch, "seed": seed, "env_name": "Ant"}
        for lr in (0.1, 0.01) for batch in (32, 64) for seed in (1, 2, 3)
    ]  # fmt: skip
    page = few(runs, "param_adjust")
    page.locator("#ranking summary").click()
    page.get_by_role("button", name="Compute importance").click()
    expect(page.locator("#ranking tbody th")).to_have_count(2)
    expect(page.locator("#ranking tbody")).to_contain_text("too few configurations to tell: 4 of at least 6")
    expect(page.locator("#ranking .byvalue li", has_text="n=2")).to_have_count(4)


def test_a_figure_is_drawn_again_by_itself_after_its_interval(few) -> None:
    page = few([{"seed": 1}, {"seed": 2}], "plot?view=figure", redraw=True)
    expect(page.locator("img.paper")).to_be_visible()
    page.locator(".export").get_by_label("Redraw automatically").check()
    page.keyboard.press("Control+s")
    page.locator(".export").get_by_label("Seconds between redraws").fill("1")
    page.keyboard.press("Enter")
    expect(page.locator(".background img")).to_be_visible()


def test_names_are_never_markup_and_columns_of_anything_do_no_harm(few) -> None:
    name = "<img src=x onerror=alert(1)> 学习率 \u202e$x_1$"
    table = "timestep,reward,nothing,<b>bad</b>,words\n0,1,nan,inf,yes\n10,inf,,-inf,no\n20,3,,1,maybe\n"
    page = few([{"algo": name, "seed": 1}, {"algo": "plain", "seed": 2}], table=table)
    expect(page.locator(".charts .canvas canvas")).to_have_count(1)
    expect(page.locator(".legend")).to_contain_text("<img src=x onerror=alert(1)> 学习率")
    field = page.get_by_role("combobox", name="y", exact=True)
    field.click()
    expect(page.locator(".offers")).to_contain_text("<b>bad</b>")
    assert "nothing" not in page.locator(".offers").inner_text()
    field.fill("<b>bad</b>")
    field.press("Enter")
    eventually(lambda: uplot(page, "u.axes[1].label") == "<b>bad</b>")
    page.get_by_role("button", name="Figure", exact=True).click()
    expect(page.locator("img.paper")).to_be_visible()
    page.get_by_role("link", name="Tables").click()
    expect(page.locator("#scores")).to_contain_text("学习率")


def test_rules_of_odd_patterns_are_counted(few) -> None:
    page = few(
        [{"algo": name, "seed": seed} for name in ("a[1]", "a1", "*") for seed in (1, 2)], "param_adjust"
    )
    add = page.get_by_role("combobox", name="Add a rule for")
    add.fill("algo")
    add.press("Enter")
    value = page.get_by_role("combobox", name="Value of algo")
    caught = page.locator(".rule .catch strong")
    for pattern, count in (("a[1]", "2"), ("a*", "4"), ("[", "0"), ("?", "2")):
        value.fill(pattern)
        value.press("Enter")
        expect(caught).to_have_text(count)

    def stored() -> dict[str, Any]:
        kept = page.evaluate("fetch('/api/v1/configs/default').then(answer => answer.json())")
        return kept["config"]

    page.keyboard.press("Control+s")
    eventually(lambda: stored().get("DATA_IGNORE") == [{"algo": "?"}])
    assert stored()["DATA_IGNORE_PROPERTY"] == [{"algo": {"manual": True}}]
