"""What a person has to do on the page for each of fourteen tasks: clicks, typed words and Enter, and seconds.

Usage: python benchmarks/page_tasks.py [TASK …] [--shots FOLDER], in the default environment; chromium.
Twelve runs of two environments, two methods and three seeds with thirty metrics are generated; one failed.
A task fails if what it should show is not on the page at its end. Seconds are a script's, which does not
think. The peers' actions are those of a person who used them on the same runs; None where nobody counted.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from page_browser import CHROMIUM, serve
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect, sync_playwright
from report import tell

_TRACEBACK = """Traceback (most recent call last):
  File "main.py", line 41, in <module>
    train(parameter)
  File "policy.py", line 27, in sample
    raise ValueError("Expected parameter loc to be finite")
ValueError: Expected parameter loc to be finite
"""
_ROWS = 120


def write_runs(root: Path) -> None:
    """Write twelve runs below `root`: two environments × two methods × three seeds."""
    for number in range(12):
        env_name = ("Hopper-v4", "Walker2d-v4")[number // 6]
        alg_name = ("PPO", "SAC")[number // 3 % 2]
        state = "failed" if number == 7 else "running" if number == 11 else "finished"
        _write_run(root, number, state, env_name=env_name, alg_name=alg_name, seed=number % 3 + 1)


def _write_run(root: Path, number: int, state: str, **parameters: object) -> None:
    folder = root / "_".join(f"{value}" for value in parameters.values())
    (folder / "config").mkdir(parents=True)
    parameters |= {"policy_lr": 3e-4 if parameters["alg_name"] == "PPO" else 1e-3, "batch_size": 256}
    chance = random.Random(number)
    columns = ["timestep", "episode_return", "entropy"]
    columns += [
        f"{part}/{name}"
        for part in ("train", "eval", "losses")
        for name in ("loss", *map("m{}".format, range(8)))
    ]
    rows = [",".join(columns)]
    for row in range(_ROWS if state == "finished" else _ROWS // 2):
        rise = (1 - math.exp(-row / 40)) * (900 if parameters["alg_name"] == "PPO" else 1100)
        values = [rise + chance.gauss(0, 30), 2 - row / 80]
        values += [math.exp(-row / 30) * 0.1 * (1 + index) + chance.random() / 50 for index in range(27)]
        rows.append(f"{row * 1000}," + ",".join(map(repr, values)))
    (folder / "progress.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "config" / "parameter.json").write_text(json.dumps(parameters), encoding="utf-8")
    settings = {
        "run_id": f"task{number:04}",
        "start_time": time.time() - 3600 * (12 - number),
        "host": "lab1",
    }
    (folder / "config" / "run_config.json").write_text(json.dumps(settings), encoding="utf-8")
    error = _TRACEBACK if state == "failed" else None
    status = {"state": state, "error": error, "heartbeat": time.time()}
    (folder / "config" / "status.json").write_text(json.dumps(status), encoding="utf-8")
    (folder / "log.txt").write_text("training\n" * 50 + (_TRACEBACK if error else ""), encoding="utf-8")
    (folder / "notes.md").write_text("# Notes\n\nA *first* try.\n", encoding="utf-8")


class Person:
    """Acts on a page and counts: a click, a key, a typed word."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def click(self, target: Locator, *keys: str) -> None:
        """Click, with keys held down."""
        target.click(modifiers=list(keys))
        self.actions += 1

    def button(self, name: str) -> None:
        """Click the first button of a name."""
        self.click(self.page.get_by_role("button", name=name).first)

    def tab(self, name: str) -> None:
        """Go to a tab."""
        self.click(self.page.locator(".tabs").get_by_role("link", name=name, exact=True))

    def press(self, key: str) -> None:
        """Press a key, or several at once."""
        self.page.keyboard.press(key)
        self.actions += 1

    def type(self, target: Locator, text: str) -> None:
        """Click into a field and type words."""
        self.click(target)
        target.fill(text)
        self.actions += len(text.split())


def _charts(page: Page, least: int) -> None:
    expect(page.locator("main figure canvas").nth(least - 1)).to_be_visible()


def _story(do: Person) -> None:
    _charts(do.page, 4)
    expect(do.page.locator(".lines").first).to_contain_text("SAC")


def _best(do: Person) -> None:
    do.tab("Runs")
    expect(do.page.locator(".runtable b.best").first).to_be_visible()


def _methods(do: Person) -> None:
    _charts(do.page, 4)  # all metrics, by method, with mean and band
    expect(do.page.locator(".lines").first).to_contain_text("PPO")


def _one_run(do: Person) -> None:
    do.tab("Runs")
    do.click(do.page.locator("[data-at]").first)
    _charts(do.page, 4)


def _five_runs(do: Person) -> None:
    do.tab("Runs")
    boxes = do.page.locator(".runtable tbody input")
    do.click(boxes.nth(0))
    do.click(boxes.nth(4), "Shift")
    do.press("g")
    expect(do.page.locator("header")).to_contain_text("Only 5 runs")
    _charts(do.page, 4)


def _crash(do: Person) -> None:
    do.click(do.page.locator(".lines .sign.bad"))  # the mark of a crash beside the charts
    expect(do.page.locator("main")).to_contain_text("Expected parameter loc to be finite")


def _arrange(do: Person) -> None:
    do.tab("Runs")
    do.type(do.page.locator("#query"), "alg_name=SAC")
    do.click(do.page.locator(".runtable thead button", has_text="episode_return").last)
    do.click(do.page.locator(".runtable tbody input").first)
    do.press("h")
    expect(do.page.get_by_text("1 run hidden")).to_be_visible()


def _figure(do: Person) -> None:
    do.tab("Plots")
    do.button("Draw")
    expect(do.page.locator("img.paper")).to_be_visible()
    do.tab("Tables")
    expect(do.page.locator("main table").first).to_be_visible()
    do.button("LaTeX")
    expect(do.page.get_by_text("Copied as LaTeX")).to_be_visible()


def _matters(do: Person) -> None:
    do.tab("Hyper-parameters")
    expect(do.page.locator(".importance tbody tr").first).to_be_visible()


def _share(do: Person) -> None:
    do.tab("Plots")
    do.button("Copy command")
    expect(do.page.get_by_text("Command copied")).to_be_visible()


def _zoom(do: Person) -> None:
    do.click(do.page.get_by_label("log y").first)
    do.click(do.page.locator("main input[type=range]").first)
    _charts(do.page, 2)


def _files(do: Person) -> None:
    do.tab("Runs")
    do.click(do.page.locator("[data-at]").first)
    do.click(do.page.get_by_text("notes.md").first)
    expect(do.page.locator("main").get_by_role("heading", name="Notes", exact=True)).to_be_visible()


def _nine(do: Person) -> None:
    _charts(do.page, 6)  # of all metrics, those in sight
    expect(do.page.locator('.panelchart[data-metric^="eval/"]')).to_have_count(9)


def _these_nine(do: Person) -> None:
    do.type(do.page.get_by_placeholder("Find metrics"), "eval/")
    expect(do.page.locator(".panelchart")).to_have_count(9)


def _undo(do: Person) -> None:
    do.click(do.page.get_by_label("log y").first)
    do.press("Control+z")
    expect(do.page.get_by_label("log y").first).not_to_be_checked()


@dataclass(frozen=True)
class Task:
    """A task by its letter; `peer` is the fewest actions that a peer takes."""

    about: str
    walk: Callable[[Person], None]
    peer: int | None = None


TASKS = {
    "a": Task("the story: curves, and how the methods rank", _story, 0),
    "b": Task("the best run", _best),
    "c": Task("two methods over seeds, all metrics", _methods, 3),
    "d1": Task("all metrics of one run", _one_run),
    "d2": Task("all metrics of five runs", _five_runs, 5),
    "e": Task("why a run crashed", _crash),
    "f": Task("filter, sort, select, hide", _arrange),
    "g": Task("a paper's figure and its LaTeX table", _figure),
    "h": Task("which hyper-parameter matters", _matters),
    "j": Task("the command that draws the same", _share),
    "k": Task("log scale and smoothing", _zoom, 2),
    "l": Task("a file of a run, rendered", _files),
    "p": Task("nine metrics at once", _nine, 0),
    "p2": Task("these nine metrics alone", _these_nine),
    "q": Task("undo a setting", _undo),
}


def main() -> None:
    """Walk the tasks and tell the actions of each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"of {', '.join(TASKS)}; default all")
    parser.add_argument("--shots", type=Path, default=None, help="folder for a screenshot of each task's end")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tasks-") as made, sync_playwright() as playwright:
        write_runs(Path(made) / "logfile")
        server, url = serve(Path(made) / "logfile", Path(made) / "workspace")
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
            for letter in options.tasks or TASKS:
                page = browser.new_page(
                    locale="en-GB", viewport={"width": 1440, "height": 900}, permissions=["clipboard-write"]
                )
                _walk(page, url, letter, options.shots)
                page.close()
            browser.close()
        finally:
            server.terminate()
            server.wait()


def _walk(page: Page, url: str, letter: str, shots: Path | None) -> None:
    task = TASKS[letter]
    page.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)
    page.goto(url)
    person, started = Person(page), time.perf_counter()
    try:
        expect(page.locator("main canvas").first).to_be_visible()
        task.walk(person)
    except (AssertionError, PlaywrightError) as error:
        print(f"{letter}: not done after {person.actions} actions: {str(error).splitlines()[0]}")
    else:
        seconds = time.perf_counter() - started
        tell(f"{letter}: {task.about}", person.actions, "actions", task.peer, note=f"{seconds:.1f} s")
    if shots:
        shots.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=shots / f"task-{letter}.png")


if __name__ == "__main__":
    main()
