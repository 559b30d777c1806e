"""The current settings of `common_config.yaml`, as attributes to read and to assign."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from smart_logger._missing import needs

from ._live import CommonModule

with needs("sml-config"):
    from sml_config import get_base_path

__all__ = ["get_base_path", "get_log_base_path", "global_configs", "system"]

get_log_base_path = get_base_path


def global_configs() -> dict[str, Any]:
    """All settings by name, secrets included."""
    return {name: getattr(sys.modules[__name__], name) for name in CommonModule.keys}


def system(cmd: str, print_func: Callable[[str], object] | None = None) -> None:
    """Print a shell command, or pass it to `print_func`, and run it."""
    (print_func or print)(cmd)
    os.system(cmd)  # noqa: S605  the script's own command, run by a shell as in older releases


sys.modules[__name__].__class__ = CommonModule
