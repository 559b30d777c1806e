"""Every way in which a script logs rows: the logger, the drop-ins, integrations as frameworks call them.

A way takes the name of the run and returns what logs the metrics of a step. Frameworks are stood in for.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from integration_stand_ins import PLAIN, TAKEN, stand_ins

import sml_logger.wandb as wandb
from sml_logger import Logger
from sml_logger.tensorboard import SummaryWriter

Metrics = dict[str, float]
Log = Callable[[int, Metrics], object]


def import_integration(way: str) -> Any:
    if way in TAKEN:
        sys.modules.update(stand_ins(way))
    return importlib.import_module(f"sml_logger.integrations.{way}") if way in INTEGRATIONS else None


def log(name: str) -> Log:
    logger = Logger(log_name=name, **PLAIN)
    return lambda step, metrics: logger.log(metrics, step=step)


def log_in_two(name: str) -> Log:
    logger = Logger(log_name=name, **PLAIN)

    def write(step: int, metrics: Metrics) -> None:
        items = list(metrics.items())
        logger.log(dict(items[:3]), step=step)
        logger.log(dict(items[3:]), step=step)

    return write


def writer(name: str) -> Log:
    summary_writer = SummaryWriter(Path("logfile", name))

    def write(step: int, metrics: Metrics) -> None:
        for tag, value in metrics.items():
            summary_writer.add_scalar(tag, value, step)

    return write


def wandb_log(name: str) -> Log:
    run = wandb.init(name=name)
    return lambda _, metrics: run.log(metrics)


def wandb_in_two(name: str) -> Log:
    run = wandb.init(name=name)

    def write(step: int, metrics: Metrics) -> None:
        items = list(metrics.items())
        run.log(dict(items[:3]), step=step)
        run.log(dict(items[3:]), commit=False)

    return write


def accelerate(name: str) -> Log:
    tracker = import_integration("accelerate").SmlTracker(name, **PLAIN)
    return lambda step, metrics: tracker.log(metrics, step=step)


def clu(name: str) -> Log:
    metric_writer = import_integration("clu").SmlWriter(log_name=name, **PLAIN)
    return lambda step, metrics: metric_writer.write_scalars(step, metrics)


def gymnasium(name: str) -> Log:
    # Episodes of one step each; a row has the step after it.
    episodes = import_integration("gymnasium").SmlEpisodes(_Episodes(), log_name=name, **PLAIN)
    return lambda step, _: episodes.step(step)


def _Episodes() -> Any:  # noqa: N802  a class whose base is imported late
    import gymnasium

    class Episodes(gymnasium.Env[Any, Any]):
        def step(self, action: Any) -> Any:
            return 0, 1.0, True, False, {"episode": {"r": action, "l": action + 1 / 8, "t": action + 2 / 8}}

    return Episodes()


def keras(name: str) -> Log:
    callback = import_integration("keras").SmlCallback(log_name=name, **PLAIN)
    callback.model = None
    return lambda step, metrics: callback.on_epoch_end(step, metrics)


def lightgbm(name: str) -> Log:
    callback = import_integration("lightgbm").SmlCallback(log_name=name, **PLAIN)

    def write(step: int, metrics: Metrics) -> None:
        results = [("valid", metric, value, False) for metric, value in metrics.items()]
        callback(SimpleNamespace(params={}, iteration=step, evaluation_result_list=results))

    return write


def lightning(name: str) -> Log:
    logger = import_integration("lightning").SmlLogger(log_name=name, **PLAIN)
    return lambda step, metrics: logger.log_metrics(metrics, step)


def ray(name: str) -> Log:
    class Trial(SimpleNamespace):
        def __str__(self) -> str:
            return name

    callback, trial = import_integration("ray").SmlCallback(), Trial(trial_id="0", config={})
    return lambda step, metrics: callback.log_trial_result(
        step, trial, {**metrics, "training_iteration": step}
    )


def rsl_rl(name: str) -> Log:
    log_writer = import_integration("rsl_rl").SmlWriter(f"logs/walk/{name}", **PLAIN)

    def write(step: int, metrics: Metrics) -> None:
        for tag, value in metrics.items():
            log_writer.add_scalar(tag, value, step)

    return write


def skrl(name: str) -> Log:
    agent = SimpleNamespace(cfg={}, write_interval=1, writer=SimpleNamespace(close=lambda: None), init=int)
    import_integration("skrl").log_agent(agent, log_name=name, **PLAIN)
    agent.init()

    def write(step: int, metrics: Metrics) -> None:
        for tag, value in metrics.items():
            agent.writer.add_scalar(tag=tag, value=value, timestep=step)

    return write


def stable_baselines3(name: str) -> Log:
    output = import_integration("stable_baselines3").SmlWriter(log_name=name, **PLAIN)
    return lambda step, metrics: output.write(metrics, {}, step)


def tianshou(name: str) -> Log:
    logger = import_integration("tianshou").SmlLogger(log_name=name, **PLAIN)
    return lambda step, metrics: logger.write("training/env_step", step, metrics)


def torchrl(name: str) -> Log:
    logger = import_integration("torchrl").SmlLogger(name, **PLAIN)

    def write(step: int, metrics: Metrics) -> None:
        for metric, value in metrics.items():
            logger.log_scalar(metric, value, step=step)

    return write


def transformers(name: str) -> Log:
    callback = import_integration("transformers").SmlCallback(log_name=name, **PLAIN)
    return lambda step, metrics: callback.on_log(
        None, SimpleNamespace(is_world_process_zero=True, global_step=step), None, logs=metrics
    )


def xgboost(name: str) -> Log:
    callback = import_integration("xgboost").SmlCallback(log_name=name, **PLAIN)
    return lambda step, metrics: callback.after_iteration(
        None, step, {"train": {metric: [value] for metric, value in metrics.items()}}
    )


_INTEGRATIONS = (
    accelerate,
    clu,
    gymnasium,
    keras,
    lightgbm,
    lightning,
    ray,
    rsl_rl,
    skrl,
    stable_baselines3,
    tianshou,
    torchrl,
    transformers,
    xgboost,
)
WAYS = {way.__name__: way for way in (log, log_in_two, writer, wandb_log, wandb_in_two, *_INTEGRATIONS)}
INTEGRATIONS = frozenset(way.__name__ for way in _INTEGRATIONS)
