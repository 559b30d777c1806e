"""`sml-config check` and `show`: faults, values and origins of a project's settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sml_config.errors import Fault, SettingsError
from sml_config.redaction import is_searchable

from .current import load_settings
from .scaffold import FOLDER
from .secrets import redacted_settings
from .settings import Settings
from .yaml_with_lines import Entry, read_mapping

_VARIABLE = re.compile(r"\$\{\w+\}")


@dataclass(frozen=True)
class EffectiveSetting:
    """An effective setting: its value, redacted, and its origin."""

    key: str
    value: Any
    origin: str


@dataclass(frozen=True)
class Report:
    """Faults in the settings of a project, and notes."""

    files: tuple[str, ...]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return {**vars(self), "faults": [fault._asdict() for fault in self.faults]}


def settings_files(
    project: Path, common: Path | None = None, experiment: Path | None = None
) -> tuple[Path, Path]:
    """The two settings files of a project: those given, else YAML or JSON in `common_config/`."""
    return (
        project / (common or _settings_file(project, "common_config")),
        project / (experiment or _settings_file(project, "experiment_config")),
    )


def check(project: Path, files: tuple[Path, Path]) -> Report:
    """Report all faults of both files."""
    names = tuple(str(path) for path in files)
    try:
        loaded = load_settings(*files, project)
    except SettingsError as error:
        return Report(names, error.faults, ())
    return Report(names, (), tuple(_notes(loaded, files[0])))


def effective(project: Path, files: tuple[Path, Path]) -> list[EffectiveSetting]:
    """Every setting with its value, redacted, and its origin. Raises SettingsError."""
    loaded = load_settings(*files, project)
    written = {path: read_mapping(path) for path in files}
    values = redacted_settings(loaded)
    return [
        EffectiveSetting(key, values[key], _origin(key, path, written[path].get(key)))
        for section, path in ((loaded.common, files[0]), (loaded.experiment, files[1]))
        for key in section.keys()  # noqa: SIM118  a list of names, not a mapping
    ]


def _settings_file(project: Path, name: str) -> Path:
    candidates = [Path(FOLDER) / f"{name}{ending}" for ending in (".yaml", ".yml", ".json")]
    return next((path for path in candidates if (project / path).is_file()), candidates[0])


def _origin(key: str, path: Path, entry: Entry | None) -> str:
    if key == "BASE_PATH":
        return "the project's folder"
    if entry is None:
        return "default"
    variables = _VARIABLE.findall(str(entry.value))
    return f"{path.name}:{entry.line}" + (f" from {', '.join(variables)}" if variables else "")


def _notes(loaded: Settings, common_file: Path) -> list[str]:
    """Notes on valid but unwise settings."""
    entry = read_mapping(common_file).get("MAIN_MACHINE_PASSWD")
    written = entry.value if entry else None
    if entry and isinstance(written, str) and _VARIABLE.search(written):
        if loaded.common.MAIN_MACHINE_PASSWD is None:
            return [
                f"{common_file}:{entry.line}: {written} is not set in the environment; sync will use SSH keys"
            ]
    elif entry and isinstance(written, str) and is_searchable(written):
        return [f"{common_file}:{entry.line}: the password is stored in plain text; ${{SML_PASSWD}} is safer"]
    return []
