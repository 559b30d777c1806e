"""The real page in a real browser: a server on a free port, Chromium, and a record of faults."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from sml_config.process import Process
from sml_viewer.web import Setup, create_app
from sml_viewer.web.background_plots import EXTENSION as BACKGROUND
from sml_viewer.web.http.server import Server
from sml_viewer.web.library_pool import EXTENSION

from ...ports import free_port

SHOTS = Path(__file__).parents[3] / "build" / "screenshots"
# A busy machine draws late.
expect.set_options(timeout=30_000)
_HERE = ("127.0.0.1", "localhost")


@dataclass
class Served:
    """The page of a folder of runs, on a port of this machine."""

    folder: Path
    workspace: Path
    port: int = field(default_factory=free_port)
    _server: Server | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, redraw: bool = False, password: str = "", **more: Any) -> None:
        """Serve, on the same port as before; with `redraw` also draw in the background."""
        app = create_app(Setup(self.workspace, (self.folder,), **more), password)
        self._server = Server("127.0.0.1", self.port, app, None)
        wait_until(self._binds)
        self._app = app
        if redraw:
            app.extensions[BACKGROUND].start()
        threading.Thread(target=self._server.serve, daemon=True).start()

    def _binds(self) -> bool:
        assert self._server is not None
        try:
            self._server.prepare()
        except OSError:  # the socket of the server before is not closed yet
            return False
        return True

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._app.extensions[BACKGROUND].close()
            self._app.extensions[EXTENSION].close()
            self._server = None


def wait_until(done: Callable[[], bool], seconds: float = 30) -> None:
    """Try something again until it works."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not done within {seconds} s"
        time.sleep(0.1)


@dataclass
class Faults:
    """Errors that must not happen while a page is open."""

    console: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    # Chromium names every request that is refused: those that a test lets fail on purpose.
    expected: tuple[str, ...] = ()

    def all(self) -> list[str]:
        said = [text for text in self.console if not any(word in text for word in self.expected)]
        return said + self.outside


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In CI retry a failed test of this folder once, in a new context, and report it as flaky."""
    if os.environ.get("CI") != "true" or not config.pluginmanager.hasplugin("rerunfailures"):
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.flaky(reruns=1))


OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def serve(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Served]]:
    """Serve a folder, with the front end as it is delivered: `serve(folder)`."""
    request.getfixturevalue("bundle")
    started: list[Served] = []

    def start(folder: Path, **more: Any) -> Served:
        served = Served(folder, tmp_path_factory.mktemp("workspace"))
        served.start(**more)
        started.append(served)
        return served

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def open_page(browser: Browser, faults: Faults) -> Iterator[OpenPage]:
    """Open an address as a new visitor; fails at the end on errors, or requests to other hosts."""
    contexts: list[BrowserContext] = []

    def open_it(
        address: str, *, language: str = "en-GB", width: int = 1440, height: int = 900, scheme: Any = "light"
    ) -> Page:
        context = browser.new_context(
            locale=language,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            accept_downloads=True,
        )
        contexts.append(context)
        # Not intercepted, as that costs more than some of the pages; other hosts do not resolve.
        context.on("request", _only_here(faults))
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on(
            "console",
            lambda said: (
                faults.console.append(f"{said.text} {said.location['url']}")
                if said.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda error: faults.console.append(str(error)))
        page.goto(address)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert faults.all() == []


def _only_here(faults: Faults) -> Callable[[Request], None]:
    def note(request: Request) -> None:
        address = urlsplit(request.url)
        if address.hostname not in _HERE and address.scheme not in ("data", "blob"):
            faults.outside.append(request.url)

    return note


@pytest.fixture(scope="session")
def axe(node_modules: Callable[[], Path]) -> str:
    """The script of axe-core as the lock file names it."""
    return (node_modules() / "axe-core" / "axe.min.js").read_text()


@pytest.fixture
def check_access(axe: str) -> Callable[[Page], None]:
    """Check that axe-core reports no violation on a page, of whatever impact."""

    def check(page: Page) -> None:
        # What fades in is judged when it is there; what never ends (a sign that breathes) goes on.
        page.evaluate(
            "document.getAnimations().filter(each => each.effect.getComputedTiming().iterations < Infinity)"
            ".forEach(each => each.finish())"
        )
        # Through the debugger: the page's own policy lets no script in.
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        violations = [
            (rule["id"], [(node["target"], node.get("failureSummary")) for node in rule["nodes"][:3]])
            for rule in found["violations"]
        ]
        assert violations == []

    return check


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Save a screenshot among the test artefacts, for inspection."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.screenshot(path=SHOTS / f"{name}.png", animations="disabled")

    return take


WriteRun = Callable[..., Path]

_TRACEBACK = """Traceback (most recent call last):
  File "main.py", line 41, in <module>
    train(parameter)
  File "policy.py", line 27, in sample
    raise ValueError("Expected parameter loc to be finite")
ValueError: Expected parameter loc to be finite
"""


def _write_run(
    root: Path,
    name: str,
    *,
    rows: int = 40,
    state: str = "finished",
    started: float = 1.79e9,
    **parameters: Any,
) -> Path:
    """A run folder as the logger writes it: returns that rise with the learning rate and the seed."""
    folder = root / name
    (folder / "config").mkdir(parents=True)
    lr, seed = float(parameters.get("policy_lr", 0.01)), int(parameters.get("seed", 1))
    (folder / "progress.csv").write_text(
        "timestep,episode_return,policy_loss,entropy\n"
        + "".join(
            f"{step},{step * lr / 10 + seed},{1 / (step + 1)},{2 - step / 5000}\n"
            for step in range(0, rows * 100, 100)
        )
    )
    (folder / "config" / "parameter.json").write_text(json.dumps(parameters))
    settings = {
        "run_id": hashlib.sha256(name.encode()).hexdigest()[:8],
        "start_time": started,
        "host": "lab1",
        "commit_id": "d1eaba3",
    }
    (folder / "config" / "run_config.json").write_text(json.dumps(settings))
    failed = state == "failed"
    status = {"state": state, "error": "ValueError: Expected parameter loc to be finite" if failed else None}
    if state == "running":
        status |= {**Process.current().record(), "heartbeat": time.time()}
    (folder / "config" / "status.json").write_text(json.dumps(status))
    log = "".join(f"iteration {row}: return {row * lr:.2f}\n" for row in range(rows))
    (folder / "log.txt").write_text(log + (_TRACEBACK if failed else ""))
    with tarfile.open(folder / "coders.tar", "w") as archive:
        code = f"LEARNING_RATE = {lr}\nprint('train')\n".encode()
        member = tarfile.TarInfo("main.py")
        member.size = len(code)
        archive.addfile(member, io.BytesIO(code))
    return folder


@pytest.fixture(scope="session")
def write_run() -> WriteRun:
    """Writes a run folder: `write_run(root, name, rows=40, state="finished", seed=1, …)`."""
    return _write_run


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 runs: two environments × three learning rates × four seeds; two failed, one is running."""
    root = tmp_path_factory.mktemp("data") / "logfile"
    number = 0
    for env_name in ("Hopper-v4", "Walker2d-v4"):
        for policy_lr in (0.1, 0.01, 0.001):
            for seed in (1, 2, 3, 4):
                number += 1
                state = "failed" if number in (6, 15) else "running" if number == 24 else "finished"
                _write_run(
                    root, f"{env_name}_policy_lr_{policy_lr}_seed_{seed}", state=state,
                    started=1.79e9 + 600 * number,
                    env_name=env_name, policy_lr=policy_lr, seed=seed, batch_size=256,
                )  # fmt: skip
    return root


@pytest.fixture(scope="module")
def site(serve: Callable[..., Served], logs: Path) -> Served:
    """The page of `logs`."""
    return serve(logs)
