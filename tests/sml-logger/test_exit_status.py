"""A process that ends with another status than 0 has failed, whatever way it took."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Start = Callable[..., subprocess.Popen[str]]
Table = Callable[[Path | str], list[dict[str, str]]]
Status = Callable[[Path | str], dict[str, Any]]

# How it ends, its exit status, what the error says.
FAILURES = [
    ("sys_exit", 3, "exit status 3"),
    ("raise", 3, "exit status 3"),
    ("builtin", 3, "exit status 3"),
    ("local", 3, "exit status 3"),
    ("with", 3, "exit status 3"),
    ("text", 1, "exit status 1: diverged: loss is nan"),
    ("caught", 1, "exit status 1 after ValueError: CUDA error: out of memory"),
    ("closed_then_caught", 1, "exit status 1 after ValueError: CUDA error: out of memory"),
    ("interrupt", 130, "exit status 130 after KeyboardInterrupt"),
    ("handler", 143, "exit status 143"),
    ("returned", 4, "exit status 4"),
    ("thread_then_exit", 5, "exit status 5"),
]


@pytest.mark.parametrize(("way", "exit_status", "error"), FAILURES)
def test_a_process_that_ends_with_a_status_has_failed_with_it(
    project: Path, child: Start, table: Table, status: Status, way: str, exit_status: int, error: str
) -> None:
    process = child("exits.py", project, way)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == exit_status, output
    record = status(project / "logfile" / "a")
    assert (record["state"], record["exit_status"], record["error"]) == ("failed", exit_status, error)
    assert record["step"] == len(table(project / "logfile" / "a")) == 3


@pytest.mark.parametrize(
    ("way", "exit_status"), [("zero", 0), ("caught_exit", 0), ("closed_before", 2), ("nothing", 0)]
)
def test_a_run_that_was_closed_before_or_whose_process_ends_well_is_finished(
    project: Path, child: Start, status: Status, way: str, exit_status: int
) -> None:
    process = child("exits.py", project, way)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == exit_status, output
    record = status(project / "logfile" / "a")
    assert (record["state"], record["error"], record["exit_status"]) == ("finished", None, None)


def test_a_thread_that_an_exception_ends_ends_the_run_that_it_began(
    project: Path, child: Start, status: Status
) -> None:
    process = child("exits.py", project, "thread_raises")
    output, _ = process.communicate(timeout=120)
    assert "RuntimeError: out of memory" in output
    record = status(project / "logfile" / "a")
    assert (record["state"], record["error"]) == ("failed", "RuntimeError: out of memory")


@pytest.mark.parametrize("way", ["caught", "thread_raises"])
def test_the_traceback_is_in_status_and_log(project: Path, child: Start, status: Status, way: str) -> None:
    child("exits.py", project, way).communicate(timeout=120)
    run = project / "logfile" / "a"
    last = {"caught": "ValueError: CUDA error", "thread_raises": "RuntimeError: out of memory"}[way]
    for text in (status(run)["traceback"], (run / "log.txt").read_text()):
        assert "Traceback (most recent call last)" in text
        assert "exits.py" in text
        assert last in text
