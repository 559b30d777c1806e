"""The packages of the sml family under the import paths of smart_logger; names are imported lazily."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._missing import needs

if TYPE_CHECKING:
    from sml_config import get_base_path as get_base_path
    from sml_config import get_total_config as get_total_config
    from sml_config import init_config as init_config
    from sml_config import save_all as save_all
    from sml_config import set_common_config as set_common_config
    from sml_config import set_experiment_config as set_experiment_config
    from sml_config import set_experiment_customized_config as set_experiment_customized_config
    from sml_config import set_total_config as set_total_config
    from sml_logger import Logger as Logger
    from sml_logger import logger_from_param as logger_from_param

    from .common import common_config as common_config
    from .common import experiment_config as experiment_config
    from .common.experiment_config import get_customized_value as get_customized_value
    from .common.experiment_config import has_customized_value as has_customized_value
    from .common.experiment_config import register_customized_value as register_customized_value
    from .common.set_config import set_page_config as set_page_config
    from .common.set_config import set_plot_config as set_plot_config
    from .parameter.ParameterTemplate2 import ParameterTemplate as ParameterTemplate
    from .parameter.ParameterTemplate2 import ParameterTemplate2 as ParameterTemplate2

    __version__: str

_CONFIG = (
    "get_base_path",
    "get_total_config",
    "init_config",
    "save_all",
    "set_common_config",
    "set_experiment_config",
    "set_experiment_customized_config",
    "set_total_config",
)
_CUSTOMIZED = ("get_customized_value", "has_customized_value", "register_customized_value")
_TEMPLATES = ("ParameterTemplate", "ParameterTemplate2")
_LOGGER = ("Logger", "logger_from_param")
# The package and module of each name.
_HOMES = {
    **dict.fromkeys(_CONFIG, ("sml-config", "sml_config")),
    **dict.fromkeys(_LOGGER, ("sml-logger", "sml_logger")),
    **dict.fromkeys(_TEMPLATES, ("sml-config", "smart_logger.parameter.ParameterTemplate2")),
    **dict.fromkeys(_CUSTOMIZED, ("sml-config", "smart_logger.common.experiment_config")),
    **dict.fromkeys(("set_page_config", "set_plot_config"), ("sml-config", "smart_logger.common.set_config")),
}
_MODULES = ("common_config", "experiment_config")

__all__ = sorted([*_HOMES, *_MODULES, "__version__"])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("smart-logger")
    if name in _MODULES:
        return importlib.import_module(f".common.{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"smart_logger has no {name!r}; it has: {', '.join(__all__)}")
    package, module = _HOMES[name]
    importlib.import_module("._defaults", __name__)
    with needs(package):
        return getattr(importlib.import_module(module), name)


def __dir__() -> list[str]:
    return list(__all__)
