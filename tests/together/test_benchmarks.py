"""What is written of benchmarks, and what of them is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The scripts, with two small benchmarks in the place of two that measure."""
    for name in ("scripts/bench.py", "benchmarks/report.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "docs").mkdir()
    put(tmp_path, "config", "tell('of config', 1)")
    put(tmp_path, "logger", "tell('of logger', 2)")
    return tmp_path


def put(checkout: Path, name: str, code: str) -> None:
    (checkout / "benchmarks" / f"{name}.py").write_text(f"from report import tell\n{code}\n")


def bench(checkout: Path, *names: str) -> tuple[int, str, str]:
    """The exit status, the document afterwards and what was said against it."""
    command = [sys.executable, checkout / "scripts" / "bench.py", *names]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.returncode, (checkout / "docs" / "benchmarks.md").read_text(), done.stderr


def test_a_benchmark_that_is_named_renews_its_section_alone(checkout: Path) -> None:
    bench(checkout, "config", "logger")
    put(checkout, "config", "tell('of config', 3)")
    status, document, _ = bench(checkout, "config")
    assert status == 0
    assert "| of config | 3 |" in document
    assert "| of logger | 2 |" in document


def test_a_benchmark_that_breaks_is_marked_and_its_old_figures_go(checkout: Path) -> None:
    bench(checkout, "config")
    put(checkout, "config", "tell('before', 4)\nraise SystemExit(3)")
    status, document, output = bench(checkout, "config")
    assert status == 1
    assert "bench: failed: config" in output
    assert "**BROKEN**: it ended with status 3" in document
    assert "| before | 4 |" in document
    assert "of config" not in document


def test_figures_of_two_machines_do_not_come_into_one_document(checkout: Path) -> None:
    _, document, _ = bench(checkout, "config", "logger")
    other = document.replace("**Machine**: ", "**Machine**: another ")
    (checkout / "docs" / "benchmarks.md").write_text(other)
    put(checkout, "config", "tell('of config', 3)")
    status, document, output = bench(checkout, "config")
    assert status == 0
    assert document == other
    assert "benchmarks.md is from another machine or other versions and is not changed" in output
