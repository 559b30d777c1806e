"""Fixtures of the tests of sml-config."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sml_config.cli import main

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A project with the `common_config/` that `sml-config init` writes."""
    folder = tmp_path / "工程 one"
    folder.mkdir()
    assert main(["init", str(folder)]) == 0
    capsys.readouterr()
    return folder


@pytest.fixture
def run_script(tmp_path: Path) -> Run:
    """Runs a script's text in a Python of its own; keyword arguments are environment variables."""

    def run(
        text: str, *words: str, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        script = (cwd or tmp_path) / "script.py"
        script.write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-W", "error", str(script), *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd or tmp_path,
            env={**os.environ, **environment},
            timeout=60,
        )

    return run


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the command line that a parser reads."""

    def put(*words: str) -> None:
        monkeypatch.setattr(sys, "argv", ["main.py", *words])

    put()
    return put
