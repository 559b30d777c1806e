"""Plot options, as globals to read and to assign; used by `plot()`, `bar()` and `make_table()`.

Every option of docs/plot-options.md is here with its default, and DATA_PATH, the folder of the runs, which is
used if PLOT_LOG_PATH is not set.
"""

from __future__ import annotations

import copy as _copy
from typing import Any as _Any

from smart_logger._missing import needs as _needs

with _needs("sml-viewer"):
    from sml_viewer import legacy as _options

DATA_PATH = "logfile"
globals().update({name: _copy.deepcopy(option.unset) for name, option in _options.OPTIONS.items()})
globals()[_options.OVERRIDES] = {}


def global_plot_configs() -> dict[str, _Any]:
    """All options with their current values."""
    names = [*_options.OPTIONS, _options.OVERRIDES]
    return {name: globals()[name] for name in names}


def __getattr__(name: str) -> _Any:
    """Further names of older releases: descriptions, names of options, a setting."""
    if name == "DESCRIPTION":
        return {key: option.label for key, option in _options.OPTIONS.items()}
    if name == "FLEXIBLE_CONFIG":
        return [key for key, option in _options.OPTIONS.items() if option.kind != "ignored"]
    if name == "LOG_DIR_BACKING_NAME":
        from sml_config import settings

        return settings().common.LOG_DIR_BACKING_NAME
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
