"""Exceptions raised for user errors."""

from __future__ import annotations

from pathlib import Path


class SmlLoggerError(Exception):
    """Base class of all errors of sml-logger; the message is written for the user of the script."""


class MetricError(SmlLoggerError, ValueError):
    """Invalid metric name or value, or a metric set twice; `key` is the metric's name."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(f"{key!r}: {message}")


class MetricTypeError(SmlLoggerError, TypeError):
    """The value of a metric is not a number; `key` is the metric's name."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(f"{key!r}: {message}")


class MediaError(SmlLoggerError, ValueError):
    """An image, video, sound, text, table or histogram that cannot be stored; `key` is its name."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(f"{key!r}: {message}")


class MediaLimitError(MediaError):
    """Too large, a missing file or package: the logger reports it once and leaves the file out."""


class RunFolderError(SmlLoggerError):
    """A run folder cannot be created or resumed; `path` is the folder."""

    def __init__(self, path: Path, message: str) -> None:
        self.path = path
        super().__init__(f"{path}: {message}")


class RunIsLiveError(RunFolderError):
    """The run to resume is still being written, by process `pid` on `host`."""

    def __init__(self, path: Path, host: str, pid: int) -> None:
        self.host = host
        self.pid = pid
        super().__init__(
            path, f"still written by process {pid} on {host}; stop it first, or use another log_name"
        )


class LoggerClosedError(SmlLoggerError, RuntimeError):
    """`dump_tabular()` was called after `close()`."""


class FrameworkNotInstalledError(SmlLoggerError, ImportError):
    """The framework that an integration is for is not installed."""


class SyncNotInstalledError(SmlLoggerError, ImportError):
    """The package that sends runs to the main machine, sml-sync, is not installed."""
