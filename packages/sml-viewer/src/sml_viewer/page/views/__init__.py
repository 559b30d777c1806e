"""The parts of the page, a blueprint each; to be registered is to be listed here."""

from .login import login
from .plots import plots
from .run_list import run_list
from .runs import runs
from .session import session
from .shell import shell

BLUEPRINTS = [login, session, shell, runs, run_list, plots]

__all__ = ["BLUEPRINTS"]
