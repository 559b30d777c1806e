"""Runs are found where they are, each once."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sml_viewer.discover import discover, tables_among
from sml_viewer.errors import NoRunsError
from sml_viewer.library import Library


def names(root: Path, *, nested: bool = True) -> list[str]:
    return [run.name for run in discover(root, nested=nested).runs]


def test_a_run_is_a_folder_with_a_table_at_any_depth(logs: Path, make_run) -> None:
    make_run("a", "x\n1\n")
    make_run("deep/er/b", "x\n1\n")
    (logs / "nothing").mkdir()
    assert names(logs) == ["a", "deep/er/b"]


def test_dot_folders_are_left_out(logs: Path, make_run) -> None:
    make_run(".hidden/b", "x\n1\n")
    assert names(logs) == []


def test_a_run_inside_a_run_is_found_and_says_so(logs: Path, make_run) -> None:
    make_run("a", "x\n1\n")
    make_run("a/inner", "x\n1\n")
    assert [(run.name, run.inside) for run in discover(logs).runs] == [("a", None), ("a/inner", "a")]
    assert names(logs, nested=False) == ["a"]


def test_a_link_to_its_own_parent_ends(logs: Path, make_run) -> None:
    make_run("a", "x\n1\n")
    (logs / "loop").symlink_to(logs)
    (logs / "a" / "up").symlink_to("..")
    assert names(logs) == ["a"]


def test_a_link_out_of_the_data_folder_is_noted_and_not_followed(
    logs: Path, make_run, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere" / "c"
    elsewhere.mkdir(parents=True)
    (elsewhere / "progress.csv").write_text("x\n1\n")
    (logs / "one\x1b[2J").symlink_to(elsewhere)
    make_run("a", "x\n1\n")
    (logs / "same").symlink_to(logs / "a")
    found = discover(logs)
    assert [run.name for run in found.runs] == ["a"]
    (note,) = found.notes
    assert note.endswith(f"not followed; to see what lies there add -d {elsewhere}")
    assert "\x1b" not in note


def test_folders_nested_without_end_are_noted_and_the_others_found(logs: Path, make_run) -> None:
    make_run("a", "x\n1\n")
    subprocess.run(["mkdir", "-p", logs / "/".join("d" * 1200)], check=True)
    found = discover(logs)
    assert [run.name for run in found.runs] == ["a"]
    assert "nested deeper than 100 folders" in found.notes[0]
    subprocess.run(["rm", "-r", logs / "d"], check=True)


def test_runs_in_the_backup_folder_are_superseded(
    logs: Path, make_run, tmp_path: Path, library: Library
) -> None:
    make_run("a", "x\n1\n")
    backup = tmp_path / "logfile_bk" / "a_2026-01-01-1234abcd"
    backup.mkdir(parents=True)
    (backup / "progress.csv").write_text("x\n7\n")
    library.refresh()
    assert [(run.name, run.superseded) for run in library.runs()] == [
        ("a", False),
        ("logfile_bk/a_2026-01-01-1234abcd", True),
    ]


def test_a_folder_that_is_itself_a_run_is_one(make_run) -> None:
    folder = make_run("a", "x\n1\n")
    assert names(folder) == ["a"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoRunsError, match="no such folder"):
        discover(tmp_path / "none")


def test_temporary_names_are_no_tables() -> None:
    assert tables_among([".sml-tmp-1", ".nfs00012", ".sml-tmp-progress.csv"]) == ()


def test_rows_that_a_resumed_run_left_behind_are_no_table_of_it() -> None:
    assert tables_among(["progress.csv", "progress.superseded-20260101-000000.csv"]) == ("progress.csv",)


def test_the_main_table_comes_first() -> None:
    found = tables_among(["dynamics_training_progress.csv", "policy_training_progress.csv", "log.txt"])
    assert found == ("policy_training_progress.csv", "dynamics_training_progress.csv")


def test_glob_characters_in_a_name_are_only_characters(logs: Path) -> None:
    folder = logs / "[a]* & =b"
    folder.mkdir()
    (folder / "progress-[||ma--mvar2||, ||timestep||].csv").write_text("x\n1\n")
    assert names(logs) == ["[a]* & =b"]


def test_a_folder_that_is_closed_to_us_is_told(logs: Path, make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run("a", "x\n1\n")
    closed = logs / "closed"
    closed.mkdir()
    real = os.open

    def open_(path, *rest, **more):  # root may read any folder, so the refusal is made here
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", open_)
    found = discover(logs)
    assert [run.name for run in found.runs] == ["a"]
    assert "closed: Permission denied" in found.notes[0]
