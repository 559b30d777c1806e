"""Exceptions raised for user errors."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import TracebackType
from typing import NamedTuple


class SmlConfigError(Exception):
    """Base class of all errors of sml-config; the message is written for the user of the script."""


class SettingsWarning(UserWarning):
    """A questionable setting; the message says how the program continues."""


class Fault(NamedTuple):
    """A fault in a file: its location, what is wrong, what was expected, and the nearest valid key."""

    file: str
    line: int | None
    message: str
    key: str | None = None
    expected: str | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        location = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [location, *([self.key] if self.key else []), self.message]
        text = ": ".join(parts)
        if self.expected:
            text += f"; expected {self.expected}"
        if self.nearest:
            text += f"; did you mean {self.nearest}?"
        return text


class SettingsError(SmlConfigError):
    """Invalid settings files; `faults` lists all their faults at once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UnknownSettingError(SmlConfigError):
    """There is no setting called `name`; `known` are the existing names."""

    def __init__(self, name: str, known: Iterable[str], remedy: str) -> None:
        self.name = name
        self.known = tuple(known)
        near = nearest(name, self.known)
        ordered = [*([near] if near else []), *(item for item in self.known if item != near)]
        super().__init__(f"unknown setting {name!r}; known: {', '.join(ordered) or 'none'}. {remedy}")


class ArgumentError(SmlConfigError, TypeError):
    """Invalid value of a function's argument; `name` is the argument."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        self.name = name
        shown = f"of type {type(value).__name__}" if name.isupper() else repr(value)
        super().__init__(f"invalid {name} {shown}; expected {expected}")


class ParameterError(SmlConfigError):
    """Parameters cannot be declared, read, saved or loaded."""


class PlanError(SmlConfigError):
    """A task or plan file that this version cannot read, or a plan with duplicate tasks."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to a mistyped one, ignoring case; None if none is close."""
    import difflib  # late: only needed for error messages

    by_lower = {item.lower(): item for item in known}
    matches = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[matches[0]] if matches else None


_before = sys.excepthook


def install_excepthook() -> None:
    """Print an uncaught SettingsError without its traceback, which would bury it; the status stays 1."""
    global _before
    if sys.excepthook is not _hook:
        _before, sys.excepthook = sys.excepthook, _hook


def _hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, SettingsError):
        sys.stderr.write(f"{error}\n")
    else:
        _before(kind, error, trace)
