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
from .from_parameters import logger_from_param
from .logger import Logger
from .timer import Timer

__all__ = [
    "Logger",
    "LoggerClosedError",
    "MetricError",
    "MetricTypeError",
    "RunFolderError",
    "RunIsLiveError",
    "SmlLoggerError",
    "SyncNotInstalledError",
    "Timer",
    "logger_from_param",
]
