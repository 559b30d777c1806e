"""The parts of the page, a blueprint each; to be registered is to be listed here."""

from .configs import configs
from .counts import counts
from .curves import curves
from .figures import figures
from .login import login
from .plots import plots
from .run_list import run_list
from .runs import runs
from .scores import scores
from .session import session
from .shell import shell

BLUEPRINTS = [login, session, shell, run_list, runs, plots, counts, curves, scores, figures, configs]

__all__ = ["BLUEPRINTS"]
