"""Integrations get the calls that their frameworks make; tests/frameworks runs the frameworks themselves."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sml_logger import Logger
from sml_logger.errors import FrameworkNotInstalledError

from .integration_stand_ins import PLAIN, TAKEN, parameters

Rows = Callable[[Path | str], list[dict[str, str]]]
Load = Callable[[str], Any]


def test_importing_the_logger_imports_no_framework() -> None:
    code = "import sys, sml_logger.integrations, sml_logger.integrations.run; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    frameworks = {path.partition(".")[0] for _, taken in TAKEN.values() for path in taken} | {"gymnasium"}
    assert not frameworks & set(done.stdout.split())


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_without_its_framework_an_integration_says_what_to_install(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, taken = TAKEN[name]
    for path in [*taken, "pytorch_lightning"]:
        monkeypatch.setitem(sys.modules, path.partition(".")[0], None)
    monkeypatch.delitem(sys.modules, f"sml_logger.integrations.{name}", raising=False)
    with pytest.raises(FrameworkNotInstalledError) as raised:
        importlib.import_module(f"sml_logger.integrations.{name}")
    assert f"pip install {package}" in str(raised.value)


def test_a_logger_and_what_creates_one_exclude_each_other(project: Path, load: Load) -> None:
    with Logger(log_name="a", **PLAIN) as logger:
        with pytest.raises(TypeError, match="log_name"):
            load("lightgbm").SmlCallback(logger, log_name="b")
        log = load("lightgbm").SmlCallback(logger)
        log.run.close()
        logger.log({"x": 1})


def test_an_argument_that_no_logger_takes_is_an_error_before_the_training(load: Load) -> None:
    with pytest.raises(TypeError, match="log_nam"):
        load("lightgbm").SmlCallback(log_nam="trees")


def test_parameters_before_the_first_row_sign_the_run_and_later_ones_are_added(
    project: Path, load: Load
) -> None:
    run = load("run").Run(None, {"log_name": "a", "parameters": {"seed": 3}, **PLAIN})
    run.add_parameters({"net": {"layers": [4, 1]}})
    run.log({"loss": 1.0, "text": "no number", "nested": {"loss": np.float32(0.5)}}, 5)
    run.add_parameters({"seed": 4, "late": True})
    run.close()
    assert parameters(run.folder) == {"seed": 4, "net.layers": [4, 1], "late": True}
    assert Path(run.folder, "signature").read_text()


def test_lightning(project: Path, load: Load, table: Rows, status: Callable[[str], Any]) -> None:
    logger = load("lightning").SmlLogger(log_name="linear", **PLAIN)
    logger.log_hyperparams({"lr": 0.1})
    logger.log_metrics({"loss": 1.0, "epoch": 0}, 1)
    logger.log_metrics({"val_loss": 2.0, "epoch": 0}, 1)
    logger.finalize("success")
    logger.log_metrics({"test_loss": 3.0, "epoch": 0}, 2)
    assert Path(logger.save_dir, logger.name, logger.version) == Path(logger.log_dir)
    assert Path(logger.root_dir) == Path(logger.log_dir).parent
    logger.finalize("failed")
    assert [row["loss"] for row in table(logger.log_dir)] == ["1.0", ""]
    assert parameters(logger.log_dir) == {"lr": 0.1}
    assert status(logger.log_dir)["state"] == "failed"
    assert logger.experiment is logger.run.logger


def test_transformers(project: Path, load: Load, table: Rows) -> None:
    log = load("transformers").SmlCallback(log_name="bert", **PLAIN)
    arguments = SimpleNamespace(to_sanitized_dict=lambda: {"learning_rate": 1e-4, "seed": 3})
    model = SimpleNamespace(config=SimpleNamespace(to_dict=lambda: {"hidden_size": 8}))
    first = SimpleNamespace(is_world_process_zero=True, global_step=2)
    other = SimpleNamespace(is_world_process_zero=False, global_step=2)
    for state in (other, first):
        log.on_train_begin(arguments, state, None, model=model)
        log.on_log(arguments, state, None, logs={"loss": 0.5, "epoch": 1.0})
    first.global_step = 4
    log.on_log(arguments, first, None, logs={"eval_loss": 0.25})
    log.run.close()
    assert [(row["step"], row["loss"], row["eval_loss"]) for row in table(log.run.folder)] == [
        ("2", "0.5", ""),
        ("4", "", "0.25"),
    ]
    assert parameters(log.run.folder) == {"learning_rate": 1e-4, "seed": 3, "model.hidden_size": 8}


def test_keras(project: Path, load: Load, table: Rows) -> None:
    log = load("keras").SmlCallback(log_name="dense", **PLAIN)
    rate = SimpleNamespace(numpy=lambda: np.array(0.5))
    log.model = SimpleNamespace(
        optimizer=SimpleNamespace(get_config=lambda: {"name": "sgd_1"}, learning_rate=rate)
    )
    log.params = {"epochs": 2, "steps": 1, "verbose": 0}
    log.on_train_begin()
    log.on_epoch_end(0, {"loss": 1.0})
    log.run.close()
    assert table(log.run.folder) == [{"step": "0", "loss": "1.0", "learning_rate": "0.5"}]
    assert parameters(log.run.folder) == {"epochs": 2, "steps": 1, "optimizer.name": "sgd"}


def test_xgboost(project: Path, load: Load, table: Rows) -> None:
    log = load("xgboost").SmlCallback(log_name="trees", parameters={"eta": 0.3}, **PLAIN)
    history: dict[str, dict[str, list[Any]]] = {"train": {"rmse": []}, "test": {"rmse": []}}
    for epoch in range(2):
        history["train"]["rmse"].append(1.0 - epoch / 4)
        history["test"]["rmse"].append((2.0, 0.5))
        assert log.after_iteration(None, epoch, history) is False
    log.run.close()
    assert table(log.run.folder) == [
        {"step": "0", "train/rmse": "1.0", "test/rmse": "2.0", "test/rmse_std": "0.5"},
        {"step": "1", "train/rmse": "0.75", "test/rmse": "2.0", "test/rmse_std": "0.5"},
    ]
    assert parameters(log.run.folder) == {"eta": 0.3}


def test_lightgbm(project: Path, load: Load, table: Rows) -> None:
    log = load("lightgbm").SmlCallback(log_name="trees", **PLAIN)
    plain = [("valid_0", "l2", 0.5, False)]
    folds = [("cv_agg", "valid l2", 0.25, False, 0.125)]
    for iteration, results in enumerate([plain, folds]):
        log(SimpleNamespace(params={"seed": 3}, iteration=iteration, evaluation_result_list=results))
    assert (log.order, log.before_iteration) == (20, False)
    log.run.close()
    assert [list(row.values()) for row in table(log.run.folder)] == [
        ["0", "0.5", "", ""],
        ["1", "", "0.25", "0.125"],
    ]
    assert parameters(log.run.folder) == {"seed": 3}


def test_accelerate(project: Path, load: Load, table: Rows, status: Callable[[str], Any]) -> None:
    tracker = load("accelerate").SmlTracker("gpt", **PLAIN)
    assert (tracker.name, tracker.requires_logging_directory) == ("sml", False)
    tracker.store_init_configuration({"lr": 1e-4})
    tracker.log({"loss": 0.5}, step=3)
    folder = tracker.tracker.output_dir
    tracker.finish()
    assert table(folder) == [{"step": "3", "loss": "0.5"}]
    assert Path(folder).name == "gpt"
    assert status(folder)["state"] == "finished"


def test_ray(project: Path, load: Load, table: Rows, status: Callable[[str], Any]) -> None:
    log = load("ray").SmlCallback(logger_category="sweep")

    class Trial(SimpleNamespace):
        def __str__(self) -> str:
            return f"train_{self.trial_id}"

    for number, failed in enumerate([False, True]):
        trial = Trial(trial_id=str(number), config={"lr": number})
        log.log_trial_start(trial)
        log.log_trial_result(
            1,
            trial,
            {"loss": 0.5, "config": {"lr": 9}, "pid": 7, "training_iteration": 1, "eval": {"return": 2}},
        )
        folder = log._runs[trial.trial_id].folder
        log.log_trial_end(trial, failed=failed)
        log.log_trial_end(trial, failed=failed)
        assert Path(folder).parts[-2:] == ("sweep", f"train_{number}")
        assert table(folder) == [{"step": "1", "loss": "0.5", "eval/return": "2"}]
        assert parameters(folder) == {"lr": number}
        assert status(folder)["state"] == ("failed" if failed else "finished")


def test_clu(project: Path, load: Load, table: Rows) -> None:
    writer = load("clu").SmlWriter(log_name="vit", **PLAIN)
    writer.write_hparams({"lr": 1e-4})
    writer.write_scalars(1, {"loss": np.float32(0.5)})
    writer.write_scalars(1, {"accuracy": 0.25})
    writer.write_texts(1, {"note": "hello"})
    writer.write_histograms(1, {"weights": np.arange(4.0)}, num_buckets={"weights": 2})
    writer.write_audios(1, {"sound": np.zeros((2, 8, 1))}, sample_rate=8000)
    writer.write_images(1, {"one": np.zeros((8, 8, 3), np.uint8), "two": np.zeros((2, 8, 8, 3), np.uint8)})
    writer.write_videos(1, {"clip": np.zeros((2, 8, 8, 3), np.uint8)})
    writer.write_summaries(1, {})
    writer.write_pointcloud(1, {})
    writer.flush()
    folder = Path(writer.run.folder)
    writer.close()
    assert table(folder) == [{"step": "1", "loss": "0.5", "accuracy": "0.25"}]
    assert parameters(str(folder)) == {"lr": 1e-4}
    stored = {
        path.relative_to(folder / "media").parent.as_posix() for path in (folder / "media").rglob("1.*")
    }
    assert stored == {"note", "weights", "one", "two/0", "two/1", "clip", "sound/0", "sound/1"}


def test_hydra(project: Path, load: Load, table: Rows, status: Callable[[str], Any]) -> None:
    module = load("hydra")
    module.OmegaConf.set_struct = module.OmegaConf.is_dict = lambda *_: None

    class Config(dict[str, Any]):
        @property
        def hydra(self) -> Any:
            return self["hydra"]

        def copy(self) -> Config:
            return Config(self)

    job = SimpleNamespace(name="train", override_dirname="lr=0.5")
    hydra = SimpleNamespace(
        job=job, runtime=SimpleNamespace(output_dir="out/0"), overrides=SimpleNamespace(task=["lr=0.5"])
    )
    config = Config(lr=0.5, hydra=hydra)
    for state, result in (("finished", None), ("failed", ValueError("too high"))):
        callback = module.SmlRun(**PLAIN)
        callback.on_job_start(config)
        assert Logger.logger is not None
        folder = Logger.logger.output_dir
        Logger.logger.log({"loss": 1.0}, step=0)
        name = "FAILED" if result else "COMPLETED"
        callback.on_job_end(config, SimpleNamespace(status=SimpleNamespace(name=name), _return_value=result))
        assert Path(folder).parts[-2:] == ("train", "lr=0.5")
        assert parameters(folder) == {"lr": 0.5}
        assert status(folder)["state"] == state
        written = json.loads(Path(folder, "config", "run_config.json").read_text())
        assert (written["hydra_output_dir"], written["hydra_overrides"]) == ("out/0", ["lr=0.5"])
