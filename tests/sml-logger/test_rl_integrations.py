"""Integrations of reinforcement learning get the calls that their frameworks make."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest

from sml_logger.errors import SmlLoggerError

from .integration_stand_ins import PLAIN, Base, parameters

Rows = Callable[[Path | str], list[dict[str, str]]]
Load = Callable[[str], Any]


def test_stable_baselines3(project: Path, load: Load, table: Rows, status: Callable[[str], Any]) -> None:
    module = load("stable_baselines3")
    log = module.SmlCallback(log_name="ppo", **PLAIN)

    class PPO(Base):
        def __init__(self, policy: Any, env: Any, n_steps: int, seed: int, _init_setup_model: bool) -> None:
            self.policy, self.env, self.n_steps, self.seed = policy, env, n_steps, seed

    log.model = PPO(
        Base(), SimpleNamespace(envs=[SimpleNamespace(spec=SimpleNamespace(id="CartPole-v1"))]), 64, 3, True
    )
    log.logger = SimpleNamespace(output_formats=[])
    for _ in range(2):
        log._on_training_start()
    (writer,) = log.logger.output_formats
    writer.write({"train/loss": 0.5, "time/note": "x"}, {"time/note": ("csv",)}, 64)
    writer.write(
        {"eval/mean_reward": np.float64(9), "secret": 1.0}, {"eval/mean_reward": None, "secret": "csv"}, 64
    )
    writer.close()
    writer.write({"train/loss": 0.25}, {}, 128)
    assert log._on_step()
    log.close()
    assert table(log.run.folder) == [
        {"step": "64", "train/loss": "0.5", "eval/mean_reward": "9.0"},
        {"step": "128", "train/loss": "0.25", "eval/mean_reward": ""},
    ]
    assert parameters(log.run.folder) == {
        "policy": "Base",
        "n_steps": 64,
        "seed": 3,
        "algorithm": "PPO",
        "env_id": "CartPole-v1",
    }
    assert status(log.run.folder)["state"] == "finished"


def test_torchrl(project: Path, load: Load, table: Rows) -> None:
    logger = load("torchrl").SmlLogger("ppo", **PLAIN)
    assert logger._create_experiment() is logger.run.logger
    logger.log_hparams({"lr": 1e-4})
    logger.log_scalar("loss", 0.5, step=10)
    logger.log_histogram("weights", np.arange(4.0), step=10)
    assert logger.run.folder in repr(logger)
    assert logger.log_dir == str(Path(logger.run.folder).parent)
    logger.run.close()
    assert table(logger.run.folder) == [{"step": "10", "loss": "0.5"}]
    assert parameters(logger.run.folder) == {"lr": 1e-4}
    assert [*Path(logger.run.folder, "media").rglob("10.*")]


def test_gymnasium(project: Path, load: Load, table: Rows) -> None:
    module = load("gymnasium")
    env = gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make("CartPole-v1"))
    log = module.SmlEpisodes(env, log_name="cartpole", **PLAIN)
    log.reset(seed=0)
    steps, ended = 0, False
    while not ended:
        *_, terminated, truncated, _ = log.step(0)
        steps, ended = steps + 1, terminated or truncated
    log.close()
    log.run.close()
    ((row),) = table(log.run.folder)
    assert (row["step"], row["episode/return"]) == (str(steps), f"{steps}.0")


def test_gymnasium_vector_environments(project: Path, load: Load, table: Rows) -> None:
    module = load("gymnasium")
    envs = gymnasium.make_vec("CartPole-v1", 2, vectorization_mode="sync")
    recorded = gymnasium.wrappers.vector.RecordEpisodeStatistics(envs)
    log = module.SmlVectorEpisodes(recorded, log_name="cartpole", **PLAIN)
    log.reset(seed=0)
    for _ in range(40):
        log.step(np.zeros(2, dtype=int))
    log.close()
    log.run.close()
    rows = table(log.run.folder)
    assert all(int(row["step"]) % 2 == 0 for row in rows)
    assert sum(int(row["episode/count"]) for row in rows) == len(recorded.return_queue) > 0


def test_gymnasium_without_statistics_says_what_to_wrap(project: Path, load: Load) -> None:
    log = load("gymnasium").SmlEpisodes(gymnasium.make("CartPole-v1"), log_name="cartpole", **PLAIN)
    log.reset(seed=0)
    with pytest.raises(SmlLoggerError, match="RecordEpisodeStatistics"):
        deque((log.step(0) for _ in range(500)), maxlen=0)


def test_tianshou(project: Path, load: Load, table: Rows) -> None:
    logger = load("tianshou").SmlLogger(log_name="dqn", **PLAIN)
    saved = []
    data = logger.prepare_dict_for_logging({"returns_stat": {"mean": 9.0}, "returns": np.zeros(3)})
    logger.write("training/env_step", 20, data)
    logger.write("update/update_step", 5, {"loss": 0.5})
    logger.write("info/epoch", 1, {"best_reward": 9.0})
    logger.save_data(1, 20, 5, lambda *counts: saved.append(counts) or "")
    logger.finalize()
    (row,) = table(logger.run.folder)
    assert row == {
        "step": "20",
        "training/returns_stat/mean": "9.0",
        "update/loss": "0.5",
        "update_step": "5",
        "info/best_reward": "9.0",
        "epoch": "1",
    }
    assert (saved, logger.restore_data()) == ([(1, 20, 5)], (0, 0, 0))
    assert logger.restore_logged_data(logger.run.folder)["epoch"] == ["1"]


def test_skrl(project: Path, load: Load, table: Rows) -> None:
    closed = []
    agent = SimpleNamespace(cfg={"batch_size": 8}, write_interval=10, writer=None)

    def begin(trainer_cfg: Any = None) -> None:
        agent.writer = SimpleNamespace(close=lambda: closed.append(trainer_cfg))

    agent.init = begin
    writer = load("skrl").log_agent(agent, log_name="dqn", **PLAIN)
    agent.init(trainer_cfg={"timesteps": 20})
    agent.writer.add_scalar(tag="Loss / Q", value=np.float64(0.5), timestep=10)
    agent.writer.flush()
    writer.close()
    assert closed == [{"timesteps": 20}]
    assert table(writer.run.folder) == [{"step": "10", "Loss / Q": "0.5"}]
    assert parameters(writer.run.folder) == {"batch_size": 8}


def test_rsl_rl(project: Path, load: Load, table: Rows) -> None:
    writer = load("rsl_rl").SmlWriter(str(project / "logs" / "walk" / "first"), **PLAIN)
    writer.store_config({"seed": 3}, {"num_steps_per_env": 24})
    writer.add_scalar("Train/mean_reward", 9.0, 0)
    writer.add_scalar("Train/mean_reward/time", 9.0, 17)
    video = project / "rl-video.mp4"
    video.write_bytes(b"\0\0\0\x18ftypmp42")
    writer.save_video(video, 0)
    folder = Path(writer.run.folder)
    writer.stop()
    assert folder.parts[-2:] == ("walk", "first")
    assert table(folder) == [{"step": "0", "Train/mean_reward": "9.0"}]
    assert parameters(str(folder)) == {"env.seed": 3, "train.num_steps_per_env": 24}
    assert [*(folder / "media").rglob("0.mp4")]
