"""Settings and parameters of training runs: checked, typed, reproducible."""

import importlib
from typing import TYPE_CHECKING, Any

from .active import (
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
from .errors import (
    ArgumentError,
    Fault,
    ParameterError,
    PlanError,
    SettingsError,
    SettingsWarning,
    SmlConfigError,
    UnknownSettingError,
)
from .run_folder import RunFolder, safe_name
from .secrets import Redactor, active_redactor, secret_values
from .settings import CommonConfig, ExperimentConfig, Settings

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
    from .declare import ParameterGroup as ParameterGroup
    from .declare import param as param
    from .parameters import ParameterTemplate as ParameterTemplate
    from .parameters import ParameterTemplate2 as ParameterTemplate2
    from .record import record_run as record_run
    from .save import save_all as save_all
    from .tasks import Plan as Plan
    from .tasks import Task as Task
    from .tasks import read_plan as read_plan

# Loaded when they are first used: what they need (argparse, YAML, git, sockets) is most of this package's
# import, and a logger, say, needs none of it.
_LATE = {
    "ParameterGroup": "declare",
    "ParameterTemplate": "parameters",
    "ParameterTemplate2": "parameters",
    "Plan": "tasks",
    "Task": "tasks",
    "param": "declare",
    "read_plan": "tasks",
    "record_run": "record",
    "save_all": "save",
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
