"""Parts of one run in several folders, and several runs in one folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sml_viewer.analysis.curves import Curves
from sml_viewer.columns.axes import TIMESTEPS
from sml_viewer.columns.choose import choose_pair
from sml_viewer.library import Library
from sml_viewer.model.run import Run

ReadRuns = Callable[[], list[Run]]
ROWS = "step,reward\n0,1\n1,2\n"
MONITOR = '#{"t_start": 1.0, "env_id": "X-v0"}\nr,l,t\n1,10,0.5\n2,20,0.9\n'


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def evaluations(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(
        folder / "evaluations.npz",
        timesteps=np.array([100, 200]),
        results=np.array([[1.0, 3.0], [5.0, 7.0]]),
        ep_lengths=np.array([[1, 2], [3, 4]]),
    )


@pytest.mark.parametrize("folder", ["logs", "tensorboard", "lightning_logs/version_0"])
def test_parameters_above_a_folder_for_logs_are_those_of_its_run(
    logs: Path, read_runs: ReadRuns, folder: str
) -> None:
    write(logs / "a" / "config.json", '{"lr": 0.1}')
    write(logs / "a" / folder / "progress.csv", ROWS)
    (run,) = read_runs()
    assert run.parameters == {"lr": 0.1}


@pytest.mark.parametrize("second", ["model_config.yaml", "hyperparameters.yaml", "cfg.yaml", "opt.yaml"])
def test_parameters_in_a_second_file_beside_the_table_are_read(
    logs: Path, read_runs: ReadRuns, second: str
) -> None:
    write(logs / "a" / "progress.csv", ROWS)
    write(logs / "a" / "args.yaml", "seed: 1\n")
    write(logs / "a" / second, "depth: 3\n")
    (run,) = read_runs()
    assert run.parameters == {"seed": 1, "depth": 3}


def test_parameters_above_several_runs_or_another_folder_are_of_none(logs: Path, read_runs: ReadRuns) -> None:
    write(logs / "config.json", '{"lr": 0.1}')
    write(logs / "logs" / "progress.csv", ROWS)
    write(logs / "sweep" / "config.json", '{"lr": 0.1}')
    write(logs / "sweep" / "1" / "progress.csv", ROWS)
    write(logs / "two" / "config.json", '{"lr": 0.1}')
    write(logs / "two" / "train" / "progress.csv", ROWS)
    write(logs / "two" / "test" / "progress.csv", ROWS)
    assert [run.parameters for run in read_runs()] == [{}] * 4


def test_monitors_and_evaluations_in_folders_of_a_run_are_its_sources(logs: Path, library: Library) -> None:
    write(logs / "a" / "progress.csv", "time/total_timesteps,rollout/ep_rew_mean\n100,1\n200,2\n")
    write(logs / "a" / "monitor" / "0.monitor.csv", MONITOR)
    evaluations(logs / "a" / "eval")
    library.refresh()
    (run,) = library.runs()
    assert [source.name for source in run.sources] == ["", "monitor", "evaluations"]
    assert run.summary["eval/mean_reward"].last == 6
    assert run.summary["r"].last == 2


def test_monitors_of_evaluations_are_no_part_of_the_monitors_of_training(
    logs: Path, read_runs: ReadRuns
) -> None:
    write(logs / "a" / "0.monitor.csv", MONITOR)
    write(logs / "a" / "eval" / "0.monitor.csv", MONITOR)
    assert [(run.name, run.rows) for run in read_runs()] == [("a", 2), ("a/eval", 2)]


def test_timesteps_are_those_of_the_metric_whatever_another_table_calls_so(
    logs: Path, library: Library, curves: Callable[..., Curves]
) -> None:
    write(logs / "a" / "0.monitor.csv", MONITOR)
    evaluations(logs / "a")
    library.refresh()
    assert choose_pair(library, library.runs(), "timesteps", "r").x == TIMESTEPS
    assert choose_pair(library, library.runs(), "timesteps", "eval/mean_reward").x == "timesteps"


def lines(values: range, name: str = "reward") -> str:
    return "".join(json.dumps({"step": step, name: step * 2.0}) + "\n" for step in values)


def test_json_lines_of_the_same_names_from_the_same_step_are_a_run_each(
    logs: Path, read_runs: ReadRuns
) -> None:
    write(logs / "exp" / "metrics_ppo.jsonl", lines(range(5)))
    write(logs / "exp" / "metrics_sac.jsonl", lines(range(6)))
    assert [(run.name, run.rows) for run in read_runs()] == [("exp/metrics_ppo", 5), ("exp/metrics_sac", 6)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("train.jsonl", lines(range(5))), ("eval.jsonl", lines(range(5)))),
        (("metrics.jsonl", lines(range(5))), ("scores.jsonl", lines(range(5)))),
        (("a.jsonl", lines(range(5))), ("b.jsonl", lines(range(5), "loss"))),
        (("a.jsonl", lines(range(5))), ("b.jsonl", lines(range(5, 10)))),
    ],
)
def test_other_json_lines_of_a_folder_are_parts_of_one_run(
    logs: Path, read_runs: ReadRuns, first: tuple[str, str], second: tuple[str, str]
) -> None:
    for name, content in (first, second):
        write(logs / "exp" / name, content)
    assert len(read_runs()) == 1
