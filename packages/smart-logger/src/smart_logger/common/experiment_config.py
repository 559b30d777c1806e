"""The settings of `experiment_config.yaml` that are in force, as attributes to read and to assign."""

from __future__ import annotations

import sys
from typing import Any

from smart_logger._missing import needs

from ._live import ExperimentModule

with needs("sml-config"):
    from sml_config import get_customized_value, has_customized_value, register_customized_value

__all__ = [
    "get_customized_value",
    "global_configs_exp",
    "has_customized_value",
    "register_customized_value",
]


def global_configs_exp() -> dict[str, Any]:
    """All of them."""
    return {name: getattr(sys.modules[__name__], name) for name in ExperimentModule.keys}


sys.modules[__name__].__class__ = ExperimentModule
