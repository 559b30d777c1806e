"""What the fields of a parameter object are by default, as its class declares them.

Of dataclasses, attrs, pydantic, msgspec and named tuples, none of which is imported. A default that is made
by a function is only taken where calling it once more changes nothing, as of `list` or `lambda: [64, 64]`.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, NamedTuple

_NONE = object()
_CONTAINERS = (list, dict, set, frozenset, tuple, str, int, float, bool)
# Deeper groups have no defaults: they may contain themselves.
_DEEPEST = 20


class _Factory(NamedTuple):
    """A default that is the result of a call."""

    call: Callable[..., Any]


def defaults_of(value: object, depth: int = 0) -> dict[str, Any]:
    """The defaults of an object's fields by name, groups as mappings; fields without a default are absent."""
    if depth > _DEEPEST:
        return {}
    if isinstance(value, Mapping) and _structure(value) is None:
        groups = {str(name): defaults_of(item, depth + 1) for name, item in value.items()}
        return {name: group for name, group in groups.items() if group}
    defaults: dict[str, Any] = {}
    for name, default in _declared(_structure(value) or type(value)).items():
        known = _known(default, depth)
        if known is _NONE:
            known = defaults_of(_field(value, name), depth + 1) or _NONE
        if known is not _NONE:
            defaults[name] = known
    return defaults


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _of_class(kind: type, depth: int) -> dict[str, Any]:
    known = {name: _known(default, depth + 1) for name, default in _declared(kind).items()}
    return {name: default for name, default in known.items() if default is not _NONE}


def _known(default: Any, depth: int) -> Any:
    """A default as a value; _NONE if there is none, or if making it might do more than that."""
    if not isinstance(default, _Factory):
        return default
    make = default.call
    if isinstance(make, type):
        if make in _CONTAINERS:
            return make()
        return (_of_class(make, depth) if depth < _DEEPEST else {}) or _NONE
    code = make.__code__ if isinstance(make, FunctionType) else None
    if code is None or code.co_names or code.co_freevars or code.co_argcount:
        return _NONE
    return make()


def _structure(value: object) -> type | None:
    """The class that a container of OmegaConf was structured by."""
    omegaconf = sys.modules.get("omegaconf")
    if omegaconf is None or not omegaconf.OmegaConf.is_dict(value):
        return None
    kind = omegaconf.OmegaConf.get_type(value)
    return kind if isinstance(kind, type) and kind is not dict else None


def _declared(kind: type) -> dict[str, Any]:
    """The default of each field of a class, _NONE for those without one."""
    if dataclasses.is_dataclass(kind):
        missing = dataclasses.MISSING
        return {
            field.name: _NONE
            if field.default is missing and field.default_factory is missing
            else field.default
            if field.default_factory is missing
            else _Factory(field.default_factory)
            for field in dataclasses.fields(kind)
        }
    attributes = getattr(kind, "__attrs_attrs__", None)
    if attributes is not None:
        return {item.name: _of_attrs(item) for item in attributes}
    fields = getattr(kind, "model_fields", None)
    if isinstance(fields, Mapping) and fields:
        return {name: _of_pydantic(field) for name, field in fields.items()}
    names = getattr(kind, "__struct_fields__", None)
    if isinstance(names, tuple):
        given = getattr(kind, "__struct_defaults__", ())
        simple = dict(zip(names[::-1], given[::-1], strict=False))
        return {name: value if _is_plain(value := simple.get(name, _NONE)) else _NONE for name in names}
    defaults = getattr(kind, "_field_defaults", None)
    return dict(defaults) if isinstance(defaults, Mapping) else {}


def _of_attrs(attribute: Any) -> Any:
    default = getattr(attribute, "default", _NONE)
    factory = getattr(default, "factory", None)
    if factory is not None:
        return _NONE if getattr(default, "takes_self", False) else _Factory(factory)
    return _NONE if type(default).__name__ in ("_Nothing", "NothingType") else default


def _of_pydantic(field: Any) -> Any:
    factory = getattr(field, "default_factory", None)
    if factory is not None:
        return _Factory(factory)
    default = getattr(field, "default", _NONE)
    return (
        _NONE if type(default).__name__ in ("PydanticUndefinedType", "EllipsisType", "ellipsis") else default
    )


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))
