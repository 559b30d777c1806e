"""Print an uncaught SettingsError without its traceback, which would bury the message."""

from __future__ import annotations

import sys
from types import TracebackType

from .errors import SettingsError

_before = sys.excepthook


def install_excepthook() -> None:
    """Install the exception hook; the exit status stays 1."""
    global _before
    if sys.excepthook is not _hook:
        _before, sys.excepthook = sys.excepthook, _hook


def _hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, SettingsError):
        sys.stderr.write(f"{error}\n")
    else:
        _before(kind, error, trace)
