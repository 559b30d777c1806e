"""From charts to the paper in a browser: figures of what is looked at, colours, legend, preview."""

from __future__ import annotations

import contextlib
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def shown(serve, logs, open_page):
    """A page of a server of its own, since configurations are saved: `shown("/plot")`."""
    served = serve(logs)

    def show(path: str, **more):
        return open_page(f"{served.url}{path}", **more)

    return show


def configuration(page) -> dict:
    """The configuration, saved with all changes."""
    page.keyboard.press("Control+s")
    expect(page.locator(".configuration .saved .icon")).to_be_visible()
    page.wait_for_load_state("networkidle")
    return page.evaluate("fetch('/api/v1/configs/default').then((answer) => answer.json())")["config"]


def query_of(page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_the_figure_has_the_pinned_metrics_groups_and_smoothing_of_the_charts(shown) -> None:
    page = shown("/charts?pin=policy_loss&pin=entropy&group=parameter:policy_lr")
    page.locator(".lines .eye").first.click()
    expect(page.locator(".lines li.off")).to_have_count(1)
    page.get_by_role("button", name="To figure").click()
    expect(page.locator("img.paper")).to_have_count(2)
    values = configuration(page)
    assert values["PLOTTING_XY"] == [["timestep", "policy_loss"], ["timestep", "entropy"]]
    assert values["DATA_MERGER"] == ["policy_lr"]
    assert len(query_of(page)["without"]) == 4  # seeds of the hidden group
    assert "group" not in query_of(page)


def test_one_step_back_restores_the_configuration_and_the_grouping(shown) -> None:
    page = shown("/charts?pin=entropy&group=parameter:policy_lr")
    page.get_by_role("button", name="To figure").click()
    page.wait_for_url("**/plot?*")
    page.keyboard.press("Control+z")
    assert "PLOTTING_XY" not in configuration(page)
    assert query_of(page)["group"] == ["parameter:policy_lr"]


def test_the_figure_of_selected_runs_has_these_runs_alone(shown) -> None:
    page = shown("/experiment?sort=name")
    picks = page.locator(".runtable tbody input[type=checkbox]")
    picks.nth(0).click()
    picks.nth(1).click()
    page.get_by_role("button", name="To figure").click()
    expect(page.locator("img.paper")).to_have_count(1)
    assert len(query_of(page)["runs"]) == 2
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("button", name="To figure").click()
    expect(page.locator("img.paper")).to_have_count(1)


def pick(page, name: str, colour: str) -> None:
    field = page.get_by_label(f"Colour of {name}", exact=True).first
    change = "field.value = colour; field.dispatchEvent(new Event('change', { bubbles: true }));"
    field.evaluate(f"(field, colour) => {{ {change} }}", colour)


def test_a_colour_picked_beside_the_charts_is_that_of_figure_and_legend_and_can_be_undone(shown) -> None:
    page = shown("/charts?by=groups")
    pick(page, "policy_lr=0.01", "#12ab9f")
    stroke = ".lines .colour-field:has([aria-label='Colour of policy_lr=0.01']) line"
    expect(page.locator(stroke).first).to_have_attribute("stroke", "#12ab9f")
    assert configuration(page)["CURVE_COLORS"] == {"policy_lr=0.01": "#12ab9f"}
    page.get_by_role("link", name="Plots").click()
    expect(
        page.locator(".legend .colour-field:has([aria-label='Colour of policy_lr=0.01']) line")
    ).to_have_attribute("stroke", "#12ab9f")
    page.get_by_role("button", name="Default colour for policy_lr=0.01").click()
    assert "CURVE_COLORS" not in configuration(page)
    page.keyboard.press("Control+z")
    assert configuration(page)["CURVE_COLORS"] == {"policy_lr=0.01": "#12ab9f"}


PREVIEWS = {"/param_adjust": "#preview canvas", "/plot": "#preview canvas", "/table": "#scores"}


@pytest.mark.parametrize("width", [1440, 1024])
@pytest.mark.parametrize("address", PREVIEWS)
def test_the_preview_stays_in_sight_while_settings_are_scrolled(shown, address: str, width: int) -> None:
    page = shown(address, width=width, height=700)
    settings = page.locator("aside.left")
    expect(page.locator(PREVIEWS[address]).first).to_be_in_viewport()
    expect(settings.locator("[data-group][open] .options").locator("details, label").first).to_be_visible()
    for fold in settings.locator("[data-group][open] details").all():
        fold.evaluate("each => { each.open = true; }")
    settings.hover()
    page.mouse.wheel(0, 4000)
    expect(page.locator(".logpath")).not_to_be_in_viewport()
    expect(settings.get_by_placeholder("Find an option")).to_be_in_viewport()
    expect(page.locator(PREVIEWS[address]).first).to_be_in_viewport()


def test_the_names_of_columns_are_folded_until_one_is_renamed(shown) -> None:
    page = shown("/param_adjust")
    expect(page.locator("#columns")).to_be_visible()
    expect(page.locator("#columns .combo")).to_be_hidden()


def test_a_change_of_settings_is_seen_in_the_preview_beside_it_on_each_tab(shown) -> None:
    page = shown("/param_adjust")
    expect(page.locator("#preview .legend li")).to_have_count(3)
    page.locator("#order").get_by_role("button", name="Do not draw policy_lr=0.1", exact=True).click()
    expect(page.locator("#preview .legend li")).to_have_count(2)
    page.get_by_role("link", name="Plots").click()
    page.get_by_placeholder("Find an option").fill("XMAX")
    page.locator("[data-option=XMAX] input").fill("900")
    page.locator("[data-option=XMAX] input").press("Enter")
    end = "chart?.uplot?.scales.x.max === 900 && chart.getBoundingClientRect().top < innerHeight"
    page.wait_for_function(
        f"() => {{ const chart = document.querySelector('#preview .canvas'); return {end}; }}"
    )
    page.get_by_role("link", name="Tables").click()
    expect(page.locator("#scores thead th")).to_have_count(3)
    page.get_by_placeholder("Find an option").fill("")
    page.locator("[data-option=TABLE_ERROR] select").select_option(label="standard deviation")
    expect(page.locator("#preview .scoretable figcaption")).to_contain_text("standard deviation")


def test_the_tabs_show_one_preview_and_keep_the_place_in_their_settings(shown) -> None:
    page = shown("/param_adjust")
    chart = page.locator("#preview .canvas").first
    expect(chart.locator("canvas")).to_be_visible()
    chart.evaluate("chart => { chart.uplot.mark = 'kept'; }")
    expect(page.locator("#order")).to_be_visible()  # the settings can be scrolled
    settings = page.locator("aside.left")
    settings.evaluate("pane => { pane.scrollTop = 333; }")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.get_by_role("link", name="Plots").click()
    expect(page.locator("[data-group=plot]")).to_have_attribute("open", "")
    expect(page.locator("[data-group=param_adjust]")).not_to_have_attribute("open", "")
    assert chart.evaluate("chart => chart.uplot.mark") == "kept"
    page.get_by_label("log y").check()
    page.get_by_role("link", name="Tables").click()
    expect(page.locator("#scores")).to_be_visible()
    expect(chart).to_be_hidden()
    page.get_by_role("link", name="Plot parameters").click()
    expect(chart).to_be_visible()
    expect(page.get_by_label("log y")).to_be_checked()
    assert settings.evaluate("pane => pane.scrollTop") == 333
    assert not [path for path in asked if "/bundle/" in path]


@pytest.mark.parametrize("word", ["Mittelwert", "zzz"])
def test_a_search_that_finds_nothing_says_so(shown, word: str) -> None:
    page = shown("/table")
    page.get_by_placeholder("Find an option").fill(word)
    expect(page.locator("aside.left")).to_contain_text("No such option")


@pytest.mark.parametrize("address", ["/param_adjust", "/plot", "/table"])
@pytest.mark.parametrize("word", ["ymax", "upper end of y", "纵轴最大值"])
def test_a_search_on_any_tab_opens_the_group_of_what_it_finds(shown, address: str, word: str) -> None:
    page = shown(address)
    page.get_by_placeholder("Find an option").fill(word)
    field = page.locator("[data-group=plot] [data-option=YMAX] input")
    expect(field).to_be_visible()
    field.fill("30")
    field.press("Enter")
    page.get_by_placeholder("Find an option").fill("")
    assert configuration(page)["YMAX"] == 30


def test_every_option_that_the_page_edits_is_found_by_its_name_on_the_tab_of_tables(shown) -> None:
    page = shown("/table")
    search = page.get_by_placeholder("Find an option")
    options = page.evaluate("fetch('/api/v1/options').then((answer) => answer.json())")["options"]
    missing = set()
    internal = re.compile("VIEW_NOTE|VIEW_STATE|FOCUS_")
    for name in [each["name"] for each in options if each["kind"] != "ignored"]:
        if internal.match(name):
            continue
        search.fill(name)
        hit = page.locator(f"aside.left [data-option={name}], aside.left .elsewhere [title={name}]")
        with contextlib.suppress(AssertionError):
            expect(hit.first).to_be_visible(timeout=2000)
        if not hit.locator("visible=true").count():
            missing.add(name)
    assert missing == set()


def test_the_preview_on_a_phone_is_a_sheet_that_folds(shown) -> None:
    page = shown("/plot", width=390, height=844)
    chart = page.locator("#preview .canvas canvas").first
    expect(chart).to_be_in_viewport()
    page.locator("#main").evaluate("main => main.scrollTo(0, 500)")
    expect(page.locator(".logpath")).not_to_be_in_viewport()
    expect(chart).to_be_in_viewport()
    page.get_by_role("button", name="Preview").click()
    expect(chart).to_be_hidden()
    page.get_by_role("link", name="Tables").click()
    expect(page.locator("#scores")).to_be_hidden()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#scores")).to_be_in_viewport()


@pytest.mark.parametrize("word", ["interquartile mean", "组内统计", "CURVE_CENTER", "curve_cen"])
def test_an_option_is_found_by_its_names_in_both_languages(shown, word: str) -> None:
    page = shown("/plot")
    page.get_by_placeholder("Find an option").fill(word)
    expect(page.locator("[data-option=CURVE_CENTER] select")).to_be_visible()
    assert page.locator("[data-option=CURVE_CENTER]").get_attribute("title") == "CURVE_CENTER"
    assert "CURVE_CENTER" not in page.locator("aside.left").inner_text()


def test_an_option_with_a_card_of_its_own_is_found_too(shown) -> None:
    page = shown("/param_adjust")
    page.get_by_placeholder("Find an option").fill("LEGEND_ORDER")
    page.locator(".elsewhere button").click()
    expect(page.locator("#legendorder li").first).to_be_in_viewport()


def legend(page) -> list[str]:
    return page.locator(".legend .name span").all_inner_texts()


def test_the_legend_is_ordered_and_a_curve_left_out_beside_the_charts(shown) -> None:
    page = shown("/plot")
    expect(page.locator(".legend li")).to_have_count(3)
    assert legend(page) == ["0.001", "0.01", "0.1"]
    page.get_by_role("button", name="Move policy_lr=0.1 up in the legend").click()
    expect(page.locator(".legend li").nth(1)).to_contain_text("0.1")
    assert legend(page) == ["0.001", "0.1", "0.01"]
    page.get_by_role("button", name="Leave out policy_lr=0.1").click()
    expect(page.locator(".legend li")).to_have_count(2)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".legend li")).to_have_count(3)
    assert configuration(page)["LEGEND_ORDER"] == ["policy_lr=0.001", "policy_lr=0.1", "policy_lr=0.01"]


def test_a_figure_is_shown_in_its_size_on_paper_or_as_wide_as_the_page(shown) -> None:
    page = shown("/plot?view=figure")
    page.get_by_label("Preset", exact=True).select_option("Paper, one column")
    page.get_by_role("button", name="Draw", exact=True).click()
    image = page.locator("img.paper")
    expect(image).to_be_visible()
    expect(page.locator(".stale")).to_have_count(0)
    expect(page.locator(".sheet figcaption")).to_contain_text("3.2")  # a column is 3.25 inches wide
    assert 3.0 * 96 < image.bounding_box()["width"] < 3.4 * 96
    page.get_by_role("button", name="Fit width").click()
    assert image.bounding_box()["width"] > 500


def test_a_figure_to_save_is_saved_once_the_runs_are_read(shown) -> None:
    page = shown("/plot")
    expect(page.locator(".charts .canvas canvas").first).to_be_visible()
    answers = ['{"error": {"message": "the runs are still being read"}}']

    def reading_at_first(route) -> None:
        if answers:
            route.fulfill(status=200, content_type="application/json", body=answers.pop())
        else:
            route.continue_()

    page.route("**/api/v1/figure", reading_at_first)
    page.get_by_role("complementary").get_by_role("button", name="Draw", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("total_curve")
    expect(page.locator("img.paper")).to_be_visible()


def test_a_figure_of_another_language_is_marked_as_out_of_date(shown) -> None:
    page = shown("/plot?view=figure")
    expect(page.locator(".drawn .caption")).to_be_visible()
    page.route("**/api/v1/figure", lambda _route: None)  # drawing takes long
    page.get_by_role("button", name="中文").click()
    expect(page.locator(".stale")).to_have_text("图已过期，正在重新绘制…")
    expect(page.locator(".drawn.outdated img.paper")).to_be_visible()
    expect(page.locator(".drawn .caption")).to_have_count(0)


def test_a_figure_that_is_opened_after_a_change_is_marked_as_out_of_date(shown) -> None:
    page = shown("/plot?view=figure")
    expect(page.locator("img.paper")).to_be_visible()
    page.get_by_role("button", name="Interactive").click()
    page.get_by_label("Preset", exact=True).select_option("Slides")
    page.route("**/api/v1/figure", lambda _route: None)  # drawing takes long
    page.get_by_role("button", name="Figure", exact=True).click()
    expect(page.locator(".stale")).to_have_text("Out of date, drawing…")
    expect(page.locator(".drawn.outdated img.paper")).to_be_visible()


def test_the_preview_takes_up_a_colour_at_once(shown) -> None:
    page = shown("/param_adjust")
    curve = "series.filter((each) => each.label === 'policy_lr=0.01')"
    stroke = f"({{ uplot: {{ series }} }}) => {curve}.map((each) => each.stroke())"
    chart = page.locator("#preview .canvas").first
    expect(chart.locator("canvas")).to_be_visible()
    chart.evaluate("chart => { chart.dataset.mark = 'kept'; }")
    pick(page, "policy_lr=0.01", "#12ab9f")
    for _ in range(200):
        if chart.evaluate(stroke) == ["#12ab9f"]:
            break
        page.wait_for_timeout(50)
    assert chart.evaluate(stroke) == ["#12ab9f"]
    assert chart.get_attribute("data-mark") == "kept"


def test_a_part_that_an_upgrade_removed_says_to_restart_the_server(shown, faults) -> None:
    faults.expected = (*faults.expected, "/bundle/editor-")
    page = shown("/charts")
    expect(page.locator(".lines li").first).to_be_visible()
    page.route("**/bundle/editor-*.js", lambda route: route.fulfill(status=404, body="no such file"))
    page.get_by_role("link", name="Tables").click()
    expect(page.locator("main .empty")).to_contain_text("restart sml-viewer and reload")


def test_a_saved_figure_reopens_its_configuration_and_query_in_one_step_of_undo(shown) -> None:
    page = shown("/plot?view=figure&q=seed < 3")
    page.get_by_label("Preset", exact=True).select_option("Paper, one column")
    page.get_by_role("complementary").get_by_role("button", name="Draw", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("total_curve")
    page.get_by_label("Preset", exact=True).select_option("Slides")
    page.goto(page.url.replace("q=seed", "q=batch_size = 256 and seed"))
    page.locator(".saved-figures summary").click()
    expect(page.locator(".saved-figures li")).to_contain_text("seed < 3")
    page.get_by_role("button", name="Reopen").click()
    assert query_of(page)["q"] == ["seed < 3"]
    assert configuration(page)["FIGURE_PRESET"] == "paper-1col"
    page.keyboard.press("Control+z")
    assert query_of(page)["q"] != ["seed < 3"]
    assert configuration(page)["FIGURE_PRESET"] == "slides"
