"""Speed of charts of long tables and of very many runs, and of pickers of very many metrics, in a browser.

Usage: python benchmarks/page_large.py [--rounds 3] [--data FOLDER], in the default environment, chromium.
The runs are generated and read in a temporary folder, or in FOLDER and kept there, before anything is
measured; medians of several rounds, each with a browser that knows nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import statistics
import tempfile
from pathlib import Path

import numpy as np
import page_charts
from page_browser import CHROMIUM
from page_list import served
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from report import tell

GROUPS, SEEDS, ROWS = 30, 100, 1000
_METRICS = 5000
# From opening a picker, or a keystroke in it, until its options have been painted.
_OPEN = """(button, options) => new Promise(resolve => {
    const started = performance.now();
    button.focus();
    button.click();
    const isReady = () => document.querySelectorAll(options).length > 10
        ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)))
        : requestAnimationFrame(isReady);
    isReady();
})"""
_TYPE = """(box, [options, text]) => new Promise(resolve => {
    const shown = () => [...document.querySelectorAll(options)].map(each => each.textContent).join();
    const before = shown(), started = performance.now();
    box.value = text;
    box.dispatchEvent(new Event('input', {bubbles: true}));
    const isReady = () => shown() !== before
        ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)))
        : requestAnimationFrame(isReady);
    isReady();
})"""


def main() -> None:
    """Measure and tell a figure for each promise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=None)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack, sync_playwright() as playwright:
        data = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="large-")))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        with served(data / "long", lambda folder: page_charts.write_runs(folder, 20, 4, 50_000)) as (url, _):
            what = "4 charts of 20 runs × 50,000 rows"
            measure_charts(browser, url, "runs", f"{what}, 10 lines", 1.5, options.rounds)
            measure_charts(browser, url, "groups", f"{what}, groups", 1.5, options.rounds)
        with served(data / "groups", write_groups) as (url, _):
            measure_charts(browser, url, "groups", "3,000 runs in 30 groups, 4 charts", 2, options.rounds)
        with served(data / "metrics", write_metrics) as (url, _):
            measure_pickers(browser, url, options.rounds)
        browser.close()


def measure_charts(browser: Browser, url: str, by: str, what: str, limit: float, rounds: int) -> None:
    """From the navigation until the charts in the window are painted: the first time, and then."""
    seconds = []
    for _ in range(rounds + 1):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{url}/charts?by={by}", wait_until="commit")
        seconds.append(page.evaluate(page_charts._FIRST) / 1000)
        page.context.close()
    tell(f"{what}: the first time", seconds[0], "s")
    tell(
        what,
        statistics.median(seconds[1:]),
        "s",
        limit,
        note=f"{min(seconds[1:]):.2f} to {max(seconds[1:]):.2f}",
    )


def measure_pickers(browser: Browser, url: str, rounds: int) -> None:
    """Opening each picker, and a keystroke in it."""
    figures: dict[str, list[float]] = {}
    for _ in range(rounds):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{url}/experiment")
        button = page.get_by_role("button", name="Columns")
        button.wait_for()
        field = page.get_by_role("searchbox", name="Find", exact=False)
        measure_picker(page, button, field, "columns of the list", ".chooser label", figures)
        page.goto(f"{url}/plot")
        field = page.locator(".pair input[role=combobox]").first
        field.wait_for()
        measure_picker(page, field, field, "metric of a figure", "[role=option]", figures)
        page.context.close()
    for what, times in figures.items():
        note = f"{min(times):.0f} to {max(times):.0f}"
        tell(f"picker of {_METRICS} metrics, {what}", statistics.median(times), "ms", 100, note=note)


def measure_picker(
    page: Page, button: Locator, field: Locator, name: str, options: str, figures: dict[str, list[float]]
) -> None:
    """Open one picker and type in it."""
    settle(page)
    figures.setdefault(f"{name}: opened", []).append(button.evaluate(_OPEN, options))
    times = [field.evaluate(_TYPE, [options, text]) for text in ("metric_49", "eval", "12")]
    figures.setdefault(f"{name}: a keystroke", []).extend(times)


def settle(page: Page) -> None:
    """Wait until the page has nothing to do."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)


def write_groups(root: Path) -> None:
    """30 learning rates, 100 seeds each, with 4 metrics."""
    random = np.random.default_rng(0)
    names = [f"eval/metric_{number}" for number in range(4)]
    steps = np.arange(ROWS) * 100.0
    bodies = []
    for _ in range(17):  # writing text is what takes the time
        values = random.normal(size=(ROWS, len(names))).cumsum(axis=0)
        rows = np.column_stack([steps, values]).tolist()
        bodies.append("\n".join(",".join(f"{value:.7g}" for value in row) for row in rows) + "\n")
    for number in range(GROUPS * SEEDS):
        parameters = {"lr": (number // SEEDS + 1) / 1000, "seed": number % SEEDS}
        write_run(root / f"run_{number:04d}", names, bodies[number % len(bodies)], parameters)


def write_metrics(root: Path) -> None:
    """A few runs with very many metrics."""
    names = [f"{page_charts.SECTIONS[number % 4]}/metric_{number}" for number in range(_METRICS)]
    for number in range(3):
        body = "".join(f"{row}," + ",".join(["1.5", "2.5"] * (_METRICS // 2)) + "\n" for row in range(5))
        write_run(root / f"run_{number}", names, body, {"lr": 0.1, "seed": number})


def write_run(folder: Path, names: list[str], body: str, parameters: dict[str, float]) -> None:
    """A finished run with a table of steps and the named columns."""
    (folder / "config").mkdir(parents=True)
    (folder / "progress.csv").write_text(",".join(["step", *names]) + "\n" + body, encoding="utf-8")
    (folder / "config" / "parameter.json").write_text(json.dumps(parameters), encoding="utf-8")
    (folder / "config" / "status.json").write_text('{"state": "finished"}', encoding="utf-8")


if __name__ == "__main__":
    main()
