"""Runs are found where they are, each once."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sml_viewer.cli.main import main
from sml_viewer.discovery import discover, search, usual_folders
from sml_viewer.errors import NoRunsError
from sml_viewer.library import Library
from sml_viewer.model.table_names import tables_among
from sml_viewer.run_views import no_runs as nothing_found
from sml_viewer.run_views.no_runs import describe_files


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
    assert [(run.name, run.parent_run) for run in discover(logs).runs] == [("a", None), ("a/inner", "a")]
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


def test_samples_of_the_system_and_records_of_checkpoints_are_no_tables(logs: Path) -> None:
    bare = logs / "bare"
    bare.mkdir()
    (bare / "system.csv").write_text("step,cpu_percent\n1,50\n2,60\n")
    (bare / "checkpoints.jsonl").write_text('{"step": 1, "path": "a.pt", "bytes": 3}\n')
    run = logs / "run"
    run.mkdir()
    (run / "progress.csv").write_text("step,loss\n1,2\n")
    for name in ("system.csv", "checkpoints.jsonl"):
        (run / name).write_bytes((bare / name).read_bytes())
    assert names(logs) == ["run"]
    assert discover(logs).runs[0].tables == ("progress.csv",)


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
        if Path(os.fsdecode(path)).name == closed.name:
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", open_)
    found = discover(logs)
    assert [run.name for run in found.runs] == ["a"]
    assert "closed: Permission denied" in found.notes[0]


def test_parameters_of_hydra_beside_the_table_or_above_are_the_runs(logs: Path, library: Library) -> None:
    for job, lr in (("0", "1e-3"), ("1", "0.01")):
        hydra = logs / job / ".hydra"
        hydra.mkdir(parents=True)
        (hydra / "config.yaml").write_text(f"env: CartPole-v1\noptim: {{lr: {lr}}}\n")
        (hydra / "overrides.yaml").write_text(f"- optim.lr={lr}\n")
        (hydra / "hydra.yaml").write_text("hydra: {}\n")
        table = logs / job / ("logs" if job == "1" else "") / "progress.csv"
        table.parent.mkdir(exist_ok=True)
        table.write_text("step,y\n1,2\n")
    library.refresh()
    assert [(run.name, run.flat, run.varied) for run in library.runs()] == [
        ("0", {"env": "CartPole-v1", "optim.lr": 0.001}, ("optim.lr",)),
        ("1/logs", {"env": "CartPole-v1", "optim.lr": 0.01}, ("optim.lr",)),
    ]


def test_all_files_of_parameters_in_a_folder_below_are_the_runs(
    logs: Path, make_run, library: Library
) -> None:
    folder = make_run("CartPole-v1_1", "x\n1\n")
    (folder / "CartPole-v1").mkdir()
    (folder / "CartPole-v1" / "args.yml").write_text("algo: ppo\n")
    (folder / "CartPole-v1" / "config.yml").write_text("learning_rate: 0.1\n")
    library.refresh()
    assert library.runs()[0].parameters == {"algo": "ppo", "learning_rate": 0.1}


def test_a_folder_without_runs_says_what_lies_there_and_what_nearly_is_one(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"data{number:02}.csv").write_text("x,y\n1,2\n")
    (tmp_path / "events.out.tfevents.1.host").touch()
    said = describe_files(tmp_path)
    assert said.startswith("it holds 12 CSV files, none with a step column: data00.csv (x, y), data01.csv")
    assert said.endswith("; 1 TensorBoard event file")
    (tmp_path / "metrics.csv").write_text("reward,global_step\n1,2\n")
    said = describe_files(tmp_path)
    assert "1 with a step column that is not the first: metrics.csv (reward, global_step)" in said
    (tmp_path / "outputs" / "1" / ".hydra").mkdir(parents=True)
    assert "1 folder of Hydra without a table" in describe_files(tmp_path)
    (tmp_path / "none").mkdir()
    assert describe_files(tmp_path / "none").startswith("it holds no file")


def test_a_look_at_a_folder_without_runs_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nothing_found, "_MOST_ENTRIES", 20)
    for number in range(40):
        (tmp_path / f"{number}.png").touch()
    assert "among its first 20 entries are 20 other files" in describe_files(tmp_path)


def test_a_command_that_finds_no_run_says_what_it_found(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs / "train.csv").write_text("id,loss\n1,2\n")
    assert main(["list", "-d", str(logs)]) == 2
    assert "train.csv (id, loss)" in capsys.readouterr().err


def test_a_header_beyond_a_megabyte_is_told(make_run, library: Library) -> None:
    names = ",".join(f"column_{number}" for number in range(200_000))
    make_run("a", f"{names}\n1\n")
    library.refresh()
    assert library.runs()[0].notes == ("progress.csv: its header is longer than 1 MB; the file is not read",)


def test_a_database_of_mlflow_in_this_folder_is_opened_with_nothing_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlruns").mkdir()
    assert usual_folders() == (Path("mlruns"),)
    (tmp_path / "mlflow.db").touch()
    assert usual_folders() == (Path(),)
    (tmp_path / "logfile").mkdir()
    assert usual_folders() == (Path("logfile"),)


def test_installed_software_is_not_searched_and_a_large_search_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("node_modules", "a/site-packages", "b"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "progress.csv").write_text("step,loss\n0,1\n")
    monkeypatch.setattr(search, "_MANY_FOLDERS", 3)
    found = discover(tmp_path)
    assert [run.name for run in found.runs] == ["b"]
    (note,) = found.notes
    assert note.startswith("1 file in 3 folders searched in ")
    assert "node_modules, site-packages left out; name a folder further down" in note


def test_a_search_counts_what_it_read_and_names_what_it_left_out(tmp_path: Path) -> None:
    for name in ("a/.git", "b/.git", "b/node_modules"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "progress.csv").write_text("step,loss\n0,1\n")
    (tmp_path / "a" / "progress.csv").write_text("step,loss\n0,1\n")
    (tmp_path / "a" / "notes.txt").touch()
    result = discover(tmp_path).search
    assert (result.files, result.folders, result.left_out) == (2, 3, (".git", "node_modules"))
