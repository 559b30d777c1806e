"""绘图参数, 对比绘图 and 表格统计 in a browser: the tutorial's walk, and what must hold on the way."""

from __future__ import annotations

import csv
import io
import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sml_viewer.cli.main import main

pytestmark = pytest.mark.needs("chromium")


WORDS = {
    "en-GB": {
        "adjust": "Plot parameters", "plot": "Plots", "table": "Tables", "path": "Data path (PLOT_LOG_PATH)",
        "rule": "Add a rule for", "draw": "Draw", "live": "Interactive", "value": "Value of seed",
        "caption": "Mean ± standard error (ddof=1) of episode_return over timestep",
    },
    "zh-CN": {
        "adjust": "绘图参数", "plot": "对比绘图", "table": "表格统计",
        "path": "绘图数据加载路径 (PLOT_LOG_PATH)",
        "rule": "添加规则", "draw": "绘图", "live": "交互图", "value": "seed 的值",
        "caption": "episode_return 随 timestep 的变化：均值 ± 标准误（ddof=1）",
    },
}  # fmt: skip


def charts(page: Page, count: int) -> None:
    """Wait until so many live charts are drawn."""
    expect(page.locator(".charts .canvas canvas")).to_have_count(count)


def drawn(page: Page, title: str) -> dict[str, list[float | None]]:
    """The centres on a live chart, by algorithm, as they are given to the canvas."""
    found: dict[str, list[float | None]] = page.locator(
        ".chart", has=page.get_by_role("heading", name=title)
    ).evaluate(
        """chart => {
            const u = chart.querySelector('.canvas').uplot;
            const shown = u.series.map((each, at) => [each.label, at]).filter(([name, at]) => at % 3 === 1);
            return Object.fromEntries([['x', u.data[0]], ...shown.map(([name, at]) => [name, u.data[at]])]);
        }"""
    )
    return found


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for what the page's own policy lets nobody wait for inside it."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


@pytest.fixture
def own(serve: Callable[..., Any], write_run: Callable[..., Path], tmp_path: Path) -> Callable[..., Any]:
    """A page of few runs that a test may change: `own(runs=[{...}])`."""

    def make(runs: list[dict[str, Any]], **more: Any) -> Any:
        root = tmp_path / "logfile"
        root.mkdir()
        for number, run in enumerate(runs):
            write_run(root, f"run_{number}", **run)
        return serve(root, **more)

    return make


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_the_walk_of_the_tutorial(serve, open_page, logs: Path, tmp_path: Path, language: str) -> None:
    words = WORDS[language]
    empty = tmp_path / "empty"
    empty.mkdir()
    page = open_page(serve(empty, changeable=True).url, language=language)
    page.get_by_role("link", name=words["plot"]).click()
    page.get_by_label(words["path"]).fill(str(logs))
    page.get_by_label(words["path"]).press("Enter")
    charts(page, 2)  # with nothing set a sensible figure is there
    expect(page.locator(".caption")).to_contain_text(words["caption"])
    expect(page.locator(".legend li")).to_have_count(3)

    page.get_by_role("link", name=words["adjust"]).click()
    page.get_by_role("combobox", name=words["rule"]).fill("seed")
    page.get_by_role("combobox", name=words["rule"]).press("Enter")
    page.get_by_role("combobox", name=words["value"]).fill("1")
    page.get_by_role("combobox", name=words["value"]).press("Enter")
    expect(page.locator(".rule .catch strong")).to_have_text("6")
    expect(page.locator(".runlists .segments button").nth(1)).to_contain_text("6")
    rename = page.locator("#names").get_by_role("combobox").last
    rename.fill("policy_lr=0.1")
    rename.press("Enter")
    page.locator("#names .rename input").last.fill("large steps")
    page.locator("#names .rename input").last.press("Enter")
    expect(page.locator("#order li").first).to_contain_text("large steps")

    page.get_by_role("link", name=words["plot"]).click()
    expect(page.locator(".legend")).to_contain_text("large steps")
    page.get_by_role("button", name=words["draw"], exact=True).click()
    figure = page.locator("img.paper")
    expect(figure).to_be_visible()
    assert figure.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300

    page.get_by_role("link", name=words["table"]).click()
    expect(page.locator("#scores thead")).to_contain_text("large steps")
    expect(page.locator("#scores tbody tr")).to_have_count(2)

    page.get_by_role("link", name=words["plot"]).click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="PDF").click()
    assert Path(coming.value.path()).read_bytes().startswith(b"%PDF")


def test_screen_copied_command_and_download_are_the_same_numbers(site, open_page, tmp_path: Path) -> None:
    page = open_page(f"{site.url}/plot?q=seed+%3C+4")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    charts(page, 2)
    with page.expect_download() as coming:
        page.get_by_role("button", name="CSV", exact=True).click()
    downloaded = Path(coming.value.path()).read_text()
    page.get_by_role("button", name="Copy command").click()
    expect(page.locator(".toast")).to_be_visible()
    program, *words = shlex.split(clipboard(page))
    output = tmp_path / "by command.csv"
    assert program == "sml-viewer"
    assert main([*words[:-1], str(output)]) == 0
    assert output.read_text() == downloaded
    shown = {title: drawn(page, title) for title in ("Hopper-v4", "Walker2d-v4")}
    rows = list(csv.DictReader(io.StringIO(downloaded)))
    assert len(rows) == 2 * 3 * 40
    for row in rows:
        chart = shown[row["sub-figure"]]
        value = chart[row["algorithm"]][chart["x"].index(float(row["x"]))]
        assert value == pytest.approx(float(row["center"]), rel=1e-6)


def test_a_hidden_curve_changes_no_other_and_the_link_keeps_it_hidden(site, open_page) -> None:
    page = open_page(f"{site.url}/plot")
    charts(page, 2)
    before = drawn(page, "Hopper-v4")
    page.get_by_role("button", name=re.compile("^0.01 ")).first.click()
    page.wait_for_url(re.compile("hide="))
    assert drawn(page, "Hopper-v4") == before
    hidden = "chart => chart.uplot.series.filter(each => !each.show).map(each => each.label)[0]"
    eventually(lambda: page.locator(".canvas").first.evaluate(hidden) == "policy_lr=0.01")
    again = open_page(page.url)
    charts(again, 2)
    eventually(lambda: again.locator(".canvas").first.evaluate(hidden) == "policy_lr=0.01")


def test_the_legend_is_filtered_by_a_pattern(site, open_page) -> None:
    page = open_page(f"{site.url}/plot")
    charts(page, 2)
    page.get_by_placeholder("Show by pattern").fill("=0\\.0+1$")
    expect(page.locator(".legend li")).to_have_count(2)
    page.get_by_placeholder("Show by pattern").fill("[")
    expect(page.get_by_placeholder("Show by pattern")).to_have_attribute("aria-invalid", "true")


def test_broken_and_running_runs_are_seen(own, open_page, shoot) -> None:
    runs = [{"env_name": "Hopper-v4", "policy_lr": 0.1, "seed": seed} for seed in (1, 2, 3)]
    runs[1] |= {"state": "failed", "rows": 15}
    runs[2] |= {"state": "running", "rows": 30}
    page = open_page(f"{own(runs).url}/plot")
    charts(page, 1)
    entry = page.locator(".legend li")
    expect(entry).to_contain_text("✕ 1")
    expect(entry).to_contain_text("…")
    n = page.locator(".canvas").evaluate("chart => [...chart.uplot.data[0]].length")
    assert n == 40  # what only one seed reached is there, not cut
    page.get_by_role("button", name="Single runs of").click()
    shoot(page, "plot-broken")
    page.goto(page.url.replace("/plot", "/table"))
    expect(page.locator("#scores td.doubtful")).to_contain_text("…")


def test_the_smoothing_slider_shows_what_the_engine_then_computes(site, open_page) -> None:
    page = open_page(f"{site.url}/plot")
    charts(page, 2)
    slider = page.get_by_role("slider", name="Smoothing")
    raw = drawn(page, "Hopper-v4")
    slider.evaluate("s => { s.value = 140; s.dispatchEvent(new Event('input', { bubbles: true })); }")
    expect(page.locator(".smoothing output")).to_have_text("17.1 %")
    eventually(lambda: drawn(page, "Hopper-v4") != raw)  # the single runs came, and are smoothed here
    first = drawn(page, "Hopper-v4")
    slider.evaluate("s => { s.value = 150; s.dispatchEvent(new Event('input', { bubbles: true })); }")
    eventually(lambda: drawn(page, "Hopper-v4") != first)
    dragged = drawn(page, "Hopper-v4")
    with page.expect_response(re.compile("/api/v1/curves")):
        slider.evaluate("s => s.dispatchEvent(new Event('change', { bubbles: true }))")
    expect(page.locator(".figure")).to_have_attribute("aria-busy", "false")
    computed = drawn(page, "Hopper-v4")
    for name, values in computed.items():
        assert dragged[name] == pytest.approx(values, rel=1e-5)


def test_rules_go_to_the_recycle_bin_and_back(own, open_page) -> None:
    runs = [{"policy_lr": lr, "seed": seed} for lr in (0.1, 0.01) for seed in (1, 2)]
    page = open_page(f"{own(runs).url}/param_adjust")
    page.get_by_role("combobox", name="Add a rule for").fill("policy")
    page.get_by_role("combobox", name="Add a rule for").press("Enter")
    value = page.get_by_role("combobox", name="Value of policy_lr")
    value.click()
    expect(page.locator(".offers li")).to_have_count(2)
    page.locator(".offers li", has_text="0.01").click()
    expect(page.locator(".rule .catch strong")).to_have_text("2")
    page.get_by_role("button", name="Move to the recycle bin").click()
    expect(page.locator(".rule")).to_have_count(0)
    expect(page.locator(".runlists .segments button").first).to_contain_text("4")
    page.locator(".bin summary").click()
    page.get_by_role("button", name="Restore").click()
    expect(page.locator(".rule .catch strong")).to_have_text("2")
    page.reload()  # it is kept
    expect(page.locator(".rule .catch strong")).to_have_text("2")


def test_quick_clicks_on_keys_are_all_kept(own, open_page) -> None:
    runs = [
        {"env_name": "Hopper-v4", "seed": seed, **{f"option_{number}": seed % 2 for number in range(5)}}
        for seed in (1, 2, 3, 4)
    ]
    page = open_page(f"{own(runs).url}/param_adjust")
    boxes = page.locator("#merge .keylist input")
    expect(boxes.first).to_be_visible()
    # All within one task: nothing that the server answers comes between.
    page.evaluate(
        "for (const box of [...document.querySelectorAll('#merge .keylist input')].slice(0, 4)) box.click()"
    )
    rows = page.locator("#merge .ordered li")
    expect(rows).to_have_count(5)
    before = rows.all_inner_texts()
    for _ in range(3):
        page.locator("#merge .ordered button").last.click(no_wait_after=True)
    expect(rows).to_have_count(2)
    page.wait_for_timeout(1500)  # until the server has answered all of them
    assert rows.all_inner_texts() == before[:2]


def test_the_titles_of_several_metrics_tell_them_apart(own, open_page) -> None:
    runs = [{"env_name": env_name, "policy_lr": 0.1, "seed": 1} for env_name in ("Ant-v4", "Hopper-v4")]
    pairs = [["timestep", "episode_return"], ["timestep", "entropy"]]
    site = own(runs)
    page = open_page(f"{site.url}/experiment")
    token = page.evaluate("fetch('/api/v1/session').then(answer => answer.json()).then(({csrf}) => csrf)")
    made = {"action": "new", "name": "two", "config": {"PLOTTING_XY": pairs}}
    headers = {"X-CSRF-Token": token, "Origin": site.url}
    assert page.request.post(f"{site.url}/api/v1/configs", data=made, headers=headers).ok
    page.goto(f"{site.url}/plot?config=two")
    charts(page, 4)
    titles = page.locator(".charts figcaption h3").all_inner_texts()
    assert len(set(titles)) == 4
    assert "Ant-v4 · entropy" in titles


def test_long_values_leave_the_names_and_buttons_of_keys_in_their_card(own, open_page) -> None:
    runs = [
        {
            "policy_lr": 0.1 + seed / 7e6,
            "alg_name": f"{seed}-a-very-long-name-with-recurrent-memory",
            "seed": seed,
        }
        for seed in (1, 2, 3)
    ]
    page = open_page(f"{own(runs).url}/param_adjust")
    box = page.locator("#merge .keylist input, #merge .ordered li").first
    expect(box).to_be_visible()
    for name in ("alg_name", "policy_lr"):
        if page.locator("#merge .keylist li", has_text=name).count():
            page.locator("#merge .keylist li", has_text=name).locator("input").click()
        row = page.locator("#merge .ordered li", has_text=name)
        expect(row).to_be_visible()
        assert row.bounding_box()["height"] < 40, name
    assert page.locator("#merge").evaluate("card => card.scrollWidth <= card.clientWidth")
    expect(page.locator("#merge .ordered")).not_to_contain_text("0.10000014")


def test_order_and_colours_are_changed_by_keyboard_and_by_drag(own, open_page) -> None:
    runs = [{"policy_lr": lr, "seed": seed} for lr in (0.1, 0.01, 0.001) for seed in (1, 2)]
    page = open_page(f"{own(runs).url}/param_adjust")
    order = page.locator("#order li")
    expect(order).to_have_count(3)
    colour = order.first.locator("line").get_attribute("stroke")
    order.nth(2).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(order.nth(1)).to_contain_text("0.1")
    expect(order.nth(1)).to_be_focused()
    order.nth(1).scroll_into_view_if_needed()
    box, target = order.nth(1).bounding_box(), order.nth(0).bounding_box()
    page.mouse.move(box["x"] + 12, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(target["x"] + 12, target["y"] + 3, steps=5)
    page.mouse.up()
    expect(order.first).to_contain_text("policy_lr=0.1")
    expect(order.first.locator("line")).to_have_attribute("stroke", colour or "")


def test_the_legend_has_an_order_of_its_own_and_a_placeholder_takes_a_colour(own, open_page) -> None:
    runs = [{"policy_lr": lr, "seed": seed} for lr in (0.1, 0.01, 0.001) for seed in (1, 2)]
    page = open_page(f"{own(runs).url}/param_adjust")
    page.locator("#legendorder summary").click()
    legend, order = page.locator("#legendorder li"), page.locator("#order li")
    expect(legend).to_have_count(3)
    legend.nth(2).focus()
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    expect(legend.first).to_contain_text("policy_lr=0.1")
    expect(order.first).to_contain_text("policy_lr=0.001")
    page.get_by_role("button", name="Add a placeholder").click()
    expect(order).to_have_count(4)
    colour = order.nth(2).locator("line").get_attribute("stroke")
    order.nth(3).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(order.nth(2)).to_contain_text("placeholder")
    expect(order.nth(3).locator("line")).not_to_have_attribute("stroke", colour or "")
    page.reload()  # both are kept
    expect(order.nth(2)).to_contain_text("placeholder")
    expect(legend.first).to_contain_text("policy_lr=0.1")
    page.get_by_role("button", name="Do not draw policy_lr=0.01", exact=True).click()
    expect(legend).to_have_count(2)


def test_the_configuration_that_was_open_last_is_opened_again(own, open_page) -> None:
    address = own([{"seed": seed, "policy_lr": 0.1} for seed in (1, 2)]).url
    page = open_page(f"{address}/param_adjust")
    page.get_by_role("button", name="Manage this view").click()
    page.get_by_role("button", name="New empty view").click()
    page.get_by_label("Name", exact=True).fill("mine")
    with page.expect_response(re.compile("configs/mine/opened")):
        page.keyboard.press("Enter")
    page.goto(f"{address}/param_adjust")
    expect(page.locator(".configuration")).to_contain_text("mine")
    page.wait_for_url(re.compile("config=mine"))
    with page.expect_response(re.compile("configs/default/opened")):
        page.goto(f"{address}/param_adjust?config=default")
    page.goto(f"{address}/param_adjust")
    expect(page.locator(".configuration")).to_contain_text("default")


def test_configurations_are_made_and_a_second_tab_is_not_overwritten(own, open_page) -> None:
    page = open_page(f"{own([{'seed': seed, 'policy_lr': 0.1} for seed in (1, 2)]).url}/param_adjust")
    page.get_by_role("button", name="Manage this view").click()
    page.get_by_role("button", name="New empty view").click()
    page.get_by_label("Name", exact=True).fill("mine")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("config=mine"))
    expect(page.locator(".configuration")).to_contain_text("mine")
    other = page.context.new_page()
    other.goto(page.url)
    for each, title in ((page, "rules"), (other, "rules")):
        expect(each.locator(f"#{title}")).to_be_visible()
    page.get_by_role("button", name="Include only", exact=True).click()
    page.get_by_role("button", name="Save view").click()
    expect(page.locator(".saved .icon")).to_be_visible()
    other.get_by_role("combobox", name="Add a rule for").fill("seed")
    other.get_by_role("combobox", name="Add a rule for").press("Enter")
    other.get_by_role("button", name="Save view").click()
    expect(other.get_by_role("button", name="Changed elsewhere")).to_be_visible()
    other.get_by_role("button", name="Changed elsewhere").click()
    expect(other.locator(".differences")).to_contain_text("USE_IGNORE_RULE")
    other.get_by_role("button", name="Take theirs").click()
    expect(other.get_by_role("button", name="Include only", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_options_are_found_by_a_word_and_hold_for_a_part(site, open_page) -> None:
    page = open_page(f"{site.url}/plot?config=options")
    charts(page, 2)
    page.get_by_label("Apply to").select_option(label="one panel")
    page.get_by_label("Which panel").select_option(label="Walker2d-v4")
    page.get_by_placeholder("Find an option").fill("xmax")
    page.get_by_label("Right end of x").or_(page.get_by_label("right end of x")).fill("1000")
    page.keyboard.press("Enter")
    scale = "chart => chart.uplot.scales.x.max"
    expect(page.locator(".option.set")).to_have_count(1)
    eventually(lambda: page.locator(".canvas").nth(1).evaluate(scale) == 1000)
    assert page.locator(".canvas").first.evaluate(scale) == 3900
    page.get_by_label("Right end of x").or_(page.get_by_label("right end of x")).fill("many")
    page.keyboard.press("Enter")
    expect(page.locator(".option .error")).to_contain_text("a number")


def test_the_table_is_copied_for_a_paper(site, open_page) -> None:
    page = open_page(f"{site.url}/table")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.locator("#scores tbody tr")).to_have_count(2)
    for kind, start in (
        ("LaTeX", "% Last values"),
        ("Markdown", "| episode_return"),
        ("HTML", "<table>"),
        ("CSV", "metric,"),
    ):
        page.locator(".copies").get_by_role("button", name=kind, exact=True).click()
        expect(page.locator(".toast").last).to_contain_text(kind)
        assert clipboard(page).startswith(start)


def test_no_run_one_run_and_a_blank_column(own, open_page, tmp_path: Path, serve) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    page = open_page(f"{serve(nothing).url}/plot")
    expect(page.locator(".empty h2")).to_contain_text("no runs")
    for part in ("param_adjust", "table"):
        page.goto(page.url.rsplit("/", 1)[0] + f"/{part}")
        expect(page.locator("main")).to_contain_text("no r", ignore_case=True)
    one = own([{"seed": 1}])
    (one.folder / "run_0" / "progress.csv").write_text("timestep,reward,blank\n0,1,\n10,2,\n")
    page = open_page(f"{one.url}/plot")
    charts(page, 1)
    expect(page.locator(".caption")).to_contain_text("n = 1 seed")
    page.get_by_role("combobox", name="y", exact=True).click()
    expect(page.locator(".offers li")).to_have_count(2)  # a column that is all blank is none to draw


def test_two_hundred_algorithms_and_thousands_of_values(own, open_page, shoot) -> None:
    runs = [{"policy_lr": lr / 1000, "seed": seed, "rows": 12} for lr in range(1, 201) for seed in (1, 2)]
    page = open_page(f"{own(runs).url}/plot", height=1000)
    charts(page, 1)
    expect(page.locator(".legend li")).to_have_count(10)
    page.locator(".caption").get_by_role("button", name="More").click()
    expect(page.locator(".caption")).to_contain_text("The 10 best of 200 algorithms")
    page.get_by_role("button", name="Show all algorithms").click()
    expect(page.locator(".legend li")).to_have_count(200)
    expect(page.locator(".caption")).to_contain_text("28 styles on the screen")
    page.get_by_placeholder("Show by pattern").fill("=0\\.1\\d\\d$")
    expect(page.locator(".legend li")).to_have_count(90)
    shoot(page, "plot-200")
    page.goto(page.url.split("?")[0].replace("/plot", "/param_adjust"))
    page.get_by_role("combobox", name="Add a rule for").fill("policy_lr")
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="Value of policy_lr").click()
    expect(page.locator(".offers")).to_contain_text("120 more: type to find them")
    page.get_by_role("combobox", name="Value of policy_lr").fill("0.19")
    expect(page.locator(".offers li").first).to_contain_text("0.19")
    assert page.locator(".offers li").count() <= 80


def test_the_data_path_comes_first_at_every_width(site, open_page) -> None:
    page = open_page(f"{site.url}/plot")
    charts(page, 2)
    for width in (1440, 1280, 1024, 861, 860, 390):
        page.set_viewport_size({"width": width, "height": 900})
        eventually(lambda: _path_comes_first(page))


def _path_comes_first(page: Page) -> bool:
    boxes = [page.locator(part).bounding_box() for part in (".logpath", ".export", ".charts")]
    path, export, drawing = (box for box in boxes if box)
    above = path["y"] + path["height"] / 2 <= export["y"] + export["height"] / 2
    return above and path["y"] < drawing["y"]


def test_the_names_of_aggregates_lack_what_they_share(site, open_page) -> None:
    page = open_page(f"{site.url}/plot?view=aggregate")
    names = page.locator("svg.plot").first.locator("text[text-anchor=end]")
    expect(names.first).to_be_visible()
    shown = names.evaluate_all("all => all.map(one => one.firstChild.data)")
    whole = names.locator("title").all_text_contents()
    assert shown == ["policy_lr", "0.001", "0.01", "0.1"]
    assert whole == ["policy_lr", "policy_lr=0.001", "policy_lr=0.01", "policy_lr=0.1"]
    assert not names.evaluate_all("all => all.some(one => one.getBBox().x < 0)")


@pytest.mark.parametrize(
    "part", ["param_adjust", "plot", "table", "plot?view=bars", "plot?view=aggregate", "plot?view=figure"]
)
@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1440, "light", "en-GB"), (1024, "dark", "zh-CN"), (390, "light", "zh-CN"), (390, "dark", "en-GB")],
)
def test_nothing_is_cut_or_out_of_reach(
    site, open_page, check_access, shoot, part: str, width: int, scheme: str, language: str
) -> None:
    page = open_page(f"{site.url}/{part}", width=width, scheme=scheme, language=language)
    expect(page.locator("main :is(canvas, svg.plot, img.paper, #scores, #order li)").first).to_be_visible()
    shoot(page, f"{re.sub(r'[^a-z]+', '-', part)}-{width}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#main").evaluate("main => main.scrollWidth - main.clientWidth") <= 0
    if (width, scheme) in (
        (1440, "light"),
        (390, "dark"),
    ):  # what axe-core finds lies in neither width nor words
        check_access(page)


def test_bars_of_many_groups_wrap_in_rows_and_scroll_nowhere(own, open_page, shoot) -> None:
    runs = [
        {"env_name": f"Env{env}-v1", "method": f"m{method}", "seed": 1, "rows": 5}
        for env in range(30)
        for method in range(9)
    ]
    page = open_page(f"{own(runs).url}/plot?view=bars", height=1000)
    expect(page.locator(".scores svg.plot").nth(1)).to_be_visible()
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 1000})
        room = "place => place.scrollWidth <= place.clientWidth"
        eventually(lambda room=room: page.locator(".scores .scroll").first.evaluate(room))
    expect(page.locator(".scores svg.plot text.title")).to_have_count(30)


def test_the_form_shows_that_the_smallest_loss_is_best_until_somebody_chooses(own, open_page) -> None:
    runs = [{"policy_lr": lr, "seed": seed, "rows": 5} for lr in (0.1, 0.2) for seed in (1, 2)]
    served = own(runs)
    for table in served.folder.rglob("progress.csv"):
        table.write_text(table.read_text().replace("episode_return", "test_loss"))
    page = open_page(f"{served.url}/table")
    box = page.locator("[data-option=TABLE_BOLD_MAX]").get_by_role("checkbox")
    expect(box).not_to_be_checked()
    box.check()
    expect(page.locator(".caption")).to_contain_text("the largest")
    expect(box).to_be_checked()
