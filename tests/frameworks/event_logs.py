"""Small logs with event files, by tensorboardX, Keras and Ray; each returns what its own reader says."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from own_readers import STEPS, Between, Told, events, nothing, table
from tracker_logs import loss

_MACHINE = re.compile(r'"(?:hostname|node_ip)": "([^"]*)"')
# What Ray's callback calls: it is pickled, so it cannot hold the function itself.
ray_pause: list[Between] = [nothing]


def tensorboardx_events(folder: Path, between: Between = nothing) -> Told:
    """The SummaryWriter of tensorboardX: scalars, `add_scalars`, and hyperparameters."""
    from tensorboardX import SummaryWriter

    run = folder / "exp" / "seed3"
    writer = SummaryWriter(str(run), write_to_disk=True)
    writer.add_text("args", json.dumps({"lr": 1e-4, "seed": 3, "env": "CartPole-v1"}))
    for step in range(STEPS):
        writer.add_scalar("train/loss", loss(step), step * 100)
        if step % 2:
            writer.add_scalar("eval/return", 10.0 * step, step * 100)
        writer.flush()
        between()
    writer.close()
    parameters = {"lr": 1e-4, "seed": 3, "env": "CartPole-v1"}
    return {run.relative_to(folder).as_posix(): {"metrics": events(run), "parameters": parameters}}


def keras_tensorboard(folder: Path, between: Between = nothing) -> Told:
    """Keras' TensorBoard callback: scalars as tensors, in `train` and `validation`."""
    import keras
    import numpy as np

    class Look(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            between()

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    inputs = np.random.default_rng(0).normal(size=(32, 3))
    run = folder / "logs" / "fit"
    board = keras.callbacks.TensorBoard(str(run), write_graph=False)
    model.fit(
        inputs,
        inputs[:, :1],
        epochs=STEPS,
        validation_split=0.25,
        verbose=0,
        callbacks=[board, Look()],
    )
    told = {
        f"{name}/{tag}": pairs
        for name in ("train", "validation")
        for tag, pairs in events(run / name).items()
    }
    return {run.relative_to(folder).as_posix(): {"metrics": told, "parameters": {}}}


def ray_tune(folder: Path, between: Between = nothing) -> Told:
    """Ray Tune's progress.csv, result.json and params.json of two trials."""
    import ray
    from ray import tune

    os.environ |= {"RAY_AIR_NEW_OUTPUT": "0", "RAY_USAGE_STATS_ENABLED": "0"}

    class Look(tune.Callback):  # type: ignore[misc]
        def on_trial_result(self, iteration: int, trials: Any, trial: Any, result: Any, **_: Any) -> None:
            import event_logs

            event_logs.ray_pause[0]()

    ray_pause[0] = between
    losses = [loss(step) for step in range(STEPS)]

    def train(config: dict[str, Any]) -> None:
        for step, value in enumerate(losses):
            tune.report({"train_loss": value + config["seed"], "episode_return_mean": 10.0 * step})

    ray.init(num_cpus=1, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    run_config = tune.RunConfig(name="samples", storage_path=str(folder), verbose=0, callbacks=[Look()])
    tune.Tuner(
        train,
        param_space={"lr": 1e-4, "seed": tune.grid_search([0, 1])},
        run_config=run_config,
    ).fit()
    ray.shutdown()
    told: Told = {}
    for progress in sorted(folder.glob("samples/train_*/progress.csv")):
        trial = progress.parent
        for machine in set(_MACHINE.findall((trial / "result.json").read_text())):
            for path in (progress, trial / "result.json"):
                path.write_text(re.sub(rf"\b{re.escape(machine)}\b", "machine", path.read_text()))
        told[trial.relative_to(folder).as_posix()] = {
            "metrics": table(progress, "training_iteration"),
            "parameters": json.loads((trial / "params.json").read_text()),
        }
        for unwanted in trial.glob("*.pkl"):  # pickles are never read
            unwanted.unlink()
    for unwanted in (folder / "samples").iterdir():
        if not unwanted.name.startswith("train_"):
            shutil.rmtree(unwanted) if unwanted.is_dir() else unwanted.unlink()
    return told
