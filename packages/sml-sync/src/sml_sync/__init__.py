"""Copy run folders over SSH: incremental, verified, resumable."""

from sml_config.ssh import ConnectionLostError

from .errors import (
    ArgumentError,
    ConnectError,
    HostKeyError,
    RemoteError,
    SmlSyncError,
    SourceError,
    TargetError,
)
from .report import FileReport, SyncReport, TargetReport
from .session import Session, pull, push_run, sync
from .targets import Target, targets_of
from .watch_handle import Watch, watch_run

__all__ = [
    "ArgumentError",
    "ConnectError",
    "ConnectionLostError",
    "FileReport",
    "HostKeyError",
    "RemoteError",
    "Session",
    "SmlSyncError",
    "SourceError",
    "SyncReport",
    "Target",
    "TargetError",
    "TargetReport",
    "Watch",
    "pull",
    "push_run",
    "sync",
    "targets_of",
    "watch_run",
]
