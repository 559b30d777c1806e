"""How quick the page is in a browser: first paint of many runs, a keystroke in the query box, what is sent.

Usage: python benchmarks/page_browser.py [--runs 10000] [--rounds 5], in the default environment; chromium.
The runs are generated and read in a temporary folder before anything is measured; medians of several rounds,
each with a browser that knows nothing.
"""

from __future__ import annotations

import argparse
import gzip
import math
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import viewer_data
from page import cpu, free_port
from playwright.sync_api import Browser, Page, sync_playwright
from report import tell

from sml_viewer.library import Library
from sml_viewer.web.bundle import SCRIPT
from sml_viewer.web.frontend import make_frontend

CHROMIUM = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--no-first-run"]  # fmt: skip

# From the start of the navigation until the table has been painted.
_FIRST_PAINT = """() => new Promise(resolve => {
    const isReady = () => document.querySelectorAll('.runtable tbody th.name').length > 10
        ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
        : requestAnimationFrame(isReady);
    isReady();
})"""
# From a keystroke until another number of runs has been painted.
_KEYSTROKE = """text => new Promise(resolve => {
    const box = document.getElementById('query');
    const count = () => document.querySelector('[data-filter=all] b').textContent;
    const before = count(), started = performance.now();
    box.focus();
    box.value = text;
    box.dispatchEvent(new Event('input', {bubbles: true}));
    const isReady = () => count() !== before
        ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)))
        : requestAnimationFrame(isReady);
    isReady();
})"""
# Frames while the whole list is scrolled through: the longest is what a person sees as a stutter.
_SCROLL = """() => new Promise(resolve => {
    const list = document.querySelector('.scroller'), frames = [];
    let last = performance.now(), step = 0;
    const turn = now => {
        frames.push(now - last);
        last = now;
        list.scrollTop = (step += 1) * list.scrollHeight / 120;
        if (step < 120) requestAnimationFrame(turn);
        else resolve(frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.95)]);
    };
    requestAnimationFrame(turn);
})"""


def main() -> None:
    """Measure and tell a figure for each promise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="page-") as temporary:
        folder, workspace = Path(temporary) / "logfile", Path(temporary) / "workspace"
        viewer_data.write_runs(folder, options.runs, rows=5)
        with Library([folder], workspace) as library:
            library.refresh()
        server, url = serve(folder, workspace)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
                measure(browser, url, options.runs, options.rounds)
                browser.close()
        finally:
            server.terminate()
            server.wait()


def measure(browser: Browser, url: str, runs: int, rounds: int) -> None:
    """Tell what a browser sees."""
    paints, keys, frames = [], [], []
    for _ in range(rounds + 1):
        page, sent = visit(browser, url)
        paints.append(page.evaluate(_FIRST_PAINT))
        payload = sum(size for address, size in sent.items() if "/api/v1/runs" in address)
        keys += [page.evaluate(_KEYSTROKE, text) for text in ("seed = 7", "Ant", "policy_lr < 0.01", "")]
        frames.append(page.evaluate(_SCROLL))
        page.context.close()
    # The first round also starts the server's caches.
    say(f"first paint of {runs} runs", paints[1:], 1000)
    tell(f"the very first paint of {runs} runs after a start", paints[0], "ms")
    say(f"a keystroke to the filtered list of {runs} runs", keys[4:], 100)
    say("the frame that 95 % are quicker than, scrolling (nothing is promised)", frames[1:])
    tell("the list as it is sent", payload / 1000, "KB", 1000, note="gzip")
    front = make_frontend()
    shipped = [path for path in front.files.values() if path.suffix in (".js", ".mjs", ".css")]
    size = sum(len(gzip.compress(path.read_bytes())) for path in shipped)
    kind = (
        "bundled"
        if front.script == SCRIPT
        else "NOT bundled: python packages/sml-viewer/hatch_build.py bundle"
    )
    note = f"gzip, {len(shipped)} files, {kind}"
    tell("all scripts and styles that the page can load", size / 1000, "KB", 200, note=note)


def say(what: str, values: list[float], promised: float | None = None) -> None:
    """The median, and between which all of them lie."""
    note = f"median of {len(values)}, {min(values):.0f} to {max(values):.0f}"
    tell(what, statistics.median(values), "ms", promised, note=note)


def visit(browser: Browser, url: str) -> tuple[Page, dict[str, int]]:
    """A new visitor, and how many bytes came from each address."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    sent: dict[str, int] = {}
    watch = page.context.new_cdp_session(page)
    watch.send("Network.enable")
    addresses: dict[str, str] = {}
    watch.on(
        "Network.responseReceived",
        lambda said: addresses.update({said["requestId"]: said["response"]["url"]}),
    )
    watch.on(
        "Network.loadingFinished",
        lambda said: sent.update({addresses.get(said["requestId"], ""): said["encodedDataLength"]}),
    )
    page.goto(f"{url}/experiment", wait_until="commit")
    return page, sent


def serve(folder: Path, workspace: Path, settled: bool = True) -> tuple[subprocess.Popen[str], str]:
    """The server as a user starts it; `settled`: once it and its indexers have nothing more to do."""
    port = str(free_port())
    folders = ["-d", str(folder), "-wks", str(workspace)]
    command = [sys.executable, "-m", "sml_viewer", "serve", *folders, "-p", port, "-lf"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in server.stdout or ():
        if "open http" in line:
            break
    if settled:
        settle(server)
    return server, f"http://127.0.0.1:{port}"


def settle(server: subprocess.Popen[str], longest: float = 120.0) -> None:
    """Wait until the server and the processes that it started use less than a twentieth of a core."""
    time.sleep(2)
    deadline, before = time.monotonic() + longest, math.inf
    while time.monotonic() < deadline:
        spent = cpu([server.pid, *children(server.pid)])
        if 0 <= spent - before < 0.15:
            return
        before = spent
        time.sleep(3)


def children(pid: int) -> list[int]:
    """The processes that a process started, and that have not ended."""
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [each for child in map(int, started) for each in (child, *children(child))]


if __name__ == "__main__":
    main()
