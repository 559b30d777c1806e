"""The settings of this process: the one place with process-wide state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .errors import Fault, SettingsError, UnknownSettingError
from .load import load_section
from .settings import CommonConfig, ExperimentConfig, Settings

_active: Settings | None = None


def init_config(common: str | Path, experiment: str | Path, base_path: str | Path) -> Settings:
    """Read both settings files (relative ones: relative to `base_path`) and make them this process's.

    Prints EXPERIMENT_TARGET. Raises SettingsError with all faults of both files.
    """
    base = Path(base_path).expanduser().absolute()
    if not base.is_dir():
        raise SettingsError([Fault(str(base), None, "base_path is not a folder")])
    faults: list[Fault] = []
    sections: list[Any] = []
    for name, kind in ((common, CommonConfig), (experiment, ExperimentConfig)):
        try:
            sections.append(load_section(base / Path(name).expanduser(), kind))
        except SettingsError as error:
            faults += error.faults
    if faults:
        raise SettingsError(faults)
    loaded = Settings(sections[0], sections[1], base)
    set_settings(loaded)
    if loaded.experiment.EXPERIMENT_TARGET:
        print(f"EXPERIMENT_TARGET: {loaded.experiment.EXPERIMENT_TARGET}")  # noqa: T201  the tutorial promises it
    return loaded


def settings() -> Settings:
    """The settings in force; without `init_config` the defaults, under the current folder."""
    return _active or Settings(CommonConfig(), ExperimentConfig(), Path.cwd())


def set_settings(new: Settings | None) -> None:
    """Put settings in force; None returns to the defaults."""
    global _active
    _active = new


def get_base_path() -> str:
    """The folder that logs are written under."""
    return str(settings().base_path)


def get_customized_value(name: str) -> Any:
    """A value of EXPERIMENT_COMMON_PARAMETERS. Raises UnknownSettingError with the names there are."""
    values = settings().experiment.EXPERIMENT_COMMON_PARAMETERS
    if name not in values:
        remedy = "Add it under EXPERIMENT_COMMON_PARAMETERS in experiment_config.yaml."
        raise UnknownSettingError(name, sorted(values), remedy)
    return values[name]
