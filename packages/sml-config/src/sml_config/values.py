"""Convert parameter values to JSON and back, and to a canonical text that is the same on every machine."""

from __future__ import annotations

import enum
import functools
import json
import math
import operator
import sys
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from .errors import ParameterError
from .hashing import sha256

_WHOLE_KEYS = "whole keys "


def plain(name: str, value: Any) -> Any:
    """Convert a value to JSON types: None, bool, int, float, str, list, dict with string keys.

    NaN and infinities stay floats, integer keys become strings. Raises ParameterError, which names the
    parameter, for anything else.
    """
    return plain_with_types(name, value)[0]


def plain_with_types(name: str, value: Any) -> tuple[Any, dict[str, str]]:
    """Convert a value to JSON types; returns also the types JSON lacks (tuple, path, enum), by item path."""
    notes: dict[str, str] = {}
    try:
        return _plain(name, value, notes), notes
    except RecursionError:
        message = f"parameter {name}: the value contains itself or is nested too deeply"
        raise ParameterError(f"{message}; it cannot be saved") from None


def restored(name: str, value: Any, notes: dict[str, str]) -> Any:
    """Inverse of `plain_with_types`; an enum whose class is not loaded stays a string."""
    if isinstance(value, list):
        items = [restored(f"{name}/{index}", item, notes) for index, item in enumerate(value)]
        return tuple(items) if notes.get(name) == "tuple" else items
    if isinstance(value, dict):
        note = notes.get(name, "")
        numbers = {*note.removeprefix(_WHOLE_KEYS).split()} if note.startswith(_WHOLE_KEYS) else set()
        return {
            (int(key) if key in numbers else key): restored(_item_path(name, key), item, notes)
            for key, item in value.items()
        }
    kind = notes.get(name, "")
    if kind == "path" and isinstance(value, str):
        return Path(value)
    if kind.startswith("enum "):
        enum_class = _loaded_enum(kind.removeprefix("enum "))
        return value if enum_class is None else enum_member(enum_class, value)
    return value


def canonical(value: Any) -> str:
    """Canonical text of a value, the same on every machine: 1, 1.0, True and "1" all differ.

    The order of a mapping's keys does not matter. Raises ParameterError for a type that cannot be saved.
    """
    if isinstance(value, enum.Enum):
        return f"enum:{canonical(enum_text(value))}"
    if isinstance(value, PurePath):
        return f"path:{json.dumps(value.as_posix())}"
    value = scalar(value)
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int):
        return hex(value)  # Python refuses to print thousands of decimal digits
    if isinstance(value, float):
        return "float:nan" if math.isnan(value) else f"float:{float(value)!r}"
    if isinstance(value, str):
        return json.dumps(str(value))
    if isinstance(value, (list, tuple)):
        inner = ",".join(canonical(item) for item in value)
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if isinstance(value, dict):
        return (
            "{" + ",".join(sorted(f"{canonical(key)}:{canonical(item)}" for key, item in value.items())) + "}"
        )
    raise ParameterError(f"a value of type {type(value).__name__} cannot be compared with a saved one")


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, in hex."""
    return sha256(canonical(value))


def enum_text(member: enum.Enum) -> str:
    """Text of an enum member: its value if all values are strings, else its name; flags joined by `|`."""
    if isinstance(member, enum.Flag) and member.name not in type(member).__members__:
        return _flags_text(member)
    texts = all(isinstance(item.value, str) for item in type(member))
    return str(member.value) if texts else member.name


def enum_member(kind: type[enum.Enum], written: Any) -> Any:
    """The enum member with this text; the text itself if there is none."""
    if issubclass(kind, enum.Flag) and isinstance(written, str):
        return _flags(kind, written)
    return next((item for item in kind if enum_text(item) == written), written)


def _flags_text(member: enum.Flag) -> str:
    """`READ|WRITE`, in the order of declaration; Python 3.10 has no such name."""
    names, rest = [], member.value
    for name, item in type(member).__members__.items():
        if item.value.bit_count() == 1 and rest & item.value:
            names.append(name)
            rest &= ~item.value
    return "|".join([*names, *([str(rest)] if rest or not names else [])])


def _flags(kind: type[enum.Flag], written: str) -> Any:
    known = kind.__members__
    try:
        values = [known[part].value if part in known else int(part) for part in written.split("|")]
        return kind(functools.reduce(operator.or_, values))
    except ValueError:
        return written


def to_json(value: Any, otherwise: Callable[[Any], Any] | None = None) -> str:
    """Indented JSON as UTF-8 text, with escapes if the text is not valid Unicode.

    `otherwise` converts values that JSON does not support.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, default=otherwise)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2, default=otherwise)
    return text + "\n"


def _plain(name: str, value: Any, notes: dict[str, str]) -> Any:
    if isinstance(value, enum.Enum):
        notes[name] = f"enum {type(value).__module__}:{type(value).__qualname__}"
        return enum_text(value)
    if isinstance(value, PurePath):
        notes[name] = "path"
        return str(value)
    value = scalar(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _whole(name, int(value))
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (list, tuple)):
        if isinstance(value, tuple):
            notes[name] = "tuple"
        return [_plain(f"{name}/{index}", item, notes) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return _plain_mapping(name, value, notes)
    remedy = "make it a number, text, list, tuple, dict, path or enum"
    raise ParameterError(
        f"parameter {name}: a value of type {type(value).__name__} cannot be saved; {remedy}"
    )


def _plain_mapping(name: str, value: dict[Any, Any], notes: dict[str, str]) -> dict[str, Any]:
    """Convert keys to strings, noting which of them were integers."""
    keys = {key: scalar(key) for key in value}
    odd = next(
        (key for key in keys.values() if not isinstance(key, (str, int)) or key is True or key is False), None
    )
    if odd is not None:
        raise ParameterError(
            f"parameter {name}: the key {odd!r} cannot be saved; expected text or an integer"
        )
    texts = [str(key) for key in keys.values()]
    twice = (
        next((text for text in texts if texts.count(text) > 1), None) if len({*texts}) < len(texts) else None
    )
    if twice is not None:
        raise ParameterError(
            f"parameter {name}: the keys {twice} and {twice!r} are the same in a file; rename one of them"
        )
    numbers = [str(key) for key in keys.values() if not isinstance(key, str)]
    if numbers:
        notes[name] = f"{_WHOLE_KEYS}{' '.join(numbers)}"
    return {
        str(keys[key]): _plain(_item_path(name, str(keys[key])), item, notes) for key, item in value.items()
    }


def _item_path(name: str, key: str) -> str:
    """Path of an item in a nested value; `/` and `~` in keys are escaped as in a JSON pointer."""
    return f"{name}/{key.replace('~', '~0').replace('/', '~1')}"


def _whole(name: str, value: int) -> int:
    try:
        str(value)
    except ValueError:
        message = (
            f"parameter {name}: an integer of {value.bit_length()} bits cannot be saved; write it as text"
        )
        raise ParameterError(message) from None
    return value


def scalar(value: Any) -> Any:
    """Convert a NumPy or tensor scalar to a Python number, an array to a list; other values are unchanged.

    Floats below double precision become their shortest decimal: float32(0.1) gives 0.1.
    """
    shape = getattr(value, "shape", None)
    if shape is None or not callable(getattr(value, "tolist", None)):
        return value
    if shape != ():
        return [scalar(item) for item in value]
    number = value.item()
    if isinstance(number, float) and getattr(value, "dtype", None) in ("float16", "float32"):
        return float(str(value))
    return number


def _loaded_enum(reference: str) -> type[enum.Enum] | None:
    """The enum class `module:name` if its module is loaded; a saved file never causes an import."""
    module, _, path = reference.partition(":")
    current: Any = sys.modules.get(module)
    for part in path.split("."):
        current = getattr(current, part, None)
    return current if isinstance(current, type) and issubclass(current, enum.Enum) else None
