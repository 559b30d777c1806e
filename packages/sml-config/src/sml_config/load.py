"""Settings files to settings: YAML or JSON, all faults of a file in one report."""

from __future__ import annotations

import difflib
import os
import re
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

import yaml

from .errors import Fault, SettingsError
from .settings import Section

AnySection = TypeVar("AnySection", bound=Section)

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def load_section(path: Path, section: type[AnySection]) -> AnySection:
    """Read one settings file into its dataclass.

    Raises SettingsError with every fault of the file: missing, not YAML, unknown keys, wrong types,
    environment variables that are not set.
    """
    entries = _entries(path)
    hints = typing.get_type_hints(section)
    known = section.keys()
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for key, (value, line) in entries.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"valid keys: {', '.join(known)}"
            faults.append(Fault(str(path), line, f"unknown key {key!r}; {hint}"))
            continue
        try:
            value = _expand(value)
        except KeyError as missing:
            message = f"{key} uses ${{{missing.args[0]}}}, which is not set in the environment"
            faults.append(Fault(str(path), line, message))
            continue
        if not _matches(value, hints[key]):
            expected = str(hints[key]).replace("typing.", "").replace("<class '", "").replace("'>", "")
            message = f"{key} is {value!r}; expected {expected}"
            faults.append(Fault(str(path), line, message))
            continue
        values[key] = value
    if faults:
        raise SettingsError(faults)
    return section(**values)


def _entries(path: Path) -> dict[str, tuple[Any, int]]:
    """Top-level keys of a file with their values and 1-based lines."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        message = "no such settings file; copy the folder common_config/ here or correct the path"
        raise SettingsError([Fault(str(path), None, message)]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([Fault(str(path), None, f"cannot be read: {error}")]) from None
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            message = "expected `KEY: value` lines"
            raise SettingsError([Fault(str(path), node.start_mark.line + 1, message)])
        return {
            str(loader.construct_object(key)): (
                loader.construct_object(value, deep=True),
                key.start_mark.line + 1,
            )
            for key, value in node.value
        }
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise SettingsError([Fault(str(path), line, f"not valid YAML: {error.problem}")]) from None
    finally:
        loader.dispose()


def _expand(value: Any) -> Any:
    """Replace ${NAME} in strings by the environment's value; KeyError names the variable that is not set."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: os.environ[match.group(1)], value)
    if isinstance(value, list):
        return [_expand(item) for item in value]
    if isinstance(value, dict):
        return {key: _expand(item) for key, item in value.items()}
    return value


def _matches(value: Any, hint: Any) -> bool:
    """Whether a value read from YAML is of the annotated type; True is not an int here."""
    origin = typing.get_origin(hint)
    if hint is Any:
        return True
    if origin is types.UnionType:
        return any(_matches(value, option) for option in typing.get_args(hint))
    if origin is list:
        (item,) = typing.get_args(hint)
        return isinstance(value, list) and all(_matches(element, item) for element in value)
    if origin is dict:
        return isinstance(value, dict) and all(isinstance(key, str) for key in value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)
