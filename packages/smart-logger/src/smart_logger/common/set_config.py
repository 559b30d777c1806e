"""Change settings by name: `set_plot_config`, `set_page_config`, …; warns about unknown names."""

from __future__ import annotations

import difflib
import importlib
import warnings
from typing import Any

from smart_logger._missing import needs

with needs("sml-config"):
    from sml_config import (
        SettingsWarning,
        nearest,
        set_common_config,
        set_experiment_config,
        set_experiment_customized_config,
    )

# Number of names to suggest for an unknown one.
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
            message = f"{key!r} is not in {name}, but in {other}: use set_{other}({key}=...)"
            warnings.warn(message, SettingsWarning, stacklevel=3)
            continue
        near = difflib.get_close_matches(key, known, _NEAREST, cutoff=0)
        hint = f"did you mean {near[0]}?" if nearest(key, known) else f"similar names: {', '.join(near)}"
        hint += f"; dir(smart_logger.common.{name}) lists all {len(known)} names"
        warnings.warn(f"unknown name {key!r} for {name}; {hint}", SettingsWarning, stacklevel=3)
