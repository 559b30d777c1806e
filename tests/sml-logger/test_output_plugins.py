"""Outputs of another distribution, installed as pip does it; one that fails is named and stops nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DISTRIBUTION = Path(__file__).parent / "output_distribution"
SCRIPT = """
from sml_logger import Logger
with Logger(log_name="a", backup_code=False) as logger:
    for step in range(3):
        logger.log_tabular("x", step)
        logger.dump_tabular()
    logger.log({"y": 1.5}, step=7)
    logger.log({"z": 2.5}, step=7)
"""
TABLE = "x,step,y,z\n0,,,\n1,,,\n2,,,\n,7,1.5,2.5\n"
BROKEN = """
class Output:
    name = "broken"
    next_step = 0
    def write_row(self, row):
        if FAILS == "write_row" and row.step == 1:
            raise RuntimeError("no paper")
        if FAILS == "disk" and row.step == 1:
            raise OSError(28, "No space left on device")
        self.next_step = row.step + 1
    def restore(self):
        return False
    def flush_to_disk(self):
        pass
    def close(self):
        if FAILS == "close":
            raise RuntimeError("no paper")
def make(context):
    if FAILS == "make":
        raise RuntimeError("no paper")
    return None if FAILS == "nothing" else Output()
"""


def run(project: Path, *distributions: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, distributions))}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (project / "logfile" / "a" / "progress.csv").read_text() == TABLE
    return done.stdout


def broken(folder: Path, code: str, entry: str = "make", name: str = "broken") -> Path:
    information = folder / "broken_plugin-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plugin\nVersion: 1.0\n")
    entry_points = f"[sml_logger.outputs]\n{name} = broken_plugin:{entry}\n"
    (information / "entry_points.txt").write_text(entry_points)
    (folder / "broken_plugin.py").write_text(code)
    return folder


def test_an_output_of_another_distribution_gets_every_row_whole(project: Path) -> None:
    run(project, DISTRIBUTION)
    assert (project / "logfile" / "a" / "rows.jsonl").read_text() == (
        '{"x": 0}\n{"x": 1}\n{"x": 2}\n{"step": 7, "y": 1.5, "z": 2.5}\n'
    )


def test_without_the_distribution_there_is_none(project: Path) -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], cwd=project, check=True, capture_output=True)
    assert not (project / "logfile" / "a" / "rows.jsonl").exists()


@pytest.mark.parametrize(
    ("code", "entry", "name", "told"),
    [
        (
            "raise ImportError('no such library')",
            "make",
            "broken",
            "the output broken (broken_plugin:make) cannot",
        ),
        ("make = 3", "make", "broken", "the output broken (broken_plugin:make) cannot"),
        ("def make(context):\n    return object()", "make", "broken", "it has no name, next_step, write_row"),
        (f"FAILS = None{BROKEN}", "make", "csv", "there is an output named 'csv' already"),
        (f"FAILS = 'make'{BROKEN}", "make", "broken", "cannot be used: RuntimeError('no paper')"),
        (
            f"FAILS = 'write_row'{BROKEN}",
            "make",
            "broken",
            "the output broken failed: RuntimeError('no paper')",
        ),
        (f"FAILS = 'close'{BROKEN}", "make", "broken", "the output broken failed: RuntimeError('no paper')"),
        (f"FAILS = 'disk'{BROKEN}", "make", "broken", "row 1 could not be written to broken (No space"),
    ],
)
def test_an_output_that_fails_is_named_and_the_others_go_on(
    project: Path, tmp_path: Path, code: str, entry: str, name: str, told: str
) -> None:
    shown = run(project, DISTRIBUTION, broken(tmp_path / "plugin", code, entry, name))
    assert told in shown
    assert shown.count("WARNING") <= 2
    assert (project / "logfile" / "a" / "rows.jsonl").read_text().count("\n") == 4


def test_a_plugin_may_want_no_output_for_a_run(project: Path, tmp_path: Path) -> None:
    assert "WARNING" not in run(project, broken(tmp_path / "plugin", f"FAILS = 'nothing'{BROKEN}"))
