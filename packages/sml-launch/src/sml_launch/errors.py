"""Every error that this distribution raises on a user's mistake."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable
from pathlib import Path


class SmlLaunchError(Exception):
    """Base of the errors of sml-launch; its text is meant for the person who launches."""


class GridError(SmlLaunchError):
    """The experiment file or its grid cannot be used as it stands; nothing was started."""


class BackendError(SmlLaunchError):
    """The place to run cannot be used as asked; nothing was started."""


class StateFileWarning(UserWarning):
    """A file below `.sml-launch/`, or a line of one, was passed over; the text says which and why."""


class CommandLineWarning(UserWarning):
    """Whether a script takes a value as its grid gives it could not be seen."""


class UnknownOptionError(SmlLaunchError):
    """An option or name that does not exist; `name` and `known` carry the evidence."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        near = difflib.get_close_matches(name, self.known, n=1)
        ordered = [*near, *(item for item in self.known if item not in near)]
        super().__init__(f"{what} {name!r} does not exist; there are: {', '.join(ordered)}")


def warn_passed_over(path: Path, reason: str) -> None:
    """Warn that a state file, or a part of it, does not count; Python shows each text once."""
    warnings.warn(f"{path}: {reason}; passed over", StateFileWarning, stacklevel=3)
