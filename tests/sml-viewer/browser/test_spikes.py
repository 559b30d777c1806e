"""What the live charts may not hide: single-row spikes at any width, and metrics that are logged rarely."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.needs("chromium")

ROWS = 50_000
SPIKES = [1_200 + 2_500 * number for number in range(20)]
EVERY = 500


@pytest.fixture(scope="module")
def long_site(serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory, write_run) -> Any:
    """A run of 50,000 rows with 20 single-row spikes in its loss, and an eval loss that falls, every 500."""
    root = tmp_path_factory.mktemp("long") / "logfile"
    folder = write_run(root, "run", seed=1)
    loss = np.random.default_rng(4).normal(1, 0.2, ROWS)
    loss[SPIKES] = 30
    falling = 3 * np.exp(-np.arange(ROWS) / 8_000)
    rows = (f"{step},{loss[step]:.4f},{falling[step] if step % EVERY == 0 else ''}\n" for step in range(ROWS))
    (folder / "progress.csv").write_text("step,train/loss,eval/loss\n" + "".join(rows))
    return serve(root)


@pytest.fixture
def charts(long_site, open_page) -> Callable[..., Page]:
    """The charts of both losses under a configuration of a test's own."""

    def show(name: str, *metrics: str, width: int = 1440, **options: Any) -> Page:
        page = open_page(f"{long_site.url}/experiment", width=width)
        token = page.evaluate("fetch('/api/v1/session').then(answer => answer.json()).then(({csrf}) => csrf)")
        config = {"PLOTTING_XY": [["step", metric] for metric in metrics], **options}
        made = page.request.post(
            f"{long_site.url}/api/v1/configs",
            data={"action": "new", "name": name, "config": config},
            headers={"X-CSRF-Token": token, "Origin": long_site.url},
        )
        assert made.ok, made.text()
        page.goto(f"{long_site.url}/plot?config={name}")
        expect(page.locator(".charts .canvas canvas")).to_have_count(len(metrics))
        return page

    return show


def centre(page: Page, number: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """X and centre as they are given to a chart's canvas."""
    x, y = page.locator(".charts .canvas").nth(number).evaluate("({uplot: u}) => [u.data[0], u.data[1]]")
    return np.array(x, float), np.array(y, float)


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


# From the canvas: how many separate columns of pixels are painted halfway up to the spikes.
_PAINTED = """canvas => {
    const u = canvas.uplot;
    const row = Math.round(u.valToPos(15, 'y', true));
    const { left, width } = u.bbox;
    const pixels = u.ctx.getImageData(left, row, width, 1).data;
    let [found, inside] = [0, false];
    for (let at = 0; at < width; at += 1) {
        const [r, g, b, a] = pixels.slice(4 * at, 4 * at + 4);
        const painted = a > 100 && b - r > 60;
        if (painted && !inside) found += 1;
        inside = painted;
    }
    return found;
}"""


@pytest.mark.parametrize("width", [390, 768, 1024, 1440, 1920])
def test_every_spike_is_seen_at_every_width(charts, faults, width: int) -> None:
    faults.expected = (*faults.expected, "getImageData")  # slow, says the browser of how this test looks
    page = charts(f"spikes{width}", "train/loss", width=width, USE_SMOOTH=False)
    x, y = centre(page)
    assert x[y > 29].tolist() == SPIKES
    eventually(lambda: page.locator(".charts .canvas").evaluate(_PAINTED) == 20)


def test_the_slider_smooths_every_metric_over_the_same_width(charts) -> None:
    page = charts("window", "train/loss", "eval/loss")
    before = centre(page, 1)[1]
    with page.expect_response(re.compile("/api/v1/curves")):
        page.get_by_role("slider", name="Smoothing").evaluate(
            """s => { s.value = 60;
                s.dispatchEvent(new Event('input', { bubbles: true }));
                s.dispatchEvent(new Event('change', { bubbles: true })); }"""
        )
    expect(page.locator(".caption")).to_contain_text("smoothed over a window of 675 step")
    eventually(lambda: centre(page, 0)[1].max() < 3)  # hundreds of points of the one
    after = centre(page, 1)[1]
    assert after == pytest.approx(before, abs=0.2)  # and one to three of the other, which keeps falling
    ghost = page.locator(".charts .canvas").first.evaluate("({uplot: u}) => u.scales.y.max")
    assert ghost > 30  # what was measured is seen behind


def test_twenty_steps_of_the_keyboard_move_the_slider_by_twenty(charts) -> None:
    page = charts("keys", "train/loss", "eval/loss")
    slider = page.get_by_role("slider", name="Smoothing")
    start = int(slider.input_value())
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert int(slider.input_value()) == start + 20
    page.wait_for_timeout(1500)
    assert int(slider.input_value()) == start + 20


def test_smoothing_that_nobody_set_is_shown_as_what_acts(charts) -> None:
    page = charts("unset", "train/loss", "eval/loss")
    expect(page.locator(".smoothing output")).to_have_text("auto: 5–11 points")
    field = page.locator("[data-option=SMOOTH_RADIUS]").locator("input").first
    expect(field).to_have_value("")
    expect(field).to_have_attribute("placeholder", "auto: 2–5")
    # A figure smooths by the same rule: no form shows a value that does not act.
    page.goto(page.url + "&view=figure")
    expect(field).to_have_attribute("placeholder", "automatic")
    expect(field).to_have_value("")


def test_a_broken_run_counts_once_however_many_metrics_are_drawn(
    serve, open_page, write_run, tmp_path
) -> None:
    root = tmp_path / "logfile"
    write_run(root, "a", seed=1)
    write_run(root, "b", seed=2, rows=20, state="failed")
    pairs = [["timestep", metric] for metric in ("episode_return", "policy_loss", "entropy")]
    site = serve(root)
    page = open_page(f"{site.url}/experiment")
    token = page.evaluate("fetch('/api/v1/session').then(answer => answer.json()).then(({csrf}) => csrf)")
    made = {"action": "new", "name": "three", "config": {"PLOTTING_XY": pairs}}
    headers = {"X-CSRF-Token": token, "Origin": site.url}
    assert page.request.post(f"{site.url}/api/v1/configs", data=made, headers=headers).ok
    page.goto(f"{site.url}/plot?config=three")
    expect(page.locator(".charts .canvas canvas")).to_have_count(3)
    expect(page.locator(".legend li .sign.bad")).to_have_text("✕ 1")
    expect(page.locator(".legend li small")).to_have_text("2 runs")
    expect(page.locator(".figure")).to_contain_text("Figures end with the shortest run")
