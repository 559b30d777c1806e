"""Each integration with its real framework: what a training logs opens with its parameters and its state."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import HERE, Opened

from sml_logger import Logger


def lightning_module() -> Any:
    import lightning
    import torch

    class Module(lightning.LightningModule):
        def __init__(self, lr: float, layers: list[int]) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(4, 1)

        def training_step(self, batch: Any, index: int) -> Any:
            loss = self.layer(batch).square().mean()
            self.log("loss", loss)
            if self.hparams.lr < 0:
                raise RuntimeError("the loss is wrong")
            return loss

        def validation_step(self, batch: Any, index: int) -> None:
            self.log("val_loss", self.layer(batch).square().mean())

        def test_step(self, batch: Any, index: int) -> None:
            self.log("test_loss", self.layer(batch).square().mean())

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), abs(self.hparams.lr))

    return Module


def lightning_trainer(logger: Any) -> tuple[Any, Any]:
    import lightning
    import torch

    data = torch.utils.data.DataLoader(torch.randn(16, 4), batch_size=4)
    trainer = lightning.Trainer(
        max_epochs=2,
        logger=logger,
        log_every_n_steps=2,
        accelerator="cpu",
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    return trainer, data


def test_lightning_logs_training_validation_and_test_into_one_run(opened: Callable[[], Opened]) -> None:
    from sml_logger.integrations.lightning import SmlLogger

    logger = SmlLogger(log_name="linear", **HERE)
    trainer, data = lightning_trainer(logger)
    module = lightning_module()(1e-2, [4, 1])
    trainer.fit(module, data, data)
    trainer.test(module, data, verbose=False)
    logger.run.close()
    seen = opened()
    assert seen.run().state == "finished"
    assert (len(seen.values("loss")), len(seen.values("val_loss")), len(seen.values("test_loss"))) == (
        4,
        2,
        1,
    )
    assert seen.values("step")[0] == 1
    assert seen.run().parameters == {"lr": 1e-2, "layers": [4, 1]}
    assert [path.suffix for path in Path(logger.log_dir, "checkpoints").iterdir()] == [".ckpt"]


def test_a_training_of_lightning_that_raises_is_a_failed_run(opened: Callable[[], Opened]) -> None:
    from sml_logger.integrations.lightning import SmlLogger

    trainer, data = lightning_trainer(SmlLogger(log_name="linear", **HERE))
    with pytest.raises(RuntimeError, match="the loss is wrong"):
        trainer.fit(lightning_module()(-1.0, []), data)
    assert opened().run().state == "failed"


def test_fabric_logs_through_the_same_logger(opened: Callable[[], Opened]) -> None:
    from lightning.fabric import Fabric

    from sml_logger.integrations.lightning import SmlLogger

    fabric = Fabric(accelerator="cpu", loggers=SmlLogger(log_name="fabric", **HERE))
    fabric.launch()
    fabric.logger.log_hyperparams({"lr": 0.1})
    for step in range(3):
        fabric.log("loss", 1 / (step + 1), step)
    fabric.logger.run.close()
    seen = opened()
    assert (seen.values("step"), seen.values("loss")) == ([0, 1, 2], [1, 0.5, 1 / 3])
    assert seen.run().parameters == {"lr": 0.1}


def test_transformers_trainer_logs_its_history(opened: Callable[[], Opened]) -> None:
    from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

    from sml_logger.integrations.transformers import SmlCallback

    log = SmlCallback(log_name="bert", **HERE)
    config = BertConfig(
        vocab_size=16, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    rows = [{"input_ids": [index % 16] * 4, "labels": index % 2} for index in range(16)]
    arguments = TrainingArguments(
        output_dir="out",
        num_train_epochs=2,
        per_device_train_batch_size=4,
        logging_steps=2,
        eval_strategy="epoch",
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        seed=3,
    )
    trainer = Trainer(
        BertForSequenceClassification(config),
        arguments,
        train_dataset=rows,
        eval_dataset=rows,
        callbacks=[log],
    )
    trainer.train()
    log.run.close()
    seen, history = opened(), trainer.state.log_history
    assert seen.values("step") == [2, 4, 6, 8]
    for name in ("loss", "eval_loss", "learning_rate", "train_loss"):
        assert seen.values(name) == [row[name] for row in history if name in row]
    assert seen.run().parameters["seed"] == 3
    assert seen.run().parameters["model.hidden_size"] == 8


def test_keras_logs_a_row_for_each_epoch(opened: Callable[[], Opened]) -> None:
    import keras

    from sml_logger.integrations.keras import SmlCallback

    log = SmlCallback(log_name="dense", parameters={"seed": 3}, **HERE)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05), "mse", metrics=["mae"])
    inputs = np.random.default_rng(0).normal(size=(32, 3))
    history = model.fit(
        inputs, inputs[:, :1], epochs=3, validation_split=0.25, verbose=0, callbacks=[log]
    ).history
    log.run.close()
    seen = opened()
    assert seen.values("step") == [0, 1, 2]
    assert {name: seen.values(name) for name in history} == history
    assert seen.values("learning_rate") == [pytest.approx(0.05)] * 3
    parameters = seen.run().parameters
    assert (parameters["seed"], parameters["epochs"], parameters["optimizer.name"]) == (3, 3, "sgd")


def boosted(module: Any) -> tuple[Any, Any]:
    inputs = np.random.default_rng(0).normal(size=(64, 3))
    make = module.DMatrix if hasattr(module, "DMatrix") else module.Dataset
    return make(inputs[:32], label=inputs[:32, 0]), make(inputs[32:], label=inputs[32:, 0])


def test_xgboost_logs_a_row_for_each_round(opened: Callable[[], Opened]) -> None:
    import xgboost

    from sml_logger.integrations.xgboost import SmlCallback

    train, test = boosted(xgboost)
    parameters = {"max_depth": 2, "eta": 0.3, "seed": 3}
    log = SmlCallback(parameters=parameters, log_name="trees", **HERE)
    results: dict[str, Any] = {}
    xgboost.train(
        parameters,
        train,
        4,
        evals=[(train, "train"), (test, "test")],
        evals_result=results,
        callbacks=[log],
        verbose_eval=False,
    )
    log.run.close()
    seen = opened()
    assert seen.values("step") == [0, 1, 2, 3]
    assert seen.values("train/rmse") == results["train"]["rmse"]
    assert seen.values("test/rmse") == results["test"]["rmse"]
    assert seen.run().parameters == parameters


def test_xgboost_cross_validation_logs_means_and_deviations(opened: Callable[[], Opened]) -> None:
    import xgboost

    from sml_logger.integrations.xgboost import SmlCallback

    log = SmlCallback(log_name="folds", **HERE)
    results = xgboost.cv({"max_depth": 2}, boosted(xgboost)[0], 3, nfold=3, callbacks=[log], seed=3)
    log.run.close()
    seen = opened()
    assert seen.values("test/rmse") == pytest.approx(results["test-rmse-mean"].tolist())
    assert seen.values("test/rmse_std") == pytest.approx(results["test-rmse-std"].tolist())


def test_lightgbm_logs_a_row_for_each_round_with_its_parameters(opened: Callable[[], Opened]) -> None:
    import lightgbm

    from sml_logger.integrations.lightgbm import SmlCallback

    train, test = boosted(lightgbm)
    log, results = SmlCallback(log_name="trees", **HERE), {}
    lightgbm.train(
        {"num_leaves": 4, "verbose": -1, "seed": 3, "min_data_in_leaf": 2},
        train,
        4,
        valid_sets=[train, test],
        valid_names=["train", "test"],
        callbacks=[lightgbm.record_evaluation(results), log],
    )
    log.run.close()
    seen = opened()
    assert seen.values("step") == [0, 1, 2, 3]
    assert seen.values("test/l2") == results["test"]["l2"]
    assert (seen.run().parameters["num_leaves"], seen.run().parameters["seed"]) == (4, 3)


@pytest.mark.parametrize("registered", [False, True])
def test_accelerate_logs_through_its_trackers(opened: Callable[[], Opened], registered: bool) -> None:
    from accelerate import Accelerator
    from accelerate.tracking import register_tracker_class

    from sml_logger.integrations.accelerate import SmlTracker

    if registered:
        register_tracker_class(SmlTracker)
        accelerator = Accelerator(cpu=True, log_with="sml")
        options = {"init_kwargs": {"sml": HERE}}
    else:
        accelerator = Accelerator(cpu=True, log_with=SmlTracker("gpt", **HERE))
        options = {}
    accelerator.init_trackers("gpt", config={"lr": 1e-4, "layers": 2}, **options)
    for step in range(3):
        accelerator.log({"loss": 1 / (step + 1)}, step=step)
    accelerator.end_training()
    seen = opened()
    assert (Path(seen.run().name).name, seen.run().state) == ("gpt", "finished")
    assert (seen.values("step"), seen.values("loss")) == ([0, 1, 2], [1, 0.5, 1 / 3])
    assert seen.run().parameters == {"lr": 1e-4, "layers": 2}


HYDRA = """
import hydra
from sml_logger import Logger

@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(config):
    for step in range(3):
        Logger.logger.log({"loss": config.lr / (step + 1)}, step=step)
    if config.lr > 1:
        raise ValueError("too high")

main()
"""


def test_hydra_makes_a_run_of_each_job_with_its_configuration(
    opened: Callable[[], Opened], tmp_path: Path
) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "config.yaml").write_text(
        "lr: 0.1\nenv: {name: CartPole-v1}\nsame: ${lr}\n"
        + "hydra:\n  callbacks:\n    sml:\n      _target_: sml_logger.integrations.hydra.SmlRun\n"
        + f"      base_path: {tmp_path / 'logs'}\n      backup_code: false\n"
    )
    (tmp_path / "train.py").write_text(HYDRA)
    done = subprocess.run([sys.executable, "train.py", "-m", "lr=0.5,1.0,2.0"], check=False)
    assert done.returncode != 0
    seen = opened()
    runs = {Path(run.name).name: run for run in seen.runs}
    assert {name: run.state for name, run in runs.items()} == {
        "lr=0.5": "finished",
        "lr=1.0": "finished",
        "lr=2.0": "failed",
    }
    assert seen.values("loss", runs["lr=0.5"]) == [0.5, 0.25, 0.5 / 3]
    assert runs["lr=1.0"].parameters == {"lr": 1.0, "env.name": "CartPole-v1", "same": 1.0}


def test_ray_tune_makes_a_run_of_each_trial(opened: Callable[[], Opened], tmp_path: Path) -> None:
    import ray
    from ray import tune

    from sml_logger.integrations.ray import SmlCallback

    def train(config: dict[str, Any]) -> None:
        for step in range(3):
            tune.report({"loss": config["lr"] / (step + 1), "eval": {"return": step}})
        if config["lr"] > 1:
            raise ValueError("too high")

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        callback = SmlCallback(logger_category="sweep", base_path=str(tmp_path / "logs"))
        tune.Tuner(
            train,
            param_space={"lr": tune.grid_search([0.5, 2.0])},
            run_config=tune.RunConfig(storage_path=str(tmp_path / "ray"), callbacks=[callback], verbose=0),
        ).fit()
    finally:
        ray.shutdown()
    seen = opened()
    runs = {run.parameters["lr"]: run for run in seen.runs}
    assert {lr: run.state for lr, run in runs.items()} == {0.5: "finished", 2.0: "failed"}
    assert seen.values("loss", runs[0.5]) == [0.5, 0.25, 0.5 / 3]
    assert seen.values("eval/return", runs[0.5]) == [0, 1, 2]
    assert seen.values("step", runs[0.5]) == [1, 2, 3]


def test_clu_writes_scalars_images_texts_and_parameters(opened: Callable[[], Opened]) -> None:
    pytest.importorskip("tensorflow", reason="clu.metric_writers imports TensorFlow")
    from sml_logger.integrations.clu import SmlWriter

    writer = SmlWriter(log_name="vit", **HERE)
    writer.write_hparams({"lr": 1e-4, "seed": 3})
    for step in range(3):
        writer.write_scalars(step, {"loss": np.float32(0.5) * step})
        writer.write_scalars(step, {"accuracy": step / 4})
    writer.write_images(2, {"samples": np.zeros((2, 8, 8, 3), np.uint8)})
    writer.write_texts(2, {"note": "hello"})
    writer.write_histograms(2, {"weights": np.arange(8.0)})
    writer.flush()
    folder = Path(writer.run.folder)
    writer.close()
    seen = opened()
    assert (seen.values("step"), seen.values("loss")) == ([0, 1, 2], [0, 0.5, 1])
    assert seen.values("accuracy") == [0, 0.25, 0.5]
    assert seen.run().parameters == {"lr": 1e-4, "seed": 3}
    assert len([*(folder / "media").rglob("*.png")]) == 2


def test_a_logger_that_the_script_has_is_used_and_not_closed(opened: Callable[[], Opened]) -> None:
    from lightning.fabric import Fabric

    from sml_logger.integrations.lightning import SmlLogger

    logger = Logger(log_name="mine", parameters={"lr": 0.5, "seed": 3}, **HERE)
    fabric = Fabric(accelerator="cpu", loggers=SmlLogger(logger))
    fabric.logger.log_hyperparams({"layers": 2, "lr": 0.1})
    fabric.log("loss", 1.0, 0)
    fabric.logger.run.close()
    logger.log({"loss": 0.5}, step=1)
    logger.close()
    seen = opened()
    assert seen.values("loss") == [1, 0.5]
    assert seen.run().parameters == {"lr": 0.1, "seed": 3, "layers": 2}
