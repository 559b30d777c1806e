"""Every error that this distribution raises on a user's mistake."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class SmlConfigError(Exception):
    """Base of the errors of sml-config; its text is meant for the person who runs the script."""


class SettingsWarning(UserWarning):
    """Something about the settings is odd, and the program goes on in the way that the text says."""


@dataclass(frozen=True)
class Fault:
    """One fault of a file: where it is, what is wrong, what was expected, and the nearest valid key."""

    file: str
    line: int | None
    message: str
    key: str | None = None
    expected: str | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [place, *([self.key] if self.key else []), self.message]
        text = ": ".join(parts)
        if self.expected:
            text += f"; expected {self.expected}"
        if self.nearest:
            text += f"; did you mean {self.nearest}?"
        return text


class SettingsError(SmlConfigError):
    """The settings files cannot be used; `faults` lists everything that is wrong with them at once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UnknownSettingError(SmlConfigError):
    """A setting was asked for by a name that does not exist; `name` and `known` carry the evidence."""

    def __init__(self, name: str, known: Iterable[str], remedy: str) -> None:
        self.name = name
        self.known = tuple(known)
        near = nearest(name, self.known)
        ordered = [*([near] if near else []), *(item for item in self.known if item != near)]
        super().__init__(f"no setting named {name!r}; there are: {', '.join(ordered) or 'none'}. {remedy}")


class ArgumentError(SmlConfigError, TypeError):
    """A function was called with a value of a wrong type; `name` is the argument's."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        self.name = name
        shown = f"of type {type(value).__name__}" if name.isupper() else repr(value)
        super().__init__(f"invalid {name} {shown}; expected {expected}")


class ParameterError(SmlConfigError):
    """Parameters cannot be declared, read, saved or loaded as asked."""


class PlanError(SmlConfigError):
    """A task or plan file is not what this version can read."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like a mistyped one, whatever its case; None if none is close."""
    import difflib  # only a mistake needs it

    by_lower = {item.lower(): item for item in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None
