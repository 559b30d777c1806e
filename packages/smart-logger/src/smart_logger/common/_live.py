"""A module whose attributes are the current settings, readable and assignable."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, ClassVar

from smart_logger._missing import needs

with needs("sml-config"):
    import sml_config
    from sml_config import SettingsWarning, UnknownSettingError


class SettingsModule(ModuleType):
    """The keys of a settings file as attributes; assigning one changes the setting for this process."""

    file: ClassVar[str]
    keys: ClassVar[list[str]]
    # Changes settings, given as keyword arguments.
    assign: ClassVar[Callable[..., None]]

    def __getattr__(self, name: str) -> Any:
        if name not in self.keys:
            if name.startswith("__"):  # requested by the import system and by inspection
                raise AttributeError(name)
            raise AttributeError(
                str(UnknownSettingError(name, self.keys, f"These are the keys of {self.file}."))
            )
        in_force = sml_config.settings()
        value = in_force.values()[name]
        if isinstance(value, (list, dict)):
            # `BACKUP_IGNORE_KEY.append("data")` changes it in place, so it must be that of the settings.
            sml_config.set_settings(in_force)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.keys:
            self.assign(**{name: value})
            return
        if not name.startswith("__"):
            known = f"the keys of {self.file} are {', '.join(self.keys)}"
            message = f"unknown setting {self.__name__}.{name}; {known}"
            warnings.warn(message, SettingsWarning, stacklevel=2)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*self.keys, *self.__dict__})


class CommonModule(SettingsModule):
    """The keys of `common_config.yaml`."""

    file = "common_config.yaml"
    keys = sml_config.CommonConfig.keys()
    assign = staticmethod(sml_config.set_common_config)


class ExperimentModule(SettingsModule):
    """The keys of `experiment_config.yaml`."""

    file = "experiment_config.yaml"
    keys = sml_config.ExperimentConfig.keys()
    assign = staticmethod(sml_config.set_experiment_config)
