"""Load settings files and pass settings between processes."""

from __future__ import annotations

from pathlib import Path

from smart_logger._missing import needs

with needs("sml-config"):
    from sml_config import (
        get_total_config,
        init_config,
        save_all,
        set_common_config,
        set_experiment_config,
        set_total_config,
    )
    from sml_config.legacy import read_mapping

__all__ = [
    "get_total_config",
    "init_config",
    "save_all",
    "serialize_common_config_from_json",
    "serialize_common_config_from_yaml",
    "serialize_experiment_config_from_json",
    "serialize_experiment_config_from_yaml",
    "set_total_config",
]


def serialize_common_config_from_yaml(path: str | Path) -> None:
    """Set the common settings given in a file; others are unchanged. Raises SettingsError."""
    set_common_config(**_values(path))


def serialize_experiment_config_from_yaml(path: str | Path) -> None:
    """Set the experiment settings given in a file; others are unchanged. Raises SettingsError."""
    set_experiment_config(**_values(path))


# The format is determined by the file's suffix.
serialize_common_config_from_json = serialize_common_config_from_yaml
serialize_experiment_config_from_json = serialize_experiment_config_from_yaml


def _values(path: str | Path) -> dict[str, object]:
    return {name: entry.value for name, entry in read_mapping(Path(path)).items()}
