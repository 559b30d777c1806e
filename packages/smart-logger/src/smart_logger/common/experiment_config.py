"""The current settings of `experiment_config.yaml`, as attributes to read and to assign."""

from __future__ import annotations

import sys
from typing import Any

from smart_logger._missing import needs

from ._live import ExperimentModule

with needs("sml-config"):
    import sml_config

__all__ = [
    "get_customized_value",
    "global_configs_exp",
    "has_customized_value",
    "register_customized_value",
]


def get_customized_value(k: str) -> Any:
    """A value of EXPERIMENT_COMMON_PARAMETERS. Raises UnknownSettingError, which lists the known names."""
    return sml_config.get_customized_value(k)


def has_customized_value(k: str) -> bool:
    """Whether EXPERIMENT_COMMON_PARAMETERS has a value of this name."""
    return sml_config.has_customized_value(k)


def register_customized_value(k: str, v: Any) -> None:
    """Add a value to EXPERIMENT_COMMON_PARAMETERS for this process and children that it starts."""
    sml_config.register_customized_value(k, v)


def global_configs_exp() -> dict[str, Any]:
    """All settings by name."""
    return {name: getattr(sys.modules[__name__], name) for name in ExperimentModule.keys}


sys.modules[__name__].__class__ = ExperimentModule
