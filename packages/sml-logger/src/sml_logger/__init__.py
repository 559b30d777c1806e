"""Text, table, TensorBoard events and the code itself in a plain run folder."""

from .errors import (
    LoggerClosedError,
    MetricError,
    MetricTypeError,
    RunFolderError,
    RunIsLiveError,
    SmlLoggerError,
    SyncNotInstalledError,
)
from .logger import Logger

__all__ = [
    "Logger",
    "LoggerClosedError",
    "MetricError",
    "MetricTypeError",
    "RunFolderError",
    "RunIsLiveError",
    "SmlLoggerError",
    "SyncNotInstalledError",
]
