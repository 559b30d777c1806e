"""Every error that this distribution raises on a user's mistake."""


class SmlViewerError(Exception):
    """Base of the errors of sml-viewer; its text is meant for the person who looks."""


class NoRunsError(SmlViewerError):
    """There is nothing to show: no folder, no runs in it, or no run with the metric asked for."""


class ColumnError(SmlViewerError):
    """A column was asked for that no run has; the message lists those there are."""
