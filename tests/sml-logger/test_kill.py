"""What a run was told to be written is there, whenever it is killed."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest

pytestmark = pytest.mark.slow

RUNS = 200


def test_killed_at_200_random_moments_every_row_that_was_told_is_complete(
    project: Path,
    child: Callable[..., subprocess.Popen[str]],
    scalars: Callable[[Path], list[tuple[str, int, float]]],
) -> None:
    process = child("killed.py", project, RUNS)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    killed = [json.loads(line) for line in output.splitlines()]
    assert len(killed) == RUNS
    for record in killed:
        check_run(project / "logfile" / record["name"], record["acknowledged"], scalars)
    acknowledged = [record["acknowledged"] for record in killed]
    # Some were killed before the first row, some after the last late column.
    assert min(acknowledged) == 0
    assert max(acknowledged) > 30


def check_run(run: Path, acknowledged: int, scalars: Callable[[Path], list[tuple[str, int, float]]]) -> None:
    if not run.exists():
        assert acknowledged == 0
        return
    table = run / "progress.csv"
    content = table.read_text() if table.exists() else ""
    # A reader cuts a torn last line.
    rows = list(csv.DictReader(io.StringIO(content[: content.rfind("\n") + 1])))
    assert len(rows) >= acknowledged
    for step, row in enumerate(rows):
        expected = {"step": str(float(step)), "note": f'row {step}, "quoted"'}
        keys = ["m0", "m1", "m2", "m3"]
        keys += [key for first, key in ((7, "late_a"), (30, "late_b")) if step >= first]
        expected |= {key: repr(random.Random(f"{step} {key}").gauss(0, 1)) for key in keys}
        cells = {key: value for key, value in row.items() if value}
        assert {key: number(value) for key, value in cells.items()} == {
            key: number(value) for key, value in expected.items()
        }
    if rows:
        assert len(pandas.read_csv(table)) >= acknowledged
    if acknowledged:
        text = (run / "log.txt").read_text()
        tables = text.split(" iter ")[1:]
        assert len(tables) >= acknowledged
        for step, lines in enumerate(tables[:acknowledged]):
            assert lines.startswith(f"{step} ")
            assert f"row {step}, " in lines
            assert lines.rstrip().endswith("-----")
    events = scalars(run) if (run / "tbfile").exists() else []
    # The killed row may be there too; nothing is torn or out of order.
    steps = sorted({step for _, step, _ in events})
    assert steps == list(range(len(steps)))
    assert len(steps) >= acknowledged
    assert json.loads((run / "config" / "status.json").read_text())["state"] == "running"


def number(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value
