"""Tables in long form, the rows of several runs in one file, are a run for each of what tells them apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sml_viewer.discovery.walk import discover
from sml_viewer.library import Library
from sml_viewer.model.results import ScoreTable
from sml_viewer.model.run import Run
from sml_viewer.readers.base import Listing
from sml_viewer.readers.file_io import state_at
from sml_viewer.readers.text_tables.long_table import runs_in
from sml_viewer.readers.trackers.long_runs import LongTableReader


@pytest.fixture
def write(logs: Path) -> Callable[..., Path]:
    def write(
        header: str, rows: list[tuple[object, ...]], name: str = "all.csv", separator: str = ","
    ) -> Path:
        path = logs / "a" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [header.replace(",", separator), *(separator.join(map(str, row)) for row in rows)]
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def runs_of(library: Library) -> list[Run]:
    library.refresh()
    return sorted(library.runs(), key=lambda run: run.name)


def column(library: Library, run: Run, name: str) -> list[float]:
    (found,) = library.columns([run], [name])
    return found[name].tolist()


def grid(value: Callable[[str, int, int], float]) -> list[tuple[object, ...]]:
    return [
        (algo, seed, step, value(algo, seed, step))
        for algo in ("ppo", "sac")
        for seed in (1, 2)
        for step in (10, 20, 30)
    ]


def value(algo: str, seed: int, step: int) -> float:
    return (100 if algo == "sac" else 0) + seed + step


@pytest.mark.parametrize(("name", "separator"), [("all.csv", ","), ("results.csv", ";"), ("all.tsv", "\t")])
def test_runs_are_told_apart_by_method_and_seed(
    write, table: Callable[..., ScoreTable], name: str, separator: str
) -> None:
    write("algo,seed,step,return", grid(value), name, separator)
    assert [(found, cell.mean, cell.n) for _, found, cell in table().cells()] == [
        ("algo=ppo", 31.5, 2),
        ("algo=sac", 131.5, 2),
    ]


def test_each_run_has_its_own_rows_and_settings(write, library: Library) -> None:
    rows = [(step, env, env.lower(), 2 * step) for step in (1, 2) for env in ("Ant", "Hopper")]
    write("step,env,xml,return", rows)
    ant, hopper = runs_of(library)
    assert (ant.name, ant.parameters) == ("a/all/Ant", {"env": "Ant", "xml": "ant"})
    assert column(library, hopper, "return") == [2, 4]
    assert hopper.rows == 2


def test_a_column_that_names_the_run_makes_no_run_of_each_row(write, library: Library) -> None:
    write("run,epoch,val_acc", [(run, epoch, 0.1 * epoch) for run in "xy" for epoch in (1, 2)], "results.csv")
    assert [(run.name, run.rows) for run in runs_of(library)] == [("a/results/x", 2), ("a/results/y", 2)]


def test_a_table_with_one_row_a_run_is_read_as_such(write, library: Library) -> None:
    write("run,epoch,val_acc", [("x", 9, 0.5), ("y", 9, 0.6)], "results.csv")
    assert [(run.reader, run.rows) for run in runs_of(library)] == [("runs_table", 1)] * 2


def test_a_table_of_one_run_is_not_asked_for_its_runs(write) -> None:
    path = write("step,seed,loss", [(1, 7, 0.5), (2, 7, 0.25)])
    listing = Listing(str(path.parent), frozenset([path.name]), frozenset())
    assert LongTableReader().claim(listing) == ()


def test_runs_that_come_one_after_another_in_a_large_file_are_found(write, library: Library) -> None:
    write("step,seed,loss", [(step, seed, 1 / step) for seed in (1, 2) for step in range(1, 9_000)])
    assert [run.rows for run in runs_of(library)] == [8_999, 8_999]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("step,seed,loss", [(1, 7, 0.5), (2, 7, 0.25), (3, 7, 0.125)]),
        ("step,task,loss", [(1, "a", 0.5), (2, "a", 0.25), (3, "b", 0.5), (4, "b", 0.25)]),
        ("step,dataset,loss", [(1, "train", 0.5), (1, "val", 0.6), (2, "train", 0.4), (2, "val", 0.5)]),
        ("step,mAP,map,loss", [(1, 0.1, 0.2, 3), (2, 0.2, 0.3, 2), (3, 0.3, 0.1, 1)]),
        ("step,algo,return", [(1, "a", 1), (1, "a", 2), (2, "b", 1), (1, "b", 2)]),
    ],
)
def test_other_tables_are_one_run(
    write, library: Library, header: str, rows: list[tuple[object, ...]]
) -> None:
    write(header, rows)
    assert [(run.name, run.reader, run.rows) for run in runs_of(library)] == [("a", "tables", len(rows))]


def test_a_chart_that_wandb_exported_has_a_run_for_each_of_its_curves(write, library: Library) -> None:
    metric = "eval/return"
    names = [f"{run} - {metric}{bound}" for run in ("sac-1", "sac - 2") for bound in ("", "__MIN", "__MAX")]
    rows = [(0, 1, 1, 1, "", "", ""), (10, 2, 2, 2, 5, 5, 5)]
    write(",".join(f'"{name}"' for name in ("Step", *names)), rows)
    runs = runs_of(library)
    assert [(run.name, run.rows) for run in runs] == [("a/all/sac - 2", 1), ("a/all/sac-1", 2)]
    assert column(library, runs[0], metric) == [5]
    assert column(library, runs[1], "Step") == [0, 10]


@pytest.mark.parametrize("odd", ["\0", '"' + "x" * 140_000 + '"', '"', "\ufeff"])
def test_odd_cells_and_names_stop_no_reader(write, logs: Path, odd: str) -> None:
    path = write("algo,seed,step,return", grid(value))
    (path.parent / "cells.csv").write_text(f"step,seed,loss\n1,2,{odd}\n2,3,{odd}\n")
    (path.parent / "names.csv").write_text(f"step,seed,{odd}\n1,2,3\n1,3,4\n")
    discovery = discover(logs)
    assert discovery.notes == ()
    assert len([run for run in discovery.runs if run.reader == "long_table"]) >= 4


def test_lines_that_are_cut_short_are_left_out_and_told_once(write, library: Library) -> None:
    path = write("algo,seed,step,return", grid(value))
    path.write_text(path.read_text().replace("ppo,1,20,21", "ppo,1"))
    runs = runs_of(library)
    assert [run.rows for run in runs] == [2, 3, 3, 3]
    assert [len(run.issues) for run in runs] == [1, 0, 0, 0]


def test_a_table_that_is_cut_anywhere_never_invents_a_number(write, tmp_path: Path) -> None:
    data = write("algo,seed,step,return", grid(value)).read_bytes()
    cut = tmp_path / "cut.csv"
    for length in range(len(data)):
        cut.write_bytes(data[:length])
        for run in runs_in(str(cut), state_at(str(cut))).values():
            seed, algo = int(run.settings["seed"]), run.settings["algo"]
            rows = zip(run.columns["step"].tolist(), run.columns["return"].tolist(), strict=True)
            assert all(number == value(algo, seed, step) for step, number in rows)


def test_rows_that_are_added_are_followed(write, library: Library) -> None:
    path = write("algo,seed,step,return", grid(value))
    assert len(runs_of(library)) == 4
    with path.open("a") as file:
        file.write("ppo,1,40,50\nddpg,1,10,5\nddpg,1,20,6\n")
    runs = runs_of(library)
    assert [run.name for run in runs] == [
        "a/all/ddpg-1", "a/all/ppo-1", "a/all/ppo-2", "a/all/sac-1", "a/all/sac-2",
    ]  # fmt: skip
    assert column(library, runs[1], "return")[-1] == 50
