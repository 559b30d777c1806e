"""Classes in place of those that integrations inherit from, so that no framework has to be installed."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

# Options of `Logger` in every test.
PLAIN: dict[str, Any] = {"backup_code": False}
# What each integration takes from its framework, and the package that its error names.
TAKEN = {
    "accelerate": ("accelerate", {"accelerate.tracking": ["GeneralTracker"]}),
    "clu": ("clu", {"clu.metric_writers.interface": ["MetricWriter"]}),
    "hydra": ("hydra-core", {"hydra.experimental.callback": ["Callback"], "omegaconf": ["OmegaConf"]}),
    "keras": ("keras", {"keras.callbacks": ["Callback"]}),
    "lightning": (
        "lightning",
        {"lightning.pytorch.loggers.logger": ["Logger"], "lightning.pytorch.utilities": []},
    ),
    "ray": ("ray[tune]", {"ray.tune.logger": ["LoggerCallback"]}),
    "rsl_rl": ("rsl-rl-lib", {"rsl_rl.utils.log_writer": ["LogWriter"]}),
    "stable_baselines3": (
        "stable-baselines3",
        {
            "stable_baselines3.common.callbacks": ["BaseCallback"],
            "stable_baselines3.common.logger": ["Figure", "HParam", "Image", "KVWriter", "Video"],
        },
    ),
    "tianshou": ("tianshou", {"tianshou.utils.logger.logger_base": ["BaseLogger"]}),
    "torchrl": ("torchrl", {"torchrl.record.loggers": ["Logger"]}),
    "transformers": ("transformers", {"transformers": ["TrainerCallback"]}),
    "xgboost": ("xgboost", {"xgboost.callback": ["TrainingCallback"]}),
}


class Base:
    """What integrations inherit from, with any arguments."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass


def stand_ins(integration: str) -> dict[str, ModuleType]:
    """The modules of the framework of an integration, by their names."""
    modules: dict[str, ModuleType] = {}
    for path, classes in TAKEN.get(integration, ("", {}))[1].items():
        parts = path.split(".")
        for length in range(1, len(parts) + 1):
            module = ModuleType(".".join(parts[:length]))
            vars(module)["__path__"] = []
            module = modules.setdefault(module.__name__, module)
        for each in classes:
            setattr(module, each, type(each, (Base,), {}))
    if integration == "lightning":
        vars(modules["lightning.pytorch.utilities"])["rank_zero_only"] = lambda method: method
    return modules


def parameters(folder: str) -> Any:
    return json.loads(Path(folder, "config", "parameter.json").read_text())
