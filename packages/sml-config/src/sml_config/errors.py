"""Every error that this distribution raises on a user's mistake."""

from __future__ import annotations

from dataclasses import dataclass


class SmlConfigError(Exception):
    """Base of the errors of sml-config; its text is meant for the person who runs the script."""


@dataclass(frozen=True)
class Fault:
    """One fault of a settings file: where it is and what was expected there."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


class SettingsError(SmlConfigError):
    """The settings files cannot be used; `faults` lists everything that is wrong with them at once."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


class UnknownSettingError(SmlConfigError):
    """A setting was asked for by a name that does not exist; `name` and `known` carry the evidence."""

    def __init__(self, name: str, known: list[str], remedy: str) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"no setting named {name!r}; there are: {', '.join(known) or 'none'}. {remedy}")


class ParameterError(SmlConfigError):
    """Parameters cannot be declared, saved or loaded as asked."""
