"""A grid of parameters turned into runs.

Names load when first used: a worker, of which there is one for each task, needs few of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cli import main as main
    from .errors import BackendError as BackendError
    from .errors import CommandLineWarning as CommandLineWarning
    from .errors import GridError as GridError
    from .errors import SmlLaunchError as SmlLaunchError
    from .errors import StateFileWarning as StateFileWarning
    from .errors import UnknownOptionError as UnknownOptionError
    from .experiment import Experiment as Experiment
    from .experiment import load_experiment as load_experiment
    from .grid import Grid as Grid
    from .launch import Launch as Launch
    from .plan import Plan as Plan
    from .results import Result as Result
    from .run import Run as Run
    from .shards import shard as shard
    from .status import Status as Status

_HOMES = {
    "BackendError": "errors",
    "CommandLineWarning": "errors",
    "Experiment": "experiment",
    "Grid": "grid",
    "GridError": "errors",
    "Launch": "launch",
    "Plan": "plan",
    "Result": "results",
    "Run": "run",
    "SmlLaunchError": "errors",
    "StateFileWarning": "errors",
    "Status": "status",
    "UnknownOptionError": "errors",
    "load_experiment": "experiment",
    "main": "cli",
    "shard": "shards",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"sml_launch has no {name!r}; it has: {', '.join(__all__)}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return list(__all__)
