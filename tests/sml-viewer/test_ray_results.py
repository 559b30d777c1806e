"""Of the two tables of a trial of Ray Tune the one with all metrics is read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sml_viewer.library import Library
from sml_viewer.model.run import Run

from ..framework_logs import unpacked

ReadRuns = Callable[[], list[Run]]


def write(folder: Path, columns: str, results: list[dict[str, object]]) -> None:
    folder.mkdir(parents=True)
    names = columns.split(",")
    rows = [",".join(str(result.get(name, "")) for name in names) for result in results]
    (folder / "progress.csv").write_text("\n".join([columns, *rows, ""]))
    (folder / "result.json").write_text("".join(json.dumps(result) + "\n" for result in results))


def results(count: int, **late: float) -> list[dict[str, object]]:
    return [
        {"training_iteration": i, "config": {"lr": 0.1}, **(late if i > 1 else {})} for i in range(1, count)
    ]


def test_metrics_that_came_late_are_read_from_the_json_lines(logs: Path, read_runs: ReadRuns) -> None:
    write(logs / "a", "training_iteration", results(5, episode_reward_mean=3.0))
    (run,) = read_runs()
    assert run.tables == ("result.json",)
    assert run.summary["episode_reward_mean"].last == 3


@pytest.mark.parametrize(
    ("columns", "late"),
    [
        ("training_iteration,episode_reward_mean", {"episode_reward_mean": 3.0}),
        ("training_iteration,info", {"info": {"loss": 1.0}}),
    ],
)
def test_the_csv_is_read_if_it_has_all_metrics(
    logs: Path, read_runs: ReadRuns, columns: str, late: dict
) -> None:
    write(logs / "a", columns, results(5, **late))
    assert [run.tables for run in read_runs()] == [("progress.csv",)]


def test_json_lines_that_end_before_the_csv_are_not_read(logs: Path, read_runs: ReadRuns) -> None:
    write(logs / "a", "training_iteration", results(9, episode_reward_mean=3.0))
    lines = (logs / "a" / "result.json").read_text().splitlines(keepends=True)
    (logs / "a" / "result.json").write_text("".join(lines[:3]))
    assert [run.tables for run in read_runs()] == [("progress.csv",)]


def test_what_the_event_file_of_a_trial_repeats_is_no_further_metric(logs: Path, read_runs: ReadRuns) -> None:
    (logs / "a").mkdir(parents=True)
    unpacked("ray_tune", logs / "a")
    runs = read_runs()
    assert [run.tables[0] for run in runs] == ["progress.csv", "progress.csv"]
    assert all("episode_return_mean" in run.columns for run in runs)
    assert not any(name.startswith("ray/") for run in runs for name in run.columns)


def test_an_event_file_alone_has_the_tags_that_tensorboard_shows(logs: Path, read_runs: ReadRuns) -> None:
    (logs / "a").mkdir(parents=True)
    folder = unpacked("ray_tune", logs / "a")
    for path in folder.rglob("*"):
        if path.name in ("progress.csv", "result.json"):
            path.unlink()
    assert all("ray/tune/episode_return_mean" in run.columns for run in read_runs())


def trial(folder: Path) -> Path:
    write(folder, "training_iteration", results(5))
    (folder / "params.json").write_text('{"lr": 0.1}')
    os.utime(folder / "result.json", (1000, 1000))
    return folder


@pytest.mark.parametrize("name", ["error.txt", "error.pkl"])
def test_a_trial_with_an_error_after_its_last_result_failed(
    logs: Path, read_runs: ReadRuns, name: str
) -> None:
    (trial(logs / "a") / name).write_bytes(b"Traceback")
    assert [run.state for run in read_runs()] == ["failed"]


def test_a_trial_without_an_error_or_tried_again_has_no_known_state(logs: Path, read_runs: ReadRuns) -> None:
    trial(logs / "a")
    error = trial(logs / "b") / "error.txt"
    error.write_text("Traceback")
    os.utime(error, (900, 900))
    (logs / "c").mkdir()
    (logs / "c" / "progress.csv").write_text("step,loss\n1,2\n")
    (logs / "c" / "error.txt").write_text("of another tool")
    assert [run.state for run in read_runs()] == [None, None, None]


def test_an_error_of_a_known_trial_is_noticed_without_a_search(logs: Path, library: Library) -> None:
    folder = trial(logs / "a")
    library.refresh()
    (folder / "error.txt").write_text("Traceback")
    library.refresh_known()
    assert [run.state for run in library.runs()] == ["failed"]
    (folder / "error.txt").unlink()
    library.refresh()
    assert [run.state for run in library.runs()] == [None]
