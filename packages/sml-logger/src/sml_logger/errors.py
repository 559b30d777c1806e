"""Every error that this distribution raises on a user's mistake."""

from __future__ import annotations

from pathlib import Path


class SmlLoggerError(Exception):
    """Base of the errors of sml-logger; its text is meant for the person who runs the script."""


class MetricError(SmlLoggerError, ValueError):
    """A metric cannot be taken under this name; `key` is the name."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(f"{key!r}: {message}")


class MetricTypeError(SmlLoggerError, TypeError):
    """A metric's value is not a number; `key` is its name."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(f"{key!r}: {message}")


class RunFolderError(SmlLoggerError):
    """A run folder cannot be made or continued; `path` is where."""

    def __init__(self, path: Path, message: str) -> None:
        self.path = path
        super().__init__(f"{path}: {message}")


class RunIsLiveError(RunFolderError):
    """The run that should be continued is still being written; `host` and `pid` say by whom."""

    def __init__(self, path: Path, host: str, pid: int) -> None:
        self.host = host
        self.pid = pid
        super().__init__(
            path, f"still written by process {pid} on {host}; end it first, or log under another log_name"
        )


class LoggerClosedError(SmlLoggerError, RuntimeError):
    """A row was given to a logger after `close()`."""


class SyncNotInstalledError(SmlLoggerError, ImportError):
    """The distribution that sends runs to the main machine is not installed."""
