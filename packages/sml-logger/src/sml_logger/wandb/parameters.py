"""`wandb.config`: the parameters of the run, as a mapping and as attributes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sml_config.errors import ParameterError
from sml_config.project_settings.yaml_with_lines import read_mapping
from sml_config.values import plain
from sml_logger.errors import SmlLoggerError

from .saved_mapping import SavedMapping

_EXPECTED = "a mapping, an argparse Namespace, a dataclass, or the path of a YAML file"


class Config(SavedMapping):
    """Mappings in it stay mappings: `config["optimizer"]["lr"]`."""

    def __init__(self, values: Any, save: Callable[[dict[str, Any]], None]) -> None:
        super().__init__("wandb.config", save)
        self._values.update(mapping_of(values))

    def update(self, *others: Any, allow_val_change: bool | None = None, **named: Any) -> None:  # noqa: ARG002
        """Add or change values, written together. Raises SmlLoggerError for anything without names."""
        for other in others:
            self._values.update(mapping_of(other))
        self._values.update(named)
        self._save(self.as_dict())

    def setdefaults(self, values: Any) -> dict[str, Any]:
        """Add the values whose names are not there yet."""
        self._values.update({name: value for name, value in mapping_of(values).items() if name not in self})
        self._save(self.as_dict())
        return dict(self._values)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of a name, which is set to `default` first if it is not there."""
        if key not in self._values:
            self[key] = default
        return self._values[key]


def mapping_of(values: Any) -> dict[str, Any]:
    """The names and values of a configuration. Raises SmlLoggerError."""
    if values is None:
        return {}
    if isinstance(values, Mapping):
        return {str(name): value for name, value in values.items()}
    if isinstance(values, (str, os.PathLike)):
        entries = read_mapping(Path(values), "correct the path")
        # W&B's own files have {value: …, desc: …} for each name.
        return {name: _value(entry.value) for name, entry in entries.items()}
    if dataclasses.is_dataclass(values) and not isinstance(values, type):
        return dataclasses.asdict(values)
    if hasattr(values, "items") or hasattr(values, "keys"):  # a container of another library
        return {str(name): values[name] for name in values.keys()}  # noqa: SIM118
    if hasattr(values, "__dict__") and not isinstance(values, type):
        return {name: value for name, value in vars(values).items() if not name.startswith("_")}
    raise SmlLoggerError(f"invalid config {values!r}; expected {_EXPECTED}")


def saved_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in JSON's terms; what JSON lacks, as text."""
    saved: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            saved[name] = saved_values({str(key): item for key, item in value.items()})
            continue
        try:
            saved[name] = plain(name, value)
        except ParameterError:
            saved[name] = str(value)
    return saved


def _value(entry: Any) -> Any:
    is_wandbs = isinstance(entry, dict) and "value" in entry and entry.keys() <= {"value", "desc"}
    return entry["value"] if is_wandbs else entry
