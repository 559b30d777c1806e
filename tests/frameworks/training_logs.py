"""Small trainings by frameworks that keep their own logs; each returns what its own reader says of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from own_readers import STEPS, Between, Told, events, nothing, table


def _lightning(folder: Path, between: Between, logger: Any) -> None:
    import lightning
    import torch

    class Module(lightning.LightningModule):
        def __init__(self, learning_rate: float, layers: list[int], note: str | None) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(4, 1)

        def training_step(self, batch: Any, _: int) -> Any:
            value = self.layer(batch).square().mean()
            self.log("train/loss", value, on_step=True, on_epoch=True)
            return value

        def validation_step(self, batch: Any, _: int) -> None:
            self.log("val_loss", self.layer(batch).square().mean())

        def on_train_epoch_end(self) -> None:
            if hasattr(self.logger.experiment, "flush"):
                self.logger.experiment.flush()
            between()

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), self.hparams.learning_rate)

    torch.manual_seed(0)
    data = torch.utils.data.DataLoader(torch.randn(24, 4), batch_size=4)
    lightning.Trainer(
        max_epochs=3,
        logger=logger,
        log_every_n_steps=2,
        accelerator="cpu",
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
    ).fit(Module(1e-4, [64, 64], None), data, data)


def lightning_csv(folder: Path, between: Between = nothing) -> Told:
    """Lightning's CSVLogger."""
    from lightning.pytorch.loggers import CSVLogger

    _lightning(folder, between, CSVLogger(folder, flush_logs_every_n_steps=2))
    run = folder / "lightning_logs" / "version_0"
    parameters = {"learning_rate": 1e-4, "layers": [64, 64], "note": None}
    return {
        run.relative_to(folder).as_posix(): {
            "metrics": table(run / "metrics.csv", "step"),
            "parameters": parameters,
        }
    }


def lightning_tensorboard(folder: Path, between: Between = nothing) -> Told:
    """Lightning's TensorBoardLogger, with its hparams.yaml."""
    from lightning.pytorch.loggers import TensorBoardLogger

    _lightning(folder, between, TensorBoardLogger(folder))
    run = folder / "lightning_logs" / "version_0"
    parameters = {"learning_rate": 1e-4, "layers": [64, 64], "note": None}
    return {run.relative_to(folder).as_posix(): {"metrics": events(run), "parameters": parameters}}


def keras_csv(folder: Path, between: Between = nothing) -> Told:
    """Keras' CSVLogger under its usual name."""
    import keras

    class Look(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            between()

    _keras([keras.callbacks.CSVLogger(str(folder / "training.log")), Look()])
    return {".": {"metrics": table(folder / "training.log", "epoch"), "parameters": {}}}


def keras_history(folder: Path, between: Between = nothing) -> Told:
    """What `fit` of Keras returned, as people save it."""
    returned = _keras([])
    content = {"history": returned.history, "epoch": returned.epoch, "params": returned.params}
    (folder / "history.json").write_text(json.dumps(content, default=float))
    told = {
        name: [[epoch, float(value)] for epoch, value in zip(returned.epoch, values, strict=True)]
        for name, values in returned.history.items()
    }
    return {".": {"metrics": told, "parameters": {}}}


def _keras(callbacks: list[Any]) -> Any:
    import keras
    import numpy as np

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    inputs = np.random.default_rng(0).normal(size=(32, 3))
    return model.fit(
        inputs, inputs[:, :1], epochs=STEPS, validation_split=0.25, verbose=0, callbacks=callbacks
    )


def sb3(folder: Path, between: Between = nothing) -> Told:
    """Stable-Baselines3: progress.csv, event files, a monitor, and evaluations.npz."""
    import gymnasium
    import numpy as np
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback, EvalCallback
    from stable_baselines3.common.logger import configure
    from stable_baselines3.common.monitor import Monitor

    class Look(BaseCallback):  # type: ignore[misc]
        def _on_step(self) -> bool:
            return True

        def _on_rollout_start(self) -> None:
            between()

    environment = Monitor(gymnasium.make("CartPole-v1"), str(folder / "0"))
    model = PPO(
        "MlpPolicy",
        environment,
        n_steps=64,
        batch_size=32,
        n_epochs=1,
        seed=0,
        device="cpu",
        policy_kwargs={"net_arch": [8]},
    )
    model.set_logger(configure(str(folder), ["csv", "tensorboard"]))
    evaluate = EvalCallback(
        Monitor(gymnasium.make("CartPole-v1")),
        eval_freq=128,
        n_eval_episodes=3,
        log_path=str(folder),
        verbose=0,
        deterministic=False,
    )
    model.learn(384, callback=[evaluate, Look()])
    with np.load(folder / "evaluations.npz", allow_pickle=False) as data:
        means = data["results"].mean(axis=1)
        told = [[int(step), float(mean)] for step, mean in zip(data["timesteps"], means, strict=True)]
    progress = table(folder / "progress.csv", "time/total_timesteps")
    return {".": {"metrics": progress, "parameters": {}, "evaluations": told, "events": events(folder)}}


def transformers_trainer(folder: Path, between: Between = nothing) -> Told:
    """The Trainer of Transformers: trainer_state.json in a checkpoint and beside it."""
    trainer = _trainer(folder, between, save_strategy="epoch", save_total_limit=1)
    trainer.train()
    trainer.save_state()
    _without_weights(folder)
    told: dict[str, list[list[float]]] = {}
    for row in trainer.state.log_history:
        for name in row.keys() - {"step"}:
            told.setdefault(name, []).append([row["step"], row[name]])
    return {".": {"metrics": told, "parameters": {}, "state": "FINISHED"}}


def transformers_results(folder: Path, between: Between = nothing) -> Told:
    """What `save_metrics` of the Trainer writes at the end, without its state."""
    trainer = _trainer(folder, between, save_strategy="no")
    trainer.save_metrics("train", trainer.train().metrics)
    trainer.save_metrics("eval", trainer.evaluate())
    _without_weights(folder)
    results = json.loads((folder / "all_results.json").read_text())
    told = {name: [[results["epoch"], value]] for name, value in results.items() if name != "epoch"}
    return {".": {"metrics": told, "parameters": {}}}


def _without_weights(folder: Path) -> None:
    for path in folder.rglob("*"):  # weights are no log, and pickles are never read
        if path.suffix in {".safetensors", ".bin", ".pt", ".pth"}:
            path.unlink()


def _trainer(folder: Path, between: Between, **more: Any) -> Any:
    import torch
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        Trainer,
        TrainerCallback,
        TrainingArguments,
    )

    class Look(TrainerCallback):  # type: ignore[misc]
        def on_save(self, *_: Any, **__: Any) -> None:
            between()

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=16, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    rows = [{"input_ids": [index % 16] * 4, "labels": index % 2} for index in range(16)]
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=3,
        per_device_train_batch_size=4,
        logging_steps=2,
        eval_strategy="epoch",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        seed=0,
        **more,
    )
    return Trainer(
        BertForSequenceClassification(config),
        arguments,
        train_dataset=rows,
        eval_dataset=rows,
        callbacks=[Look()],
    )


def ultralytics_detect(folder: Path, between: Between = nothing) -> Told:
    """Ultralytics' results.csv and args.yaml, of a detector that is built, not downloaded."""
    import numpy as np
    from PIL import Image
    from ultralytics import YOLO, settings

    settings.update({"sync": False})
    images, labels = folder / "data" / "images", folder / "data" / "labels"
    for place in (images, labels):
        place.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for number in range(4):
        Image.fromarray(generator.integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(
            images / f"{number}.png"
        )
        (labels / f"{number}.txt").write_text("0 0.5 0.5 0.4 0.4\n")
    data = folder / "data.yaml"
    data.write_text(f"path: {folder / 'data'}\ntrain: images\nval: images\nnames: [thing]\n")
    model = YOLO("yolov8n.yaml")
    model.add_callback("on_fit_epoch_end", lambda _: between())
    model.train(
        data=str(data),
        epochs=3,
        imgsz=32,
        batch=4,
        device="cpu",
        workers=0,
        plots=False,
        amp=False,
        project=str(folder / "runs"),
        name="train",
        verbose=False,
        seed=3,
    )
    run = folder / "runs" / "train"
    shutil.rmtree(run / "weights", ignore_errors=True)
    shutil.rmtree(folder / "data")
    data.unlink()
    for picture in [*run.glob("*.jpg"), *run.glob("*.png")]:
        picture.unlink()
    parameters = {"epochs": 3, "imgsz": 32, "batch": 4, "seed": 3, "model": "yolov8n.yaml", "lr0": 0.01}
    return {"runs/train": {"metrics": table(run / "results.csv", "epoch"), "parameters": parameters}}
