"""What the examples log opens in the viewer with its environments, seeds and states, with nothing set."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import HERE, Opened
from examples import LEARNING, SUPERVISED, Example

import sml_viewer

ENVIRONMENTS, DATA, SEEDS = ("CartPole-v1", "Acrobot-v1"), "digits", (1, 2)


def shown(folder: Path) -> dict[str, list[int]]:
    """How many runs, of different seeds, each curve of each sub-figure averages."""
    table = sml_viewer.table(folder / "logs", workspace=folder / "workspace")[0]
    numbers: dict[str, list[int]] = {}
    for title, _, cell in table.cells():
        numbers.setdefault(title, []).append(len(cell.runs))
    return numbers


def named(parameters: Any, *names: str) -> Any:
    """The value of the parameter that has one of these names at the end."""
    values = {str(value) for name, value in parameters.items() if name.rpartition(".")[2] in names}
    assert len(values) == 1, parameters
    return values.pop()


@pytest.mark.parametrize("example", LEARNING, ids=lambda example: example.__name__)
def test_environments_are_sub_figures_and_seeds_are_averaged(
    example: Example, opened: Callable[[], Opened], tmp_path: Path
) -> None:
    for number, (environment, seed) in enumerate(itertools.product(ENVIRONMENTS, SEEDS)):
        example(environment, seed, {**HERE, "log_name": f"run{number}"})
    runs = opened().runs
    assert [run.state for run in runs] == ["finished"] * 4
    assert shown(tmp_path) == {environment: [2] for environment in ENVIRONMENTS}
    assert sorted(named(run.parameters, "seed") for run in runs) == ["1", "1", "2", "2"]


@pytest.mark.parametrize("example", SUPERVISED, ids=lambda example: example.__name__)
def test_seeds_are_averaged(example: Example, opened: Callable[[], Opened], tmp_path: Path) -> None:
    for seed in SEEDS:
        example(DATA, seed, {**HERE, "log_name": f"run{seed * 10}"})
    runs = opened().runs
    assert [run.state for run in runs] == ["finished"] * 2
    assert [number for numbers in shown(tmp_path).values() for number in numbers] == [2]
    assert sorted(named(run.parameters, "seed", "random_seed") for run in runs) == ["1", "2"]
    assert {named(run.parameters, "dataset") for run in runs} == {DATA}


def test_trials_of_ray_tune_are_runs_with_their_environments_and_seeds(
    opened: Callable[[], Opened], tmp_path: Path
) -> None:
    import ray
    from ray import tune

    from sml_logger.integrations.ray import SmlCallback

    def train(config: dict[str, Any]) -> None:
        for step in range(3):
            tune.report({"episode_reward_mean": config["seed"] + step})

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        callback = SmlCallback(logger_category="sweep", base_path=str(tmp_path / "logs"))
        space = {"env_id": tune.grid_search([*ENVIRONMENTS]), "seed": tune.grid_search([*SEEDS])}
        run_config = tune.RunConfig(storage_path=str(tmp_path / "ray"), callbacks=[callback], verbose=0)
        tune.Tuner(train, param_space=space, run_config=run_config).fit()
    finally:
        ray.shutdown()
    assert [run.state for run in opened().runs] == ["finished"] * 4
    assert shown(tmp_path) == {environment: [2] for environment in ENVIRONMENTS}


HYDRA = """
import hydra
from sml_logger import Logger

@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(config):
    for step in range(3):
        Logger.logger.log({"eval/return": config.seed + step}, step=step)

main()
"""


def test_jobs_of_hydra_are_runs_with_their_environments_and_seeds(
    opened: Callable[[], Opened], tmp_path: Path
) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "config.yaml").write_text(
        "seed: 0\nenv: {name: none}\n"
        + "hydra:\n  callbacks:\n    sml:\n      _target_: sml_logger.integrations.hydra.SmlRun\n"
        + f"      base_path: {tmp_path / 'logs'}\n      backup_code: false\n"
    )
    (tmp_path / "train.py").write_text(HYDRA)
    swept = (f"env.name={','.join(ENVIRONMENTS)}", f"seed={','.join(map(str, SEEDS))}")
    subprocess.run([sys.executable, "train.py", "-m", *swept], check=True, capture_output=True)
    assert [run.state for run in opened().runs] == ["finished"] * 4
    assert shown(tmp_path) == {environment: [2] for environment in ENVIRONMENTS}
