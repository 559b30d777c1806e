"""Integrations of reinforcement learning with their real frameworks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from conftest import HERE, Opened


def test_stable_baselines3_logs_training_and_evaluation_in_rows_of_timesteps(
    opened: Callable[[], Opened],
) -> None:
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import EvalCallback

    from sml_logger.integrations.stable_baselines3 import SmlCallback

    log = SmlCallback(log_name="ppo", **HERE)
    model = PPO("MlpPolicy", "CartPole-v1", n_steps=64, batch_size=32, n_epochs=1, seed=3, device="cpu")
    evaluation = EvalCallback(model.get_env(), eval_freq=64, n_eval_episodes=2, verbose=0)
    model.learn(128, callback=[log, evaluation])
    model.learn(64, callback=log, reset_num_timesteps=False)
    log.close()
    seen = opened()
    assert seen.run().state == "finished"
    assert seen.values("step") == [64, 128, 192]
    assert len(seen.values("eval/mean_reward")) == 2
    assert len(seen.values("rollout/ep_rew_mean")) == 3
    parameters = seen.run().parameters
    assert (parameters["seed"], parameters["n_steps"], parameters["learning_rate"]) == (3, 64, 3e-4)
    assert (parameters["algorithm"], parameters["env_id"]) == ("PPO", "CartPole-v1")


def test_torchrl_logs_scalars_videos_and_parameters(opened: Callable[[], Opened]) -> None:
    import torch
    from omegaconf import OmegaConf

    from sml_logger.integrations.torchrl import SmlLogger

    logger = SmlLogger("ppo", **HERE)
    logger.log_hparams(OmegaConf.create({"lr": 1e-4, "net": {"layers": [64]}}))
    for step in range(3):
        logger.log_scalar("train/loss", 1 / (step + 1), step=step * 10)
        logger.log_scalar("train/return", float(step), step=step * 10)
    logger.log_video("eval", torch.zeros(1, 4, 3, 16, 16, dtype=torch.uint8), step=20, fps=10)
    logger.log_histogram("weights", torch.arange(8.0), step=20)
    folder = Path(logger.run.folder)
    logger.close()
    seen = opened()
    assert (seen.values("step"), seen.values("train/loss")) == ([0, 10, 20], [1, 0.5, 1 / 3])
    assert seen.run().parameters == {"lr": 1e-4, "net.layers": [64]}
    assert seen.run().state == "finished"
    assert sorted(path.name for path in (folder / "media").glob("*/*") if path.suffix != ".json")


def test_gymnasium_logs_episodes_and_videos(opened: Callable[[], Opened], tmp_path: Path) -> None:
    import gymnasium
    from gymnasium.wrappers import RecordEpisodeStatistics, RecordVideo

    from sml_logger.integrations.gymnasium import SmlEpisodes

    env = RecordEpisodeStatistics(gymnasium.make("CartPole-v1", render_mode="rgb_array"))
    video = RecordVideo(env, str(tmp_path / "videos"), episode_trigger=lambda number: number == 1)
    env = SmlEpisodes(video, log_name="cartpole", **HERE)
    lengths = []
    for seed in range(3):
        env.reset(seed=seed)
        ended, length = False, 0
        while not ended:
            _, _, terminated, truncated, _ = env.step(0)
            ended, length = terminated or truncated, length + 1
        lengths.append(length)
    env.close()
    folder = Path(env.run.folder)
    env.run.close()
    seen = opened()
    assert seen.values("step") == np.cumsum(lengths).tolist()
    assert seen.values("episode/return") == lengths == seen.values("episode/length")
    assert len([*(folder / "media").rglob("*.mp4")]) == 1


def test_gymnasium_vector_environments_log_when_episodes_end(opened: Callable[[], Opened]) -> None:
    import gymnasium
    from gymnasium.wrappers.vector import RecordEpisodeStatistics

    from sml_logger.integrations.gymnasium import SmlVectorEpisodes

    envs = RecordEpisodeStatistics(gymnasium.make_vec("CartPole-v1", 2, vectorization_mode="sync"))
    log = SmlVectorEpisodes(envs, log_name="cartpole", **HERE)
    log.reset(seed=0)
    for _ in range(60):
        log.step(np.zeros(2, dtype=int))
    log.close()
    log.run.close()
    seen = opened()
    assert seen.values("episode/return") == seen.values("episode/length")
    assert sum(seen.values("episode/count")) == len(list(envs.return_queue))


def test_tianshou_logs_over_environment_steps(opened: Callable[[], Opened]) -> None:
    import gymnasium
    from tianshou.algorithm.modelfree.dqn import DQN, DiscreteQLearningPolicy
    from tianshou.algorithm.optim import AdamOptimizerFactory
    from tianshou.data import Collector, VectorReplayBuffer
    from tianshou.env import DummyVectorEnv
    from tianshou.trainer import OffPolicyTrainerParams
    from tianshou.utils.net.common import Net

    from sml_logger.integrations.tianshou import SmlLogger

    one = gymnasium.make("CartPole-v1")
    model = Net(state_shape=one.observation_space.shape, action_shape=2, hidden_sizes=[8])
    policy = DiscreteQLearningPolicy(
        model=model, action_space=one.action_space, observation_space=one.observation_space, eps_training=0.5
    )
    algorithm = DQN(policy=policy, optim=AdamOptimizerFactory(lr=1e-3), target_update_freq=10)
    envs = [DummyVectorEnv([lambda: gymnasium.make("CartPole-v1") for _ in range(2)]) for _ in range(2)]
    training = Collector(algorithm, envs[0], VectorReplayBuffer(200, 2), exploration_noise=True)
    logger = SmlLogger(
        log_name="dqn",
        parameters={"lr": 1e-3},
        intervals={"training_interval": 1, "update_interval": 1},
        **HERE,
    )
    algorithm.run_training(
        OffPolicyTrainerParams(
            training_collector=training,
            test_collector=Collector(algorithm, envs[1]),
            max_epochs=2,
            epoch_num_steps=40,
            collection_step_num_env_steps=20,
            test_step_num_episodes=2,
            batch_size=8,
            logger=logger,
        )
    )
    logger.finalize()
    seen = opened()
    steps = seen.values("step")
    assert steps == sorted(set(steps))
    assert steps[-1] == 80
    assert len(seen.values("test/returns_stat/mean")) == 3
    assert seen.values("epoch")[-1] == 2
    assert seen.run().parameters == {"lr": 1e-3}
    table = SmlLogger.restore_logged_data(logger.run.folder)
    assert [float(step) for step in table["step"]] == steps


def test_skrl_logs_what_its_agents_track(opened: Callable[[], Opened], tmp_path: Path) -> None:
    import gymnasium
    import torch
    from skrl.agents.torch.dqn import DQN
    from skrl.envs.wrappers.torch import wrap_env
    from skrl.memories.torch import RandomMemory
    from skrl.models.torch import DeterministicMixin, Model
    from skrl.trainers.torch import SequentialTrainer

    from sml_logger.integrations.skrl import log_agent

    class Values(DeterministicMixin, Model):
        def __init__(self, env: Any) -> None:
            Model.__init__(
                self,
                observation_space=env.observation_space,
                action_space=env.action_space,
                device=env.device,
            )
            DeterministicMixin.__init__(self)
            self.net = torch.nn.Linear(self.num_observations, self.num_actions)

        def compute(self, inputs: Any, role: str = "") -> Any:
            return self.net(inputs["observations"]), {}

    env = wrap_env(gymnasium.make("CartPole-v1"))
    agent = DQN(
        models={"q_network": Values(env), "target_q_network": Values(env)},
        memory=RandomMemory(memory_size=64, num_envs=1, device=env.device),
        observation_space=env.observation_space,
        action_space=env.action_space,
        device=env.device,
        cfg={
            "batch_size": 8,
            "learning_starts": 8,
            "experiment": {
                "directory": str(tmp_path / "skrl"),
                "write_interval": 20,
                "checkpoint_interval": 0,
            },
        },
    )
    writer = log_agent(agent, log_name="dqn", **HERE)
    SequentialTrainer(
        cfg={"timesteps": 60, "headless": True, "disable_progressbar": True}, env=env, agents=agent
    ).train()
    writer.close()
    seen = opened()
    assert len(seen.values("step")) == 3
    assert seen.run().parameters["batch_size"] == 8
    assert any(name.startswith("Loss") for name in seen.run().columns)


def test_rsl_rl_logs_its_iterations(opened: Callable[[], Opened], tmp_path: Path) -> None:
    import torch
    from rsl_rl.env import VecEnv
    from rsl_rl.runners import OnPolicyRunner
    from tensordict import TensorDict

    class Line(VecEnv):
        num_envs, num_actions, max_episode_length, device = 2, 1, 5, "cpu"

        def __init__(self) -> None:
            self.cfg = {"seed": 3, "name": "Line-v0"}
            self.episode_length_buf = torch.zeros(2, dtype=torch.long)

        def get_observations(self) -> TensorDict:
            return TensorDict({"policy": torch.zeros(2, 3)}, batch_size=[2])

        def step(self, actions: torch.Tensor) -> Any:
            self.episode_length_buf += 1
            dones = self.episode_length_buf >= self.max_episode_length
            self.episode_length_buf[dones] = 0
            extras = {"time_outs": torch.zeros(2, dtype=torch.bool)}
            return self.get_observations(), -actions[:, 0].abs(), dones.long(), extras

    model = {"class_name": "MLPModel", "hidden_dims": [8]}
    gaussian = {"class_name": "GaussianDistribution", "init_std": 1.0}
    configuration = {
        "num_steps_per_env": 8,
        "save_interval": 100,
        "obs_groups": {"actor": ["policy"], "critic": ["policy"]},
        "algorithm": {"class_name": "PPO", "num_learning_epochs": 1, "num_mini_batches": 1, "rnd_cfg": None},
        "actor": {**model, "distribution_cfg": gaussian},
        "critic": model,
        "logger": {"class_name": "sml_logger.integrations.rsl_rl:SmlWriter", **HERE},
    }
    OnPolicyRunner(Line(), configuration, log_dir=str(tmp_path / "line" / "first")).learn(3)
    seen = opened()
    assert seen.run().name.endswith("line/first")
    assert seen.run().state == "finished"
    assert seen.values("step") == [0, 1, 2]
    assert len(seen.values("Train/mean_reward")) == 3
    assert seen.run().parameters["env.seed"] == 3
    assert seen.run().parameters["train.num_steps_per_env"] == 8
