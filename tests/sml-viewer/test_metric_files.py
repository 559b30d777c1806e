"""Runs with a file for each metric, and tables with a run in each row."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sml_viewer.arrays import Floats
from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.readers.trackers import mlflow_store, torchrl

ReadRuns = Callable[[], list[Run]]


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def column(library: Library, run: Run, name: str) -> list[float]:
    (columns,) = library.columns([run], [name])
    return columns[name].tolist()


def test_a_run_of_torchrl_has_its_scalars_and_hyperparameters(logs: Path, library: Library) -> None:
    write(logs / "ppo" / "scalars" / "train" / "reward.csv", "0,1.5\n10,2.5\n")
    path = write(logs / "ppo" / "scalars" / "loss.csv", "0,0.5\n5,0.25\n")
    write(logs / "ppo" / "texts" / "hparams.txt", "lr: 0.0003\nenv: Hopper-v4\nclip: True\n")
    library.refresh()
    (run,) = library.runs()
    assert (run.reader, run.name) == ("torchrl", "ppo")
    assert run.parameters == {"lr": 0.0003, "env": "Hopper-v4", "clip": True}
    assert column(library, run, "loss") == [0.5, 0.25]
    assert column(library, run, "train/reward/step") == [0, 10]
    with path.open("a") as file:
        file.write("9,0.125\n12,")
    library.refresh_known()
    (run,) = library.runs()
    assert column(library, run, "loss") == [0.5, 0.25, 0.125]


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "1,2,3\n", "x\n"])
def test_a_folder_scalars_of_another_kind_is_not_a_run_of_torchrl(
    logs: Path, read_runs: ReadRuns, content: str
) -> None:
    write(logs / "a" / "scalars" / "b.csv", content)
    assert [run for run in read_runs() if run.reader == "torchrl"] == []


RESULTS = """commit\tval_bpb\tmemory_gb\tstatus\tdescription
a1b2c3d\t0.9979\t44.0\tkeep\tbaseline
b2c3d4e\t0.9932\t44.2\tkeep\tincrease LR
c3d4e5f\tnan\t0.0\tcrash\tdouble model width
a1b2c3d\t1.005\t44.0\tdiscard\tagain
"""


def test_a_row_of_results_is_a_run_with_scores_and_settings(logs: Path, library: Library) -> None:
    path = write(logs / "research" / "results.tsv", RESULTS + "torn\t0.5")
    library.refresh()
    runs = {run.name: run for run in library.runs()}
    assert list(runs) == [
        "research/results/a1b2c3d",
        "research/results/a1b2c3d (2)",
        "research/results/b2c3d4e",
        "research/results/c3d4e5f",
    ]
    first = runs["research/results/a1b2c3d"]
    assert first.parameters == {"status": "keep", "description": "baseline"}
    assert (first.rows, column(library, first, "val_bpb")) == (1, [0.9979])
    assert "val_bpb" not in runs["research/results/c3d4e5f"].columns
    versions = {name: run.version for name, run in runs.items()}
    path.write_text(RESULTS + "d4e5f6a\t0.9\t44\tkeep\tnew\n")
    library.refresh_known()
    after = {run.name: run for run in library.runs()}
    assert after["research/results/d4e5f6a"].last["val_bpb"] == 0.9
    assert after["research/results/a1b2c3d"].version == versions["research/results/a1b2c3d"]


def test_the_status_of_a_row_is_the_state_of_its_run_and_zeros_of_a_crash_are_no_scores(
    logs: Path, library: Library
) -> None:
    write(logs / "results.tsv", "commit\tval_bpb\tstatus\na\t0.9\tkeep\nb\t0.000000\tcrash\nc\t0\trunning\n")
    library.refresh()
    assert [(run.state, run.last) for run in library.runs()] == [
        ("finished", {"val_bpb": 0.9}),
        ("failed", {}),
        (None, {"val_bpb": 0.0}),
    ]


def test_columns_of_parameters_are_parameters_even_if_numbers(logs: Path, library: Library) -> None:
    write(logs / "trials.csv", "trial,value,params_lr,config.depth\nt0,0.5,1e-3,4\nt1,0.25,1e-4,8\n")
    library.refresh()
    first, second = library.runs()
    assert (first.parameters, second.parameters) == ({"lr": 1e-3, "depth": 4}, {"lr": 1e-4, "depth": 8})
    assert second.last == {"value": 0.25}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("results.csv", "name,score\nx,1\n"),
        ("data.tsv", "commit\tscore\nx\t1\n"),
        ("results.tsv", "commit\n"),
        ("results.tsv", "commit\tscore"),
        ("runs.csv", ""),
    ],
)
def test_other_tables_are_not_tables_of_runs(
    logs: Path, read_runs: ReadRuns, name: str, content: str
) -> None:
    write(logs / name, content)
    assert read_runs() == []


def test_a_table_of_runs_cut_anywhere_never_raises_or_invents(logs: Path, library: Library) -> None:
    path = logs / "results.tsv"
    known = {0.9979, 0.9932, 1.005}
    for length in range(0, len(RESULTS), 5):
        path.write_text(RESULTS[:length])
        library.refresh()
        for run in library.runs():
            assert run.last.get("val_bpb", math.nan) in known or "val_bpb" not in run.columns


_ODD_CELLS = [
    "1",
    "-0",
    "-0.0",
    "1.5",
    "1e5",
    "1.",
    ".5",
    "+1",
    "01",
    "nan",
    "inf",
    "1e999",
    "",
    "x",
    "None",
    "1-2",
]


@pytest.mark.parametrize(
    ("plain", "parse", "separator", "width"),
    [(mlflow_store._plain, mlflow_store._parsed, " ", 3), (torchrl._plain, torchrl._parsed, ",", 2)],
)
def test_lines_read_at_once_are_what_they_are_one_by_one(
    plain: Callable[[bytes], Floats | None],
    parse: Callable[[str, int], tuple[float, float, float]],
    separator: str,
    width: int,
) -> None:
    at_once = 0
    for cells in itertools.product(_ODD_CELLS, repeat=width):
        line = separator.join(cells)
        numbers = plain(f"{line}\n".encode())
        if numbers is not None:
            at_once += 1
            np.testing.assert_array_equal(numbers[:, 0], parse(line, 0), line)
            assert np.signbit(numbers[2, 0]) == np.signbit(parse(line, 0)[2]) or cells[1] == "-0"
    assert at_once >= 2**width
