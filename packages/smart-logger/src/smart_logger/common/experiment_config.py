"""The live settings of `experiment_config.yaml`: `experiment_config.KEY`."""

from __future__ import annotations

from typing import Any

from sml_config import ExperimentConfig, UnknownSettingError, settings


def __getattr__(name: str) -> Any:
    known = ExperimentConfig.keys()
    if name in known:
        return getattr(settings().experiment, name)
    if name.startswith("__"):  # asked by the import system and by inspection
        raise AttributeError(name)
    raise AttributeError(
        str(UnknownSettingError(name, known, "They are the keys of experiment_config.yaml."))
    )
