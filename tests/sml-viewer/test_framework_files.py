"""Logs that real frameworks wrote open with the values that the frameworks' own readers say."""

from __future__ import annotations

from pathlib import Path

import pandas
import pytest

from sml_viewer.columns.choose import choose_pair
from sml_viewer.library import Library

from ..framework_logs import FOLDER, X, assert_equal, expected, points, unpacked

NAMES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", NAMES)
def test_values_and_parameters_equal_what_the_frameworks_own_reader_says(name: str, tmp_path: Path) -> None:
    with Library([unpacked(name, tmp_path)], tmp_path / "workspace") as library:
        library.refresh()
        assert_equal(library, expected(name), X.get(name, "step"))


def test_a_row_of_evaluations_is_the_mean_over_its_episodes(tmp_path: Path) -> None:
    folder = unpacked("sb3", tmp_path)
    for path in folder.iterdir():
        if path.name != "evaluations.npz":
            path.unlink()
    with Library([folder], tmp_path / "workspace") as library:
        library.refresh()
        (run,) = library.runs()
        assert points(library, run, "timesteps", "eval/mean_reward") == expected("sb3")["."]["evaluations"]


def test_event_files_of_stable_baselines_equal_what_tensorboard_reads(tmp_path: Path) -> None:
    folder = unpacked("sb3", tmp_path)
    for path in folder.iterdir():
        if "tfevents" not in path.name:
            path.unlink()
    with Library([folder], tmp_path / "workspace") as library:
        library.refresh()
        assert_equal(library, {".": {"metrics": expected("sb3")["."]["events"], "parameters": {}}})


def test_a_metric_of_wandb_is_over_the_axis_that_the_run_defined_for_it(tmp_path: Path) -> None:
    with Library([unpacked("wandb_offline", tmp_path)], tmp_path / "workspace") as library:
        library.refresh()
        (run,) = library.runs()
        assert points(library, run, "env_step", "eval/return") == [[1000, 10], [3000, 30], [5000, 50]]


def test_a_metric_of_wandb_is_drawn_over_its_axis_with_nothing_set(tmp_path: Path) -> None:
    with Library([unpacked("wandb_offline", tmp_path)], tmp_path / "workspace") as library:
        library.refresh()
        runs = library.runs()
        assert choose_pair(library, runs, y="eval/return").x == "env_step"
        assert choose_pair(library, runs, y="train/loss").x == "_step"


def test_json_lines_of_ray_equal_what_pandas_reads(tmp_path: Path) -> None:
    folder = unpacked("ray_tune", tmp_path)
    for path in [*folder.rglob("progress.csv"), *folder.rglob("events*")]:
        path.unlink()
    with Library([folder], tmp_path / "workspace") as library:
        library.refresh()
        runs = library.runs()
        assert len(runs) == 2
        for run in runs:
            frame = pandas.read_json(run.path / "result.json", lines=True, precise_float=True)
            for name in ("train_loss", "episode_return_mean", "time_total_s"):
                reference = frame[["training_iteration", name]].values.tolist()
                assert points(library, run, "training_iteration", name) == reference
