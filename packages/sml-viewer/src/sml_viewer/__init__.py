"""Find, plot and tabulate training runs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .errors import (
    ColumnError,
    ConfigurationError,
    NoRunsError,
    OptionError,
    QueryError,
    ReopenError,
    SmlViewerError,
)

if TYPE_CHECKING:
    from .api import bar, plot, runs, table
    from .library import Library

__all__ = [
    "ColumnError",
    "ConfigurationError",
    "Library",
    "NoRunsError",
    "OptionError",
    "QueryError",
    "ReopenError",
    "SmlViewerError",
    "bar",
    "plot",
    "runs",
    "table",
]

_LATER = {"Library": "library", "bar": "api", "plot": "api", "runs": "api", "table": "api"}


def __getattr__(name: str) -> Any:
    """Resolve the functions when they are first used.

    Importing the package loads neither pandas nor matplotlib.
    """
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .cache import gc_paused

    with gc_paused():  # what modules hold lasts
        return getattr(importlib.import_module(f".{_LATER[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
