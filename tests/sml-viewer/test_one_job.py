"""Several trackers that logged one training are one run."""

from __future__ import annotations

from pathlib import Path

import pytest

from sml_viewer.discovery import discover

JOB = "multirun/2026-01-01/10-00-00/3"
METRICS = "epoch,step,loss\n0,9,1\n1,19,0.5\n"


def write(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def hydra(folder: Path) -> None:
    write(folder / ".hydra" / "config.yaml", "lr: 0.1\n")


def lightning(folder: Path, version: int = 0, name: str = "lightning_logs") -> None:
    write(folder / name / f"version_{version}" / "metrics.csv", METRICS)


def wandb(folder: Path, run: str = "abc123") -> None:
    write(folder / "wandb" / f"offline-run-20260102_030405-{run}" / f"run-{run}.wandb", ":W&B")


def events(folder: Path, name: str = "tensorboard") -> None:
    write(folder / name / "version_0" / "events.out.tfevents.1700000000.host")


@pytest.mark.parametrize("others", [(wandb,), (events,), (wandb, events)])
def test_a_job_of_hydra_that_several_trackers_logged_is_one_run(logs: Path, others) -> None:
    hydra(logs / JOB)
    lightning(logs / JOB, name="csv")
    for tracker in others:
        tracker(logs / JOB)
    (run,) = discover(logs).runs
    assert (run.name, run.reader) == (f"{JOB}/csv/version_0", "tables")
    assert len(run.notes) == len(others)
    assert all(note.endswith("of the same run; its rows are not read") for note in run.notes)


def test_the_tracker_with_the_most_runs_of_a_job_counts(logs: Path) -> None:
    hydra(logs / JOB)
    lightning(logs / JOB)
    for run in ("aaaaaa", "bbbbbb"):
        wandb(logs / JOB, run)
    assert [run.reader for run in discover(logs).runs] == ["wandb", "wandb"]


def test_each_job_of_a_sweep_keeps_its_run(logs: Path) -> None:
    for number in range(3):
        job = logs / "multirun" / str(number)
        hydra(job)
        lightning(job)
        wandb(job)
    assert [run.name.split("/")[1] for run in discover(logs).runs] == ["0", "1", "2"]


def test_one_run_of_each_logger_in_a_folder_is_one_run(logs: Path) -> None:
    lightning(logs / "exp")
    wandb(logs / "exp")
    (run,) = discover(logs).runs
    assert run.reader == "tables"


def test_several_runs_of_loggers_in_a_folder_without_hydra_are_all_kept(logs: Path) -> None:
    for version in range(2):
        lightning(logs / "project", version)
    wandb(logs / "project")
    assert len(discover(logs).runs) == 3


def test_runs_of_two_loggers_at_the_same_paths_are_one_each(logs: Path) -> None:
    for version in range(2):
        lightning(logs / "exp", version, "csv_logs/net")
        write(logs / "exp" / "tb_logs/net" / f"version_{version}" / "events.out.tfevents.1700000000.host")
    lightning(logs / "exp", 7, "csv_logs/net")
    runs = discover(logs).runs
    assert [run.name for run in runs] == [f"exp/csv_logs/net/version_{version}" for version in (0, 1, 7)]
    (note,) = runs[0].notes
    assert note == "tb_logs/net/version_0: TensorBoard event files of the same run; its rows are not read"
    assert runs[2].notes == ()


def test_the_data_folder_itself_is_no_job(logs: Path) -> None:
    lightning(logs)
    wandb(logs)
    assert len(discover(logs).runs) == 2
