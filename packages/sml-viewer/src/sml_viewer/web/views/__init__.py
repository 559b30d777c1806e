"""Views of the page, one blueprint per module; BLUEPRINTS registers them."""

from .account import BLUEPRINTS as ACCOUNT
from .annotations import run_annotations
from .charts import charts
from .compare import compare
from .configs import configs
from .coverage import coverage
from .curves import curves
from .events import events
from .figures import figures
from .hyperparameters import hyperparameters
from .preview import preview
from .run_list import run_list
from .run_page import run_page
from .run_records import BLUEPRINTS as RUN_RECORDS
from .scores import scores
from .share import share
from .shell import shell

BLUEPRINTS = [
    *ACCOUNT,
    shell,
    run_list,
    run_page,
    events,
    *RUN_RECORDS,
    run_annotations,
    compare,
    coverage,
    preview,
    charts,
    hyperparameters,
    curves,
    scores,
    figures,
    share,
    configs,
]

__all__ = ["BLUEPRINTS"]
