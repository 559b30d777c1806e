"""Fixtures of all tests: isolated settings, and real programs."""

from __future__ import annotations

import os
import shutil
import signal
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

import sml_config

# A shell or `nohup` lets what it starts in the background ignore Ctrl-C or a hangup, and what tests start
# would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_SETMASK, ())
os.umask(0o022)
# Debian keeps daemons out of a user's PATH.
os.environ["PATH"] += os.pathsep + os.pathsep.join(["/usr/sbin", "/sbin"])


# What CI looks at is the same each time; at home new examples are looked for. No example is wrong because the
# machine is busy.
PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("home", **PATIENT)
hypothesis.settings.register_profile("ci", derandomize=True, **PATIENT)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "home")

CHROMIUM = [
    "--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
    # A page that asks for another host gets no answer; tests see the request.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests: Playwright runs once in a process.

    The shell has the same engine and no windows of its own, which cost a second of computation per context.
    """
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def unpack() -> Callable[[Path, Path], None]:
    """Unpacks a trusted tar archive into a folder, also with a Python without extraction filters."""

    def unpacked(archive: Path, folder: Path) -> None:
        with tarfile.open(archive) as opened:
            opened.extraction_filter = getattr(tarfile, "data_filter", None)
            opened.extractall(folder)  # noqa: S202

    return unpacked


@pytest.fixture(scope="session")
def open_to_all() -> Callable[[Path], None]:
    """Makes a folder of a test readable for every user of this machine."""

    def opened(folder: Path) -> None:
        for each in (folder, *folder.parents):
            if each == Path(tempfile.gettempdir()) or each.stat().st_uid != os.getuid():
                return
            each.chmod(0o755)

    return opened


@pytest.fixture(autouse=True)
def default_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start every test with the default settings, and not as a task of a launcher."""
    for name in [name for name in os.environ if name.startswith("SML_") and name != "SML_CORPUS"]:
        monkeypatch.delenv(name)
    # Whichever test imports smart_logger first would change them for the others.
    monkeypatch.setattr("sml_config.project_settings.current._defaults", {})
    sml_config.set_settings(None)
    yield
    sml_config.set_settings(None)


# Whose tests share what a machine has once: Chromium, the page's bundle, a cluster, accounts, a new home.
# The longest first, so that no worker is left with one of them at the end.
GROUPS = {
    "tests/sml-launch": "launch",
    "tests/sml-viewer/browser": "browser",
    "tests/sml-viewer/test_delivery.py": "browser",
    "tests/sml-viewer/test_contract.py": "browser",
    "tests/together/test_packages.py": "browser",
    "tests/sml-logger/test_kill_of_every_writer.py": "kills",
    "tests/sml-sync": "sync",
    "tests/together": "together",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that use a browser; for several workers put the longest groups first."""
    for item in items:
        programs = {program for marker in item.iter_markers("needs") for program in marker.args}
        if "chromium" in programs:
            item.add_marker("browser")
    if "PYTEST_XDIST_WORKER" in os.environ:
        places = {group: place for place, group in enumerate(dict.fromkeys(GROUPS.values()))}
        items.sort(key=lambda item: places.get(group_of(item.nodeid), len(places)))


def group_of(nodeid: str) -> str:
    """The group of a test: tests of a group run one after another; those of a file share its fixtures."""
    path = nodeid.partition("::")[0]
    return next((group for folder, group in GROUPS.items() if path.startswith(folder)), path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a worker whole groups, in the order of the tests."""
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return GroupScheduling(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the failures of tests that passed only in a retry."""
    again = terminalreporter.stats.get("rerun", [])
    if not again:
        return
    terminalreporter.section("FLAKY: passed or failed only at the second try", red=True, bold=True)
    for report in again:
        terminalreporter.line(f"{report.nodeid} ({report.when})", yellow=True)
        terminalreporter.line(report.longreprtext)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose program is missing; in CI fail."""
    for marker in item.iter_markers("needs"):
        for program in marker.args:
            if shutil.which(program) is None:
                if os.environ.get("CI") == "true":
                    pytest.fail(f"{program} is not installed, and CI=true allows no skip", pytrace=False)
                pytest.skip(f"{program} is not installed")
