"""YAML that `yaml.dump` wrote of Python objects, as the plain data inside; no object is made of it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import yaml

from .safe_yaml import Loader, load_yaml

# A number by YAML 1.2 and by everybody who writes one; text by the YAML 1.1 that PyYAML reads.
_EXPONENT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+$")


def load_python_yaml(content: bytes) -> Any:
    """The one document. Raises ValueError as `load_yaml`."""
    return _plain_yaml(load_yaml(content, _PlainLoader))


class _PlainLoader(Loader):  # type: ignore[misc, valid-type]  # whichever of two there is
    """Reads what `yaml.dump` wrote of Python objects as the plain data inside, and makes no object of it."""


def _construct_plain(loader: _PlainLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return _applied(suffix, loader.construct_sequence(node, deep=True))
    if not node.value and ("/name:" in suffix or "/module:" in suffix):
        return suffix.rpartition(":")[2]  # `!!python/name:torch.nn.ReLU ''` says it there
    return loader.construct_scalar(node)  # the three kinds of node are all there are


def _applied(suffix: str, values: list[Any]) -> Any:
    """What a call with these values made: the value of an enum or a device, a NumPy number, a path."""
    if "/apply:" not in suffix:
        return values
    if suffix.endswith("multiarray.scalar"):
        return _scalar(values)
    if ":pathlib." in suffix and all(isinstance(part, str) for part in values):
        return "/".join(values).replace("//", "/")
    is_value = len(values) == 1 and not isinstance(values[0], (list, dict))
    return values[0] if is_value else values


def _scalar(values: list[Any]) -> Any:
    """The number of a NumPy scalar: the name of its type, and its bytes, which are in little-endian order."""
    kind, data = values if len(values) == 2 else (None, None)
    name = kind.get("args", [None])[0] if isinstance(kind, dict) else kind
    if isinstance(name, str) and re.fullmatch(r"[fiub][1248]", name) and isinstance(data, bytes):
        kinds = np.dtype(f"<{name}")
        return np.frombuffer(data, kinds)[0].item() if len(data) == kinds.itemsize else values
    return values


_PlainLoader.add_multi_constructor("", _construct_plain)
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:float", _EXPONENT, list("-+0123456789."))


def _plain_yaml(value: Any) -> Any:
    """An OrderedDict was written as a list that holds one list of pairs."""
    if isinstance(value, list) and len(value) == 1 and _is_pairs(value[0]):
        value = {str(name): item for name, item in value[0]}
    elif _is_pairs(value):
        value = {str(name): item for name, item in value}
    if isinstance(value, dict):
        return {str(name): _plain_yaml(item) for name, item in value.items()}
    if isinstance(value, set):  # in an order that is the same in every process
        return sorted(map(_plain_yaml, value), key=str)
    return [_plain_yaml(item) for item in value] if isinstance(value, list) else value


def _is_pairs(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) for item in value)
    )
