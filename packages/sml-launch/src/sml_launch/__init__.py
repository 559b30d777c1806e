"""Expand a grid of parameters into tasks and run them: locally, in tmux, on Slurm or Dask.

Names are loaded lazily: a worker, of which there is one per task, needs few of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cli.main import main as main
    from .errors import BackendError as BackendError
    from .errors import CommandLineWarning as CommandLineWarning
    from .errors import GridError as GridError
    from .errors import SmlLaunchError as SmlLaunchError
    from .errors import StateFileWarning as StateFileWarning
    from .errors import UnknownOptionError as UnknownOptionError
    from .experiment import Experiment as Experiment
    from .experiment import load_experiment as load_experiment
    from .plan import Plan as Plan
    from .run import Run as Run
    from .state.launch_file import Launch as Launch
    from .state.results import Result as Result
    from .status.status import Status as Status
    from .tasks.grid import Grid as Grid
    from .tasks.shards import shard as shard

_HOMES = {
    "BackendError": "errors",
    "CommandLineWarning": "errors",
    "Experiment": "experiment",
    "Grid": "tasks.grid",
    "GridError": "errors",
    "Launch": "state.launch_file",
    "Plan": "plan",
    "Result": "state.results",
    "Run": "run",
    "SmlLaunchError": "errors",
    "StateFileWarning": "errors",
    "Status": "status.status",
    "UnknownOptionError": "errors",
    "load_experiment": "experiment",
    "main": "cli",
    "shard": "tasks.shards",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module sml_launch has no attribute {name!r}; it exports: {', '.join(__all__)}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return list(__all__)
