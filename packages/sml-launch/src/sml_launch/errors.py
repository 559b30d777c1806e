"""Exceptions and warnings of sml-launch."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable
from pathlib import Path


class SmlLaunchError(Exception):
    """Base class of the errors of sml-launch; the message is written for the user."""


class GridError(SmlLaunchError):
    """The experiment file, its grid or an argument is invalid; nothing was started."""


class BackendError(SmlLaunchError):
    """The backend cannot run the launch as configured; nothing was started."""


class StateFileWarning(UserWarning):
    """A file below `.sml-launch/`, or a line of one, was skipped; the message names it and the reason."""


class CommandLineWarning(UserWarning):
    """The sources of a script do not show how it parses a True, False or None of the grid."""


class UnknownOptionError(SmlLaunchError):
    """An unknown option, backend, key or layout.

    Args:
        kind: what the name stands for, such as "option".
        name: the unknown name.
        known: the valid names; the message lists the most similar one first.
        where: the file or backend that takes these names, if any.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = "") -> None:
        self.name = name
        self.known = tuple(known)
        near = difflib.get_close_matches(name, self.known, n=1)
        ordered = [*near, *(item for item in self.known if item not in near)]
        prefix = f"{where}: " if where else ""
        super().__init__(f"{prefix}unknown {kind} {name!r}; expected one of: {', '.join(ordered)}")


def warn_passed_over(path: Path, reason: str) -> None:
    """Warn that a state file, or a part of it, is skipped; Python shows each message once."""
    warnings.warn(f"{path}: {reason}; skipped", StateFileWarning, stacklevel=3)
