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
from .project_settings.current import (
    get_base_path,
    get_customized_value,
    get_total_config,
    has_customized_value,
    init_config,
    override,
    register_customized_value,
    set_common_config,
    set_defaults,
    set_experiment_config,
    set_experiment_customized_config,
    set_settings,
    set_total_config,
    settings,
)
from .project_settings.secrets import Redactor, active_redactor, secret_values
from .project_settings.settings import CommonConfig, ExperimentConfig, Settings
from .run_folder import RunFolder, safe_name

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
    from .project_settings.save import save_all as save_all
    from .run_record.record import record_run as record_run
    from .tasks.tasks import Plan as Plan
    from .tasks.tasks import Task as Task
    from .tasks.tasks import read_plan as read_plan

# Imported lazily: their dependencies (argparse, YAML, git, sockets) are most of this package's import time,
# and a logger, for example, needs none of them.
_LATE = {
    "ParameterGroup": "parameters.parameter_fields",
    "ParameterTemplate": "parameters.template",
    "ParameterTemplate2": "parameters.template",
    "Plan": "tasks.tasks",
    "Task": "tasks.tasks",
    "param": "parameters.parameter_fields",
    "read_plan": "tasks.tasks",
    "record_run": "run_record.record",
    "save_all": "project_settings.save",
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
