"""Small logs by trackers; each function returns what the tracker's own reader says of its log."""

from __future__ import annotations

import contextlib
import csv
import json
import math
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from own_readers import STEPS, Between, Told, datastore, events, nothing, patiently, table


def loss(step: int) -> float:
    """A number that no text shortens."""
    return math.exp(-step / 3) + 1 / 3


def wandb_offline(folder: Path, between: Between = nothing) -> Told:
    """W&B offline, with an x axis of its own for one metric, blanks and a NaN."""
    import wandb

    settings = wandb.Settings(
        mode="offline",
        silent=True,
        console="off",
        x_disable_stats=True,
        x_disable_meta=True,
        disable_git=True,
        disable_code=True,
        x_save_requirements=False,
        host="machine",
        root_dir=str(folder),
        username="user",
        email="",
        program="train.py",
        x_disable_machine_info=True,
    )
    config = {"learning_rate": 1e-4, "net": {"layers": [64, 64]}, "seed": 3, "env": "CartPole-v1"}
    run = wandb.init(project="samples", name="a run", config=config, dir=str(folder), settings=settings)
    run.define_metric("eval/return", step_metric="env_step")
    for step in range(STEPS):
        row = {"train/loss": loss(step) if step != 2 else math.nan}
        if step % 2:
            row |= {"eval/return": 10.0 * step, "env_step": 1000 * step}
        run.log(row)
        if step == STEPS - 2:
            patiently(between, lambda: any(datastore(path) for path in folder.glob("wandb/*/*.wandb")))
    run.summary["best"] = 50.0
    run.finish()
    (path,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    for unwanted in [*folder.glob("wandb/*.log"), *path.parent.glob("logs"), folder / "wandb" / "latest-run"]:
        shutil.rmtree(unwanted) if unwanted.is_dir() and not unwanted.is_symlink() else unwanted.unlink()
    told = {"metrics": datastore(path), "parameters": config, "state": "FINISHED"}
    return {path.parent.relative_to(folder).as_posix(): told}


class _ToldToFailError(Exception):
    """Ends the second run of MLflow."""


def _log_to_mlflow(client: Any, run: str, seed: int, between: Between) -> None:
    for name, value in {"lr": 1e-4, "seed": seed, "env": "CartPole-v1", "net/layers": [64, 64]}.items():
        client.log_param(run, name, value)
    for step in range(STEPS):
        moment = 1_700_000_000_000 + step
        client.log_metric(run, "train/loss", loss(step) + seed, timestamp=moment, step=step)
        if step % 2:
            client.log_metric(run, "val_acc", step / 7, timestamp=moment + 500, step=step)
        between()
    client.log_metric(run, "odd", math.nan, step=0)
    client.log_metric(run, "odd", math.inf, step=1)
    if seed:
        raise _ToldToFailError


def _mlflow(folder: Path, address: str, between: Between) -> Told:
    import mlflow

    mlflow.set_tracking_uri(address)
    client = mlflow.MlflowClient()
    experiment = client.create_experiment("samples", artifact_location="mlflow-artifacts:/samples")
    told: Told = {}
    for seed in range(2):
        run = client.create_run(experiment, run_name=f"seed-{seed}", tags={"mlflow.user": "user"})
        with contextlib.suppress(_ToldToFailError), mlflow.start_run(run.info.run_id):
            _log_to_mlflow(client, run.info.run_id, seed, between)
        kept = client.get_run(run.info.run_id)
        metrics = {
            name: [[metric.step, metric.value] for metric in client.get_metric_history(run.info.run_id, name)]
            for name in kept.data.metrics
        }
        told[run.info.run_id] = {
            "metrics": metrics,
            "parameters": dict(kept.data.params),
            "state": kept.info.status,
            "experiment": experiment,
        }
    mlflow.set_tracking_uri(None)
    return told


def mlflow_files(folder: Path, between: Between = nothing) -> Told:
    """MLflow's file store, which MLflow 3.13 and later only write when told to."""
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    told = _mlflow(folder, (folder / "mlruns").as_uri(), between)
    return {f"mlruns/{run['experiment']}/{name}": run for name, run in told.items()}


def mlflow_sqlite(folder: Path, between: Between = nothing) -> Told:
    """MLflow's database."""
    told = _mlflow(folder, f"sqlite:///{folder}/mlflow.db", between)
    _smaller(folder / "mlflow.db")
    return {f"mlflow.db/{name}": run for name, run in told.items()}


def _smaller(path: Path) -> None:
    """A database's tables are mostly empty pages: of 512 bytes they take less."""
    database = sqlite3.connect(path)
    (mode,) = database.execute("PRAGMA journal_mode").fetchone()
    for command in (
        "PRAGMA journal_mode = delete",
        "PRAGMA page_size = 512",
        "VACUUM",
        f"PRAGMA journal_mode = {mode}",
    ):
        database.execute(command)
    database.close()


def trackio_sqlite(folder: Path, between: Between = nothing) -> Told:
    """Trackio's database."""
    os.environ["TRACKIO_DIR"] = str(folder)
    # It reads that when it is imported, which Transformers may have done.
    for name in [name for name in sys.modules if name.partition(".")[0] == "trackio"]:
        del sys.modules[name]
    import trackio
    from trackio.sqlite_storage import SQLiteStorage

    config = {"learning_rate": 1e-4, "seed": 3, "net": {"layers": [64, 64]}}
    trackio.init(project="samples", name="a run", config=config, embed=False)
    for step in range(STEPS):
        trackio.log({"train/loss": loss(step)} | ({"eval/return": 10.0 * step} if step % 2 else {}))
        if step == STEPS - 2:
            patiently(between, lambda: bool(SQLiteStorage.get_logs("samples", "a run")))
    trackio.finish()

    told: dict[str, list[list[float]]] = {}
    for row in SQLiteStorage.get_logs("samples", "a run"):
        for name in row.keys() - {"step", "timestamp"}:
            told.setdefault(name, []).append([row["step"], row[name]])
    _smaller(folder / "samples.db")
    return {"samples": {"metrics": told, "parameters": config}}


def hydra_multirun(folder: Path, between: Between = nothing) -> Told:
    """Hydra's multirun of a script that writes a CSV table into each job's folder."""
    (folder / "conf").mkdir()
    (folder / "conf" / "config.yaml").write_text(
        "lr: 1e-4\nseed: 0\nenv:\n  name: CartPole-v1\nlayers: [64, 64]\n"
    )
    (folder / "train.py").write_text(
        "import csv, math\n"
        "import hydra\n\n"
        '@hydra.main(version_base=None, config_path="conf", config_name="config")\n'
        "def main(config):\n"
        '    with open("train.csv", "w", newline="") as file:\n'
        "        writer = csv.writer(file)\n"
        '        writer.writerow(["step", "loss"])\n'
        f"        for step in range({STEPS}):\n"
        "            writer.writerow([step, math.exp(-step / 3) + config.seed])\n\n"
        "main()\n"
    )
    command = [
        sys.executable,
        "train.py",
        "--multirun",
        "seed=0,1",
        "env.name=CartPole-v1,Acrobot-v1",
        "hydra.job.chdir=true",
        "hydra.sweep.dir=multirun/2026-01-02/03-04-05",
    ]
    subprocess.run(command, cwd=folder, check=True)
    between()
    shutil.rmtree(folder / "conf")
    (folder / "train.py").unlink()
    told: Told = {}
    for path in sorted(folder.glob("multirun/*/*/*/train.csv")):
        number = int(path.parent.name)
        parameters = {
            "lr": 1e-4,
            "seed": number // 2,
            "layers": [64, 64],
            "env": {"name": ["CartPole-v1", "Acrobot-v1"][number % 2]},
        }
        told[path.parent.relative_to(folder).as_posix()] = {
            "metrics": table(path, "step"),
            "parameters": parameters,
        }
    return told


def hydra_job(folder: Path, between: Between = nothing) -> Told:
    """A job of Hydra that writes a CSV table into its folder, in this process."""
    import hydra
    from omegaconf import DictConfig

    (folder / "conf").mkdir()
    (folder / "conf" / "config.yaml").write_text("lr: 1e-4\nseed: 0\nenv:\n  name: CartPole-v1\n")
    job = folder / "outputs" / "2026-01-02" / "03-04-05"

    @hydra.main(version_base=None, config_path=str(folder / "conf"), config_name="config")
    def main(config: DictConfig) -> None:
        with (job / "train.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["step", "loss"])
            for step in range(STEPS):
                writer.writerow([step, loss(step) + config.seed])
                file.flush()
                between()

    words = sys.argv
    sys.argv = ["train.py", "seed=3", f"hydra.run.dir={job}"]
    try:
        main()
    finally:
        sys.argv = words
    shutil.rmtree(folder / "conf")
    parameters = {"lr": 1e-4, "seed": 3, "env": {"name": "CartPole-v1"}}
    name = job.relative_to(folder).as_posix()
    return {name: {"metrics": table(job / "train.csv", "step"), "parameters": parameters}}


def sacred_files(folder: Path, between: Between = nothing) -> Told:
    """Sacred's FileStorageObserver: a run that ended and one that failed."""
    from sacred import SETTINGS, Experiment
    from sacred.observers import FileStorageObserver

    SETTINGS.HOST_INFO.INCLUDE_GPU_INFO = SETTINGS.HOST_INFO.INCLUDE_CPU_INFO = False
    SETTINGS.CAPTURE_MODE = "no"
    SETTINGS.DISCOVER_SOURCES = SETTINGS.DISCOVER_DEPENDENCIES = "none"
    base = folder / "sacred"
    experiment = Experiment("samples", save_git_info=False)
    experiment.observers.append(FileStorageObserver(base))
    experiment.add_config(lr=1e-4, net={"layers": [64, 64]}, fail=False)

    @experiment.main
    def main(_run: Any, fail: bool) -> None:
        for step in range(STEPS):
            _run.log_scalar("train.loss", loss(step), step)
            if step % 2:
                _run.log_scalar("test.return", 10.0 * step, step)
            _run._emit_heartbeat()
            between()
        if fail:
            raise RuntimeError("told to fail")

    told: Told = {}
    for number, fail in enumerate([False, True], start=1):
        with contextlib.suppress(RuntimeError):
            experiment.run(config_updates={"fail": fail, "seed": number})
        run = base / str(number)
        metrics = json.loads((run / "metrics.json").read_text())
        told[run.relative_to(folder).as_posix()] = {
            "metrics": {
                name: [list(pair) for pair in zip(values["steps"], values["values"], strict=True)]
                for name, values in metrics.items()
            },
            "parameters": {"lr": 1e-4, "net": {"layers": [64, 64]}, "fail": fail, "seed": number},
            "state": "FAILED" if fail else "COMPLETED",
        }
    return told


def torchrl_csv(folder: Path, between: Between = nothing) -> Told:
    """TorchRL's CSVLogger: a file without a header for each metric."""
    from torchrl.record.loggers.csv import CSVLogger

    logger = CSVLogger(exp_name="run-1", log_dir=str(folder))
    logger.log_hparams({"lr": 1e-4, "seed": 3, "env": "CartPole-v1"})
    for step in range(STEPS):
        logger.log_scalar("train/loss", loss(step), step=step)
        if step % 2:
            logger.log_scalar("eval/return", 10.0 * step, step=step)
        between()
    told: dict[str, list[list[float]]] = {}
    scalars = folder / "run-1" / "scalars"
    for path in sorted(scalars.rglob("*.csv")):
        with path.open(newline="") as file:
            rows = [[int(step), float(value)] for step, value in csv.reader(file)]
        told[path.relative_to(scalars).with_suffix("").as_posix()] = rows
    return {"run-1": {"metrics": told, "parameters": {"lr": 1e-4, "seed": 3, "env": "CartPole-v1"}}}


def torch_tensorboard(folder: Path, between: Between = nothing) -> Told:
    """Torch's SummaryWriter: scalars in both styles, `add_scalars`, and CleanRL's table of parameters."""
    from torch.utils.tensorboard import SummaryWriter

    run = folder / "CartPole-v1__ppo__1__1700000000"
    writer = SummaryWriter(str(run))
    arguments = {"exp_name": "ppo", "seed": 1, "learning_rate": 1e-4, "env_id": "CartPole-v1"}
    lines = "\n".join(f"|{name}|{value}|" for name, value in arguments.items())
    writer.add_text("hyperparameters", f"|param|value|\n|-|-|\n{lines}")
    for step in range(STEPS):
        writer.add_scalar("charts/episodic_return", 10.0 * step, step * 100)
        writer.add_scalar("losses/value_loss", loss(step), step * 100 + 50, new_style=True)
        writer.add_scalars("pair", {"a": loss(step), "b": -loss(step)}, step * 100)
        writer.flush()
        between()
    writer.close()
    told = events(run)
    for child in ("pair_a", "pair_b"):
        told[child.replace("_", "/", 1)] = events(run / child)["pair"]
    return {run.name: {"metrics": told, "parameters": arguments}}
