"""How quick the page's second half is in a browser: another metric, another rule, the slider, the figure.

Usage: python benchmarks/page_plots.py [--only plots|rules] [--runs 2000] [--many 10000] [--rounds 5], in the
default environment, with chromium. The runs are generated and read in a temporary folder before anything is
measured; medians of several rounds in one tab, the first of which does not count.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import viewer_data
from page_browser import CHROMIUM, serve
from playwright.sync_api import Browser, Page, sync_playwright
from report import tell

from sml_viewer.library import Library

# From Enter in a field until what depends on it has been painted.
_ENTER = """([label, text, done]) => new Promise((resolve, reject) => {
    const field = [...document.querySelectorAll('[role=combobox]')]
        .find(each => each.labels[0]?.textContent === label);
    const charts = () => [...document.querySelectorAll('.canvas')];
    const seen = {
        metric: () => charts().length === 5 && charts()
            .every(each => each.uplot?.axes[1].label === text && each.uplot.data[1]?.length),
        rule: () => document.querySelector('.rule .catch strong').textContent !== before,
    }[done];
    const before = document.querySelector('.rule .catch strong')?.textContent;
    field.focus();
    field.value = text;
    field.dispatchEvent(new Event('input', {bubbles: true}));
    const isReady = () => {
        if (performance.now() - started > 20000) reject(new Error(`nothing came of ${text}`));
        else if (!seen()) requestAnimationFrame(isReady);
        else requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
    };
    let started;
    setTimeout(() => {
        started = performance.now();
        field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
        isReady();
    }, 300);
})"""
# The slider at another place in every frame; resolves to how often a second the charts got new numbers.
_DRAG = """frames => new Promise(resolve => {
    const slider = document.querySelector('.smoothing input');
    const chart = document.querySelector('.canvas').uplot;
    const to = value => {
        slider.value = value;
        slider.dispatchEvent(new Event('input', {bubbles: true}));
    };
    to(86);
    setTimeout(() => {
        let drawn = 0, step = 0;
        const set = chart.setData.bind(chart);
        chart.setData = (...all) => { drawn += 1; set(...all); };
        const started = performance.now();
        const turn = () => {
            to(86 + (step += 1) % 40);
            if (step < frames) requestAnimationFrame(turn);
            else resolve(1000 * drawn / (performance.now() - started));
        };
        requestAnimationFrame(turn);
    }, 6000);
})"""
_DRAW = """() => new Promise(resolve => {
    const started = performance.now();
    document.querySelector('.export .draw').click();
    const busy = () => document.querySelector('.publication').getAttribute('aria-busy') === 'true';
    let begun = false;
    const isReady = () => {
        begun ||= busy();
        if (begun && !busy() && document.querySelector('img.paper').complete)
            resolve(performance.now() - started);
        else requestAnimationFrame(isReady);
    };
    isReady();
})"""


def main() -> None:
    """Measure and print one line for each promise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=("plots", "rules"))
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        if options.only != "rules":
            with served(options.runs, rows=viewer_data.ROWS) as url:
                measure_plots(browser, url, options.runs, options.rounds)
        if options.only != "plots":
            with served(options.many, rows=20) as url:
                measure_rules(browser, url, options.many, options.rounds)
        browser.close()


def measure_plots(browser: Browser, url: str, runs: int, rounds: int) -> None:
    """Another metric, the slider, the figure."""
    page = opened(browser, f"{url}/plot")
    page.wait_for_selector(".charts .canvas canvas", timeout=60_000)
    names = [f"metric_{number % 10}" for number in range(rounds + 1)]
    times = [page.evaluate(_ENTER, ["y", name, "metric"]) for name in names]
    say(f"another metric of {runs} runs, 40 curves, to drawn", times[1:], 300)
    rates = [page.evaluate(_DRAG, 60) for _ in range(3)][1:]
    tell(
        f"smoothing slider over {runs} runs, 40 curves",
        statistics.median(rates),
        "frames/s",
        30,
        at_least=True,
        note="frames in which all charts got new numbers",
    )
    page.locator(".segments button").nth(1).click()
    page.wait_for_selector("img.paper", timeout=60_000)
    times = [page.evaluate(_DRAW) for _ in range(rounds + 1)]
    say(f"publication figure of 5 × 8 curves, {runs} runs", times[1:], 1500)
    page.context.close()


def measure_rules(browser: Browser, url: str, runs: int, rounds: int) -> None:
    """Another value in a rule."""
    page = opened(browser, f"{url}/param_adjust")
    field = page.get_by_role("combobox", name="Add a rule for")
    field.wait_for(timeout=60_000)
    field.fill("seed")
    field.press("Enter")
    times = []
    for number in range(10, 11 + rounds):
        page.wait_for_timeout(1500)  # what came before is drawn
        value = str(number) + "*" * (number % 2)  # every second one catches more
        times.append(page.evaluate(_ENTER, ["Value of seed", value, "rule"]))
    say(f"another rule over {runs} runs, to new counts", times[1:], 300)
    page.context.close()


def say(what: str, times: list[float], limit: float) -> None:
    """The median, and how far the rounds lie apart."""
    tell(what, statistics.median(times), "ms", limit, note=f"{min(times):.0f} to {max(times):.0f}")


def opened(browser: Browser, address: str) -> Page:
    """A tab of a window of usual size."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB").new_page()
    page.goto(address)
    return page


@contextmanager
def served(runs: int, rows: int) -> Iterator[str]:
    """The page of so many runs, all of them read before."""
    with tempfile.TemporaryDirectory(prefix="page-") as temporary:
        folder, workspace = Path(temporary) / "logfile", Path(temporary) / "workspace"
        viewer_data.write_runs(folder, runs, rows=rows)
        with Library([folder], workspace) as library:
            library.refresh()
        server, url = serve(folder, workspace)
        try:
            yield url
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
