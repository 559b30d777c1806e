"""The settings of this process: the one place with process-wide state."""

from __future__ import annotations

import contextlib
import copy
import sys
import warnings
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from sml_config.errors import Fault, SettingsError, SettingsWarning, UnknownSettingError, nearest
from sml_config.excepthook import explain_plainly
from sml_config.redaction import Redactor
from sml_config.terminal import say
from sml_config.validation import instance, mapping, path, setting, text

from . import child_processes as inherit
from .settings import CommonConfig, ExperimentConfig, Origin, Section, Settings

_active: Settings | None = None
_may_inherit = True
# What a package that wraps this one wants to hold instead of the defaults, by key.
_defaults: dict[str, Any] = {}

# A load_config.py lies in common_config/, so its project is near.
_PROJECT_LEVELS = 3


def init_config(
    common_config_file: str | Path | None = None,
    experiment_config_file: str | Path | None = None,
    base_path: str | Path | None = None,
) -> Settings:
    """Read both settings files (relative ones: relative to `base_path`) and make them this process's.

    Prints EXPERIMENT_TARGET. Raises SettingsError with all faults of both files. If the files are not
    under `base_path` but in the project of the calling file, that project is the base, with a warning. A
    `base_path` that does not exist is created. Without one, files are relative to the current folder, or to
    the project of the calling file; the base is BASE_PATH of `common_config.yaml`, or that folder. A file
    that is not given leaves its settings at their defaults.
    """
    explain_plainly()
    files = {"common_config_file": common_config_file, "experiment_config_file": experiment_config_file}
    given = [path(name, file) for name, file in files.items() if file is not None]
    folder = _checked_base(path("base_path", base_path or ""))
    base: Path | None = folder if base_path else None
    if not all((folder / file).exists() for file in given):
        project = _project_of(sys._getframe(1).f_code.co_filename, given)
        if project is not None and project != folder:
            if base is not None:
                message = (
                    f"init_config: base_path {base} does not hold {given[0]}, but {project} does, "
                    f"and is used. Correct base_path in load_config.py: two os.path.dirname() around "
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
    """Read both settings files, relative ones from `folder` or the base, without putting them in force.

    Without `base_path` the base is BASE_PATH of the common file, or `folder`. Raises SettingsError with all
    faults of both files.
    """
    from .load import load_section  # with YAML behind it, which who reads no file does not need

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
    """Choose what holds, instead of this package's defaults, where neither a file nor code sets a key.

    For a package that wraps this one. Raises UnknownSettingError.
    """
    known = Settings(CommonConfig(), ExperimentConfig(), Path.cwd()).values()
    for name in values:
        if name not in known:
            raise UnknownSettingError(name, sorted(known), "It is a key of neither settings file.")
    _changed(Settings(CommonConfig(), ExperimentConfig(), Path.cwd()), values)  # for the types
    _defaults.update(values)


def settings() -> Settings:
    """The settings in force: this process's, its parent's, or the defaults under the current folder."""
    global _active, _may_inherit
    if _active is None and _may_inherit:
        _may_inherit = False
        _active = inherit.received()
    if _active is not None:
        return _active
    return _changed(Settings(CommonConfig(), ExperimentConfig(), Path.cwd()), copy.deepcopy(_defaults))


def set_settings(new: Settings | None) -> None:
    """Put settings in force, for this process and children that it starts; None returns to the defaults."""
    global _active, _may_inherit
    _active = (
        new if new is None else instance("settings", new, Settings, "Settings, or None for the defaults")
    )
    _may_inherit = False
    inherit.publish(new)


@contextlib.contextmanager
def override(**values: Any) -> Iterator[Settings]:
    """Other settings within a `with` block, for the whole process.

    Raises UnknownSettingError for a key that neither file has, ArgumentError for a value of a wrong type.
    """
    before = settings()
    was_set = _active
    for name in values:
        if name not in before.values():
            raise UnknownSettingError(name, sorted(before.values()), "Own values: register_customized_value.")
    set_settings(_changed(before, values))
    try:
        yield settings()
    finally:
        set_settings(was_set)


def set_common_config(**values: Any) -> None:
    """Change keys of `common_config.yaml` for this process; an unknown key or a wrong type warns."""
    _set(CommonConfig, values)


def set_experiment_config(**values: Any) -> None:
    """Change keys of `experiment_config.yaml` for this process; an unknown key or a wrong type warns."""
    _set(ExperimentConfig, values)


def set_experiment_customized_config(**values: Any) -> None:
    """Add values to EXPERIMENT_COMMON_PARAMETERS for this process."""
    known = settings().experiment.EXPERIMENT_COMMON_PARAMETERS
    set_settings(_changed(settings(), {"EXPERIMENT_COMMON_PARAMETERS": {**known, **values}}))


def get_total_config() -> dict[str, dict[str, Any]]:
    """All settings, `{"common": {…}, "experiment": {…}}`, to hand to another process. Secrets are in it."""
    in_force = settings()
    common = {**in_force.common.values(), "BASE_PATH": str(in_force.base_path)}
    return {"common": common, "experiment": in_force.experiment.values()}


def set_total_config(config: dict[str, dict[str, Any]]) -> None:
    """Put settings in force that another process took with `get_total_config`."""
    sections = mapping("config", config)
    set_common_config(**mapping("config['common']", sections.get("common", {})))
    set_experiment_config(**mapping("config['experiment']", sections.get("experiment", {})))


def get_base_path() -> str:
    """The folder that logs are written under."""
    return str(settings().base_path)


def get_customized_value(name: str) -> Any:
    """A value of EXPERIMENT_COMMON_PARAMETERS. Raises UnknownSettingError with the names there are."""
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
    """The folder that relative settings files lie in; one that does not exist is no fault."""
    base = base_path.absolute()
    if base.exists() and not base.is_dir():
        expected = "the project's folder, os.path.dirname(os.path.dirname(os.path.abspath(__file__)))"
        raise SettingsError([Fault(str(base), None, "is a file", "base_path", expected)])
    return base


def _project_of(calling_file: str, files: list[Path]) -> Path | None:
    """The nearest folder above the calling file that holds these settings files."""
    if not files or any(file.is_absolute() for file in files):
        return None
    above = Path(calling_file).absolute().parents[:_PROJECT_LEVELS]
    return next((item for item in above if all((item / name).is_file() for name in files)), None)


def _defaults_not_in(files: list[Path]) -> dict[str, Any]:
    """The defaults of a wrapping package for keys that no file has."""
    if not _defaults:
        return {}
    from .yaml_with_lines import read_mapping  # with YAML behind it

    given = {name for file in files for name in read_mapping(file)}
    return {name: copy.deepcopy(value) for name, value in _defaults.items() if name not in given}


def _set(section: type[Section], values: dict[str, Any]) -> None:
    kinds = {item.name: str(item.type) for item in fields(section)}
    known = section.keys()
    for name in [name for name in values if name not in known]:
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"there are: {', '.join(known)}"
        warnings.warn(f"no setting named {name!r}; {hint}", SettingsWarning, stacklevel=3)
    fitting = {}
    for name in [name for name in values if name in known]:
        try:
            fitting[name] = setting(kinds[name], values[name])
        except ValueError as error:
            message = f"{name} is not changed: it was given a {type(values[name]).__name__}; expected {error}"
            warnings.warn(message, SettingsWarning, stacklevel=3)
    set_settings(_changed(settings(), fitting))


def _changed(before: Settings, values: dict[str, Any]) -> Settings:
    """Settings with other values; BASE_PATH moves the base."""
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
