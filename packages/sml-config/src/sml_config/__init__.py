"""Settings and parameters of training runs: checked, typed, reproducible."""

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
    set_experiment_config,
    set_experiment_customized_config,
    set_settings,
    set_total_config,
    settings,
)
from .declare import ParameterGroup, param
from .errors import (
    Fault,
    ParameterError,
    PlanError,
    SettingsError,
    SettingsWarning,
    SmlConfigError,
    UnknownSettingError,
)
from .parameters import ParameterTemplate, ParameterTemplate2
from .run_folder import RunFolder, safe_name
from .save import save_all
from .secrets import Redactor, active_redactor, secret_values
from .settings import CommonConfig, ExperimentConfig, Settings
from .tasks import Plan, Task, read_plan

__all__ = [
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
    "set_experiment_config",
    "set_experiment_customized_config",
    "set_settings",
    "set_total_config",
    "settings",
]

if TYPE_CHECKING:
    from .record import record_run as record_run


def __getattr__(name: str) -> Any:
    # What it needs (git, sockets) is a third of the import of this package, and only runs are recorded.
    if name == "record_run":
        from .record import record_run

        return record_run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
