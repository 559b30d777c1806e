"""Fixtures of tests with real frameworks: no network, isolated settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from write_framework_files import OFFLINE

import sml_config
from sml_viewer.library import Library
from sml_viewer.model.run import Run

os.environ |= OFFLINE


@pytest.fixture(autouse=True)
def default_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Every test starts from the default settings, in a folder of its own."""
    for name in [name for name in os.environ if name.startswith("SML_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    sml_config.set_settings(None)
    yield
    sml_config.set_settings(None)


# What `Logger` takes, in every test.
HERE: dict[str, Any] = {"base_path": "logs", "backup_code": False}


class Opened:
    """The runs that a test logged, as the viewer opens them."""

    def __init__(self, folder: Path) -> None:
        self.library = Library([folder / "logs"], folder / "workspace")
        self.library.refresh()
        self.runs = self.library.runs()

    def run(self) -> Run:
        (run,) = self.runs
        return run

    def values(self, name: str, run: Run | None = None) -> list[float]:
        (columns,) = self.library.columns([run or self.run()], [name])
        return [value for value in columns[name].tolist() if value == value]


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[], Opened]:
    return lambda: Opened(tmp_path)
