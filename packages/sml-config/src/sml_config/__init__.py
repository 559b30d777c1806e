"""Settings and parameters of training runs: typed, validated, saved with each run."""

import importlib
from typing import TYPE_CHECKING, Any

from .errors import (
    ArgumentError,
    Fault,
    ParameterError,
    PlanError,
    SettingsError,
    SettingsWarning,
    SmlConfigError,
    UnknownSettingError,
    nearest,
)

__all__ = [
    "ArgumentError",
    "CommonConfig",
    "ExperimentConfig",
    "Fault",
    "ParameterError",
    "ParameterGroup",
    "ParameterTemplate",
    "ParameterTemplate2",
    "Plan",
    "PlanError",
    "Redactor",
    "RunFolder",
    "Settings",
    "SettingsError",
    "SettingsWarning",
    "SmlConfigError",
    "Task",
    "UnknownSettingError",
    "active_redactor",
    "get_base_path",
    "get_customized_value",
    "get_total_config",
    "has_customized_value",
    "init_config",
    "nearest",
    "override",
    "param",
    "read_plan",
    "record_run",
    "register_customized_value",
    "safe_name",
    "save_all",
    "secret_values",
    "set_common_config",
    "set_defaults",
    "set_experiment_config",
    "set_experiment_customized_config",
    "set_settings",
    "set_total_config",
    "settings",
]

if TYPE_CHECKING:
    from .parameters.parameter_fields import ParameterGroup as ParameterGroup
    from .parameters.parameter_fields import param as param
    from .parameters.template import ParameterTemplate as ParameterTemplate
    from .parameters.template import ParameterTemplate2 as ParameterTemplate2
    from .project_settings.current import get_base_path as get_base_path
    from .project_settings.current import get_customized_value as get_customized_value
    from .project_settings.current import get_total_config as get_total_config
    from .project_settings.current import has_customized_value as has_customized_value
    from .project_settings.current import init_config as init_config
    from .project_settings.current import override as override
    from .project_settings.current import register_customized_value as register_customized_value
    from .project_settings.current import set_common_config as set_common_config
    from .project_settings.current import set_defaults as set_defaults
    from .project_settings.current import set_experiment_config as set_experiment_config
    from .project_settings.current import set_experiment_customized_config as set_experiment_customized_config
    from .project_settings.current import set_settings as set_settings
    from .project_settings.current import set_total_config as set_total_config
    from .project_settings.current import settings as settings
    from .project_settings.save import save_all as save_all
    from .project_settings.secrets import active_redactor as active_redactor
    from .project_settings.secrets import secret_values as secret_values
    from .project_settings.settings import CommonConfig as CommonConfig
    from .project_settings.settings import ExperimentConfig as ExperimentConfig
    from .project_settings.settings import Settings as Settings
    from .redaction import Redactor as Redactor
    from .run_folder import RunFolder as RunFolder
    from .run_folder import safe_name as safe_name
    from .run_record.record import record_run as record_run
    from .tasks.tasks import Plan as Plan
    from .tasks.tasks import Task as Task
    from .tasks.tasks import read_plan as read_plan

# Imported when asked for: most of this package's import time. A program imports a logger, for example, long
# before it needs the settings, and parameters, tasks or provenance perhaps never.
_LATE = {
    "CommonConfig": "project_settings.settings",
    "ExperimentConfig": "project_settings.settings",
    "ParameterGroup": "parameters.parameter_fields",
    "ParameterTemplate": "parameters.template",
    "ParameterTemplate2": "parameters.template",
    "Plan": "tasks.tasks",
    "Redactor": "redaction",
    "RunFolder": "run_folder",
    "Settings": "project_settings.settings",
    "Task": "tasks.tasks",
    "active_redactor": "project_settings.secrets",
    "get_base_path": "project_settings.current",
    "get_customized_value": "project_settings.current",
    "get_total_config": "project_settings.current",
    "has_customized_value": "project_settings.current",
    "init_config": "project_settings.current",
    "override": "project_settings.current",
    "param": "parameters.parameter_fields",
    "read_plan": "tasks.tasks",
    "record_run": "run_record.record",
    "register_customized_value": "project_settings.current",
    "safe_name": "run_folder",
    "save_all": "project_settings.save",
    "secret_values": "project_settings.secrets",
    "set_common_config": "project_settings.current",
    "set_defaults": "project_settings.current",
    "set_experiment_config": "project_settings.current",
    "set_experiment_customized_config": "project_settings.current",
    "set_settings": "project_settings.current",
    "set_total_config": "project_settings.current",
    "settings": "project_settings.current",
}


def __getattr__(name: str) -> Any:
    home = _LATE.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
