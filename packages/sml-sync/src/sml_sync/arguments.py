"""Convert and check the arguments of public functions and of the command.

The command line and Python accept the same values. Every error is an ArgumentError that names the argument.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path, PurePath
from typing import Any

from sml_config.conversions import flag_of, is_path_text, path_of, seconds_of, texts_of, whole_of

from .errors import ArgumentError

_SIZE = re.compile(r"(\d+)\s*([KMG]?)B?", re.IGNORECASE | re.ASCII)
_SHIFTS = {"": 0, "K": 10, "M": 20, "G": 30}
_LARGEST_PORT = 65535


def patterns(name: str, value: Any) -> tuple[str, ...]:
    """One pattern, or several. None is none."""
    texts = () if value is None else texts_of(value)
    if texts is None:
        expected = "a pattern such as '*.pt', or a list of patterns"
        raise ArgumentError(f"invalid {name} {value!r}; expected {expected}")
    return texts


def size(name: str, value: Any) -> int | None:
    """Bytes from a number, or a text such as 500K, 20M, 2G; None for unlimited."""
    if value is None:
        return None
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    number = int(match[1]) << _SHIFTS[match[2].upper()] if match else whole_of(value)
    if number is None or number < 0:
        raise ArgumentError(f"invalid {name} {value!r}; expected a size such as 500K, 20M, 2G or bytes")
    return number


def rate(name: str, value: Any) -> int | None:
    """Bytes per second, as `size` takes them, at least one; None for unlimited."""
    number = size(name, value)
    if number == 0:
        raise ArgumentError(f"invalid {name} {value!r}; expected bytes per second such as 500K, 20M")
    return number


def port(name: str, value: Any) -> int | None:
    """A port from a number or its text; None is that of the configuration."""
    if value is None:
        return None
    number = whole_of(value)
    if number is None or not 0 < number <= _LARGEST_PORT:
        raise ArgumentError(f"invalid {name} {value!r}; expected a number from 1 to {_LARGEST_PORT}")
    return number


def seconds(name: str, value: Any) -> float:
    """Seconds from a number, a timedelta, or a text such as 90, 30m, 2h, 1d."""
    number = seconds_of(value)
    if number is None:
        raise ArgumentError(f"invalid {name} {value!r}; expected a duration such as 90, 30m, 2h or 1d")
    return number


def flag(name: str, value: Any) -> bool:
    """True or False."""
    converted = flag_of(value)
    if converted is None:
        raise ArgumentError(f"invalid {name} {value!r}; expected True or False")
    return converted


def text(name: str, value: Any) -> str | None:
    """A text, or None."""
    if value is None or (isinstance(value, str) and "\0" not in value):
        return value
    shown = "" if name in ("password", "passphrase") else f" {value!r}"
    raise ArgumentError(f"invalid {name}{shown}; expected a text")


def file(name: str, value: Any) -> Path:
    """A path here, `~` as the user's folder."""
    path = path_of(value)
    if path is None:
        raise ArgumentError(f"invalid {name} {value!r}; expected a path")
    return path


def folder(name: str, value: Any) -> Path:
    """A path here, absolute, `~` as the user's folder."""
    return file(name, value).absolute()


def remote_path(name: str, value: Any) -> str:
    """A path on the remote host, `~` as the folder that a login starts in."""
    if isinstance(value, os.PathLike):
        value = value.as_posix() if isinstance(value, PurePath) else os.fspath(value)
    if not is_path_text(value) or not value.strip():
        raise ArgumentError(f"invalid {name} {value!r}; expected a path such as /data/TESTLog")
    if value.startswith("~") and value != "~" and not value.startswith("~/"):
        raise ArgumentError(f"invalid {name} {value!r}; give the whole path, or one below ~/")
    return posixpath.normpath(value.removeprefix("~").lstrip("/") or "." if value[0] == "~" else value)
