"""Every error that this distribution raises on a user's mistake."""


class SmlViewerError(Exception):
    """Base of the errors of sml-viewer; its text is meant for the person who looks."""


class NoRunsError(SmlViewerError):
    """There is nothing to show: no folder, no runs in it, or no run with the metric asked for."""


class ColumnError(SmlViewerError):
    """A column was asked for that no run has; the message lists those there are."""


class OptionError(SmlViewerError):
    """Options that do not exist or values that they do not take; the message lists all of them."""


class ConfigurationError(SmlViewerError):
    """A named configuration that is not there, is there already, or cannot be read."""


class AnnotationError(SmlViewerError):
    """A tag or a note that cannot be, or that cannot be kept."""


class ConfigurationChangedError(ConfigurationError):
    """Somebody saved a configuration since it was opened; `name` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} was changed elsewhere since you opened it")
        self.name = name


class QueryError(SmlViewerError):
    """A query that cannot be understood; `column` is where it went wrong, counted from 1."""

    def __init__(self, message: str, query: str, column: int) -> None:
        super().__init__(f"column {column}: {message}\n  {query}\n  {' ' * (column - 1)}^")
        self.message = message
        self.query = query
        self.column = column


class ReopenError(SmlViewerError):
    """A figure that does not say what it was drawn from."""
