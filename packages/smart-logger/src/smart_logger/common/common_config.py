"""The settings of `common_config.yaml` that are in force, as attributes to read and to assign."""

from __future__ import annotations

import sys
from typing import Any

from smart_logger._missing import needs

from ._live import CommonModule

with needs("sml-config"):
    from sml_config import get_base_path

__all__ = ["get_base_path", "get_log_base_path", "global_configs"]

get_log_base_path = get_base_path


def global_configs() -> dict[str, Any]:
    """All of them, secrets too."""
    return {name: getattr(sys.modules[__name__], name) for name in CommonModule.keys}


sys.modules[__name__].__class__ = CommonModule
