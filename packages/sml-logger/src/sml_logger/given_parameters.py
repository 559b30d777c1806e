"""Parameters of any kind of object: their values, the folder name that they give, and how they are saved.

The libraries that such objects come from are recognised by what the object has, and never imported.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from sml_config import ParameterError, ParameterTemplate, RunFolder, nearest, settings
from sml_config.parameters.naming import joined_name
from sml_config.values import digest, plain_with_types

from .errors import SmlLoggerError
from .parameters.defaults import defaults_of

# The name of a run that nothing else names.
DEFAULT_NAME = "log"
# Deeper groups are saved as text: they may contain themselves.
_DEEPEST = 20


class GivenParameters(NamedTuple):
    """Saveable values by name, groups joined by dots."""

    values: dict[str, Any]
    types: dict[str, str]
    # The names that make the name of the folder, and that name; empty if no parameter names it.
    important: tuple[str, ...]
    name: str
    # The template that they come from, which saves itself.
    template: ParameterTemplate | None = None
    # What they are by default, as far as their classes say so.
    defaults: dict[str, Any] = {}  # noqa: RUF012  never changed

    @property
    def signature(self) -> str:
        """Hash of the values."""
        return digest(self.values) if self.template is None else self.template.signature

    def introduce(self, folder: RunFolder, say: Callable[[str], object]) -> None:
        """Tell a template where its run folder is, and how to print."""
        if self.template is not None:
            self.template.set_logger(say)
            self.template.set_config_path(folder.config)

    def save(self, folder: RunFolder, say: Callable[[str], object]) -> None:
        """Write `parameter.json`, `run_config.json` and `full_description.txt`. Raises OSError."""
        if self.template is not None:
            self.introduce(folder, say)
            self.template.save_config()
            return
        from sml_config.run_record.record import save_parameters  # late: git, sockets

        save_parameters(
            folder,
            self.values,
            self.name or folder.path.name,
            self.important,
            signature=self.signature,
            exec_time=datetime.now(timezone.utc).astimezone().isoformat(timespec="seconds"),
            parameter_defaults=self.defaults,
            parameter_types=self.types,
        )


def given_parameters(parameters: object, name_from: Iterable[str] | None = None) -> GivenParameters:
    """The parameters of an object, and the name that those in `name_from` give to the run folder.

    `parameters`: a ParameterTemplate, an argparse namespace, a dataclass (also of tyro or simple-parsing), an
    object of attrs, pydantic, OmegaConf or ml_collections, absl's FLAGS, a named tuple, a mapping, or any
    object with attributes. `name_from`: by default the setting IMPORTANT_CONFIGS. Raises SmlLoggerError.
    """
    template = parameters if isinstance(parameters, ParameterTemplate) else None
    fields = fields_of(parameters) if template is None else template.make_dict()
    if not fields:
        fields = object_fields(parameters) or fields
    if fields is None:
        raise SmlLoggerError(
            f"invalid parameters {parameters!r}; expected a namespace, a dataclass or a mapping"
        )
    flat = flat_values(fields)
    values, types = {}, {}
    for name, value in flat.items():
        values[name], more = _saveable(name, value)
        types.update(more)
    important = tuple(settings().experiment.IMPORTANT_CONFIGS if name_from is None else _names(name_from))
    if template is not None and name_from is None:
        return GivenParameters(values, types, important, template.short_name, template)
    unknown = [name for name in important if name not in values]
    if name_from is not None and unknown:
        raise SmlLoggerError(
            f"invalid name_from {unknown[0]!r}; expected parameters, {_hint(unknown[0], values)}"
        )
    important = tuple(name for name in important if name in values)
    suffix = settings().experiment.SHORT_NAME_SUFFIX
    name = joined_name([(name, flat[name]) for name in important], suffix) if important else ""
    return GivenParameters(values, types, important, name, template, _saveable_defaults(parameters, values))


def named_run(
    parameters: object, name_from: Iterable[str] | None, name: Any, signature: Any
) -> tuple[GivenParameters, Any, Any]:
    """The parameters as saved, and the name and signature of the run: as given, or by the parameters."""
    given = parameters
    if not isinstance(given, GivenParameters):
        given = given_parameters(parameters, name_from)
    named = given.name or name if name == DEFAULT_NAME else name
    return given, named, given.signature if signature is None else signature


def fields_of(value: object) -> Mapping[Any, Any] | None:
    """The named values of an object; None for a single value."""
    if isinstance(value, Mapping):
        return _resolved(value) or value
    if isinstance(value, type) or (callable(value) and not hasattr(value, "flag_values_dict")):
        return None
    if isinstance(value, argparse.Namespace):
        return vars(value)
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    resolved = _resolved(value)
    if resolved is not None:
        return resolved
    fields = _declared_fields(type(value))
    if fields is not None:
        return {name: getattr(value, name) for name in fields if hasattr(value, name)}
    for method in ("flag_values_dict", "_asdict", "model_dump", "to_dict"):
        convert = getattr(value, method, None)
        if callable(convert):
            converted = convert()
            return converted if isinstance(converted, Mapping) else None
    return None


def flat_values(fields: Mapping[Any, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Values by name; those of groups have the group's name and a dot before theirs."""
    flat: dict[str, Any] = {}
    for key, value in fields.items():
        name = f"{prefix}{key}"
        inner = fields_of(value) if depth < _DEEPEST else None
        if inner:
            flat.update(flat_values(inner, f"{name}.", depth + 1))
        else:
            flat[name] = value
    return flat


def object_fields(value: object) -> Mapping[str, Any] | None:
    """The public attributes of an object that is neither of a known kind nor a plain value."""
    attributes = getattr(value, "__dict__", None)
    if not attributes or isinstance(value, type) or callable(value):
        return None
    return {name: item for name, item in attributes.items() if not name.startswith("_")}


def _resolved(value: object) -> Mapping[Any, Any] | None:
    """The content of a container of OmegaConf, interpolations resolved where that is possible."""
    omegaconf = sys.modules.get("omegaconf")
    if omegaconf is None or not omegaconf.OmegaConf.is_dict(value):
        return None
    try:
        content = omegaconf.OmegaConf.to_container(value, resolve=True)
    except omegaconf.errors.OmegaConfBaseException:  # an interpolation that leads nowhere
        content = omegaconf.OmegaConf.to_container(value, resolve=False)
    return content if isinstance(content, Mapping) else None


def _declared_fields(kind: type) -> list[str] | None:
    """Names that attrs, pydantic or msgspec know of the fields of a class."""
    attributes = getattr(kind, "__attrs_attrs__", None)
    if attributes is not None:
        return [attribute.name for attribute in attributes]
    for known in ("model_fields", "__fields__", "__struct_fields__"):
        names = getattr(kind, known, None)
        if isinstance(names, (Mapping, tuple)) and names:
            return list(names)
    return None


def _saveable(name: str, value: Any) -> tuple[Any, dict[str, str]]:
    """A value as JSON; what JSON cannot hold as text without addresses, which differ between runs."""
    try:
        return plain_with_types(name, value)
    except ParameterError:
        if isinstance(value, (list, tuple, set, frozenset)):
            items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
            return [_saveable(name, item)[0] for item in items], {}
        if isinstance(value, type) or callable(value):
            return f"{value.__module__}.{getattr(value, '__qualname__', type(value).__qualname__)}", {}
        text = str(value)
        return (type(value).__qualname__ if " at 0x" in text else text), {}


def _saveable_defaults(parameters: object, values: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults of those parameters that there are."""
    flat = flat_values(defaults_of(parameters))
    return {name: _saveable(name, value)[0] for name, value in flat.items() if name in values}


def _names(name_from: object) -> list[str]:
    names = [name_from] if isinstance(name_from, str) else name_from
    if isinstance(names, Iterable):
        names = list(names)
        if names and all(isinstance(name, str) for name in names):
            return names
    raise SmlLoggerError(f"invalid name_from {name_from!r}; expected names of parameters")


def _hint(name: str, values: Mapping[str, Any]) -> str:
    close = nearest(name, values)
    return f"e.g. {close!r}" if close else f"e.g. {', '.join(list(values)[:5])}"
