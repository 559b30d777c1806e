"""What a person has to do on the page for each of fourteen tasks: clicks, typed words and Enter, and seconds.

Usage: python benchmarks/page_tasks.py [TASK …] [--shots FOLDER] [--width 390 …] [--theme dark …]
[--language zh …], in the default environment; chromium. `all` is 1440, 1024 and 390 pixels, light and dark,
English and Chinese.
Twelve runs of two environments, two methods and three seeds with thirty metrics are generated; one failed.
A task fails if what it should show is not on the page at its end. Seconds are a script's, which does not
think. The peers' actions are those of a person who used them on the same runs, on a wide screen; None where
nobody counted.
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
from itertools import product
from pathlib import Path
from typing import Any

from page_browser import CHROMIUM, serve
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from report import tell

_TRACEBACK = """Traceback (most recent call last):
  File "main.py", line 41, in <module>
    train(parameter)
  File "policy.py", line 27, in sample
    raise ValueError("Expected parameter loc to be finite")
ValueError: Expected parameter loc to be finite
"""
_ROWS = 120
_WIDTHS = {"1440": 900, "1024": 768, "390": 844}
_THEMES = ("light", "dark")
_LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
_LOCALES = Path(__file__).parents[1] / "packages/sml-viewer/src/sml_viewer/web/static/locales"


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


def read_words(language: str) -> dict[str, str]:
    """The page's words by key."""
    files = sorted(_LOCALES.glob(f"{language}*.json"))
    return {key: text for file in files for key, text in json.loads(file.read_text("utf-8")).items()}


class Person:
    """Acts on a page and counts: a click, a key, a typed word."""

    def __init__(self, page: Page, words: dict[str, str]) -> None:
        self.page = page
        self.words = words
        self.actions = 0
        self.on_phone = page.evaluate("innerWidth") <= 640

    def word(self, key: str, **values: object) -> str:
        """A text of the page; with `n` in the right number."""
        forms = self.words[key].split("|")
        return (forms[0] if values.get("n") == 1 else forms[-1]).format(**values)

    def click(self, target: Locator, *keys: Any) -> None:
        """Click, with keys held down."""
        target.click(modifiers=list(keys))
        self.actions += 1

    def button(self, name: str) -> None:
        """Click the first button of a name."""
        self.click(self.page.get_by_role("button", name=name).first)

    def tab(self, key: str) -> None:
        """Go to a tab."""
        self.click(self.page.locator(".tabs").get_by_role("link", name=self.word(key), exact=True))

    def press(self, key: str) -> None:
        """Press a key, or several at once."""
        self.page.keyboard.press(key)
        self.actions += 1

    def type(self, target: Locator, text: str) -> None:
        """Click into a field and type words."""
        self.click(target)
        target.fill(text)
        self.actions += len(text.split())

    def unfold(self, target: Locator) -> None:
        """Open what is folded on a phone."""
        if self.on_phone:
            self.click(target)

    def boxes(self) -> Locator:
        """The checkboxes of the runs in the list."""
        return self.page.locator(".cards .card input, .runtable tbody input")


def _charts(page: Page, least: int) -> None:
    expect(page.locator("main figure canvas").nth(least - 1)).to_be_visible()


def _story(do: Person) -> None:
    _charts(do.page, 2)
    do.unfold(do.page.locator(".wallside summary"))
    expect(do.page.locator(".lines").first).to_contain_text("SAC")


def _best(do: Person) -> None:
    do.tab("tab.experiment")
    expect(do.page.locator("main b.best").first).to_be_visible()


def _methods(do: Person) -> None:
    _charts(do.page, 2)  # all metrics, by method, with mean and band
    do.unfold(do.page.locator(".wallside summary"))
    expect(do.page.locator(".lines").first).to_contain_text("PPO")


def _one_run(do: Person) -> None:
    do.tab("tab.experiment")
    do.click(do.page.locator("[data-at]").first)
    _charts(do.page, 2)


def _five_runs(do: Person) -> None:
    do.tab("tab.experiment")
    if do.on_phone:  # without a keyboard
        for number in range(5):
            do.click(do.boxes().nth(number))
        do.click(do.page.locator(".bulk").get_by_role("button", name=do.word("charts.only")))
    else:
        do.click(do.boxes().nth(0))
        do.click(do.boxes().nth(4), "Shift")
        do.press("g")
    expect(do.page.locator("header").first).to_contain_text(do.word("only.n", n=5))
    _charts(do.page, 2)


def _crash(do: Person) -> None:
    do.unfold(do.page.locator(".wallside summary"))
    do.click(do.page.locator(".lines .sign.bad"))  # the mark of a crash beside the charts
    expect(do.page.locator("main")).to_contain_text("Expected parameter loc to be finite")


def _arrange(do: Person) -> None:
    do.tab("tab.experiment")
    do.type(do.page.locator("#query"), "alg_name=SAC")
    if do.on_phone:
        do.press("Enter")  # the suggestions are over the buttons
        do.button(do.word("sort.by", name=do.word("fact.started")))
        do.click(do.page.locator(".menu").get_by_role("button", name="episode_return"))
        do.click(do.boxes().first)
        do.click(do.page.locator(".bulk").get_by_role("button", name=do.word("bulk.hide"), exact=True))
    else:
        do.click(do.page.locator(".runtable thead button", has_text="episode_return").last)
        do.click(do.boxes().first)
        do.press("h")
    expect(do.page.get_by_text(do.word("hidden.done", n=1))).to_be_visible()


def _figure(do: Person) -> None:
    do.tab("tab.plot")
    do.button(do.word("figure.draw"))
    expect(do.page.locator("img.paper")).to_be_visible()
    do.tab("tab.table")
    expect(do.page.locator("main table").first).to_be_visible()
    do.button("LaTeX")
    expect(do.page.get_by_text(do.word("table.copied", kind="LaTeX"))).to_be_visible()


def _matters(do: Person) -> None:
    do.tab("tab.hyper")
    expect(do.page.locator(".importance tbody tr").first).to_be_visible()


def _share(do: Person) -> None:
    do.tab("tab.plot")
    do.button(do.word("command.copy"))
    expect(do.page.get_by_text(do.word("command.copied"))).to_be_visible()


def _zoom(do: Person) -> None:
    do.unfold(do.page.locator(".chartbar .fold"))
    do.click(do.page.get_by_label(do.word("charts.logy")).first)
    do.click(do.page.locator("main input[type=range]").first)
    _charts(do.page, 2)


def _files(do: Person) -> None:
    do.tab("tab.experiment")
    do.click(do.page.locator("[data-at]").first)
    do.click(do.page.get_by_text("notes.md").first)
    expect(do.page.locator("main").get_by_role("heading", name="Notes", exact=True)).to_be_visible()


def _nine(do: Person) -> None:
    _charts(do.page, 2)  # of all metrics, those in sight
    expect(do.page.locator('.panelchart[data-metric^="eval/"]')).to_have_count(9)


def _these_nine(do: Person) -> None:
    do.type(do.page.get_by_placeholder(do.word("charts.find")), "eval/")
    expect(do.page.locator(".panelchart")).to_have_count(9)


def _undo(do: Person) -> None:
    do.unfold(do.page.locator(".chartbar .fold"))
    do.click(do.page.get_by_label(do.word("charts.logy")).first)
    do.press("Control+z")
    expect(do.page.get_by_label(do.word("charts.logy")).first).not_to_be_checked()


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
    for name, known in (("width", _WIDTHS), ("theme", _THEMES), ("language", _LANGUAGES)):
        parser.add_argument(f"--{name}", nargs="+", choices=[*known, "all"], default=[next(iter(known))])
    options = parser.parse_args()
    looks = product(
        list(_WIDTHS) if "all" in options.width else options.width,
        _THEMES if "all" in options.theme else options.theme,
        list(_LANGUAGES) if "all" in options.language else options.language,
    )
    with tempfile.TemporaryDirectory(prefix="tasks-") as made, sync_playwright() as playwright:
        write_runs(Path(made) / "logfile")
        server, url = serve(Path(made) / "logfile", Path(made) / "workspace")
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
            for look in looks:
                for letter in options.tasks or TASKS:
                    _walk(browser, url, letter, look, options.shots)
            browser.close()
        finally:
            server.terminate()
            server.wait()


def _walk(browser: Browser, url: str, letter: str, look: tuple[str, str, str], shots: Path | None) -> None:
    """Do a task as a new visitor; `look` are the width, the theme and the language."""
    width, theme, language = look
    page = browser.new_page(
        locale=_LANGUAGES[language],
        viewport={"width": int(width), "height": _WIDTHS[width]},
        color_scheme="dark" if theme == "dark" else "light",
        permissions=["clipboard-write"],
    )
    task = TASKS[letter]
    page.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)
    page.goto(url)
    person, started = Person(page, read_words(language)), time.perf_counter()
    name = f"{letter}-{'-'.join(look)}"
    try:
        expect(page.locator("main canvas").first).to_be_visible()
        task.walk(person)
    except (AssertionError, PlaywrightError) as error:
        print(f"{name}: not done after {person.actions} actions: {str(error).splitlines()[0]}", flush=True)
    else:
        seconds = time.perf_counter() - started
        tell(
            f"{name}: {task.about}",
            person.actions,
            "actions",
            None if person.on_phone else task.peer,
            note=f"{seconds:.1f} s",
        )
    if shots:
        shots.mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(300)  # for what slides in
        page.screenshot(path=shots / f"task-{name}.png")
    _restore(person)
    page.close()


def _restore(do: Person) -> None:
    """Undo what a walk changed for the next visitors."""
    hidden = do.page.get_by_text(do.word("hidden.done", n=1))
    if hidden.count():
        with do.page.expect_response("**/api/v1/annotations"):
            do.page.get_by_role("button", name=do.word("undo"), exact=True).click()


if __name__ == "__main__":
    main()
