"""Settings and parameters of training runs: checked, typed, reproducible."""

from .active import get_base_path, get_customized_value, init_config, set_settings, settings
from .errors import Fault, ParameterError, SettingsError, SmlConfigError, UnknownSettingError
from .parameters import ParameterTemplate
from .run_folder import RunFolder
from .settings import CommonConfig, ExperimentConfig, Settings
from .tasks import Task

__all__ = [
    "CommonConfig",
    "ExperimentConfig",
    "Fault",
    "ParameterError",
    "ParameterTemplate",
    "RunFolder",
    "Settings",
    "SettingsError",
    "SmlConfigError",
    "Task",
    "UnknownSettingError",
    "get_base_path",
    "get_customized_value",
    "init_config",
    "set_settings",
    "settings",
]
