"""超参数 in a browser: brushing selects runs in all tabs; scatter plot, importance and trials."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory, serve, write_run):
    """Six learning rates × two widths × two seeds; returns rise with the rate. One run has no width."""
    root: Path = tmp_path_factory.mktemp("sweep") / "logfile"
    rates = (0.0001, 0.001, 0.01, 0.1, 1, 10)
    for policy_lr, width, seed in itertools.product(rates, (64, 256), (1, 2)):
        write_run(root, f"lr_{policy_lr}_w{width}_s{seed}", policy_lr=policy_lr, width=width, seed=seed)
    write_run(root, "plain", policy_lr=0.05, optimizer="sgd", seed=1)
    return serve(root)


@pytest.fixture
def view(sweep, open_page):
    """The page of `sweep`, drawn: `view("x=width")`."""

    def show(query: str = "", **more):
        page = open_page(f"{sweep.url}/hyperparameters?{query}", **more)
        expect(page.locator(".parallel canvas").first).to_be_visible()
        expect(page.locator(".trials tbody tr")).to_have_count(25)
        return page

    return show


def brush(page, axis: str, start: float, end: float) -> None:
    """Drag along an axis between two shares of its height."""
    head = page.locator(f'.axishead[data-axis="{axis}"]').bounding_box()
    canvas = page.locator(".parallel canvas.over").bounding_box()
    x = head["x"] + head["width"] / 2
    top, size = canvas["y"] + 14, canvas["height"] - 54
    page.mouse.move(x, top + start * size)
    page.mouse.down()
    page.mouse.move(x, top + end * size, steps=4)
    page.mouse.up()


def axes_of(page) -> list[str]:
    return [head.get_attribute("data-axis") for head in page.locator(".axishead").all()]


def test_if_the_environment_alone_differs_a_sentence_stands_in_place_of_the_ranking(
    tmp_path, serve, write_run, open_page
) -> None:
    for env_name, seed in itertools.product(("Hopper-v4", "Walker2d-v4"), (1, 2)):
        write_run(tmp_path / "logs", f"{env_name}_{seed}", env_name=env_name, policy_lr=0.1, seed=seed)
    page = open_page(f"{serve(tmp_path / 'logs').url}/hyperparameters")
    expect(page.get_by_text("there is nothing to rank")).to_be_visible()
    expect(page.locator("table.importance")).to_have_count(0)


def test_an_axis_of_few_numbers_is_labelled_with_these(view) -> None:
    page = view()
    page.evaluate(
        """() => {
            const paint = CanvasRenderingContext2D.prototype.fillText;
            window.painted = new Set();
            CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
                window.painted.add(text);
                return paint.call(this, text, ...more);
            };
        }"""
    )
    page.set_viewport_size({"width": 1300, "height": 900})
    page.wait_for_function("window.painted.has('64') && window.painted.has('256')")
    painted = set(page.evaluate("[...window.painted]"))
    assert not painted & {"100", "150", "200"}  # round numbers between the two widths


def test_a_brush_selects_runs_in_the_list_and_for_the_charts(view) -> None:
    page = view()
    brush(page, "policy_lr", -0.02, 0.3)
    expect(page.locator(".brushes b")).to_have_text("8 of 25 runs selected")
    expect(page.locator(".trials tbody tr")).to_have_count(8)
    page.locator(".tabs a", has_text="Runs").click()
    expect(page.locator(".bulk b")).to_have_text("8 selected")
    page.locator(".tabs a", has_text="Charts").click()
    expect(page.locator(".lines li.chosen")).to_have_count(4)  # groups of two seeds
    page.locator(".tabs a", has_text="Hyper-parameters").click()
    page.get_by_role("button", name="Chart only these").click()
    expect(page.locator(".lines h2")).to_have_text("8 runs")


def test_several_brushes_select_what_is_within_all(view) -> None:
    page = view()
    brush(page, "policy_lr", -0.02, 0.3)
    expect(page.locator(".brushes b")).to_have_text("8 of 25 runs selected")
    brush(page, "width", -0.02, 0.2)
    expect(page.locator(".brushes b")).to_have_text("4 of 25 runs selected")
    page.get_by_title("Remove the filter of policy_lr").click()
    expect(page.locator(".brushes b")).to_have_text("12 of 25 runs selected")
    page.get_by_role("button", name="Clear selection").click()
    expect(page.locator(".brushes b")).to_have_count(0)
    expect(page.locator(".trials tbody tr")).to_have_count(25)


def test_a_brush_is_undone_and_reproduced_by_its_link(view) -> None:
    page = view()
    brush(page, "policy_lr", -0.02, 0.3)
    expect(page.locator(".brushes b")).to_have_text("8 of 25 runs selected")
    link = page.url
    page.wait_for_timeout(800)  # changes in quick succession are one step
    brush(page, "policy_lr", -0.02, 0.43)
    expect(page.locator(".brushes b")).to_have_text("12 of 25 runs selected")
    page.keyboard.press("Control+z")
    expect(page.locator(".brushes b")).to_have_text("8 of 25 runs selected")
    page.evaluate("sessionStorage.clear()")
    page.goto(link)
    expect(page.locator(".brushes b")).to_have_text("8 of 25 runs selected")


def test_runs_without_a_value_have_a_place_of_their_own(view) -> None:
    page = view()
    brush(page, "width", 1.05, 1.12)
    expect(page.locator(".brushes b")).to_have_text("1 of 25 runs selected")
    expect(page.locator(".trials tbody th")).to_have_text("plain")


def test_an_axis_is_filtered_and_moved_by_keyboard(view) -> None:
    page = view()
    head = page.get_by_role("button", name="Axis policy_lr: filter, move, remove")
    head.focus()
    page.keyboard.press("Enter")
    page.get_by_label("From", exact=True).fill("1")
    page.keyboard.press("Enter")
    expect(page.locator(".brushes b")).to_have_text("8 of 25 runs selected")
    before = axes_of(page)
    page.get_by_role("button", name="Move left").press("Enter")
    position = before.index("policy_lr") - 1
    expect(page.locator(".axishead").nth(position)).to_have_attribute("data-axis", "policy_lr")


def test_the_important_parameter_comes_first_with_its_direction(view) -> None:
    page = view()
    row = page.locator(".importance tbody tr").first
    expect(row).to_contain_text("policy_lr")
    expect(row).to_contain_text("larger · best: 10")
    expect(page.locator(".importance tr", has_text="width")).to_contain_text("not significant")
    expect(page.locator(".hyper")).to_contain_text("13 configurations")


def test_the_scatter_plot_shows_the_chosen_parameter_and_brushes_it(view) -> None:
    page = view()
    scatter = page.get_by_role("region", name="Scatter plot")
    expect(scatter.locator("h2")).to_have_text("episode_return over policy_lr")
    page.locator(".importance").get_by_role("button", name="width").click()
    expect(scatter.locator("h2")).to_have_text("episode_return over width")
    box = scatter.locator("canvas.over").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 60, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 30, steps=4)
    page.mouse.up()
    expect(page.locator(".brushes b")).to_have_text("12 of 25 runs selected")  # all of width 256


def test_the_pointer_names_a_trial_and_its_values(view) -> None:
    page = view("axes=[%22policy_lr%22]")
    canvas = page.locator(".parallel canvas.over").bounding_box()
    head = page.locator(".axishead").first.bounding_box()
    page.mouse.move(head["x"] + head["width"] / 2 + 60, canvas["y"] + 16)
    expect(page.locator(".charttip")).to_contain_text(re.compile(r"lr_10_w\d+_s\d"))
    expect(page.locator(".charttip")).to_contain_text("policy_lr")


def test_trials_are_sorted_by_any_column_and_selected_one_by_one(view) -> None:
    page = view()
    expect(page.locator(".trials tbody th").first).to_contain_text("lr_10_")
    page.locator(".trials thead").get_by_role("button", name="policy_lr").click()
    expect(page.locator(".trials tbody th").first).to_contain_text("lr_0.0001_")
    page.locator(".trials thead").get_by_role("button", name="width").click()
    expect(page.locator(".trials tbody th").last).to_have_text("plain")  # without a value: last
    page.locator(".trials tbody input").first.click()
    expect(page.locator(".brushes b")).to_have_text("1 of 25 runs selected")


def test_too_few_configurations_claim_nothing(site, open_page) -> None:
    page = open_page(f"{site.url}/hyperparameters")
    expect(page.locator(".importance tbody")).to_contain_text("too few configurations to tell")


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1440, "light", "en-GB"), (1024, "dark", "zh-CN"), (390, "light", "zh-CN")],
)
def test_everybody_can_use_it(view, check_access, shoot, width, scheme, language) -> None:
    page = view(width=width, scheme=scheme, language=language)
    check_access(page)
    shoot(page, f"hyperparameters-{width}-{scheme}-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
