"""Logs of real frameworks are followed while they are written, and read as their own readers do."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from framework_logs import X, assert_equal, points
from own_readers import Told
from write_framework_files import WRITERS

from sml_viewer.columns.choose import choose_pair
from sml_viewer.library import Library

Values = dict[tuple[str, str], list[list[float]]]

# Written at the end, or by processes of their own, which nobody looks at before they end; Ray copies its
# files from a folder of its own, of so short a training only at the end.
UNSEEN = {"hydra_multirun", "keras_history", "ray_tune", "transformers_results"}
NEEDS = {
    "hydra_job": "hydra",
    "hydra_multirun": "hydra",
    "keras_csv": "keras",
    "tensorboardx_events": "tensorboardX",
    "ultralytics_detect": "ultralytics",
}


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_a_log_is_followed_while_it_is_written_and_ends_with_the_frameworks_values(
    write: Callable[..., Told], tmp_path: Path
) -> None:
    name = write.__name__
    needed(name)
    x = X.get(name, "step")
    logs = tmp_path / "logs"
    seen: list[Values] = []
    logs.mkdir()
    with Library([logs], tmp_path / "workspace") as library:

        def between() -> None:
            library.refresh_known()
            seen.append(values(library, x))

        told = write(logs, between)
        library.refresh()
        end = values(library, x)
        assert_equal(library, told, x)
    assert_prefixes([*seen, end])
    if name not in UNSEEN:
        assert any(0 < count(look) < count(end) for look in seen)


def test_episodes_of_several_monitors_equal_what_stable_baselines_loads(tmp_path: Path) -> None:
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.monitor import load_results

    logs = tmp_path / "logs"
    environments = make_vec_env("CartPole-v1", n_envs=3, seed=0, monitor_dir=str(logs))
    PPO("MlpPolicy", environments, n_steps=64, n_epochs=1, device="cpu", seed=0).learn(576)
    environments.close()
    frame = load_results(str(logs))
    with Library([logs], tmp_path / "workspace") as library:
        library.refresh()
        (run,) = library.runs()
        (columns,) = library.columns([run], ["r", "l"])
        assert {name: values.tolist() for name, values in columns.items()} == {
            name: frame[name].tolist() for name in ("r", "l")
        }
        assert choose_pair(library, [run]).y == "r"


def needed(name: str) -> None:
    """Skip the test of a log whose framework is not installed."""
    pytest.importorskip(NEEDS.get(name, name.partition("_")[0]).replace("sb3", "stable_baselines3"))


def values(library: Library, x: str) -> Values:
    """All values over `x` that the library has, by run and metric."""
    return {
        (run.name, metric): points(library, run, x, metric)
        for run in library.runs()
        for metric in run.summary
        if metric not in (x, "wall_time")
    }


def count(look: Values) -> int:
    return sum(map(len, look.values()))


def assert_prefixes(looks: Sequence[Values]) -> None:
    """What was seen once stays: every list of values begins with those of the look before."""
    for earlier, later in itertools.pairwise(looks):
        for key, known in earlier.items():
            assert later[key][: len(known)] == known, key
