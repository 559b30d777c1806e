"""Run folders brought home over SSH."""

from .errors import HostKeyError, SmlSyncError, TargetError
from .push import PushReport, push, push_run
from .targets import Target, targets_of

__all__ = [
    "HostKeyError",
    "PushReport",
    "SmlSyncError",
    "Target",
    "TargetError",
    "push",
    "push_run",
    "targets_of",
]
