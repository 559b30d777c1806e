"""A grid of parameters turned into runs."""

from .cli import main
from .errors import GridError, SmlLaunchError
from .experiment import Experiment, load_experiment
from .grid import Grid, shard
from .local import Result, run_local

__all__ = [
    "Experiment",
    "Grid",
    "GridError",
    "Result",
    "SmlLaunchError",
    "load_experiment",
    "main",
    "run_local",
    "shard",
]
