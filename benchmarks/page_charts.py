"""Speed of the wall of charts in a browser: first charts, scrolling, all charts seen once, a pointer move.

Usage: python benchmarks/page_charts.py [--metrics 200] [--runs 20] [--rows 1000] [--rounds 5], in the default
environment, with chromium. The runs are generated and read in a temporary folder before anything is measured;
medians of several rounds, each with a browser that knows nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from pathlib import Path

import numpy as np
from page_browser import CHROMIUM, serve
from playwright.sync_api import Browser, sync_playwright
from report import tell

from sml_viewer.library import Library

SECTIONS = ("train", "eval", "loss", "system")

# From the start of the navigation until every chart in the window has been painted.
_FIRST = """() => new Promise(resolve => {
    const allDrawn = () => {
        for (const each of document.querySelectorAll('.panelchart')) {
            if (each.getBoundingClientRect().top >= innerHeight) break;  // as are all after it
            if (!(each.querySelector('canvas')?.width > 300)) return false;
        }
        return true;
    };
    const isReady = () => document.querySelector('.panelchart canvas') && allDrawn()
        ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
        : requestAnimationFrame(isReady);
    isReady();
})"""
# Scroll through the whole wall at a steady pace: the 95th percentile of the frames.
_SCROLL = """() => new Promise(resolve => {
    const list = document.querySelector('.wallmain'), frames = [];
    let last = performance.now(), step = 0;
    const turn = now => {
        frames.push(now - last);
        last = now;
        list.scrollTop = (step += 1) * list.scrollHeight / 240;
        if (step < 240) requestAnimationFrame(turn);
        else resolve(frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.95)]);
    };
    requestAnimationFrame(turn);
})"""
# Until every chart has been painted once, a windowful after the other.
_ALL = """() => new Promise(resolve => {
    const list = document.querySelector('.wallmain'), started = performance.now();
    list.scrollTop = 0;
    const turn = () => {
        const seen = [...document.querySelectorAll('.panelchart')].filter(each => {
            const box = each.getBoundingClientRect();
            return box.bottom > 120 && box.top < innerHeight;
        });
        const drawn = seen.every(each => each.querySelector('canvas')?.width > 300);
        if (!drawn) return requestAnimationFrame(turn);
        const end = list.scrollTop + list.clientHeight >= list.scrollHeight - 2;
        if (end) return resolve(performance.now() - started);
        list.scrollTop += list.clientHeight * 0.9;
        requestAnimationFrame(turn);
    };
    turn();
})"""
# The longest of many moves of the pointer over a chart, with all that follows in the same task and frame.
_POINTER = """() => new Promise(resolve => {
    document.querySelector('.wallmain').scrollTop = 0;
    setTimeout(() => {
        const over = document.querySelector('.panelchart canvas.over'), box = over.getBoundingClientRect();
        const times = [];
        let step = 0;
        const turn = () => {
            const started = performance.now();
            const at = {clientX: box.left + 60 + (step % 100) * 2, clientY: box.top + 40 + step % 90};
            over.dispatchEvent(new PointerEvent('pointermove', {bubbles: true, pointerType: 'mouse', ...at}));
            times.push(performance.now() - started);
            if ((step += 1) < 120) requestAnimationFrame(turn);
            else resolve(times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]);
        };
        turn();
    }, 800);
})"""


def main() -> None:
    """Measure and print one line for each promise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--metrics", type=int, default=200)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="charts-") as temporary:
        folder, workspace = Path(temporary) / "logfile", Path(temporary) / "workspace"
        write_runs(folder, options.runs, options.metrics, options.rows)
        with Library([folder], workspace) as library:
            library.refresh()
        server, url = serve(folder, workspace)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
                measure(browser, url, options)
                browser.close()
        finally:
            server.terminate()
            server.wait()


def measure(browser: Browser, url: str, options: argparse.Namespace) -> None:
    """The figures of one data set."""
    what = f"{options.metrics} metrics of {options.runs} runs × {options.rows} rows"
    for by, lines in (("runs", "10 lines"), ("groups", "groups")):
        found: dict[str, list[float]] = {"first": [], "scroll": [], "all": [], "pointer": []}
        for _ in range(options.rounds):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            page = context.new_page()
            page.goto(f"{url}/charts?by={by}")
            found["first"].append(page.evaluate(_FIRST))
            page.wait_for_timeout(300)
            found["all"].append(page.evaluate(_ALL))
            found["scroll"].append(page.evaluate(_SCROLL))
            found["pointer"].append(page.evaluate(_POINTER))
            context.close()
        middle = {name: statistics.median(values) for name, values in found.items()}
        tell(f"charts of {what}, {lines}: the first window", middle["first"] / 1000, "s", 0.8)
        tell(f"charts of {what}, {lines}: all seen once", middle["all"] / 1000, "s", 10)
        tell(f"charts of {what}, {lines}: a frame while scrolling (95 %)", middle["scroll"], "ms", 33.4)
        tell(f"charts of {what}, {lines}: a pointer move (95 %)", middle["pointer"], "ms", 16)


def write_runs(root: Path, runs: int, metrics: int, rows: int) -> None:
    """Write runs with many metrics: five learning rates, the rest seeds."""
    random = np.random.default_rng(0)
    names = [f"{SECTIONS[number % len(SECTIONS)]}/metric_{number}" for number in range(metrics)]
    steps = np.arange(rows) * 100.0
    for number in range(runs):
        folder = root / f"run_{number:02d}"
        (folder / "config").mkdir(parents=True)
        values = random.normal(size=(rows, metrics)).cumsum(axis=0)
        with (folder / "progress.csv").open("w", encoding="utf-8") as file:
            file.write(",".join(["step", *names]) + "\n")
            np.savetxt(file, np.column_stack([steps, values]), delimiter=",", fmt="%.7g")
        parameters = {"lr": 10.0 ** -(number % 5), "seed": number // 5}
        (folder / "config" / "parameter.json").write_text(json.dumps(parameters), encoding="utf-8")
        status = {"state": "finished"}
        (folder / "config" / "status.json").write_text(json.dumps(status), encoding="utf-8")


if __name__ == "__main__":
    main()
