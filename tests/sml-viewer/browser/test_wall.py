"""曲线 in a browser: all metrics of the runs in sight, one selection everywhere, every change taken back."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.needs("chromium")

METRICS = ["episode_return", "policy_loss", "entropy"]


@pytest.fixture
def wall(site, open_page):
    """The charts of `site`, drawn: `wall("by=runs")`."""

    def show(query: str = "", **more):
        page = open_page(f"{site.url}/charts?{query}", **more)
        expect(page.locator(".panelchart canvas").first).to_be_visible()
        return page

    return show


def chart(page, metric: str):
    return page.locator(f'.panelchart[data-metric="{metric}"]')


def lines(page) -> list[str]:
    return page.locator(".lines li:not(.off) .name").all_inner_texts()


def test_the_page_opens_with_a_chart_of_every_metric(serve, open_page, logs) -> None:
    page = open_page(serve(logs).url)
    page.wait_for_url("**/charts")
    expect(page.locator(".panelchart h3")).to_have_text(METRICS)
    expect(page.locator(".lines h2")).to_contain_text("6 groups")
    expect(page.locator(".tabs [aria-current=page]")).to_have_text("Charts")


def test_nothing_is_asked_before_the_charts(site, open_page) -> None:
    asked = []
    page = open_page("about:blank")
    page.on("request", lambda request: asked.append(request.url.removeprefix(site.url).partition("?")[0]))
    page.goto(f"{site.url}/charts")
    expect(page.locator(".panelchart canvas").first).to_be_visible()
    answered = [each for each in asked if each.startswith("/api/") and not each.endswith("/opened")]
    assert answered[0] == "/api/v1/charts"
    assert len([each for each in asked if each.endswith(".js")]) == 1


def test_the_pointer_tells_name_value_band_and_seeds(wall) -> None:
    page = wall()
    box = chart(page, "episode_return").locator(".over").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 60)
    tip = page.locator(".charttip")
    expect(tip).to_contain_text("timestep")
    expect(tip.locator("tr").first).to_contain_text("Hopper-v4 · 0.1")
    expect(tip.locator("tr").first).to_contain_text(re.compile(r"± [\d.]+\s*n=4"))


def test_the_mark_of_a_crash_beside_the_charts_leads_to_the_run(wall) -> None:
    page = wall()
    page.locator(".lines .sign.bad").first.click()
    expect(page.locator("main")).to_contain_text("Expected parameter loc to be finite")


def test_the_smoothing_slider_stands_where_the_automatic_window_is(wall) -> None:
    page = wall()
    slider = page.get_by_role("slider", name="Smoothing")
    expect(page.locator(".smoothing output")).to_have_text("automatic")
    expect(slider).not_to_have_value("0")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(".smoothing output")).to_have_text("off")
    expect(slider).to_have_value("0")


def test_a_phone_shows_charts_first_and_settings_on_demand(wall) -> None:
    page = wall(width=390, height=844)
    assert page.locator(".panelchart").first.bounding_box()["y"] < 844 * 0.45
    expect(page.get_by_label("log y").first).to_be_hidden()
    page.get_by_role("button", name="Settings", exact=True).click()
    expect(page.get_by_label("log y").first).to_be_visible()


def test_chosen_runs_are_the_only_ones_on_every_tab(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?sort=name")
    picks = page.locator(".runtable tbody input[type=checkbox]")
    picks.nth(0).click()
    picks.nth(2).click()
    page.get_by_role("button", name="Chart only these").click()
    expect(page.locator(".lines li")).to_have_count(2)
    expect(page.locator(".lines h2")).to_have_text("2 runs")
    page.reload()
    expect(page.locator(".lines li")).to_have_count(2)
    page.get_by_role("link", name="Tables").click()
    expect(page.locator("#scores tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Runs").click()
    expect(page.locator(".runtable tbody th.name a")).to_have_count(2)
    expect(page.locator(".bulk b")).to_have_text("2 selected")  # the marks are there too
    page.get_by_role("button", name="Only 2 runs").click()
    expect(page.locator(".runtable tbody th.name a")).to_have_count(24)


def test_runs_grouped_in_the_list_are_the_groups_of_charts_and_tables(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    page.get_by_role("button", name="Group").click()
    group = page.get_by_role("group", name="Group the list")
    group.get_by_label("policy_lr").check()
    group.get_by_label("seed").check()
    page.keyboard.press("Escape")
    expect(page.locator(".runtable .group").first).to_contain_text("0.001 · 1")
    page.locator(".tabs a", has_text="Charts").click()
    expect(page.locator(".lines h2")).to_contain_text("24 groups")
    page.get_by_role("link", name="Tables").click()
    expect(page.locator("#scores")).to_contain_text(re.compile("0.001( · |, seed=)1"))


def test_a_line_is_hidden_by_its_eye_and_each_change_is_taken_back(wall) -> None:
    page = wall()
    all_lines = lines(page)
    page.locator(".lines .eye").first.click()
    expect(page.locator(".lines li.off")).to_have_count(1)
    page.get_by_role("checkbox", name="log y").check()
    page.get_by_role("button", name="Pin entropy").click(force=True)
    expect(page.locator(".wallsection h2").first).to_contain_text("Pinned")
    link = page.url
    for _ in range(3):
        page.keyboard.press("Control+z")
    expect(page.get_by_role("checkbox", name="log y")).not_to_be_checked()
    assert lines(page) == all_lines
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".lines li.off")).to_have_count(1)
    page.goto(link)
    expect(page.locator(".wallsection h2").first).to_contain_text("Pinned")
    expect(page.get_by_role("checkbox", name="log y")).to_be_checked()
    expect(page.locator(".lines li.off")).to_have_count(1)


def test_smoothing_is_taken_back_too(wall) -> None:
    page = wall()
    slider = page.get_by_role("slider", name="Smoothing")
    slider.fill("160")
    expect(page.locator(".smoothing output")).to_have_text("25.6 %")
    page.wait_for_timeout(400)  # a slider that moves is asked about when it rests
    page.keyboard.press("Control+z")
    expect(page.locator(".smoothing output")).to_have_text("automatic")


def test_a_stretch_that_is_dragged_over_is_shown_in_all_charts(wall) -> None:
    page = wall()
    over = chart(page, "episode_return").locator(".over")
    box = over.bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 230, box["y"] + 92, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Reset zoom")).to_be_visible()
    over.dblclick()
    expect(page.get_by_role("button", name="Reset zoom")).to_have_count(0)


def test_metrics_are_found_by_a_pattern(wall) -> None:
    page = wall()
    page.get_by_role("searchbox", name="Find metrics").fill("loss|^ent")
    expect(page.locator(".panelchart h3")).to_have_text(["policy_loss", "entropy"])
    page.get_by_role("searchbox", name="Find metrics").fill("nosuch")
    expect(page.get_by_text("No metric matches")).to_be_visible()


def test_compared_runs_begin_with_their_curves(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?sort=name")
    picks = page.locator(".runtable tbody input[type=checkbox]")
    picks.nth(0).click()
    picks.nth(1).click()
    page.keyboard.press("c")
    expect(page.locator(".comparecurves .panelchart h3")).to_have_text(METRICS)
    expect(page.locator(".comparecurves .lines li")).to_have_count(2)


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1440, "light", "en-GB"), (1440, "dark", "zh-CN"), (390, "light", "zh-CN"), (1024, "dark", "en-GB")],
)
def test_the_charts_are_accessible_at_every_size(
    wall, check_access, shoot, width: int, scheme: str, language: str
) -> None:
    page = wall("by=runs", width=width, height=844, scheme=scheme, language=language)
    page.wait_for_timeout(500)
    check_access(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, f"charts-{width}-{scheme}-{language}")


def test_half_a_query_leaves_the_charts_and_is_pointed_at(wall) -> None:
    page = wall()
    page.locator("#query").fill("policy_lr = ")
    expect(page.locator("#query-error")).not_to_be_empty()
    expect(chart(page, "entropy").locator("canvas").first).to_be_visible()
    page.locator("#query").fill("policy_lr = 0.1")
    expect(page.locator(".lines h2")).to_contain_text("2 groups")


# Columns, as a share of the width, of the pixels that are white and opaque: only a ring's inside is.
_RINGS = """
canvas => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const shares = [];
  for (let at = 0; at < data.length; at += 4) {
    if (data.slice(at, at + 4).every((each) => each === 255)) shares.push(((at / 4) % width) / width);
  }
  return shares;
}
"""


def test_a_ring_marks_from_where_fewer_runs_count(serve, open_page, write_run, tmp_path) -> None:
    root = tmp_path / "logfile"
    for seed in (1, 2, 3):
        folder = write_run(root, f"run_{seed}", seed=seed, state="failed" if seed == 3 else "finished")
        lines = "".join(f"{100 * row},{seed % 2},{seed}\n" for row in range(20 if seed == 3 else 40))
        (folder / "progress.csv").write_text("timestep,episode_return,loss\n" + lines)
    page = open_page(f"{serve(root).url}/charts?by=groups")
    canvas = chart(page, "episode_return").locator("canvas").first
    expect(page.locator(".lines li")).to_have_count(1)
    expect(chart(page, "episode_return")).to_contain_text("0.5")
    page.wait_for_timeout(500)  # the curve is painted in a later frame
    rings = canvas.evaluate(_RINGS)
    assert rings
    assert 0.45 < min(rings) < max(rings) < 0.6  # the failed run ended half-way
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 90)
    expect(page.locator(".charttip tr").first).to_contain_text("n=2")


def test_charts_over_clock_time_have_dates_and_single_runs_in_the_colours_of_their_group(
    serve, open_page, tmp_path
) -> None:
    start = 1_790_049_600  # noon in China
    for seed in (1, 2):
        folder = tmp_path / "logs" / f"run{seed}"
        (folder / "config").mkdir(parents=True)
        (folder / "config" / "parameter.json").write_text(json.dumps({"seed": seed, "lr": 0.1}))
        rows = "".join(f"{row},{start + 7200 * seed + 600 * row},{row}\n" for row in range(30))
        (folder / "progress.csv").write_text(f"step,timestamp,score\n{rows}")
    page = open_page(f"{serve(tmp_path / 'logs').url}/charts?by=groups")
    page.get_by_label("x axis").select_option("clock time")
    panel = page.locator(".panelchart[data-metric=score]")
    expect(panel.locator(".foot")).to_contain_text(
        re.compile(r"clock time \(UTC[+−]\d+\) · 2 runs, not averaged")
    )
    expect(page.locator(".lines li")).to_have_count(1)
    panel.locator("canvas.over").hover()
    expect(page.locator(".charttip")).to_contain_text(
        re.compile(r"clock time 2[12] Sep\w* 2026, \d\d:\d\d:\d\d")
    )
    page.get_by_role("button", name="To figure").click()
    expect(page.locator("img.paper")).to_be_visible()
    expect(page.locator(".caption")).to_contain_text("over clock time, single runs")
