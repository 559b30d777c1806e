"""Take the pictures of the page in docs/images.

Usage: python scripts/page_pictures.py LOGS [--to docs/images] [-p PORT], in the default environment, with
chromium. LOGS are the run folders of the demo, `demo/logfile` after `./dev demo --no-serve`. The pictures
show their path, and the host that their run_config.json names.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
# Address, size in pixels, colours and language of each picture that needs no click.
VIEWS: dict[str, tuple[str, tuple[int, int], str, str]] = {
    "charts": ("/charts", (1440, 900), "light", "en-GB"),
    "runs-zh-dark": ("/experiment?group=parameter:env_name", (1440, 900), "dark", "zh-CN"),
    "coverage": ("/experiment?view=coverage", (1024, 600), "light", "en-GB"),
    "parameters": ("/param_adjust", (1400, 800), "light", "en-GB"),
    "plots": ("/plot", (1440, 760), "light", "en-GB"),
    "tables": ("/table", (1280, 720), "light", "en-GB"),
    "phone": ("/experiment", (390, 844), "light", "zh-CN"),
}
SELECTED = (1, 2, 3)  # rows of the list
ONE_ENVIRONMENT = "/experiment?q=CartPole&sort=name"  # three runs of one learning rate, then of another


def main() -> None:
    """Serve the runs and take every picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("logs", type=Path)
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("-p", "--port", type=int, default=7005, help="port of the page (default 7005)")
    options = parser.parse_args()
    with served(options.logs.resolve(), options.port) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (address, size, colours, language) in VIEWS.items():
            take(opened(browser, url + address, size, colours, language), options.to, name)
        take(with_selected_runs(opened(browser, f"{url}/experiment", (1440, 900))), options.to, "runs")
        ids = run_ids(opened(browser, url + ONE_ENVIRONMENT, (1440, 900)))
        take(opened(browser, f"{url}/run/{ids[0]}", (1440, 900)), options.to, "run")
        compared = f"{url}/experiment?compare={ids[0]}&compare={ids[3]}"
        take(opened(browser, compared, (1024, 768), "dark"), options.to, "compare")
        browser.close()


@contextlib.contextmanager
def served(logs: Path, port: int) -> Iterator[str]:
    """The address of a page of the runs."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as workspace:
        command: list[Any] = [sys.executable, "-m", "sml_viewer", "serve", "-d", logs, "-wks", workspace]
        server = subprocess.Popen([*command, "-lf", "-p", str(port)], stdout=subprocess.PIPE, text=True)
        try:
            for line in server.stdout or ():
                if "open http" in line:
                    break
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def opened(
    browser: Browser, url: str, size: tuple[int, int], colours: Any = "light", language: str = "en-GB"
) -> Page:
    """A page of a new visitor."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=colours, locale=language
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return page


def with_selected_runs(page: Page) -> Page:
    """The list with some runs selected."""
    for row in SELECTED:
        page.locator(".runtable tbody input[type=checkbox]").nth(row).click()
    return page


def run_ids(page: Page) -> list[str]:
    """The ids of the listed runs, in order."""
    links = page.locator(".runtable tbody th.name a").all()
    return [str(link.get_attribute("href")).partition("/run/")[2].partition("?")[0] for link in links]


def take(page: Page, folder: Path, name: str) -> None:
    """Save a picture once the charts have been drawn, and close the page."""
    page.mouse.move(2, 2)
    time.sleep(2)
    page.screenshot(path=folder / f"page-{name}.png")
    page.context.close()


if __name__ == "__main__":
    main()
