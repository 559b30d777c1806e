"""The settings of this process: the one place with process-wide state."""

from __future__ import annotations

import contextlib
import copy
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import inherit
from .errors import Fault, SettingsError, SettingsWarning, UnknownSettingError, nearest
from .load import load_section
from .redaction import Redactor
from .secrets import secret_values
from .settings import CommonConfig, ExperimentConfig, Origin, Section, Settings
from .uncaught import explain_plainly

_active: Settings | None = None
_may_inherit = True

# A load_config.py lies in common_config/, so its project is near.
_PROJECT_LEVELS = 3


def init_config(common: str | Path, experiment: str | Path, base_path: str | Path | None = None) -> Settings:
    """Read both settings files (relative ones: relative to `base_path`) and make them this process's.

    Prints EXPERIMENT_TARGET. Raises SettingsError with all faults of both files. If the files are not
    under `base_path` but in the project of the calling file, that project is the base, with a warning.
    """
    explain_plainly()
    base = _checked_base(base_path)
    if not all((base / Path(name).expanduser()).exists() for name in (common, experiment)):
        project = _project_of(sys._getframe(1).f_code.co_filename, common, experiment)
        if project is not None and project != base:
            message = (
                f"init_config: base_path {base} does not hold {common}, but {project} does, and is used. "
                f"Correct base_path in load_config.py: two os.path.dirname() around abspath(__file__)."
            )
            warnings.warn(message, SettingsWarning, stacklevel=2)
            base = project
    loaded = load_settings(common, experiment, base)
    set_settings(loaded)
    if loaded.experiment.EXPERIMENT_TARGET:
        shown = Redactor(secret_values(loaded)).text(loaded.experiment.EXPERIMENT_TARGET)
        say(f"EXPERIMENT_TARGET: {shown}")
    return loaded


def load_settings(common: str | Path, experiment: str | Path, base_path: Path) -> Settings:
    """Read both settings files without putting them in force.

    Raises SettingsError with all faults of both files.
    """
    files = (base_path / Path(common).expanduser(), base_path / Path(experiment).expanduser())
    faults: list[Fault] = []
    sections: list[Any] = []
    for path, kind in zip(files, (CommonConfig, ExperimentConfig), strict=True):
        try:
            sections.append(load_section(path, kind))
        except SettingsError as error:
            faults += error.faults
    if faults:
        raise SettingsError(faults)
    origin = Origin(*files, *copy.deepcopy(sections))
    return Settings(replace(sections[0], BASE_PATH=str(base_path)), sections[1], base_path, origin)


def settings() -> Settings:
    """The settings in force: this process's, its parent's, or the defaults under the current folder."""
    global _active, _may_inherit
    if _active is None and _may_inherit:
        _may_inherit = False
        _active = inherit.received()
    return _active or Settings(CommonConfig(), ExperimentConfig(), Path.cwd())


def set_settings(new: Settings | None) -> None:
    """Put settings in force, for this process and children that it starts; None returns to the defaults."""
    global _active, _may_inherit
    _active = new
    _may_inherit = False
    inherit.publish(new)


@contextlib.contextmanager
def override(**values: Any) -> Iterator[Settings]:
    """Other settings within a `with` block, for the whole process.

    Raises UnknownSettingError for a key that neither file has.
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
    """Change keys of `common_config.yaml` for this process; an unknown key is left out with a warning."""
    _set(CommonConfig, values)


def set_experiment_config(**values: Any) -> None:
    """Change keys of `experiment_config.yaml` for this process; an unknown key is left out with a warning."""
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
    set_common_config(**config.get("common", {}))
    set_experiment_config(**config.get("experiment", {}))


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


def has_customized_value(name: str) -> bool:
    """Whether EXPERIMENT_COMMON_PARAMETERS has a value of this name."""
    return name in settings().experiment.EXPERIMENT_COMMON_PARAMETERS


def register_customized_value(name: str, value: Any) -> None:
    """Add a value to EXPERIMENT_COMMON_PARAMETERS for this process and children that it starts."""
    set_experiment_customized_config(**{name: value})


def say(text: str) -> None:
    """Print, also on a terminal that cannot show every character: a name must not end a training."""
    try:
        print(text)  # noqa: T201  the tutorial promises the target at start
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "ascii"
        print(text.encode(encoding, "backslashreplace").decode(encoding))  # noqa: T201


def _checked_base(base_path: str | Path | None) -> Path:
    remedy = "give the project's folder, os.path.dirname(os.path.dirname(os.path.abspath(__file__)))"
    if base_path is None or not str(base_path):
        raise SettingsError([Fault("init_config", None, f"base_path is missing; {remedy}", "base_path")])
    base = Path(base_path).expanduser().absolute()
    if not base.is_dir():
        raise SettingsError([Fault(str(base), None, f"base_path is not a folder; {remedy}", "base_path")])
    return base


def _project_of(calling_file: str, common: str | Path, experiment: str | Path) -> Path | None:
    """The nearest folder above the calling file that holds both settings files."""
    if Path(common).is_absolute() or Path(experiment).is_absolute():
        return None
    above = Path(calling_file).absolute().parents[:_PROJECT_LEVELS]
    return next((item for item in above if (item / common).is_file() and (item / experiment).is_file()), None)


def _set(section: type[Section], values: dict[str, Any]) -> None:
    known = section.keys()
    for name in [name for name in values if name not in known]:
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"there are: {', '.join(known)}"
        warnings.warn(f"no setting named {name!r}; {hint}", SettingsWarning, stacklevel=3)
    set_settings(_changed(settings(), {name: value for name, value in values.items() if name in known}))


def _changed(before: Settings, values: dict[str, Any]) -> Settings:
    """Settings with other values; BASE_PATH moves the base."""
    common = {name: value for name, value in values.items() if name in CommonConfig.keys()}  # noqa: SIM118
    experiment = {name: value for name, value in values.items() if name not in common}
    base = Path(values["BASE_PATH"]).expanduser().absolute() if values.get("BASE_PATH") else before.base_path
    return replace(
        before,
        common=replace(before.common, **common),
        experiment=replace(before.experiment, **experiment),
        base_path=base,
    )
