"""However a script logs its rows, `kill -9` loses none whose calls returned."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .children.ways_of_logging import INTEGRATIONS, WAYS

OWN = sorted({*WAYS} - INTEGRATIONS)
# What each way of logging is killed in the default run, and in the slow one.
KILLS = [
    *(pytest.param(way, 10, id=f"{way}-10") for way in OWN),
    *(pytest.param(way, 4, id=f"{way}-4") for way in sorted(INTEGRATIONS)),
    *(pytest.param(way, 200, id=f"{way}-200", marks=pytest.mark.slow) for way in OWN),
    *(pytest.param(way, 50, id=f"{way}-50", marks=pytest.mark.slow) for way in sorted(INTEGRATIONS)),
]
EPISODE = {"episode/return": 0, "episode/length": 1 / 8, "episode/seconds": 2 / 8}


@pytest.mark.parametrize(("way", "runs"), KILLS)
def test_killed_at_random_moments_no_row_whose_calls_returned_is_lost(
    project: Path, child: Callable[..., subprocess.Popen[str]], way: str, runs: int
) -> None:
    process = child("killed_logging.py", project, runs, way)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    killed = [json.loads(line) for line in output.splitlines() if line.startswith('{"name"')]
    assert len(killed) == runs
    for record in killed:
        tables = [*(project / "logfile").rglob(f"{record['name']}*/progress.csv")]
        assert len(tables) == 1 or record["acknowledged"] == 0
        for path in tables:
            check_rows(path, record["acknowledged"], way)
    assert max(record["acknowledged"] for record in killed) > 0


def check_rows(path: Path, acknowledged: int, way: str) -> None:
    """Every acknowledged row is whole; the row after them may be there, in part."""
    lines = path.read_text().splitlines() or [""]
    header, *rows = csv.reader(lines)
    assert acknowledged <= len(rows) <= acknowledged + 1
    for step, row in enumerate(rows[:acknowledged]):
        cells = {name: float(cell) for name, cell in zip(header, row, strict=False) if cell}
        assert cells == (episode(step) if way == "gymnasium" else metrics(step, header))


def metrics(step: int, header: list[str]) -> dict[str, float]:
    late = {"late": step * 1.0} if step >= 20 and step % 40 == 0 else {}
    values = {"step": float(step), **{f"m{i}": step + i / 8 for i in range(6)}, **late}
    # Some frameworks have a name of the data before that of the metric.
    (prefix,) = {name.rpartition("m")[0] for name in header if name.endswith("m0")}
    return {name if name == "step" else f"{prefix}{name}": value for name, value in values.items()}


def episode(step: int) -> dict[str, float]:
    return {"step": step + 1.0, **{name: step + more for name, more in EPISODE.items()}}
