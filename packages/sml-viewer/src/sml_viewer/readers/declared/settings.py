"""The file in which users declare readers: `readers.yaml`, checked with all faults at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sml_viewer.fileio import reason_of
from sml_viewer.readers.file_io import UNREADABLE, state_at

from .formats import FORMATS, VARIABLE, WORKSPACE_VARIABLE
from .reader import DeclaredReader

_NAME = re.compile(r"[A-Za-z][\w-]*")
_KEYS = ("files", "format", "pattern", "x", "parameters", "leave_out", "one_run")
_MOST_BYTES = 1_000_000


class Declared(NamedTuple):
    """The readers that users declared, and what is wrong with the others."""

    readers: tuple[DeclaredReader, ...]
    faults: tuple[str, ...]


def declared_readers() -> Declared:
    """The readers in the files that the environment names."""
    readers: dict[str, DeclaredReader] = {}
    faults: list[str] = []
    for path in _files():
        declared = readers_in(path)
        faults += declared.faults
        for reader in declared.readers:
            readers.setdefault(reader.name, reader)
    return Declared(tuple(readers.values()), tuple(faults))


def declarations_stamp() -> tuple[object, ...]:
    """Changes with the files of declarations, and with what is in them."""
    return tuple((str(path), state_at(str(path))) for path in _files())


def _files() -> list[Path]:
    chosen = [Path(path) for path in os.environ.get(VARIABLE, "").split(os.pathsep) if path]
    own = Path(os.environ.get(WORKSPACE_VARIABLE, ""))
    return chosen or ([own] if own.is_file() else [])


def readers_in(path: Path) -> Declared:
    """The readers in one file."""
    from sml_viewer.readers.safe_yaml import load_yaml  # late: slow to load, and most users declare none

    try:
        content = load_yaml(path.read_bytes()[:_MOST_BYTES])
    except UNREADABLE as error:
        return Declared((), (f"{path}: {reason_of(error)}",))
    entries = content.get("readers") if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        return Declared((), (f"{path}: expected `readers:` with a reader under each name",))
    readers, faults = [], []
    for name, entry in entries.items():
        problems = list(_problems(str(name), entry))
        if problems:
            faults += [f"{path}: reader {name}: {problem}" for problem in problems]
        else:
            readers.append(_reader(str(name), entry))
    return Declared(tuple(readers), tuple(faults))


def pattern_problem(pattern: str) -> str | None:
    """Why a regular expression cannot be used; None if it can."""
    try:
        groups = re.compile(pattern).groupindex
    except (re.error, OverflowError, RecursionError) as error:
        return f"invalid pattern {pattern!r}: {error}"
    if not groups:
        return rf"pattern {pattern!r} has no named group; expected e.g. step:(?P<step>\d+) loss:(?P<loss>\S+)"
    return None


def _reader(name: str, entry: dict[str, Any]) -> DeclaredReader:
    return DeclaredReader(
        name,
        entry["files"],
        entry.get("format", "text" if "pattern" in entry else "csv"),
        _texts(entry.get("pattern")),
        entry.get("x"),
        _texts(entry.get("parameters")),
        _texts(entry.get("leave_out")),
        bool(entry.get("one_run", False)),
    )


def _problems(name: str, entry: Any) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield "invalid name; expected letters, digits, _ and -"
    if not isinstance(entry, dict):
        yield f"expected a mapping with some of {', '.join(_KEYS)}"
        return
    for key in entry:
        if key not in _KEYS:
            yield f"unknown key {key!r}; expected one of {', '.join(_KEYS)}"
    if not isinstance(entry.get("files"), str) or not entry["files"].strip():
        yield "files: expected a glob, e.g. logs/**/*.txt"
    kind = entry.get("format", "text" if "pattern" in entry else "csv")
    if kind not in FORMATS:
        yield f"invalid format {kind!r}; expected one of {', '.join(FORMATS)}"
    for key in ("pattern", "parameters", "leave_out"):
        value = entry.get(key, [])
        if not isinstance(value, str | list) or not all(isinstance(item, str) for item in value):
            yield f"{key}: expected a text or a list of texts"
    if not isinstance(entry.get("x", ""), str):
        yield "x: expected the name of a column"
    if not isinstance(entry.get("one_run", False), bool):
        yield "one_run: expected true or false"
    patterns = [item for item in _texts(entry.get("pattern")) if isinstance(item, str)]
    if kind == "text" and not patterns:
        yield "format text needs a pattern with named groups"
    yield from filter(None, map(pattern_problem, patterns))


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
