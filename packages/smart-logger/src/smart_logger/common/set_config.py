"""`from smart_logger.common.set_config import set_plot_config, …`: change settings by name.

An unknown name warns, with those there are.
"""

from __future__ import annotations

import difflib
import importlib
import warnings
from typing import Any

from smart_logger._missing import needs

with needs("sml-config"):
    from sml_config import (
        SettingsWarning,
        set_common_config,
        set_experiment_config,
        set_experiment_customized_config,
    )
    from sml_config.errors import nearest

# So many names answer one that is like none of them.
_NEAREST = 5

__all__ = [
    "set_common_config",
    "set_experiment_config",
    "set_experiment_customized_config",
    "set_page_config",
    "set_plot_config",
]


def set_plot_config(**values: Any) -> None:
    """Assign globals of `smart_logger.common.plot_config`."""
    _set("plot_config", values)


def set_page_config(**values: Any) -> None:
    """Assign globals of `smart_logger.common.page_config`."""
    _set("page_config", values)


def _set(name: str, values: dict[str, Any]) -> None:
    module = importlib.import_module(f"smart_logger.common.{name}")
    known = sorted(key for key in vars(module) if key.isupper())
    for key, value in values.items():
        if key in known:
            setattr(module, key, value)
            continue
        other = "page_config" if name == "plot_config" else "plot_config"
        if hasattr(importlib.import_module(f"smart_logger.common.{other}"), key):
            message = f"{name} has no {key!r}; {other} has: set_{other}({key}=...)"
            warnings.warn(message, SettingsWarning, stacklevel=3)
            continue
        near = difflib.get_close_matches(key, known, _NEAREST, cutoff=0)
        hint = f"did you mean {near[0]}?" if nearest(key, known) else f"the nearest are {', '.join(near)}"
        hint += f"; {len(known)} names in all: dir(smart_logger.common.{name})"
        warnings.warn(f"{name} has no {key!r}; {hint}", SettingsWarning, stacklevel=3)
