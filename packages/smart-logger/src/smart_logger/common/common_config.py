"""The live settings of `common_config.yaml`: `common_config.KEY`."""

from __future__ import annotations

from typing import Any

from sml_config import CommonConfig, UnknownSettingError, settings


def __getattr__(name: str) -> Any:
    known = CommonConfig.keys()
    if name in known:
        return getattr(settings().common, name)
    if name.startswith("__"):  # asked by the import system and by inspection
        raise AttributeError(name)
    raise AttributeError(str(UnknownSettingError(name, known, "They are the keys of common_config.yaml.")))
