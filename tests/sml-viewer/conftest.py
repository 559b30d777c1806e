"""Fixtures with run folders on disk, a library of them, and the page."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sml_viewer.analysis.curves import Curves, make_curves
from sml_viewer.analysis.scores import make_tables
from sml_viewer.config.plot_config import Configuration
from sml_viewer.library import Library
from sml_viewer.model.results import ScoreTable
from sml_viewer.model.run import Run
from sml_viewer.select.selection import select
from sml_viewer.web import Setup, create_app

MakeRun = Callable[..., Path]

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "packages" / "sml-viewer"


@pytest.fixture(scope="session")
def frontend_types() -> ModuleType:
    """The script that checks the types of the page's scripts."""
    return _loaded("frontend_types", ROOT / "scripts" / "frontend_types.py")


@pytest.fixture(scope="session")
def node_modules(frontend_types: ModuleType) -> Callable[[], Path]:
    """The npm packages of the lock file; installed when first asked for, the same as for `./dev types`."""
    return frontend_types.npm_packages


@pytest.fixture(scope="session")
def bundle(node_modules: Callable[[], Path]) -> None:
    """The front end as it is delivered; bundled if a module changed since the last build."""
    build = _loaded("hatch_build", PACKAGE / "hatch_build.py")
    if not build.is_complete(PACKAGE):
        build.bundle(PACKAGE, node_modules())


def _loaded(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Isolate tests from the user's cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logfile"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def library(logs: Path, workspace: Path) -> Iterator[Library]:
    with Library([logs], workspace) as opened:
        yield opened


@pytest.fixture
def read_runs(library: Library) -> Callable[[], list[Run]]:
    """Refresh and return all runs below `logs`."""

    def read() -> list[Run]:
        library.refresh()
        return library.runs()

    return read


@pytest.fixture
def curves(library: Library) -> Callable[..., Curves]:
    """Curves of all runs: `curves(USE_SMOOTH=False, where="seed = 1", live=True)`."""

    def draw(where: str = "", *, live: bool = False, **options: Any) -> Curves:
        library.refresh()
        configuration = Configuration().with_values(**options)
        selection = select(library.runs(), configuration, where, library=library)
        return make_curves(library, selection, configuration, live=live)

    return draw


@pytest.fixture
def table(library: Library) -> Callable[..., ScoreTable]:
    """The first table of all runs: `table(TABLE_SCORE="best")`, or of some: `table("seed = 1")`."""

    def tabulate(where: str = "", **options: Any) -> ScoreTable:
        library.refresh()
        configuration = Configuration().with_values(**options)
        selection = select(library.runs(), configuration, where, library=library)
        return make_tables(library, selection, configuration)[0]

    return tabulate


@pytest.fixture
def make_run(logs: Path) -> MakeRun:
    """Writes a run folder: `make_run(name, table, **parameters)`."""

    def write(name: str, table: str, **parameters: Any) -> Path:
        folder = logs / name
        (folder / "config").mkdir(parents=True)
        (folder / "progress.csv").write_text(table)
        if parameters:
            (folder / "config" / "parameter.json").write_text(json.dumps(parameters))
        return folder

    return write


@pytest.fixture
def grid(make_run: MakeRun) -> None:
    """Two environments × two learning rates × three seeds, the returns 1, 2, 3 higher by seed."""
    for env in ("CartPole-v1", "Acrobot-v1"):
        for lr in (0.1, 0.01):
            for seed in (1, 2, 3):
                rows = "".join(f"{step},{step * lr + seed}\n" for step in (0, 10, 20))
                make_run(
                    f"{env}_{lr}_{seed}",
                    f"timestep,episode_return\n{rows}",
                    env_name=env,
                    policy_lr=lr,
                    seed=seed,
                )


@dataclass
class Browser:
    """A browser's view of the page: it keeps cookies and sends the token that a change needs."""

    client: FlaskClient

    def get(self, address: str, **more: Any) -> TestResponse:
        return self.client.get(address, **more)

    def post(self, address: str, content: Any = None, **headers: str) -> TestResponse:
        """Post JSON as the front end does."""
        token = self.client.get("/api/v1/session").get_json()["csrf"]
        return self.client.post(address, json=content, headers={"X-CSRF-Token": token, **headers})


@pytest.fixture
def page(logs: Path, workspace: Path, library: Library) -> Browser:
    """The page of `logs`, without login, in a browser; `library.refresh()` shows it what is there now."""
    library.refresh()
    app = create_app(Setup(workspace, (logs,)), indexing=False)
    return Browser(app.test_client())
