"""The current settings; the only module with process-wide state."""

from __future__ import annotations

import contextlib
import copy
import sys
import warnings
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from sml_config.errors import (
    Fault,
    SettingsError,
    SettingsWarning,
    UnknownSettingError,
    install_excepthook,
    nearest,
)
from sml_config.redaction import Redactor
from sml_config.terminal import say
from sml_config.validation import instance, mapping, path, setting, text

from . import child_processes
from .settings import CommonConfig, ExperimentConfig, Origin, Section, Settings

_active: Settings | None = None
_may_inherit = True
# Defaults set by a wrapping package, by key.
_defaults: dict[str, Any] = {}

# Number of parent folders to search for the project of a load_config.py.
_PROJECT_LEVELS = 3


def init_config(
    common_config_file: str | Path | None = None,
    experiment_config_file: str | Path | None = None,
    base_path: str | Path | None = None,
) -> Settings:
    """Read both settings files and make them this process's settings; prints EXPERIMENT_TARGET.

    Relative files are relative to `base_path`, which is created if it does not exist. If the files are not
    below `base_path` but in the project of the calling file, that project becomes the base, with a warning.
    Without `base_path`, files are relative to the current folder, or to the project of the calling file, and
    the base is BASE_PATH of `common_config.yaml`, or that folder. Without a file, its settings have their
    defaults. Raises SettingsError with all faults of both files.
    """
    install_excepthook()
    files = {"common_config_file": common_config_file, "experiment_config_file": experiment_config_file}
    given = [path(name, file) for name, file in files.items() if file is not None]
    folder = _checked_base(path("base_path", base_path or ""))
    base: Path | None = folder if base_path else None
    if not all((folder / file).exists() for file in given):
        project = _project_of(sys._getframe(1).f_code.co_filename, given)
        if project is not None and project != folder:
            if base is not None:
                message = (
                    f"init_config: {given[0]} is not in base_path {base}, but in {project}, which is used "
                    f"instead. Correct base_path in load_config.py: two os.path.dirname() around "
                    f"abspath(__file__)."
                )
                warnings.warn(message, SettingsWarning, stacklevel=2)
                base = project
            folder = project
    loaded = load_settings(common_config_file, experiment_config_file, base, folder)
    loaded.base_path.mkdir(parents=True, exist_ok=True)
    set_settings(loaded)
    if loaded.experiment.EXPERIMENT_TARGET:
        shown = Redactor(loaded.secrets).text(loaded.experiment.EXPERIMENT_TARGET)
        say(f"EXPERIMENT_TARGET: {shown}")
    return loaded


def load_settings(
    common: str | Path | None,
    experiment: str | Path | None,
    base_path: Path | None,
    folder: Path | None = None,
) -> Settings:
    """Read both settings files without making them the current settings.

    Relative files are relative to `folder` or the base. Without `base_path` the base is BASE_PATH of the
    common file, or `folder`. Raises SettingsError with all faults of both files.
    """
    from .load import load_section  # late: imports YAML

    folder = folder or base_path or Path.cwd()
    faults: list[Fault] = []
    files: list[Path] = []
    sections: list[Any] = []
    for name, kind in ((common, CommonConfig), (experiment, ExperimentConfig)):
        try:
            sections.append(kind() if name is None else load_section(folder / Path(name).expanduser(), kind))
        except SettingsError as error:
            faults += error.faults
        files += [] if name is None else [folder / Path(name).expanduser()]
    if faults:
        raise SettingsError(faults)
    origin = Origin(files[0], files[1], *copy.deepcopy(sections)) if len(files) == len(sections) else None
    base = base_path or Path(folder, Path(sections[0].BASE_PATH or "").expanduser())
    read = Settings(replace(sections[0], BASE_PATH=str(base)), sections[1], base, origin)
    return _changed(read, _defaults_not_in(files))


def set_defaults(**values: Any) -> None:
    """Replace this package's defaults, for keys that neither a file nor code sets.

    For packages that wrap this one. Raises UnknownSettingError.
    """
    known = Settings(CommonConfig(), ExperimentConfig(), Path.cwd()).values()
    for name in values:
        if name not in known:
            raise UnknownSettingError(name, sorted(known), "Neither settings file has this key.")
    _changed(Settings(CommonConfig(), ExperimentConfig(), Path.cwd()), values)  # for the types
    _defaults.update(values)


def settings() -> Settings:
    """The current settings: this process's, its parent's, or the defaults with the current folder as base."""
    global _active, _may_inherit
    if _active is None and _may_inherit:
        _may_inherit = False
        _active = child_processes.received()
    if _active is not None:
        return _active
    return _changed(Settings(CommonConfig(), ExperimentConfig(), Path.cwd()), copy.deepcopy(_defaults))


def set_settings(new: Settings | None) -> None:
    """Set the settings of this process and of children that it starts; None restores the defaults."""
    global _active, _may_inherit
    _active = (
        new if new is None else instance("settings", new, Settings, "Settings, or None for the defaults")
    )
    _may_inherit = False
    child_processes.publish(new)


@contextlib.contextmanager
def override(**values: Any) -> Iterator[Settings]:
    """Change settings within a `with` block, for the whole process.

    Raises UnknownSettingError for an unknown key, ArgumentError for an invalid value.

        with override(LOG_FOLDER_NAME="trial"):
            ...
    """
    before = settings()
    was_set = _active
    for name in values:
        if name not in before.values():
            raise UnknownSettingError(
                name, sorted(before.values()), "For own values, use register_customized_value."
            )
    set_settings(_changed(before, values))
    try:
        yield settings()
    finally:
        set_settings(was_set)


def set_common_config(**values: Any) -> None:
    """Change keys of `common_config.yaml` for this process; warns of unknown keys and invalid values."""
    _set(CommonConfig, values)


def set_experiment_config(**values: Any) -> None:
    """Change keys of `experiment_config.yaml` for this process; warns of unknown keys and invalid values."""
    _set(ExperimentConfig, values)


def set_experiment_customized_config(**values: Any) -> None:
    """Add values to EXPERIMENT_COMMON_PARAMETERS for this process."""
    known = settings().experiment.EXPERIMENT_COMMON_PARAMETERS
    set_settings(_changed(settings(), {"EXPERIMENT_COMMON_PARAMETERS": {**known, **values}}))


def get_total_config() -> dict[str, dict[str, Any]]:
    """All settings, `{"common": {…}, "experiment": {…}}`, to pass to another process; secrets included."""
    in_force = settings()
    common = {**in_force.common.values(), "BASE_PATH": str(in_force.base_path)}
    return {"common": common, "experiment": in_force.experiment.values()}


def set_total_config(config: dict[str, dict[str, Any]]) -> None:
    """Set settings obtained by `get_total_config` in another process."""
    sections = mapping("config", config)
    set_common_config(**mapping("config['common']", sections.get("common", {})))
    set_experiment_config(**mapping("config['experiment']", sections.get("experiment", {})))


def get_base_path() -> str:
    """The folder below which logs are written."""
    return str(settings().base_path)


def get_customized_value(name: str) -> Any:
    """A value of EXPERIMENT_COMMON_PARAMETERS. Raises UnknownSettingError, which lists the known names."""
    name = text("name", name)
    values = settings().experiment.EXPERIMENT_COMMON_PARAMETERS
    if name not in values:
        remedy = "Add it under EXPERIMENT_COMMON_PARAMETERS in experiment_config.yaml."
        raise UnknownSettingError(name, sorted(values), remedy)
    return values[name]


def has_customized_value(name: str) -> bool:
    """Whether EXPERIMENT_COMMON_PARAMETERS has a value of this name."""
    return text("name", name) in settings().experiment.EXPERIMENT_COMMON_PARAMETERS


def register_customized_value(name: str, value: Any) -> None:
    """Add a value to EXPERIMENT_COMMON_PARAMETERS for this process and children that it starts."""
    set_experiment_customized_config(**{text("name", name): value})


def _checked_base(base_path: Path) -> Path:
    """The folder of relative settings files; it may not exist yet. Raises SettingsError if it is a file."""
    base = base_path.absolute()
    if base.exists() and not base.is_dir():
        expected = "the project's folder, os.path.dirname(os.path.dirname(os.path.abspath(__file__)))"
        raise SettingsError([Fault(str(base), None, "is a file", "base_path", expected)])
    return base


def _project_of(calling_file: str, files: list[Path]) -> Path | None:
    """The nearest folder above the calling file that has these settings files."""
    if not files or any(file.is_absolute() for file in files):
        return None
    above = Path(calling_file).absolute().parents[:_PROJECT_LEVELS]
    return next((item for item in above if all((item / name).is_file() for name in files)), None)


def _defaults_not_in(files: list[Path]) -> dict[str, Any]:
    """The defaults set by a wrapping package, for keys that no file has."""
    if not _defaults:
        return {}
    from .yaml_with_lines import read_mapping  # late: imports YAML

    given = {name for file in files for name in read_mapping(file)}
    return {name: copy.deepcopy(value) for name, value in _defaults.items() if name not in given}


def _set(section: type[Section], values: dict[str, Any]) -> None:
    kinds = {item.name: str(item.type) for item in fields(section)}
    known = section.keys()
    for name in [name for name in values if name not in known]:
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"known: {', '.join(known)}"
        warnings.warn(f"unknown setting {name!r}; {hint}", SettingsWarning, stacklevel=3)
    fitting = {}
    for name in [name for name in values if name in known]:
        try:
            fitting[name] = setting(kinds[name], values[name])
        except ValueError as error:
            message = f"{name} is not changed: invalid {type(values[name]).__name__}; expected {error}"
            warnings.warn(message, SettingsWarning, stacklevel=3)
    set_settings(_changed(settings(), fitting))


def _changed(before: Settings, values: dict[str, Any]) -> Settings:
    """The settings with changed values; BASE_PATH changes the base."""
    common = {name: value for name, value in values.items() if name in CommonConfig.keys()}  # noqa: SIM118
    experiment = {name: value for name, value in values.items() if name not in common}
    given = values.get("BASE_PATH")
    base = path("BASE_PATH", given).absolute() if given else before.base_path
    return replace(
        before,
        common=replace(before.common, **common),
        experiment=replace(before.experiment, **experiment),
        base_path=base,
    )
