"""The parts of the page, a blueprint each; to be registered is to be listed here."""

from .annotations import said
from .background_plots import drawn
from .charts import charts
from .compare import compare
from .configs import configs
from .coverage import coverage
from .curves import curves
from .figures import figures
from .login import login
from .preview import counts
from .run_list import run_list
from .run_page import run_page
from .scores import scores
from .session import session
from .shell import shell

BLUEPRINTS = [
    login,
    session,
    shell,
    run_list,
    run_page,
    said,
    compare,
    coverage,
    counts,
    charts,
    curves,
    scores,
    figures,
    drawn,
    configs,
]

__all__ = ["BLUEPRINTS"]
