"""From charts to the paper in a browser: figures of what is looked at, colours, legend, preview."""

from __future__ import annotations

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
    """The saved configuration, when all changes are saved."""
    page.wait_for_timeout(700)  # changes are saved a moment after the last one
    page.wait_for_load_state("networkidle")
    return page.evaluate("fetch('/api/v1/configs/default').then((answer) => answer.json())")["config"]


def query_of(page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_the_figure_has_the_pinned_metrics_groups_and_smoothing_of_the_charts(shown) -> None:
    page = shown("/charts?pin=policy_loss&pin=entropy&x=timestep&group=parameter:policy_lr")
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
    field.evaluate(
        "(field, colour) => { field.value = colour; field.dispatchEvent(new Event('change', { bubbles: true })); }",
        colour,
    )


def test_a_colour_picked_beside_the_charts_is_that_of_figure_and_legend_and_can_be_undone(shown) -> None:
    page = shown("/charts?by=groups")
    pick(page, "policy_lr=0.01", "#12ab9f")
    stroke = ".lines .pick:has([aria-label='Colour of policy_lr=0.01']) line"
    expect(page.locator(stroke).first).to_have_attribute("stroke", "#12ab9f")
    assert configuration(page)["CURVE_COLORS"] == {"policy_lr=0.01": "#12ab9f"}
    page.get_by_role("link", name="Plots").click()
    expect(page.locator(".legend .pick:has([aria-label='Colour of policy_lr=0.01']) line")).to_have_attribute(
        "stroke", "#12ab9f"
    )
    page.get_by_role("button", name="Default colour for policy_lr=0.01").click()
    assert "CURVE_COLORS" not in configuration(page)
    page.keyboard.press("Control+z")
    assert configuration(page)["CURVE_COLORS"] == {"policy_lr=0.01": "#12ab9f"}
