"""Speed and memory of the run list and the progress grid in a browser, for very many runs.

Usage: python benchmarks/page_list.py [--runs 100000] [--rounds 3] [--data FOLDER], in the default
environment; chromium. The runs are generated and read in a temporary folder, or in FOLDER and kept there,
before anything is measured; medians of several rounds, each with a browser that knows nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import viewer_data
from page import cpu
from page_browser import _FIRST_PAINT, _KEYSTROKE, CHROMIUM, serve
from playwright.sync_api import Browser, Page, sync_playwright
from report import tell

from sml_viewer.library import Library

# Until a grid of cells has been painted.
_GRID = """() => new Promise(resolve => {
    const started = performance.now();
    const isReady = () => document.querySelectorAll('.matrix a.cell').length
        ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)))
        : requestAnimationFrame(isReady);
    isReady();
})"""
_SCROLL_GRID = """() => new Promise(resolve => {
    const list = document.querySelector('.coverage > .scroll'), frames = [];
    let last = performance.now(), step = 0;
    const turn = now => {
        frames.push(now - last);
        last = now;
        list.scrollTop = (step += 1) * list.scrollHeight / 90;
        list.scrollLeft = step * list.scrollWidth / 90;
        if (step < 90) requestAnimationFrame(turn);
        else resolve(frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.95)]);
    };
    requestAnimationFrame(turn);
})"""
# Each finds another number of runs than the one before.
_QUERIES = (
    "seed = 7",
    "Ant",
    "policy_lr < 0.01",
    "",
    "hop*",
    "last.metric_1 > 0",
    "status = finished",
    "not ant",
    "name ~ seed_1.*-",
    "zzz",
    "seed = 7 or hopper",
)


def main() -> None:
    """Measure and tell a figure for each promise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=None)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack, sync_playwright() as playwright:
        data = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="list-")))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)

        def write(folder: Path) -> None:
            viewer_data.write_runs(folder, options.runs, rows=5)

        with served(data / "many", write):
            pass
        starts = []
        for _ in range(options.rounds):
            started = time.monotonic()
            with served(data / "many", write, settled=False) as (url, server):
                starts.append(measure_start(browser, url, server, started))
        tell_starts(starts)
        with served(data / "many", write) as (url, server):
            measure_list(browser, url, server, options.runs, options.rounds)
        with served(data / "grid", write_grid) as (url, _):
            measure_grid(browser, url)
        browser.close()


@contextlib.contextmanager
def served(folder: Path, write: Any, *, settled: bool = True) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The page of runs that are written, read and indexed once; `settled` as in `serve`."""
    if not (folder / "logfile").exists():
        write(folder / "logfile")
        with Library([folder / "logfile"], folder / "workspace") as library:
            library.refresh()
    server, url = serve(folder / "logfile", folder / "workspace", settled)
    try:
        yield url, server
    finally:
        server.terminate()
        server.wait()


def measure_start(
    browser: Browser, url: str, server: subprocess.Popen[str], started: float
) -> tuple[float, float]:
    """The first visit, before the server has read the runs: seconds, and processor time of the server."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{url}/experiment", wait_until="commit")
    page.evaluate(_FIRST_PAINT)
    seconds = time.monotonic() - started
    page.context.close()
    return seconds, cpu([server.pid])


def tell_starts(starts: list[tuple[float, float]]) -> None:
    """Tell the medians of first visits."""
    seconds, spent = zip(*starts, strict=True)
    note = f"from the start of the server's process; {min(seconds):.2f} to {max(seconds):.2f}"
    tell("the first visit, to the painted list", statistics.median(seconds), "s", note=note)
    note = f"without indexers; {min(spent):.2f} to {max(spent):.2f}"
    tell("the same, processor time of the server until then", statistics.median(spent), "s", 4, note=note)


def measure_list(browser: Browser, url: str, server: subprocess.Popen[str], runs: int, rounds: int) -> None:
    """First paint, keystrokes, memory of server and page."""
    paints, keys, heaps = [], [], []
    for _ in range(rounds + 1):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{url}/experiment", wait_until="commit")
        paints.append(page.evaluate(_FIRST_PAINT))
        keys += [page.evaluate(_KEYSTROKE, text) for text in _QUERIES]
        heaps.append(memory_of(browser, page))
        page.context.close()
    note = f"{min(paints[1:]):.0f} to {max(paints[1:]):.0f}"
    paint = statistics.median(paints[1:])
    tell(f"first paint of {runs} runs from a warm index", paint, "ms", 3000, note=note)
    warm = keys[len(_QUERIES) :]
    note = f"{min(warm):.0f} to {max(warm):.0f}"
    tell(f"a keystroke to the filtered list of {runs} runs", statistics.median(warm), "ms", 150, note=note)
    for index, query in enumerate(_QUERIES):
        tell(f"a keystroke: {query or 'nothing'}", statistics.median(warm[index :: len(_QUERIES)]), "ms", 150)
    tell("memory of the server", resident(server.pid), "MB", 700)
    tell("memory of the page's process", max(heaps), "MB", 300)


def measure_grid(browser: Browser, url: str) -> None:
    """The progress grid of 3,000 methods × 5 environments × 100 seeds."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{url}/experiment?view=coverage", wait_until="commit")
    tell("grid of 3,000 × 5 × 100 cells, first paint", page.evaluate(_GRID), "ms", 2000)
    tell("a frame while scrolling the grid (95 %)", page.evaluate(_SCROLL_GRID), "ms", 33.4)
    tell("memory of the page's process with the grid", memory_of(browser, page), "MB", 200)
    page.context.close()


def memory_of(browser: Browser, page: Page) -> float:
    """Resident megabytes of the page's renderer process."""
    page.context.new_cdp_session(page).send("HeapProfiler.collectGarbage")
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return max(resident(int(each["id"])) for each in processes if each["type"] == "renderer")


def resident(pid: int) -> float:
    """Resident megabytes of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def write_grid(root: Path) -> None:
    """3,000 runs: a method each, over 5 environments and 100 seeds."""
    for number in range(3000):
        folder = root / f"run_{number:04d}"
        (folder / "config").mkdir(parents=True)
        (folder / "progress.csv").write_text("timestep,episode_return\n0,1\n1000,2\n", encoding="utf-8")
        parameters = {
            "env_name": viewer_data.ENVIRONMENTS[number % 5],
            "policy_lr": number / 1e6,
            "seed": number % 100,
        }
        (folder / "config" / "parameter.json").write_text(json.dumps(parameters), encoding="utf-8")
        (folder / "config" / "status.json").write_text('{"state": "finished"}', encoding="utf-8")
    time.sleep(0.1)


if __name__ == "__main__":
    main()
