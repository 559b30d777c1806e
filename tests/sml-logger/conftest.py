"""Projects, readers and child processes for the tests of sml-logger."""

from __future__ import annotations

import contextlib
import csv
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

import sml_config
from sml_config import CommonConfig, ExperimentConfig, Settings
from sml_logger import Logger

from .integration_stand_ins import stand_ins

CHILDREN = Path(__file__).parent / "children"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project of one file whose settings are in force; runs left open by a test are closed."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.py").write_text("print('train')\n")
    sml_config.set_settings(Settings(CommonConfig(), ExperimentConfig(), folder))
    yield folder
    if Logger.logger is not None:
        Logger.logger.close()


@pytest.fixture
def table() -> Callable[[Path | str], list[dict[str, str]]]:
    """Reads a run's table as text, refusing rows that are not as long as the header."""

    def read(run: Path | str) -> list[dict[str, str]]:
        with Path(run, "progress.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        assert all(len(row) == len(rows[0]) for row in rows)
        return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]

    return read


@pytest.fixture
def status() -> Callable[[Path | str], dict[str, Any]]:
    """Reads a run's status."""

    def read(run: Path | str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(Path(run, "config", "status.json").read_text())
        return content

    return read


@pytest.fixture
def scalars() -> Callable[[Path | str], list[tuple[str, int, float]]]:
    """Reads tag, step and value of every event with TensorBoard's own reader."""

    def read(run: Path | str) -> list[tuple[str, int, float]]:
        values = []
        for path in sorted(Path(run, "tbfile").iterdir()):
            for event in LegacyEventFileLoader(str(path)).Load():
                values += [(value.tag, event.step, value.simple_value) for value in event.summary.value]
        return values

    return read


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts one of the scripts in children/; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(script: str, *arguments: object, prefix: tuple[str, ...] = (), **variables: str) -> Any:
        words = [*prefix, sys.executable, str(CHILDREN / script), *map(str, arguments)]
        process = subprocess.Popen(
            words,
            cwd=tmp_path,
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Imports an integration with classes in place of those of its framework."""
    before = set(sys.modules)

    def loaded(name: str) -> Any:
        for path, module in stand_ins(name).items():
            monkeypatch.setitem(sys.modules, path, module)
        return importlib.import_module(f"sml_logger.integrations.{name}")

    yield loaded
    for name in {name for name in sys.modules if name.startswith("sml_logger.integrations.")} - before:
        del sys.modules[name]
