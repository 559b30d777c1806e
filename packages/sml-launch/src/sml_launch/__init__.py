"""A grid of parameters turned into runs."""

from .cli import main
from .errors import BackendError, GridError, SmlLaunchError, UnknownOptionError
from .experiment import Experiment, load_experiment
from .grid import Grid, shard
from .launch import Launch
from .plan import Plan
from .results import Result
from .run import Run
from .status import Status

__all__ = [
    "BackendError",
    "Experiment",
    "Grid",
    "GridError",
    "Launch",
    "Plan",
    "Result",
    "Run",
    "SmlLaunchError",
    "Status",
    "UnknownOptionError",
    "load_experiment",
    "main",
    "shard",
]
