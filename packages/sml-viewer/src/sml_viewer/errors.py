"""Exceptions raised for user errors."""

from .i18n import Message


class SmlViewerError(Exception):
    """Base class of all errors of sml-viewer; its text is meant for the user."""


class NoRunsError(SmlViewerError):
    """Nothing to show: no such folder, no runs in it, or no run with the requested metric."""


class ColumnError(SmlViewerError):
    """A requested column that no run has; the message lists the available ones."""


class OptionError(SmlViewerError):
    """Unknown options or invalid values; the message lists all of them."""


class ConfigurationError(SmlViewerError):
    """A saved configuration that does not exist, exists already, or cannot be read."""


class AnnotationError(SmlViewerError):
    """An invalid tag or note, or one that cannot be saved."""


class ConfigurationChangedError(ConfigurationError):
    """A configuration was saved elsewhere since it was opened; `name` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(Message("{name} was changed elsewhere since you opened it", name=repr(name)))
        self.name = name


class QueryError(SmlViewerError):
    """An invalid query; `column` is the position of the fault, counted from 1."""

    def __init__(self, message: str, query: str, column: int) -> None:
        super().__init__(f"column {column}: {message}\n  {query}\n  {' ' * (column - 1)}^")
        self.message = message
        self.query = query
        self.column = column


class ReopenError(SmlViewerError):
    """A figure without valid provenance."""
