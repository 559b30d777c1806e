"""Find, plot and tabulate training runs."""

from .errors import ColumnError, NoRunsError, SmlViewerError

__all__ = ["ColumnError", "NoRunsError", "SmlViewerError"]
