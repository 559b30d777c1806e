"""Views of the page, one blueprint per module; BLUEPRINTS registers them."""

from .annotations import run_annotations
from .charts import charts
from .compare import compare
from .configs import configs
from .coverage import coverage
from .curves import curves
from .events import events
from .figures import figures
from .hyperparameters import hyperparameters
from .login import login
from .preview import preview
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
    events,
    run_annotations,
    compare,
    coverage,
    preview,
    charts,
    hyperparameters,
    curves,
    scores,
    figures,
    configs,
]

__all__ = ["BLUEPRINTS"]
