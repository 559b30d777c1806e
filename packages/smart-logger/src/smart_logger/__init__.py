"""The sml family under the names that scripts import; each name loads its package when first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sml_config import ParameterTemplate as ParameterTemplate
    from sml_config import ParameterTemplate2 as ParameterTemplate2
    from sml_config import get_base_path as get_base_path
    from sml_config import get_customized_value as get_customized_value
    from sml_config import get_total_config as get_total_config
    from sml_config import has_customized_value as has_customized_value
    from sml_config import init_config as init_config
    from sml_config import register_customized_value as register_customized_value
    from sml_config import save_all as save_all
    from sml_config import set_common_config as set_common_config
    from sml_config import set_experiment_config as set_experiment_config
    from sml_config import set_experiment_customized_config as set_experiment_customized_config
    from sml_config import set_total_config as set_total_config
    from sml_logger import Logger as Logger
    from sml_logger import logger_from_param as logger_from_param

    from .common import common_config as common_config
    from .common import experiment_config as experiment_config

    __version__: str

_HOMES = {
    "Logger": "sml_logger",
    "ParameterTemplate": "sml_config",
    "ParameterTemplate2": "sml_config",
    "get_base_path": "sml_config",
    "get_customized_value": "sml_config",
    "get_total_config": "sml_config",
    "has_customized_value": "sml_config",
    "init_config": "sml_config",
    "register_customized_value": "sml_config",
    "save_all": "sml_config",
    "set_common_config": "sml_config",
    "set_experiment_config": "sml_config",
    "set_experiment_customized_config": "sml_config",
    "set_total_config": "sml_config",
    "logger_from_param": "sml_logger",
}
_MODULES = {"common_config": ".common.common_config", "experiment_config": ".common.experiment_config"}

__all__ = sorted([*_HOMES, *_MODULES, "__version__"])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("smart-logger")
    if name in _MODULES:
        return importlib.import_module(_MODULES[name], __name__)
    if name not in _HOMES:
        raise AttributeError(f"smart_logger has no {name!r}; it has: {', '.join(__all__)}")
    home = _HOMES[name]
    try:
        return getattr(importlib.import_module(home), name)
    except ModuleNotFoundError as error:
        if error.name != home:
            raise
        package = home.replace("_", "-")
        message = f"smart_logger.{name} lives in {package}, which is not installed: pip install {package}"
        raise ImportError(message) from None


def __dir__() -> list[str]:
    return list(__all__)
