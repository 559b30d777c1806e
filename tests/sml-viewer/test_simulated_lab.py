"""What is chosen with nothing set, on a few of the folders that benchmarks/lab.py generates."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.slow

FOLDERS = 36  # two of each manner


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    yield importlib.import_module("simulated_lab")
    for name in [name for name in sys.modules if name.partition(".")[0] == "simulated_lab"]:
        del sys.modules[name]


def test_no_choice_on_a_simulated_lab_is_silently_wrong(lab: ModuleType, tmp_path: Path) -> None:
    right, silent = 0, []
    for number in range(FOLDERS):
        root = tmp_path / f"{number:03}"
        truth = lab.write_folder(root, number, seed=15, most_runs=12)
        verdict = lab.judge(truth, lab.choose(root, tmp_path / "workspaces" / root.name))
        right += verdict.whole == "right"
        if verdict.whole == "silently wrong":
            silent.append(f"{number} {truth.manner}: {verdict.faults[:2]}")

    assert not silent, "\n".join(silent)
    assert right >= 0.95 * FOLDERS


def test_a_folder_of_the_simulated_lab_is_the_same_each_time(lab: ModuleType, tmp_path: Path) -> None:
    first, again = (lab.write_folder(tmp_path / name, 5, seed=15) for name in ("first", "again"))

    assert first == again
    assert first.units


def test_pooled_methods_are_a_fault_of_a_choice(lab: ModuleType, tmp_path: Path) -> None:
    truth = lab.write_folder(tmp_path / "lab", 1, seed=15)
    shown = importlib.import_module("simulated_lab.judge").Shown
    folders = tuple(unit.folders[0] for unit in truth.units)
    cell = shown("", "all runs", folders, 0.0, best=False, text="0.0")

    verdict = lab.judge(truth, lab.Chosen(min(truth.x), min(truth.y), (cell,)))

    assert verdict.aspects["grouping"] == "silently wrong"
