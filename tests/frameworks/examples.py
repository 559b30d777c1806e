"""Scripts in the manner of each framework's examples, with the one line that logs into a run folder.

Each trains in an environment, or on data, with a seed. `here` is what `Logger` takes, the name of the run
among it: no name says anything of the environment or the seed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Here = dict[str, Any]
Example = Callable[[str, int, Here], object]


def stable_baselines3(environment: str, seed: int, here: Here) -> None:
    import gymnasium
    from stable_baselines3 import PPO

    from sml_logger.integrations.stable_baselines3 import SmlCallback

    env = gymnasium.make(environment, max_episode_steps=20)
    model = PPO("MlpPolicy", env, n_steps=64, batch_size=32, n_epochs=1, seed=seed, device="cpu")
    log = SmlCallback(**here)
    model.learn(128, callback=log)
    log.close()


def cleanrl(environment: str, seed: int, here: Here) -> None:
    """With its one changed line, the import of SummaryWriter."""
    import gymnasium

    from sml_logger.tensorboard import SummaryWriter

    @dataclasses.dataclass
    class Args:
        exp_name: str = "dqn"
        seed: int = 1
        env_id: str = "CartPole-v1"
        learning_rate: float = 2.5e-4

    args = Args(seed=seed, env_id=environment)
    writer = SummaryWriter(f"{here['base_path']}/{args.env_id}__{args.exp_name}__{args.seed}__1700000000")
    rows = "\n".join([f"|{key}|{value}|" for key, value in vars(args).items()])
    writer.add_text("hyperparameters", f"|param|value|\n|-|-|\n{rows}")
    env = gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make(args.env_id, max_episode_steps=20))
    env.action_space.seed(args.seed)
    env.reset(seed=args.seed)
    for global_step in range(100):
        _, _, terminated, truncated, info = env.step(env.action_space.sample())
        if "episode" in info:
            writer.add_scalar("charts/episodic_return", info["episode"]["r"], global_step)
            writer.add_scalar("charts/episodic_length", info["episode"]["l"], global_step)
        if terminated or truncated:
            env.reset()
        if global_step % 25 == 0:
            writer.add_scalar("losses/td_loss", 1 / (global_step + 1), global_step)
    writer.close()


def gymnasium(environment: str, seed: int, here: Here) -> None:
    import gymnasium
    from gymnasium.wrappers import RecordEpisodeStatistics

    from sml_logger.integrations.gymnasium import SmlEpisodes

    parameters = {"env_id": environment, "seed": seed, "agent": "random"}
    env = RecordEpisodeStatistics(gymnasium.make(environment, max_episode_steps=20))
    env = SmlEpisodes(env, parameters=parameters, **here)
    env.action_space.seed(seed)
    for _ in range(3):
        env.reset(seed=seed)
        ended = False
        while not ended:
            _, _, terminated, truncated, _ = env.step(env.action_space.sample())
            ended = terminated or truncated
    env.close()
    env.run.close()


def torchrl(environment: str, seed: int, here: Here) -> None:
    import torch
    from torchrl.envs import GymEnv

    from sml_logger.integrations.torchrl import SmlLogger

    logger = SmlLogger("random", **here)
    logger.log_hparams({"env": {"name": environment}, "seed": seed, "lr": 1e-3})
    torch.manual_seed(seed)
    env = GymEnv(environment)
    env.set_seed(seed)
    for step in range(3):
        rollout = env.rollout(10)
        logger.log_scalar("train/reward", rollout["next", "reward"].sum().item(), step=step * 10)
    logger.run.close()


def tianshou(environment: str, seed: int, here: Here) -> None:
    import gymnasium
    from tianshou.algorithm.modelfree.dqn import DQN, DiscreteQLearningPolicy
    from tianshou.algorithm.optim import AdamOptimizerFactory
    from tianshou.data import Collector, VectorReplayBuffer
    from tianshou.env import DummyVectorEnv
    from tianshou.trainer import OffPolicyTrainerParams
    from tianshou.utils.net.common import Net

    from sml_logger.integrations.tianshou import SmlLogger

    one = gymnasium.make(environment)
    actions = one.action_space
    model = Net(state_shape=one.observation_space.shape, action_shape=actions.n, hidden_sizes=[8])
    policy = DiscreteQLearningPolicy(
        model=model, action_space=actions, observation_space=one.observation_space, eps_training=0.5
    )
    algorithm = DQN(policy=policy, optim=AdamOptimizerFactory(lr=1e-3), target_update_freq=10)
    envs = [
        DummyVectorEnv([lambda: gymnasium.make(environment, max_episode_steps=20) for _ in range(2)])
        for _ in range(2)
    ]
    logger = SmlLogger(
        parameters={"task": environment, "seed": seed, "lr": 1e-3},
        intervals={"training_interval": 1, "update_interval": 1},
        **here,
    )
    algorithm.run_training(
        OffPolicyTrainerParams(
            training_collector=Collector(
                algorithm, envs[0], VectorReplayBuffer(200, 2), exploration_noise=True
            ),
            test_collector=Collector(algorithm, envs[1]),
            max_epochs=2,
            epoch_num_steps=20,
            collection_step_num_env_steps=10,
            test_step_num_episodes=2,
            batch_size=8,
            logger=logger,
        )
    )
    logger.finalize()


def skrl(environment: str, seed: int, here: Here) -> None:
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

    env = wrap_env(gymnasium.make(environment))
    experiment = {"directory": f"{here['base_path']}-skrl", "write_interval": 10, "checkpoint_interval": 0}
    agent = DQN(
        models={"q_network": Values(env), "target_q_network": Values(env)},
        memory=RandomMemory(memory_size=64, num_envs=1, device=env.device),
        observation_space=env.observation_space,
        action_space=env.action_space,
        device=env.device,
        cfg={"batch_size": 8, "learning_starts": 8, "experiment": experiment},
    )
    writer = log_agent(agent, parameters={"env_id": environment, "seed": seed}, **here)
    options = {"timesteps": 60, "headless": True, "disable_progressbar": True}
    SequentialTrainer(cfg=options, env=env, agents=agent).train()
    writer.close()


def rsl_rl(environment: str, seed: int, here: Here) -> None:
    import torch
    from rsl_rl.env import VecEnv
    from rsl_rl.runners import OnPolicyRunner
    from tensordict import TensorDict

    class Line(VecEnv):
        num_envs, num_actions, max_episode_length, device = 2, 1, 5, "cpu"

        def __init__(self) -> None:
            self.cfg = {"seed": seed, "env_name": environment}
            self.episode_length_buf = torch.zeros(2, dtype=torch.long)

        def get_observations(self) -> Any:
            return TensorDict({"policy": torch.zeros(2, 3)}, batch_size=[2])

        def step(self, actions: Any) -> Any:
            self.episode_length_buf += 1
            dones = self.episode_length_buf >= self.max_episode_length
            self.episode_length_buf[dones] = 0
            extras = {"time_outs": torch.zeros(2, dtype=torch.bool)}
            return self.get_observations(), -actions[:, 0].abs(), dones.long(), extras

    model = {"class_name": "MLPModel", "hidden_dims": [8]}
    gaussian = {"class_name": "GaussianDistribution", "init_std": 1.0}
    configuration = {
        "seed": seed,
        "num_steps_per_env": 8,
        "save_interval": 100,
        "obs_groups": {"actor": ["policy"], "critic": ["policy"]},
        "algorithm": {"class_name": "PPO", "num_learning_epochs": 1, "num_mini_batches": 1, "rnd_cfg": None},
        "actor": {**model, "distribution_cfg": gaussian},
        "critic": model,
        "logger": {"class_name": "sml_logger.integrations.rsl_rl:SmlWriter", **here},
    }
    folder = Path(f"{here['base_path']}-rsl", environment, f"seed_{seed}")
    OnPolicyRunner(Line(), configuration, log_dir=str(folder)).learn(3)


def lightning(data: str, seed: int, here: Here) -> None:
    import lightning
    import torch

    from sml_logger.integrations.lightning import SmlLogger

    class Module(lightning.LightningModule):
        def __init__(self, lr: float, seed: int, dataset: str) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(4, 1)

        def training_step(self, batch: Any, index: int) -> Any:
            loss = self.layer(batch).square().mean()
            self.log("loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), self.hparams.lr)

    lightning.seed_everything(seed, verbose=False)
    trainer = lightning.Trainer(
        max_epochs=2,
        logger=SmlLogger(**here),
        log_every_n_steps=1,
        accelerator="cpu",
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    trainer.fit(Module(1e-2, seed, data), torch.utils.data.DataLoader(torch.randn(16, 4), batch_size=4))
    trainer.logger.run.close()


def fabric(data: str, seed: int, here: Here) -> None:
    import torch
    from lightning.fabric import Fabric

    from sml_logger.integrations.lightning import SmlLogger

    fabric = Fabric(accelerator="cpu", loggers=SmlLogger(**here))
    fabric.launch()
    fabric.seed_everything(seed, verbose=False)
    fabric.logger.log_hyperparams({"lr": 1e-2, "seed": seed, "dataset": data})
    model = torch.nn.Linear(4, 1)
    model, optimizer = fabric.setup(model, torch.optim.SGD(model.parameters(), 1e-2))
    for step in range(4):
        loss = model(torch.randn(4, 4)).square().mean()
        fabric.backward(loss)
        optimizer.step()
        fabric.log("train/loss", loss, step)
    fabric.logger.run.close()


def transformers(data: str, seed: int, here: Here) -> None:
    from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

    from sml_logger.integrations.transformers import SmlCallback

    config = BertConfig(
        vocab_size=16, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    rows = [{"input_ids": [index % 16] * 4, "labels": index % 2} for index in range(16)]
    arguments = TrainingArguments(
        output_dir=f"{here['base_path']}-bert/{data}_{seed}",
        num_train_epochs=2,
        per_device_train_batch_size=4,
        logging_steps=2,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        seed=seed,
    )
    log = SmlCallback(parameters={"dataset": data}, **here)
    model = BertForSequenceClassification(config)
    Trainer(model, arguments, train_dataset=rows, callbacks=[log]).train()
    log.run.close()


def accelerate(data: str, seed: int, here: Here) -> None:
    import torch
    from accelerate import Accelerator
    from accelerate.utils import set_seed

    from sml_logger.integrations.accelerate import SmlTracker

    set_seed(seed)
    accelerator = Accelerator(cpu=True, log_with=SmlTracker("gpt", **here))
    accelerator.init_trackers("gpt", config={"lr": 1e-2, "seed": seed, "dataset": data})
    model = torch.nn.Linear(4, 1)
    model, optimizer = accelerator.prepare(model, torch.optim.SGD(model.parameters(), 1e-2))
    for step in range(4):
        loss = model(torch.randn(4, 4)).square().mean()
        accelerator.backward(loss)
        optimizer.step()
        accelerator.log({"train_loss": loss.item()}, step=step)
    accelerator.end_training()


def keras(data: str, seed: int, here: Here) -> None:
    import keras

    from sml_logger.integrations.keras import SmlCallback

    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05), "mse", metrics=["mae"])
    inputs = np.random.default_rng(seed).normal(size=(32, 3))
    log = SmlCallback(parameters={"seed": seed, "dataset": data}, **here)
    model.fit(inputs, inputs[:, :1], epochs=3, validation_split=0.25, verbose=0, callbacks=[log])
    log.run.close()


def xgboost(data: str, seed: int, here: Here) -> None:
    import xgboost

    from sml_logger.integrations.xgboost import SmlCallback

    inputs = np.random.default_rng(seed).normal(size=(64, 3))
    parameters = {"max_depth": 2, "eta": 0.3, "seed": seed}
    log = SmlCallback(parameters={**parameters, "dataset": data}, **here)
    matrix = xgboost.DMatrix(inputs, label=inputs[:, 0])
    xgboost.train(parameters, matrix, 4, evals=[(matrix, "train")], callbacks=[log], verbose_eval=False)
    log.run.close()


def lightgbm(data: str, seed: int, here: Here) -> None:
    import lightgbm

    from sml_logger.integrations.lightgbm import SmlCallback

    inputs = np.random.default_rng(seed).normal(size=(64, 3))
    parameters = {"num_leaves": 4, "verbose": -1, "seed": seed, "min_data_in_leaf": 2}
    log = SmlCallback(parameters={"dataset": data}, **here)
    train = lightgbm.Dataset(inputs, label=inputs[:, 0])
    lightgbm.train(parameters, train, 4, valid_sets=[train], valid_names=["train"], callbacks=[log])
    log.run.close()


def clu(data: str, seed: int, here: Here) -> None:
    from sml_logger.integrations.clu import SmlWriter

    writer = SmlWriter(**here)
    writer.write_hparams({"lr": 1e-4, "seed": seed, "dataset": data})
    for step in range(4):
        writer.write_scalars(step, {"train_loss": np.float32(1 / (step + seed))})
    writer.flush()
    writer.close()


LEARNING: tuple[Example, ...] = (
    stable_baselines3,
    cleanrl,
    gymnasium,
    torchrl,
    tianshou,
    skrl,
    rsl_rl,
)
SUPERVISED: tuple[Example, ...] = (
    lightning,
    fabric,
    transformers,
    accelerate,
    keras,
    xgboost,
    lightgbm,
    clu,
)
