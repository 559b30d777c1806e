"""Views of the page, one blueprint per module; BLUEPRINTS registers them."""

from .annotations import run_annotations
from .background_plots import background_plots
from .charts import charts
from .compare import compare
from .configs import configs
from .coverage import coverage
from .curves import curves
from .figures import figures
from .login import login
from .preview import preview
from .run_list import run_list
from .run_page import run_page
from .run_records import BLUEPRINTS as RUN_RECORDS
from .scores import scores
from .session import session
from .shell import shell

BLUEPRINTS = [
    login,
    session,
    shell,
    run_list,
    run_page,
    *RUN_RECORDS,
    run_annotations,
    compare,
    coverage,
    preview,
    charts,
    curves,
    scores,
    figures,
    background_plots,
    configs,
]

__all__ = ["BLUEPRINTS"]
