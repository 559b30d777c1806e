"""The parts of the page, a blueprint each."""

from .plots import plots
from .runs import runs

__all__ = ["plots", "runs"]
