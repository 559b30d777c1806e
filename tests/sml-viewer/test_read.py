"""Runs are found where they are, and what cannot be read is said and not dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from sml_viewer.discover import find_run_folders
from sml_viewer.errors import NoRunsError
from sml_viewer.read import read_runs


def test_a_run_is_a_folder_with_a_table_at_any_depth(logs: Path, make_run) -> None:
    make_run("a", "x\n1\n")
    make_run("deep/er/b", "x\n1\n")
    (logs / "nothing").mkdir()
    assert [folder.name for folder in find_run_folders(logs)] == ["a", "b"]


def test_dot_folders_and_what_lies_inside_a_run_are_left_out(logs: Path, make_run) -> None:
    make_run("a", "x\n1\n")
    make_run("a/inner", "x\n1\n")
    make_run(".hidden/b", "x\n1\n")
    assert [folder.name for folder in find_run_folders(logs)] == ["a"]


def test_a_link_to_its_own_parent_ends(logs: Path, make_run) -> None:
    make_run("a", "x\n1\n")
    (logs / "loop").symlink_to(logs)
    assert len(find_run_folders(logs)) == 1


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoRunsError, match="no such folder"):
        read_runs(tmp_path / "none")


def test_parameters_come_from_the_config_folder_or_from_beside_the_table(logs: Path, make_run) -> None:
    make_run("a", "x\n1\n", seed=1)
    make_run("b", "x\n1\n").joinpath("parameter.json").write_text('{"seed": 2}')
    assert [run.parameters["seed"] for run in read_runs(logs)] == [1, 2]


def test_a_table_of_zero_bytes_is_a_run_with_a_note(logs: Path, make_run) -> None:
    make_run("a", "")
    (run,) = read_runs(logs)
    assert run.notes == ("progress.csv is empty",)
    assert run.last == {}


def test_parameters_that_are_not_an_object_are_a_note(logs: Path, make_run) -> None:
    make_run("a", "x\n1\n").joinpath("parameter.json").write_text("[1]")
    (run,) = read_runs(logs)
    assert "not a JSON object" in run.notes[0]


def test_every_float_is_read_as_it_was_written(logs: Path, make_run) -> None:
    values = [0.1, 1 / 3, 1e-300, 123456789.123456789, 16777217.0]
    make_run("a", "x\n" + "\n".join(map(repr, values)) + "\n")
    (run,) = read_runs(logs)
    assert run.table["x"].tolist() == values


def test_a_blank_cell_stays_blank_and_the_last_value_is_the_last_measured(logs: Path, make_run) -> None:
    make_run("a", "x,y\n1,5\n2,\n")
    (run,) = read_runs(logs)
    assert run.last == {"x": 2.0, "y": 5.0}


def test_a_table_that_grew_is_read_again(logs: Path, make_run) -> None:
    folder = make_run("a", "x\n1\n")
    assert len(read_runs(logs)[0].table) == 1
    with (folder / "progress.csv").open("a") as file:
        file.write("2\n")
    assert len(read_runs(logs)[0].table) == 2
